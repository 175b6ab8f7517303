"""Tasks with overlapping executions; see overlaps.awk.

python overlaps.py json|orjson FOLDER
"""

import importlib
import sys
from pathlib import Path

loads = importlib.import_module(sys.argv[1]).loads
for path in sorted(Path(sys.argv[2]).rglob("*.txt")):
    planned, execution, begins, ends, task = {}, {}, 0, 0, ""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            activity, category, _, message, _, _ = loads(line)
            task, _, inner = activity.partition("/")
            step, _, deeper = inner.partition("/")
            if category == "PLN" and not deeper:
                execution[step] = 1 if planned.setdefault(message, step) == step else 2
            which = execution.get(step)
            if which == 1:
                ends = number
            elif which == 2 and not begins:
                begins = number
    if 0 < begins <= ends:
        print(task)
