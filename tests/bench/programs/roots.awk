# Tasks whose root opens a second time, in the words of its first line, before it has finished.
BEGIN { FS = "\",\"" }
index($1, "/") == 0 {
    if (!($1 in opening)) opening[$1] = $4
    else if ($2 == "FIN") finished[$1] = 1
    else if ($4 == opening[$1] && !($1 in finished)) twice[substr($1, 3)] = 1
}
END { for (root in twice) print root }
