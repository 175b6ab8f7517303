"""What happened in a case, for its timeline: executions by node, double runs, starts and versions of the nodes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.case import Case
from analyzer.executions.ties import ties, zones
from analyzer.incidents.sightings import Sighting
from analyzer.incidents.versions import plain, versions
from analyzer.names import TASK_ID
from analyzer.plots.lanes import MICROSECOND

Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """An execution; microseconds since 1970 on its node's clock."""

    task: str
    number: int
    start: int
    end: int
    double: str = ""  # how sure it is that it ran beside another one: concurrent, possible or ""


@dataclass(frozen=True)
class Start:
    """A node that started, or was first seen with another version; microseconds since 1970 on its clock."""

    time: int
    version: str
    restart: bool
    changed: bool


@dataclass(frozen=True)
class NodeLife:
    """One row of the timeline. `versions` are in the order in which they were seen."""

    node: str | None
    runs: tuple[Run, ...]
    starts: tuple[Start, ...]
    versions: tuple[str, ...]
    undated: int = 0  # executions without a time


@dataclass(frozen=True)
class Happenings:
    """The rows, and how much has no time in UTC and is in none of them."""

    nodes: tuple[NodeLife, ...]
    undated_starts: int

    @property
    def undated_runs(self) -> int:
        """Executions of all nodes."""
        return sum(node.undated for node in self.nodes)


def of_customer(case: Case, customer: str) -> Case:
    """The case of one customer; the same case where it has no other."""
    if set(case.sources["customer"].to_pylist()) <= {customer}:
        return case
    names = [name for name in schema.TABLES if name not in ("events", "findings")]

    def load(triage: bool) -> Mapping[str, Any]:
        tables = {name: getattr(case, name) for name in names} | {"events": case.telling if triage else case.events}
        return {name: table.filter(pc.equal(table["customer"], customer)) for name, table in tables.items()}

    def decode(_: Case, sources: Collection[str]) -> Iterator[pa.Table]:
        return (piece.filter(pc.equal(piece["customer"], customer)) for piece in case.stream(sources))

    return Case(load, case.paths, customer, decode)


def happenings(case: Case, customer: str = "") -> Happenings:
    """What a customer's case tells of its nodes; nodes by name, executions of unknown nodes last."""
    mine = of_customer(case, customer)
    rows = [row for row in mine.executions.to_pylist() if TASK_ID.fullmatch(row["task"])]
    runs, undated = _runs(rows, _doubles(mine))
    starts, seen, unplaced = _starts(mine, rows)
    spelled: dict[str, str] = {}
    for name in [*(row["node"] or "" for row in rows), *seen]:
        spelled.setdefault(name.casefold(), name)
    nodes = sorted(spelled, key=lambda name: (not name, name))
    lives = [_life(spelled[name], runs.get(name, []), starts.get(name, []), seen, undated[name]) for name in nodes]
    return Happenings(tuple(lives), unplaced)


def _life(
    node: str, runs: Iterable[Run], starts: Iterable[Start], seen: Mapping[str, Sequence[str]], undated: int
) -> NodeLife:
    versions_of = [text for name, texts in seen.items() if name.casefold() == node.casefold() for text in texts]
    return NodeLife(
        node or None,
        tuple(sorted(runs, key=lambda run: (run.start, run.task, run.number))),
        tuple(starts),
        tuple(dict.fromkeys(versions_of)),
        undated,
    )


def _runs(rows: Iterable[Row], doubles: Mapping[tuple[str, int], str]) -> tuple[dict[str, list[Run]], Counter[str]]:
    """Node without case -> its executions, and how many have no time."""
    found: dict[str, list[Run]] = defaultdict(list)
    undated: Counter[str] = Counter()
    for row in rows:
        if row["started"] is None:
            undated[(row["node"] or "").casefold()] += 1
            continue
        start, end = microseconds(row["started"]), microseconds(row["ended"] or row["started"])
        run = Run(row["task"], row["number"], start, max(start, end), doubles.get((row["task"], row["number"]), ""))
        found[(row["node"] or "").casefold()].append(run)
    return found, undated


