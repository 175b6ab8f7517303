"""Which constraints a case shows, whose clock a field is on, and how far each is widened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl

from analyzer import schema
from analyzer.clocks import DRIFT, SECOND, UNKNOWN_SKEW, Constraint, Interval, Place, solve
from analyzer.executions.constraints import DATABASE, Attempt, Bounds, Dated, bounds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2023, 9, 18, 12, tzinfo=UTC)


def ticks(seconds: float) -> int:
    """Seconds after noon as 100 ns since 1970."""
    return (NOON - EPOCH) // timedelta(microseconds=1) * 10 + round(seconds * SECOND)


def ran(task: int, clock: str, first: float, last: float, *, structure: int = 1, announced: bool = True) -> Dated:
    """An execution by the clock of its node."""
    places = (Place("log", 1, 0, ticks(first)), Place("log", 9, 90, ticks(last)))
    return Dated(("", f"ServerTasks-{task}"), structure if announced else 2, structure, clock, places, announced, True)


def row(task: int, queued: float, started: float, completed: float) -> dict[str, object]:
    """A row of the API; times are cut to milliseconds, as the API does."""
    times = {"queued": queued, "started": started, "completed": completed}
    cut = {name: NOON + timedelta(milliseconds=int(seconds * 1000)) for name, seconds in times.items()}
    return {"source": "tasks.json", "line": 1, "offset": 0, "task": f"ServerTasks-{task}", "claim": "api"} | cut


def solved(runs: list[Dated], rows: list[dict[str, object]], attempts: list[Attempt] | None = None) -> Bounds:
    """The bounds of a case."""
    frame = pl.DataFrame(schema.from_rows(schema.STATES, [{"customer": "", **one} for one in rows]))
    return bounds(runs, frame, attempts or [])


def width(offset: Interval) -> tuple[float | None, float | None]:
    """An interval in whole seconds."""
    low, high = (None if end is None else round(end / SECOND) for end in (offset.low, offset.high))
    return low, high


def test_the_time_in_the_queue_bounds_a_nodes_clock_from_above() -> None:
    found = solved([ran(1, "a", 40.0, 50.0)], [row(1, 30.0, 0.0, 0.0) | {"started": None, "completed": None}])
    assert width(found.sure.offset(DATABASE, "a", ticks(50))) == (None, 10)


def test_rows_of_the_database_bound_a_clock_that_is_off() -> None:
    found = solved([ran(1, "a", 340.0, 350.0)], [row(1, 30.0, 39.0, 51.0)])  # the node is 300 s ahead
    assert width(found.sure.offset(DATABASE, "a", ticks(350))) == (297, 303)


def test_a_clock_that_is_off_shows_however_long_ago_that_was() -> None:
    hours = ran(3, "a", 30_000.0, 30_010.0)  # the drift since then may be more than the clock was off
    found = solved([ran(1, "a", 36.0, 46.0), hours], [row(1, 30.0, 40.0, 50.0)])
    assert found.sure.offset(DATABASE, "a", ticks(50)).known
    assert width(found.sure.offset(DATABASE, "a", ticks(30_010))) == (-12, 4)


def test_a_row_written_a_little_late_does_not_make_the_rows_another_clocks() -> None:
    hours = ran(3, "a", 30_000.0, 30_010.0)
    found = solved([ran(1, "a", 38.5, 50.0), hours], [row(1, 30.0, 40.0, 51.5)])
    assert not found.sure.offset(DATABASE, "a", ticks(50)).known


def test_rows_that_the_nodes_may_have_stamped_themselves_bound_nothing_for_sure() -> None:
    found = solved(
        [ran(1, "a", 40.0, 50.0), ran(2, "b", 40.0, 50.0)], [row(1, 30.0, 39.0, 51.0), row(2, 30.0, 39.0, 51.0)]
    )
    assert not found.sure.offset("a", "b", ticks(50)).known
    assert found.likely.offset("a", "b", ticks(50)).known


def test_rows_that_contradict_the_queue_are_dropped() -> None:
    behind = ran(1, "a", -260.0, -250.0)  # 300 s behind, and StartTime and CompletedTime are its own
    found = solved([behind], [row(1, 30.0, -261.0, -249.0)])
    assert width(found.likely.offset(DATABASE, "a", ticks(0))) == (None, -290)


def test_a_task_that_ran_twice_says_nothing_of_the_queue() -> None:
    twice = [ran(1, "a", 40.0, 50.0), ran(1, "b", 60.0, 70.0, structure=2)]
    assert not solved(twice, [row(1, 55.0, 56.0, 71.0)]).sure.constraints


def test_a_task_that_ran_twice_says_nothing_although_only_one_run_names_its_node() -> None:
    nameless = replace(ran(1, "b", 3600.0, 3610.0, structure=2), clock=None)
    assert not solved([ran(1, "a", 40.0, 50.0), nameless], [row(1, 30.0, 3599.0, 3611.0)]).likely.constraints


def test_a_lock_error_says_nothing_where_a_nameless_run_may_be_its_nodes() -> None:
    attempt = Attempt(("", "ServerTasks-1"), "b", Place("server", 5, 500, ticks(130.0)))
    nameless = replace(ran(1, "b", 120.0, 190.0, structure=2), clock=None)
    assert not solved([ran(1, "a", 0.0, 100.0), nameless], [], [attempt]).likely.constraints


def test_a_pause_ends_before_its_resume_begins() -> None:
    found = solved([ran(1, "a", 0.0, 10.0), ran(1, "b", 5.0, 9.0, announced=False)], [])
    assert width(found.sure.offset("a", "b", ticks(10))) == (None, -3)  # b is at least 3 s behind, with 2 s for writing


def test_a_lock_error_lies_inside_the_hold_of_the_other_writer_but_only_likely() -> None:
    attempt = Attempt(("", "ServerTasks-1"), "b", Place("server", 5, 500, ticks(130.0)))
    found = solved([ran(1, "a", 0.0, 100.0)], [], [attempt])
    assert not found.sure.constraints
    assert width(found.likely.offset("a", "b", ticks(100))) == (-32, 132)


def test_times_cut_to_milliseconds_exclude_the_truth_unless_they_are_widened() -> None:
    """The last line and the completion are one moment on one clock; the API shows 12:00:00.000 for 12:00:00.0009."""
    last, shown = ticks(0.0009), ticks(0.0)
    bare = -UNKNOWN_SKEW * DRIFT // 1_000_000  # takes back the allowance for drift
    exact = solve([Constraint("a", last, DATABASE, shown, bare, "as if exact")])
    assert -exact.at(last).paths["a"][DATABASE][0] > 0  # o(a) > 0: the true offset, 0, is excluded
    widened = solved([ran(1, "a", -0.5, 0.0009)], [row(1, -1.0, -0.6, 0.0)])
    low = widened.likely.offset(DATABASE, "a", last).low
    assert low is not None
    assert low <= 0
