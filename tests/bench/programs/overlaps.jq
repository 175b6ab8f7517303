# Tasks with overlapping executions; see overlaps.awk. Two rounds would be needed for lines behind the last one of the
# first execution, so a task is named as soon as the first execution speaks after the second has begun.
foreach inputs as [$id, $category, $time, $message] (
  {};
  ($id | split("/")) as $path
  | (if .task == $path[0] then . else {task: $path[0], planned: {}, execution: {}} end)
  | .overlap = false
  | $path[1] as $step
  | if $step == null then .
    else
      (if $category == "PLN" and ($path | length) == 2 then
        .planned[$message] //= $step
        | .execution[$step] = (if .planned[$message] == $step then 1 else 2 end)
      else . end)
      | if .execution[$step] == 2 then .begun = true
        elif .execution[$step] == 1 and .begun and (.told | not) then .overlap = true | .told = true
        else . end
    end;
  if .overlap then .task else empty end
)
