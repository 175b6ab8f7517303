"""Lines that step back in time inside one activity of one execution, on one clock."""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.lines import ANSWERED, KEY, RAW, ROOT, SECOND, answers, remembered, task_lines, tolerances
from analyzer.names import COMPLETED, FATAL

HOUR = 3600 * SECOND
MIDNIGHT = 12 * HOUR


def steps_back(case: Case) -> pl.DataFrame:
    """Lines that step back inside their activity by more than the tolerance, with the line before them (`before_*`)."""
    return _all_steps(case).filter(~_clock_change())


def clock_changes(case: Case) -> pl.DataFrame:
    """Lines that step back by what the end of daylight-saving time explains."""
    return _all_steps(case).filter(_clock_change())


@remembered
def _all_steps(case: Case) -> pl.DataFrame:
    lines = task_lines(case)
    certain = _judgeable(case, lines.filter(pl.col("execution").is_not_null()))
    certain = certain.with_columns(file=pl.struct(*KEY, "source").rle_id())
    inside = ["file", "execution", "activity"]
    certain = certain.with_columns(
        **{f"before_{name}": pl.col(name).shift().over(inside) for name in ("line", "offset", "instant")},
    )
    steps = certain.with_columns(back=pl.col("before_instant") - pl.col("instant")).drop("file")
    steps = steps.filter(pl.col("back") > 0)
    steps = steps.join(tolerances(case), on=KEY, how="left").filter(pl.col("back") > pl.col("tolerance"))
    restarted = pl.col("message").str.contains(ANSWERED)
    midnight = (pl.col("clock") == "none") & (pl.col("back") > MIDNIGHT)
    return steps.filter(~restarted & ~midnight)


def _clock_change() -> pl.Expr:
    """Whether the end of daylight-saving time explains a step back: an hour less what really passed, at night.

    Only a clock without a zone can show it. An exact hour in one activity explains the others at any time of day:
    somebody set the clock.
    """
    of_day = pl.col("before_instant") % (24 * HOUR)
    exact = ((pl.col("back") - HOUR).abs() <= pl.col("tolerance")).any().over(KEY)
    at_most = (pl.col("back") > HOUR // 2) & (pl.col("back") <= HOUR + pl.col("tolerance"))
    return pl.col("clock").is_in(["local", "none"]) & at_most & (exact | (of_day <= 4 * HOUR))


def _judgeable(case: Case, lines: pl.DataFrame) -> pl.DataFrame:
    """Without what two executions wrote and a tree prints as one activity: nothing there tells the second one's lines.

    Of a task that paused the waiting activity and its parents go on elsewhere, on another clock or another day. Of a
    task that was run again the root goes on; it goes on behind its closing, or begins twice.
    """
    tree = pl.col("format") != RAW
    if (lines["format"] == RAW).all():
        return lines
    answered = answers(case).filter(tree & pl.col("execution").is_not_null())
    lines = lines.join(_run_again(lines.filter(tree & ROOT)), on=["customer", "source", "activity"], how="anti")
    if answered.is_empty():
        return lines
    path = pl.col("activity").str.split("/")
    parents = [path.list.head(depth).list.join("/").alias("activity") for depth in range(6)]
    waiting = pl.concat([answered.select("customer", "source", parent) for parent in parents]).unique()
    return lines.join(waiting, on=["customer", "source", "activity"], how="anti")


def _run_again(root: pl.DataFrame) -> pl.DataFrame:
    """Customer, source and activity of roots that may be those of two executions."""
    closing = (pl.col("severity") >= FATAL) | pl.col("message").str.contains(COMPLETED)
    closed = closing.cum_sum().over("customer", "source") - closing
    again = (pl.col("message") == pl.col("message").first()).sum().over("customer", "source") > 1
    return root.filter((closed > 0) | again).select("customer", "source", "activity").unique()
