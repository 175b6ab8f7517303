"""What a node's own server log says it did with a task, and the zone in which that log tells the time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from analyzer.clocks import Place
from analyzer.names import HELD, SERVER_MACHINE

MINUTE = 600_000_000  # in units of 100 ns
ZONE_STEP = 15 * MINUTE
BEFORE, AFTER = MINUTE, 2 * MINUTE
"""A node ties itself to a task shortly before its log's first line, and until its bookkeeping after the last."""
COLUMNS = (
    "customer", "source", "line", "offset", "node", "task", "time", "tick", "wall", "message", "detail",
)  # fmt: skip
RUNNING = ("transaction", "script-lock")
"""Ties that only the executing node leaves; an append failure says less (formats document, 5.3)."""


@dataclass(frozen=True)
class Tie:
    """A node's lines about one execution of a task, in its own server log."""

    customer: str
    task: str
    node: str
    execution: str  # the transaction's guid, "" where the lines name none
    first: int  # 100 ns; UTC where the log has a zone, else local
    last: int
    zoned: bool
    source: str
    line: int
    offset: int
    last_source: str
    last_line: int
    last_offset: int

    def places(self, zone: int) -> tuple[Place, Place]:
        """Its first and last line in UTC, from the zone of its log."""
        return (
            Place(self.source, self.line, self.offset, self.first - zone),
            Place(self.last_source, self.last_line, self.last_offset, self.last - zone),
        )


@dataclass(frozen=True)
class Failed:
    """An append to a task's log that failed because the file was in use; local time where the log has no zone."""

    customer: str
    task: str
    node: str
    zoned: bool
    place: Place


@dataclass(frozen=True)
class Served:
    """One execution of a task as its node's server log shows it: its first and last line there, in UTC."""

    node: str
    places: tuple[Place, Place]

    @property
    def clock(self) -> str:
        """The clock that stamped its lines."""
        return self.node.casefold()


@dataclass(frozen=True)
class Ties:
    """Everything that server logs say about tasks."""

    ties: tuple[Tie, ...]
    attempts: tuple[Failed, ...]
    hosts: Mapping[tuple[str, str], str]  # (customer, machine in lower case) -> node whose log names it as its own


def ties(events: pl.DataFrame) -> Ties:
    """Ties of executing nodes, one per customer, task, node and execution, and failed appends."""
    tied = pl.col("detail").str.starts_with("tie=") & pl.col("node").is_not_null() & pl.col("task").is_not_null()
    frame = (
        events.select(COLUMNS)
        .filter(tied)
        .with_columns(
            tie=pl.col("detail").str.extract(r"^tie=([^;]+)"),
            execution=pl.col("detail").str.extract(r"guid=([0-9a-fA-F-]+)").fill_null(""),
            zoned=pl.col("time").is_not_null(),
            instant=pl.coalesce(pl.col("time").dt.timestamp("us"), pl.col("wall")) * 10 + pl.col("tick").fill_null(0),
            key=pl.col("node").str.to_lowercase(),
        )
    )
    frame = frame.sort("instant", "source", "line")
    return Ties(tuple(_running(frame.filter(pl.col("tie").is_in(RUNNING)))), tuple(_failed(frame)), _hosts(events))


def _hosts(events: pl.DataFrame) -> dict[tuple[str, str], str]:
    """Machines that one node alone names as its own when it starts (a container's name is not the node's)."""
    said = events.filter(pl.col("task").is_null() & pl.col("node").is_not_null())
    said = said.with_columns(machine=pl.col("message").str.extract(SERVER_MACHINE).str.to_lowercase())
    named = said.drop_nulls("machine").select("customer", "machine", "node").unique()
    nodes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for customer, machine, node in named.rows():
        nodes[(customer, machine)].add(node)
    return {key: min(some) for key, some in nodes.items() if len({node.casefold() for node in some}) == 1}


def _failed(frame: pl.DataFrame) -> Iterator[Failed]:
    held = frame.filter(pl.col("tie").str.starts_with("append-") & pl.col("message").str.contains(HELD, literal=True))
    columns = ("customer", "task", "node", "zoned", "source", "line", "offset", "instant")
    for customer, task, node, zoned, *place in held.select(columns).iter_rows():
        yield Failed(customer, task, node, zoned, Place(*place))


