"""The constraints between clocks that a case shows by itself (design document, section 6).

Whose clock a field is on: a task log's times are the executing node's; the database's QueueTime is its own. StartTime
and CompletedTime may be the node's or the database's; they bound clocks only where they show to be on another clock
than the node's, because else they would seem to prove that all clocks agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from analyzer.clocks import SECOND, Clocks, Constraint, solve

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATABASE = "the database"
RESOLUTION = 20_000  # API times are cut to milliseconds: each end of a comparison may be off by one
WRITING = 2 * SECOND  # a line may be stamped this long before it is written, or a row updated this long after


@dataclass(frozen=True)
class Dated:
    """When an execution ran, on its node's clock."""

    task: tuple[str, str]
    number: int
    structure: int
    clock: str | None
    span: tuple[int, int]
    announced: bool
    usable: bool


@dataclass(frozen=True)
class Bounds:
    """Offsets between clocks: what the case shows, and what it shows if the database stamps StartTime and CompletedTime."""

    sure: Clocks
    likely: Clocks


def bounds(executions: Sequence[Dated], states: pl.DataFrame) -> Bounds:
    """Solve the case's constraints.

    StartTime and CompletedTime count as sure only where they cannot all be the nodes' own times; where they might be,
    they are likely; where they contradict the other constraints, they are dropped.
    """
    by_task: dict[tuple[str, str], list[Dated]] = defaultdict(list)
    for one in executions:
        if one.usable and one.clock:
            by_task[one.task].append(one)
    rows = states.filter(pl.col("claim").is_in(["database", "api"]) & pl.col("task").is_not_null())
    sound = list(_resumes(by_task.values()))
    owned: list[Constraint] = []
    for row in rows.sort("source", "line").iter_rows(named=True):
        mine = by_task.get((row["customer"], row["task"]), [])
        sound += _queued(mine, row)
        owned += _owned(mine, row)
    both = solve([*sound, *owned])
    sure = solve(sound)
    if both.contradiction:
        return Bounds(sure, sure)
    return Bounds(both if _on_another_clock(owned) else sure, both)


def _resumes(tasks: Iterable[Sequence[Dated]]) -> Iterator[Constraint]:
    """The run that began a task paused before any run that resumed it began; the resumes' own order is not known."""
    for runs in tasks:
        for a in runs:
            for b in runs:
                if a.structure == b.structure and a.announced and not b.announced and a.clock != b.clock:
                    assert a.clock and b.clock
                    yield Constraint(a.clock, a.span[1], b.clock, b.span[0], WRITING, "resume after pause")


def _queued(mine: Sequence[Dated], row: dict[str, object]) -> Iterator[Constraint]:
    """A task is queued before it starts; a re-run is queued again, so only tasks with a single structure tell."""
    queued = _ticks(row["queued"])
    if queued is None or not mine or len({one.structure for one in mine}) > 1:
        return
    first = min(mine, key=lambda one: one.number)
    if not first.announced or not first.clock:
        return
    yield Constraint(DATABASE, queued, first.clock, first.span[0], RESOLUTION, "queued before started")


def _owned(mine: Sequence[Dated], row: dict[str, object]) -> Iterator[Constraint]:
    started, completed = _ticks(row["started"]), _ticks(row["completed"])
    if len(mine) != 1 or mine[0].clock is None:
        return
    one = mine[0]
    assert one.clock
    if started is not None:
        yield Constraint(DATABASE, started, one.clock, one.span[0], WRITING, "taken before its first line")
    if completed is not None:
        yield Constraint(one.clock, one.span[1], DATABASE, completed, WRITING, "last line before it was marked complete")


def _on_another_clock(found: Sequence[Constraint]) -> bool:
    """Whether the times cannot all be the nodes' own: some node's offset from them excludes zero."""
    clocks = solve(found)
    for name in {one.after for one in found} | {one.before for one in found}:
        offset = clocks.offset(DATABASE, name)
        if (offset.low is not None and offset.low > 0) or (offset.high is not None and offset.high < 0):
            return True
    return False


def _ticks(value: object) -> int | None:
    if not isinstance(value, datetime):
        return None
    return (value - EPOCH) // timedelta(microseconds=1) * 10
