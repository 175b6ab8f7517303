"""The lines of a task's log as `show` and the blast radius tell them: each with its execution, activity and instant.

Only lines of the best view of each log are here (ASSIGNMENTS), so that copies and other views are not told twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from analyzer.case import Case
from analyzer.detectors.lines import owners_of_places

Key = tuple[str, str]
"""Customer and task."""

DAY = 864_000_000_000  # in units of 100 ns
JITTER = 600_000_000
NEEDED = (
    "customer",
    "task",
    "source",
    "line",
    "offset",
    "activity",
    "kind",
    "severity",
    "message",
    "time",
    "wall",
    "tick",
)


class Line(NamedTuple):
    """One log entry. `instant`: 100 ns since 1970, or since midnight where the log has no date (`dated` False)."""

    source: str
    line: int
    log: str
    execution: int | None  # None where it could belong to either of two
    activity: str
    kind: str
    severity: int
    message: str
    instant: int
    dated: bool

    @property
    def depth(self) -> int:
        """0 for the root, 1 for a step, 2 for a target."""
        return _levels(self.activity)[0]

    @property
    def step(self) -> str:
        """The activity directly below the root, "" for the root itself."""
        return _levels(self.activity)[1]

    @property
    def target(self) -> str | None:
        """The activity two levels below the root that this line belongs to."""
        return _levels(self.activity)[2]

    @property
    def title(self) -> str:
        """The first line of the message."""
        return self.message.strip().split("\n", 1)[0].strip()


@lru_cache(1 << 14)
def _levels(activity: str) -> tuple[int, str, str | None]:
    """Depth, step and target of an activity: a log has a hundred lines of each."""
    path = activity.split("/", 2)
    return activity.count("/") + 1 if activity else 0, path[0], "/".join(path[:2]) if len(path) > 1 else None


def task_lines(case: Case, keys: Collection[Key]) -> Iterator[tuple[Key, list[Line]]]:
    """The lines of these tasks in the order of source and place, one task after the other: of all they fill memory."""
    return _by_task(_lines(case, keys), keys)


def outlines(case: Case, keys: Collection[Key], named: pl.Expr) -> Iterator[tuple[Key, list[Line]]]:
    """Of the same lines those that bound what an execution did in an activity, and the `named` ones.

    Of each activity, execution and kind of line the first one, and the earliest and the latest: one line in six of a
    double run's log, and Python handles each of them several times.
    """
    frame = _lines(case, keys).with_row_index("row")
    part = ["customer", "task", "log", "activity", "execution", "kind", "dated"]
    row = pl.col("row")
    bounds = frame.group_by(part).agg(row.first(), least=row.min_by("instant"), most=row.max_by("instant"))
    rows = pl.concat([*(bounds[name] for name in ("row", "least", "most")), frame.filter(named)["row"]])
    return _by_task(frame.drop("row")[rows.unique().sort()], keys)


def _lines(case: Case, keys: Collection[Key]) -> pl.DataFrame:
    """Customer, task and the fields of `Line`, in the order of task, source and place."""
    tasks = sorted({task for _, task in keys})
    mine = pl.col("task").is_in(tasks)
    place = ["customer", "source", "line"]
    owners = owners_of_places(case.frame("assignments").filter(mine))
    frame = case.frame("telling").select(NEEDED).filter(mine).join(owners, on=place, how="inner")
    if case.frame("logs").filter(mine)["cleared"].any():
        frame = pl.concat([frame, _of_cleared(case, tasks).select(frame.columns)])
    frame = frame.select(
        "customer", "task", "source", "line", "log", "execution",
        pl.col("activity").fill_null(""), "kind", pl.col("severity").fill_null(0), pl.col("message").fill_null(""),
        instant=pl.coalesce(pl.col("time").dt.timestamp("us"), pl.col("wall")) * 10 + pl.col("tick").fill_null(0),
        dated=pl.col("time").is_not_null(), offset="offset",
    )  # fmt: skip
    frame = frame.sort("customer", "task", "source", "line", "offset").drop("offset")
    return frame if frame["dated"].all() else _over_midnight(frame)


def _by_task(frame: pl.DataFrame, keys: Collection[Key]) -> Iterator[tuple[Key, list[Line]]]:
    counts = frame.group_by("customer", "task", maintain_order=True).len()
    rows, begin = frame.drop("customer", "task"), 0
    for customer, task, count in counts.iter_rows():
        if (customer, task) in keys:
            yield (customer, task), list(map(Line._make, rows.slice(begin, count).iter_rows()))
        begin += count


def _of_cleared(case: Case, tasks: list[str]) -> pl.DataFrame:
    """Lines that were not needed to judge their task; its only execution wrote them."""
    mine = pl.col("task").is_in(tasks)
    looked = case.frame("logs").filter(mine & pl.col("cleared")).select("customer", "task", "log")
    lines = pl.DataFrame(case.events_of(tasks)).filter(mine).with_columns(pl.col("log").fill_null(""))
    lines = lines.join(looked, on=["customer", "task", "log"], how="semi")
    return lines.with_columns(execution=pl.lit(1, pl.Int64))


def _over_midnight(frame: pl.DataFrame) -> pl.DataFrame:
    """A log without dates whose lines run past midnight: what is earlier than its first line is the next day's."""
    instant, begin = pl.col("instant"), pl.col("instant").first().over("customer", "task")
    undated = ~pl.col("dated").first().over("customer", "task") & (begin >= DAY // 2)
    next_day = undated & (instant < begin - JITTER - DAY // 2)
    return frame.with_columns(instant=pl.when(next_day).then(instant + DAY).otherwise(instant))


def in_order(lines: Iterable[Line], *, tree: bool = False) -> list[Line]:
    """Lines of several files by time; lines of one file never change places, however they are stamped.

    With `tree` the lines are those of a text download or of `/details`, which print parents before children: then time
    alone orders them.
    """
    if tree:
        return sorted(lines, key=lambda one: (one.instant, one.source, one.line))
    high: dict[str, int] = {}
    keyed = []
    for one in lines:
        high[one.source] = max(high.get(one.source, one.instant), one.instant)
        keyed.append(((high[one.source], one.source, one.line), one))
    return [one for _, one in sorted(keyed, key=lambda pair: pair[0])]