def _running(frame: pl.DataFrame) -> list[Tie]:
    """One per customer, task, node and execution; copied lines count once."""
    grouped = frame.group_by("customer", "task", "key", "execution", maintain_order=True).agg(
        pl.col("node").sort().first(), pl.col("zoned").all(),
        first=pl.col("instant").first(), last=pl.col("instant").last(),
        source=pl.col("source").first(), line=pl.col("line").first(), offset=pl.col("offset").first(),
        last_source=pl.col("source").last(), last_line=pl.col("line").last(), last_offset=pl.col("offset").last(),
    )  # fmt: skip
    rows = grouped.sort("customer", "task", "key", "first").drop("key").iter_rows(named=True)
    return [Tie(**row) for row in rows]


def served(found: Sequence[Tie], zoned: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], list[Served]]:
    """(customer, task) -> executions that server logs show, each under a guid of its own.

    Lines without a guid may be several executions'; a guid found on two nodes is a server log that was copied.
    """
    nodes = defaultdict(set)
    for tie in found:
        nodes[(tie.customer, tie.execution)].add(tie.node.casefold())
    result: dict[tuple[str, str], list[Served]] = defaultdict(list)
    for tie in found:
        zone = 0 if tie.zoned else zoned.get((tie.customer, tie.node.casefold()))
        if zone is not None and tie.execution and len(nodes[(tie.customer, tie.execution)]) == 1:
            result[(tie.customer, tie.task)].append(Served(tie.node, tie.places(zone)))
    return result


def zones(found: Sequence[Tie], spans: dict[tuple[str, str], list[tuple[int, int]]]) -> dict[tuple[str, str], int]:
    """(customer, node) -> zone of its server log, where the case shows it.

    A node stamps a task's log (UTC) and its own server log (local) by one clock, so in the right zone its ties lie
    inside the task's only run. `spans`: (customer, task) -> spans of its runs in UTC. Only tasks of one run count, and
    of these only such as one node ties itself to: of two nodes one may have left no line in the log. The zone must be
    the only multiple of 15 minutes that fits at least nine tenths of them. A node of which only doubtful tasks tell has
    the zone of all other nodes if that fits.
    """
    nodes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for tie in found:
        nodes[(tie.customer, tie.task)].add(tie.node.casefold())
    fair: dict[tuple[str, str], list[set[int]]] = defaultdict(list)
    doubtful: dict[tuple[str, str], list[set[int]]] = defaultdict(list)
    for tie in found:
        runs = spans.get((tie.customer, tie.task), [])
        if not tie.zoned and len(runs) == 1:
            alone = len(nodes[(tie.customer, tie.task)]) == 1
            (fair if alone else doubtful)[(tie.customer, tie.node.casefold())].append(_fitting(tie, *runs[0]))
    result = {key: zone for key, sets in fair.items() if (zone := _agreed(sets)) is not None}
    shared = {(customer, zone) for (customer, _), zone in result.items()}
    for (customer, node), sets in doubtful.items():
        own = [zone for name, zone in shared if name == customer]
        if (customer, node) not in fair and len(own) == 1 and all(own[0] in one for one in sets):
            result[(customer, node)] = own[0]
    return {key: zone * ZONE_STEP for key, zone in result.items()}


def _fitting(tie: Tie, start: int, end: int) -> set[int]:
    """Zones, in steps, in which a tie lies inside a run."""
    low = -((end + AFTER - tie.last) // ZONE_STEP)
    high = (tie.first - start + BEFORE) // ZONE_STEP
    return set(range(max(low, -56), min(high, 56) + 1))


def _agreed(sets: Sequence[set[int]]) -> int | None:
    counts = Counter(zone for one in sets for zone in one)
    best = [zone for zone, count in counts.items() if count == max(counts.values())]
    return best[0] if len(best) == 1 and counts[best[0]] >= 0.9 * len(sets) else None
