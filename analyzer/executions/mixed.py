"""A log that needs a second look: its structures, their runs, and what shows that some of them were open at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from analyzer.clocks import Place
from analyzer.executions import tree
from analyzer.executions.execution import Execution, Key
from analyzer.executions.runs import runs
from analyzer.executions.separate import separate
from analyzer.executions.sides import Seen
from analyzer.executions.steps import Line
from analyzer.names import FATAL

COLUMNS = ("source", "line", "offset", "instant", "lines", "severity", "step", "kind", "message", "activity")
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


def mixed(key: Key, lines: pl.DataFrame, named: Named, states: pl.DataFrame, *, raw: bool) -> Mixed:
    """Take one log apart. `lines`: those of the log, in order (see `lines.task_lines`); `states`: those of its task."""
    column = {name: lines[name].to_list() for name in COLUMNS}  # one expression a log would cost more than its lines
    entries = _entries(column)
    places = [Place(*place) for place in zip(*(column[name] for name in COLUMNS[:4]), strict=True)]
    machines = _machines(places, named)
    severities = {row: severity or 0 for row, severity in enumerate(column["severity"])}
    severe = {row for row, severity in severities.items() if severity >= FATAL}
    separation = separate(entries, machines, severe) if raw else tree.separate(entries, lines, states)
    found = runs(entries, separation, machines, severities, ordered=raw)
    names = _target_names(entries)
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
            dated=lines["time"].null_count() == 0,
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
        sum(dict(zip(column["source"], lines["tears"].to_list(), strict=True)).values()),
        (separation.told[0], tuple(places[row] for row in separation.told[1])) if separation.told else None,
    )


def _entries(column: Mapping[str, list[object]]) -> list[Line]:
    streams = {source: number for number, source in enumerate(dict.fromkeys(column["source"]))}
    columns = zip(*(column[name] for name in ("source", "step", "kind", "instant", "message", "activity")), strict=True)
    return [
        Line(row, streams[source], step, kind, instant, message or "", activity or "")
        for row, (source, step, kind, instant, message, activity) in enumerate(columns)
    ]


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
