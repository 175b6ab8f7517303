# Tasks with overlapping executions. A step that is planned again under another id belongs to the second execution;
# executions overlap if the second one's first line stands before the last line of the first.
function judge() { if (begins && begins <= ends) print task }
BEGIN { FS = "\",\"" }
FNR == 1 { judge(); split("", execution); split("", planned); begins = ends = 0 }
{
    parts = split($1, id, "/")
    if (parts == 1) { task = substr($1, 3); next }
    step = id[2]
    if ($2 == "PLN" && parts == 2) {
        if (!($4 in planned)) planned[$4] = step
        execution[step] = planned[$4] == step ? 1 : 2
    }
    if (execution[step] == 1) ends = FNR
    else if (execution[step] == 2 && !begins) begins = FNR
}
END { judge() }
