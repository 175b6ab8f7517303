"""A log that needs a second look: its structures, their runs, and what shows that some of them were open at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analyzer.clocks import Place
from analyzer.executions import tree
from analyzer.executions.execution import Execution, Key
from analyzer.executions.runs import runs
from analyzer.executions.separate import separate
from analyzer.executions.sides import Seen
from analyzer.executions.steps import Line
from analyzer.names import FATAL

COLUMNS = (
    "source", "line", "offset", "instant", "lines", "severity", "step", "kind", "message", "activity", "dated", "tears",
    "version",
)  # fmt: skip
Columns = Mapping[str, Sequence[Any]]
Named = Mapping[tuple[str, int, int], str]
"""(source, line, offset) of a machine block -> the machine it names."""


@dataclass(frozen=True)
class Mixed:
    """What one log says: its executions, which of them wrote each line (None: either), and of each two what it shows.

    `tears`: places of its files that could not be read. `told`: what the order of a tree's root says.
    """

    executions: tuple[Execution, ...]
    owners: list[int | None]
    together: Mapping[tuple[int, int], Seen]
    tears: int
    told: tuple[str, tuple[Place, ...]] | None


def mixed(key: Key, column: Columns, named: Named, printed: tree.Trees | None) -> Mixed:
    """Take one log apart. `column`: COLUMNS of its lines, in order (see `lines.task_lines`); `printed`: what trees say
    beside their lines, None for a raw log.
    """
    files = {source: source for source in column["source"]}
    column = {**column, "source": [files[source] for source in column["source"]]}  # held once, not for every line
    entries = _entries(column)
    places = list(map(Place._make, zip(*(column[name] for name in COLUMNS[:4]), strict=True)))
    machines = _machines(places, named)
    severities = {row: severity or 0 for row, severity in enumerate(column["severity"])}
    severe = {row for row, severity in severities.items() if severity >= FATAL}
    if printed is None:
        separation = separate(entries, machines, severe)
    else:
        separation = tree.separate(entries, severe, printed.of(key, column["source"]), column["version"][0])
    found = runs(entries, separation, machines, severities, ordered=printed is None)
    names = _target_names(entries)
    dated = all(column["dated"])
    owners: list[int | None] = [None] * len(entries)
    executions = []
    for run in found.runs:
        for row in run.rows:
            owners[row] = run.number
        one = Execution(
            key,
            run,
            tuple(places[row] for row in run.rows),
            sum(column["lines"][row] for row in run.rows),
            targets=frozenset(names[row] for row in run.rows if row in names),
            finished=any(not entries[row].activity and entries[row].kind == "finished" for row in run.rows),
            dated=dated,
            unclear=run.structure in separation.unclear,
            sure=run.structure not in separation.unsure,
        )
        executions.append(one)
    return Mixed(
        tuple(executions),
        owners,
        {
            pair: Seen(rows.kind, tuple(places[at] for at in rows.rows), rows.changes)
            for pair, rows in found.together.items()
        },
        sum(dict(zip(column["source"], column["tears"], strict=True)).values()),
        (separation.told[0], tuple(places[row] for row in separation.told[1])) if separation.told else None,
    )


def _entries(column: Columns) -> list[Line]:
    numbers = {source: number for number, source in enumerate(dict.fromkeys(column["source"]))}
    streams = [numbers[source] for source in column["source"]]
    texts = ([text or "" for text in column[name]] for name in ("message", "activity"))
    rows = range(len(streams))
    return list(
        map(Line._make, zip(rows, streams, column["step"], column["kind"], column["instant"], *texts, strict=True))
    )


def _machines(places: Sequence[Place], named: Named) -> dict[int, str]:
    if not named:
        return {}
    found = ((row, named.get((place.source, place.line, place.offset))) for row, place in enumerate(places))
    return {row: machine for row, machine in found if machine}


def _target_names(entries: Sequence[Line]) -> dict[int, str]:
    """First rows of activities two levels below the root: targets, workers, the server itself."""
    rows: dict[int, str] = {}
    seen: set[str] = set()
    for one in entries:
        if one.activity.count("/") == 1 and one.activity not in seen:
            seen.add(one.activity)
            rows[one.row] = one.message
    return rows
