"""A mini-language for task logs: one line per entry, `STEP KIND [@SECONDS] MESSAGE`.

STEP is `.` for the root, else the id of a step, with `/child` for deeper activities; KIND: msg, plan, fin, abn or fat.
A line that begins with `--` starts another file of the same log. Without @SECONDS the next line is a second later.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.executions.runs import Runs, runs
from analyzer.executions.separate import Separation, separate
from analyzer.executions.steps import Line

KINDS = {"msg": "message", "plan": "planned", "fin": "finished", "abn": "abandoned", "fat": "message"}
SECOND = 10_000_000


def lines(script: str) -> tuple[list[Line], set[int]]:
    """Lines of a script, and the rows that are fatal."""
    found: list[Line] = []
    fatal = set()
    stream = 0
    at = 0.0
    for text in filter(None, (line.strip() for line in script.strip().splitlines())):
        if text.startswith("--"):
            stream += bool(found)
            continue
        activity, kind, *rest = text.split(" ", 2)
        message = rest[0] if rest else kind
        at += 1
        if message.startswith("@"):
            time, _, message = message.partition(" ")
            at = float(time[1:])
        if kind == "fat":
            fatal.add(len(found))
        activity = activity.removeprefix(".")
        step = activity.split("/")[0]
        found.append(Line(len(found), stream, step, KINDS[kind], round(at * SECOND), message or kind, activity))
    return found, fatal


def separated(script: str, machines: dict[int, str] | None = None) -> str:
    """Which structure wrote each line, `?` where that is not known: "1 1 2 ? 1"."""
    entries, fatal = lines(script)
    return owners(separate(entries, machines, fatal), len(entries))


def owners(separation: Separation, count: int) -> str:
    """The structure of every row as one string."""
    owner = ["?"] * count
    for structure in separation.structures:
        for row in structure.rows:
            owner[row] = str(structure.number)
    return " ".join(owner)


def run_of(script: str, machines: dict[int, str] | None = None) -> Runs:
    """The runs of a script."""
    entries, fatal = lines(script)
    severities = {row: 21 if row in fatal else 9 for row in range(len(entries))}
    return runs(entries, separate(entries, machines, fatal), machines or {}, severities)


def spans(found: Runs) -> Sequence[tuple[int, int, str, str]]:
    """First row, last row, outcome and relation of every run."""
    return [(run.rows[0], run.rows[-1], run.outcome, run.relation) for run in found.runs]