def microseconds(time: datetime) -> int:
    """Microseconds since 1970."""
    return round(time.timestamp() * MICROSECOND)


def _doubles(case: Case) -> dict[tuple[str, int], str]:
    """Executions that ran beside another one, with the strongest word for it."""
    found: dict[tuple[str, int], str] = {}
    for row in case.pairs.select(["task", "first", "second", "relation", "work"]).to_pylist():
        if row["relation"] in ("concurrent", "possible") or row["work"] == "same work":
            for number in (row["first"], row["second"]):
                if found.get((row["task"], number)) != "concurrent":
                    found[row["task"], number] = "concurrent" if row["relation"] == "concurrent" else "possible"
    return found


def _starts(case: Case, rows: Sequence[Row]) -> tuple[dict[str, list[Start]], dict[str, list[str]], int]:
    """Starts by node without case; versions by node as they were seen; how many starts have no time in UTC."""
    of_nodes = server_zones(case, rows)
    timed: dict[str, list[tuple[int, Sighting]]] = defaultdict(list)
    seen: dict[str, list[str]] = defaultdict(list)
    unplaced = 0
    for one in versions(case):
        if not one.node:
            continue
        seen[one.node].append(plain(one.version))
        at = _instant(one, of_nodes)
        if at is not None:
            timed[one.node.casefold()].append((at, one))
        unplaced += at is None and one.basis == "start-up"
    return {node: _changes(mine) for node, mine in timed.items()}, dict(seen), unplaced


def _instant(one: Sighting, of_nodes: Mapping[str, int]) -> int | None:
    if one.time is not None:
        return microseconds(one.time)
    zone = of_nodes.get((one.node or "").casefold())
    return one.wall - zone if one.wall is not None and zone is not None and one.basis == "start-up" else None


def _changes(mine: Iterable[tuple[int, Sighting]]) -> list[Start]:
    """Starts, and the first sighting of another version where no start tells of it."""
    found: list[Start] = []
    latest = None
    for at, one in sorted(mine, key=lambda pair: (pair[0], pair[1].source, pair[1].line)):
        version, restart = plain(one.version), one.basis == "start-up"
        if restart or (latest is not None and version != latest):
            found.append(Start(at, version, restart, latest is not None and version != latest))
        latest = version
    return found


def server_zones(case: Case, rows: Iterable[Row]) -> dict[str, int]:
    """Node without case -> zone of its Server log in microseconds, where the case shows it.

    By the tasks that its lines are about, and by executions that only this log tells of, whose times were judged.
    """
    spans: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    told: dict[tuple[str, int], Row] = {}
    for row in rows:
        if row["started"] is not None and row["lines"]:
            span = (microseconds(row["started"]) * 10, microseconds(row["ended"] or row["started"]) * 10)
            spans[row["customer"], row["task"]].append(span)
        elif row["started"] is not None and row["node"]:
            told[row["source"], row["first_line"]] = row
    found = {node: ticks // 10 for (_, node), ticks in zones(ties(case.frame("telling")).ties, spans).items()}
    places = pl.DataFrame([*told], schema={"source": pl.String, "line": pl.Int64}, orient="row")
    events = case.frame("telling").select(["source", "line", "time", "wall"]).filter(pl.col("time").is_null())
    for source, line, _, wall in (
        events.join(places, on=["source", "line"], how="semi").sort("source", "line").iter_rows()
    ):
        run = told[source, line]
        if wall is not None:
            found.setdefault(run["node"].casefold(), _quarter(wall - microseconds(run["started"])))
    return found


def _quarter(zone: int) -> int:
    step = 900 * MICROSECOND
    return round(zone / step) * step
