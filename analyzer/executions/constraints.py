"""The constraints between clocks that a case shows by itself (design document, section 6).

Whose clock a field is on: a task log's times are the executing node's; the database's QueueTime is its own. StartTime
and CompletedTime may be the node's or the database's; they bound clocks only where they show to be on another clock
than the node's, because else they would seem to prove that all clocks agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from analyzer.clocks import SECOND, Clocks, Constraint, Place, solve

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATABASE = "the database"
RESOLUTION = 20_000  # API times are cut to milliseconds: each end of a comparison may be off by one
HOLD = 60 * SECOND
WRITING = 2 * SECOND  # a line may be stamped this long before it is written, or a row updated this long after


@dataclass(frozen=True)
class Dated:
    """When an execution ran, on its node's clock."""

    task: tuple[str, str]
    number: int
    structure: int
    clock: str | None
    places: tuple[Place, ...]
    announced: bool
    usable: bool

    @cached_property
    def span(self) -> tuple[int, int]:
        """First and last instant."""
        return min(place.instant for place in self.places), max(place.instant for place in self.places)

    @cached_property
    def ends(self) -> tuple[Place, Place]:
        """The places of the first and the last instant."""
        return min(self.places, key=lambda place: place.instant), max(self.places, key=lambda place: place.instant)


@dataclass(frozen=True)
class Attempt:
    """An append to a task's log that failed because another process held the file."""

    task: tuple[str, str]
    clock: str
    place: Place


@dataclass(frozen=True)
class Bounds:
    """Offsets between clocks: what the case shows, and what it shows under assumptions that are likely."""

    sure: Clocks
    likely: Clocks


def bounds(
    executions: Sequence[Dated], states: pl.DataFrame, attempts: Sequence[Attempt] = (), latest: int = 0
) -> Bounds:
    """Solve the case's constraints. `latest`: the last instant of executions that constrain nothing.

    StartTime and CompletedTime count as sure only where they cannot all be the nodes' own times. Where they might be,
    CompletedTime is likely (StartTime is not used: the time in the queue bounds the same side without an assumption);
    where they contradict the other constraints, they are dropped. Likely too is what a lock error says: the holder of
    the file was the other execution, unless it was a backup or a virus scanner.
    """
    every: dict[tuple[str, str], list[Dated]] = defaultdict(list)
    for one in executions:
        every[one.task].append(one)
    by_task = {task: [one for one in runs if one.usable and one.clock] for task, runs in every.items()}
    once = {task for task, runs in every.items() if len({one.structure for one in runs}) == 1}
    rows = states.filter(pl.col("claim").is_in(["database", "api"]) & pl.col("task").is_not_null())
    sound = list(_resumes(by_task.values()))
    owned: list[Constraint] = []
    for row in rows.sort("source", "line").iter_rows(named=True):
        task = (row["customer"], row["task"])
        mine = by_task.get(task, [])
        sound += _queued(mine, row) if task in once else ()
        owned += _owned(mine, row) if len(every[task]) == 1 else ()
    moment = max([latest, *(one.span[1] for one in executions)])
    held = list(_held(every, attempts))
    both = solve([*sound, *owned])
    if both.at(moment).contradiction:
        return Bounds(solve(sound), _consistent([*sound, *held], sound, moment))
    if _on_another_clock(owned):
        return Bounds(both, _consistent([*sound, *owned, *held], [*sound, *owned], moment))
    completed = [one for one in owned if one.after == DATABASE]
    return Bounds(solve(sound), _consistent([*sound, *completed, *held], [*sound, *completed], moment))


def _consistent(wanted: Sequence[Constraint], instead: Sequence[Constraint], moment: int) -> Clocks:
    clocks = solve(wanted)
    return solve(instead) if clocks.at(moment).contradiction else clocks


def _held(by_task: Mapping[tuple[str, str], Sequence[Dated]], attempts: Sequence[Attempt]) -> Iterator[Constraint]:
    """An append that failed because the file was in use lies inside the hold of the only other writer.

    A node keeps a task log open for a minute after its last line (formats document, 1.6).
    """
    for one in attempts:
        others = [run for run in by_task.get(one.task, ()) if run.clock != one.clock]
        if len(others) != 1 or others[0].clock is None or not others[0].usable:
            continue
        clock, (first, last) = others[0].clock, others[0].ends
        reason, at = "the file was held", one.place.instant
        yield Constraint(clock, first.instant, one.clock, at, WRITING, reason, (first, one.place))
        yield Constraint(one.clock, at, clock, last.instant, WRITING + HOLD, reason, (one.place, last))


def _resumes(tasks: Iterable[Sequence[Dated]]) -> Iterator[Constraint]:
    """The run that began a task paused before any run that resumed it began; the resumes' own order is not known."""
    for runs in tasks:
        for a in runs:
            for b in runs:
                if a.structure == b.structure and a.announced and not b.announced and a.clock != b.clock:
                    assert a.clock
                    assert b.clock
                    last, first = a.ends[1], b.ends[0]
                    reason = "paused before it was resumed"
                    yield Constraint(a.clock, last.instant, b.clock, first.instant, WRITING, reason, (last, first))


def _queued(mine: Sequence[Dated], row: dict[str, Any]) -> Iterator[Constraint]:
    """A task is queued before it starts; a re-run is queued again, so only tasks with a single structure tell."""
    queued = _place(row, "queued")
    if queued is None or not mine:
        return
    first = min(mine, key=lambda one: one.number)
    if not first.announced or not first.clock:
        return
    begin = first.ends[0]
    yield Constraint(
        DATABASE, queued.instant, first.clock, begin.instant, RESOLUTION, "queued before started", (queued, begin)
    )


def _owned(mine: Sequence[Dated], row: dict[str, Any]) -> Iterator[Constraint]:
    started, completed = _place(row, "started"), _place(row, "completed")
    if not mine or mine[0].clock is None:
        return
    clock, (begin, end) = mine[0].clock, mine[0].ends
    if started is not None:
        reason = "taken before its first line"
        yield Constraint(DATABASE, started.instant, clock, begin.instant, WRITING, reason, (started, begin))
    if completed is not None:
        reason = "last line before it was marked complete"
        yield Constraint(clock, end.instant, DATABASE, completed.instant, WRITING, reason, (end, completed))


def _on_another_clock(found: Iterable[Constraint]) -> bool:
    """Whether the times cannot all be the nodes' own: at its own moment a constraint excludes that the clocks agree."""
    return any(one.bound(one.earlier) < 0 for one in found)


def _place(row: dict[str, Any], field: str) -> Place | None:
    """Where a database or API time stands; UTC in 100 ns."""
    value = row[field]
    if not isinstance(value, datetime):
        return None
    ticks = (value - EPOCH) // timedelta(microseconds=1) * 10
    return Place(row["source"], row["line"], row["offset"], ticks)
