"""The lines of task logs as detectors need them: every line with its execution, its activity and its instant."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

import polars as pl

from analyzer.case import Case
from analyzer.names import RESUMED

Made = TypeVar("Made")
KEY = ("customer", "task", "log")
TASK = ("customer", "task")
RAW, DETAILS, TEXT = "task-log", "api-details", "task-text"
SECOND = 10_000_000  # instants count 100 ns

CLOSING = ("finished", "abandoned")
ANSWERED = rf"^(?:{RESUMED}|Submitted by:|Guidance received)"
"""How a log goes on after somebody answered an intervention or gave guidance (formats document, 3.4)."""
ROOT = pl.col("activity") == ""


def remembered(make: Callable[[Case], Made]) -> Callable[[Case], Made]:
    """Make a table once per case: several detectors look at it. It goes when the case goes."""
    made: WeakKeyDictionary[Case, Made] = WeakKeyDictionary()

    @wraps(make)
    def look(case: Case) -> Made:
        if case not in made:
            made[case] = make(case)
        return made[case]

    return look


@remembered
def task_lines(case: Case) -> pl.DataFrame:
    """Every line of every ServerTask's log once (its best view, no copies), sorted by log, source and place.

    Columns of EVENTS that some detector needs, and `format` of the source, `execution` (null where a line could belong
    to either of two), `step` (the activity directly below the root), `depth`, `instant` (100 ns; of the day where a log
    has no date).
    """
    place = ["customer", "source", "line"]
    owners = owners_of_places(case.frame("assignments"))
    formats = case.frame("sources").select("customer", "source", "format")
    path = pl.col("activity").fill_null("")
    lines = (
        case.frame("telling")
        .drop("log", "detail", "process", "thread", "node")
        .join(owners, on=place, how="inner")
        .filter(pl.col("task").is_not_null())
        .join(formats, on=["customer", "source"], how="left")
        .with_columns(
            activity=path,
            step=path.str.split("/").list.first(),
            depth=pl.when(path == "").then(0).otherwise(path.str.count_matches("/") + 1).cast(pl.Int64),
            severity=pl.col("severity").fill_null(0),
            message=pl.col("message").fill_null(""),
            instant=pl.coalesce(pl.col("time").dt.timestamp("us"), pl.col("wall")) * 10 + pl.col("tick").fill_null(0),
        )
        .drop("lines", "segment", "tick", "wall", "percentage")
    )
    return lines.sort(*KEY, "source", "line", "offset", maintain_order=True)


def owners_of_places(assignments: pl.DataFrame) -> pl.DataFrame:
    """Customer, source, line, log, execution: several entries on one line have one owner, or none that is certain."""
    place = ["customer", "source", "line"]
    owners = assignments.select(*place, "log", "execution")
    if not owners.select(place).is_duplicated().any():
        return owners
    alone = pl.col("execution").n_unique() == 1
    return owners.group_by(place).agg(pl.col("log").first(), execution=pl.when(alone).then(pl.col("execution").first()))


@remembered
def raw_lines(case: Case) -> pl.DataFrame:
    """Those of raw logs; the same frame where there are no others, for a copy takes as much memory as all lines."""
    lines = task_lines(case)
    raw = (lines["format"] == RAW).fill_null(False)
    return lines if raw.all() else lines.filter(raw)


def cleared(case: Case) -> pl.DataFrame:
    """Rows of LOGS that a first look cleared: raw, complete, one execution; their lines are not among `task_lines`."""
    return looked(case).filter(pl.col("first").is_not_null())


def looked(case: Case) -> pl.DataFrame:
    """The same with text downloads, which have no dates and no finish lines."""
    return case.frame("logs").filter("cleared")


@remembered
def answers(case: Case) -> pl.DataFrame:
    """Those of `task_lines` with which a log goes on behind an answer."""
    return task_lines(case).filter(pl.col("message").str.contains(ANSWERED))


def titles(lines: pl.DataFrame) -> pl.DataFrame:
    """KEY, activity, title: an activity is called by its first line (formats document, 1.4); "" where that is lost."""
    naming = pl.col("kind").is_in(["message", "planned"])
    title = pl.col("message").filter(naming).first().fill_null("")
    return lines.group_by(*KEY, "activity", maintain_order=True).agg(title=title)


@remembered
def tolerances(case: Case) -> pl.DataFrame:
    """KEY, tolerance: how far time may step back in a log before it means something, in 100 ns.

    Measured from the log itself: threads of one process write into one file, so time steps back a little wherever the
    log switches between activities. Twice what 95 % of these switches stay within, at least a second; a text download
    has whole seconds, so at least two. Fewer than 20 switches say nothing: a moved block would be its own measure.
    """
    lines = task_lines(case).select(*KEY, "source", "execution", "activity", "format", "instant")
    file = pl.struct(*KEY, "source").rle_id()  # a number groups several times as fast as four names
    certain = lines.with_columns(file=file).filter((pl.col("format") != TEXT) & pl.col("execution").is_not_null())
    before, other = (pl.col(name).shift().over("file", "execution") for name in ("instant", "activity"))
    back = (before - pl.col("instant")).clip(lower_bound=0)
    switches = certain.with_columns(back=back, switched=pl.col("activity") != other).filter("switched")
    measured = switches.group_by(KEY).agg(
        usual=pl.when(pl.len() >= 20).then(pl.col("back").quantile(0.95, interpolation="lower"))
    )
    least = lines.group_by(KEY, maintain_order=True).agg(
        least=pl.when((pl.col("format") == TEXT).any()).then(2 * SECOND).otherwise(SECOND)
    )
    tolerance = pl.max_horizontal("least", 2 * pl.col("usual").fill_null(0)).cast(pl.Int64)
    return least.join(measured, on=KEY, how="left").with_columns(tolerance=tolerance).select(*KEY, "tolerance")


def headline(title: str | None, fallback: str = "(no name)") -> str:
    """The first line of an activity's title, cut."""
    return next(iter((title or "").splitlines()), "")[:80].strip() or fallback


def seconds(ticks: int) -> str:
    """A span of 100 ns units for prose."""
    length = ticks / SECOND
    if length < 120:
        return f"{length:.1f} s"
    return f"{length / 60:.0f} min" if length < 7200 else f"{length / 3600:.1f} h"
