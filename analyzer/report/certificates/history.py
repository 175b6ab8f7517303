"""What the tables of a case tell about the task of a finding: its lines, whose they are, and its steps."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from analyzer.case import Case
from analyzer.model import Finding

Row = Mapping[str, Any]
Place = dict[str, Any]
TASK = ("customer", "task")
COLUMNS = ("source", "line", "offset", "log", "activity", "kind", "severity", "instant", "message", "execution")
SERVER = r"MachineName:[ \t]*([^\s,;]+)[\s\S]*HostProcessName:[ \t]*(?i:Octopus\.Server)"


@dataclass(frozen=True)
class History:
    """The lines of one task, from the view that its executions were told by, in the order of (source, line)."""

    rows: tuple[Row, ...]
    runs: tuple[Row, ...]  # of EXECUTIONS
    kind: Place | None  # where the database or the API says what kind of task it is

    def of(self, number: int, source: str | None = None) -> list[Row]:
        """Lines of an execution; where no source is given, those of the one in which it began."""
        mine = [row for row in self.rows if row["execution"] == number]
        if source is None and mine:
            source = str(min(mine, key=lambda row: (row["instant"], row["line"]))["source"])
        return [row for row in mine if row["source"] == source]

    def file(self, source: str) -> list[Row]:
        """All lines of one source."""
        return [row for row in self.rows if row["source"] == source]

    def run(self, number: int, log: str) -> Row | None:
        """An execution's row of EXECUTIONS, of the finding's own log where it has one of this number."""
        mine = [run for run in self.runs if run["number"] == number]
        return next((run for run in mine if run["log"] == log), mine[0] if mine else None)


def step(row: Row) -> str:
    """The activity directly below the root."""
    return str(row["activity"]).split("/")[0]


def place(row: Row) -> Place:
    """Where a line stands, as arguments say it."""
    return {name: row[name] for name in ("source", "line", "offset")}


def announced(rows: Iterable[Row]) -> dict[str, Row]:
    """Step id -> the line that names it: its line in the plan, else its first line in the file."""
    found: dict[str, Row] = {}
    for row in rows:
        name = step(row)
        if name and (name not in found or (row["kind"] == "planned" and found[name]["kind"] != "planned")):
            found[name] = row
    return {name: row for name, row in found.items() if row["activity"] == name}


def twins(
    first: Mapping[str, Row], second: Mapping[str, Row], wanted: Container[str], most: int = 3
) -> list[list[Place]]:
    """Steps of one name under two ids, as pairs of the lines that name them; `wanted` steps and the plan's go first."""
    names = {row["message"]: row for row in reversed(list(first.values()))}
    pairs = [(names[row["message"]], row) for row in second.values() if row["message"] in names]
    pairs = [(one, other) for one, other in pairs if step(one) != step(other)]

    def rank(pair: tuple[Row, Row]) -> tuple[object, ...]:
        other = pair[1]
        return step(other) not in wanted, other["kind"] != "planned", other["source"], other["line"]

    return [[place(one), place(other)] for one, other in sorted(pairs, key=rank)[:most]]


def machines(rows: Iterable[Row]) -> dict[str, tuple[str, Row]]:
    """Step id -> the machine of Octopus Server that a line of it names, and the line."""
    found: dict[str, tuple[str, Row]] = {}
    for row in rows:
        match = re.search(SERVER, row["message"] or "") if step(row) not in found else None
        if match and step(row):
            found[step(row)] = (match[1].casefold(), row)
    return found


def histories(case: Case, findings: Sequence[Finding]) -> dict[tuple[str, str], History]:
    """The history of every finding's task."""
    tasks = pl.DataFrame({"task": sorted({str(finding.task) for finding in findings})}, schema={"task": pl.String})
    owners = case.frame("assignments").join(tasks, on="task", how="semi").unique(["customer", "source", "line"])
    events = case.frame("telling").join(tasks, on="task", how="semi")
    instant = pl.coalesce(pl.col("time").dt.timestamp("us"), pl.col("wall")) * 10 + pl.col("tick").fill_null(0)
    lines = events.with_columns(instant=instant).join(
        owners.select("customer", "source", "line", "execution"), on=["customer", "source", "line"], how="inner"
    )
    runs = _by_task(case.frame("executions").join(tasks, on="task", how="semi").sort("number"))
    states = case.frame("states").join(tasks, on="task", how="semi")
    told = pl.col("claim").is_in(["database", "api"]) & pl.col("kind").is_not_null()
    kinds = _by_task(states.filter(told).sort("source", "line", "offset"))
    rows = _by_task(lines.sort("source", "line", "offset").select(*TASK, *COLUMNS))
    return {
        key: History(rows.get(key, ()), runs.get(key, ()), place(kinds[key][0]) if key in kinds else None)
        for key in {(finding.customer, str(finding.task)) for finding in findings}
    }


def _by_task(frame: pl.DataFrame) -> dict[tuple[str, str], tuple[Row, ...]]:
    parts = frame.partition_by(TASK, as_dict=True, maintain_order=True)
    return {(str(key[0]), str(key[1])): tuple(part.iter_rows(named=True)) for key, part in parts.items()}


def machine_lines(case: Case, sources: Iterable[str]) -> dict[str, list[tuple[str, Place]]]:
    """Source -> machines that a task log in it names as Octopus Server's, and the line of each."""
    frame = case.frame("telling").filter(pl.col("source").is_in(sorted(set(sources))))
    frame = frame.filter(pl.col("message").str.contains(SERVER) & pl.col("log").is_not_null())
    frame = frame.with_columns(machine=pl.col("message").str.extract(SERVER))
    found: dict[str, list[tuple[str, Place]]] = {}
    frame = frame.sort("source", "line", "offset").unique(["source", "machine"], keep="first", maintain_order=True)
    for row in frame.iter_rows(named=True):
        found.setdefault(row["source"], []).append((row["machine"].casefold(), place(row)))
    return found


def local_lines(case: Case, places: Iterable[Row]) -> dict[tuple[str, int], int]:
    """(source, line) -> local time in 100 ns, of lines whose source says no zone."""
    wanted = {(one["source"], one["line"]) for one in places}
    frame = case.frame("telling").filter(
        (pl.col("clock") != "utc") & pl.col("source").is_in(sorted({source for source, _ in wanted}))
    )
    rows = frame.select("source", "line", "wall", "tick").iter_rows()
    return {(source, line): wall * 10 + (tick or 0) for source, line, wall, tick in rows if (source, line) in wanted}
