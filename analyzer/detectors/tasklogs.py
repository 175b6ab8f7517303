"""What is known of each task log as a whole: whether it is complete, whose it is, what damages it."""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.claims import claimed
from analyzer.detectors.lines import KEY, RAW, ROOT, remembered, task_lines

TASK = ("customer", "task")
PIECE = 200
"""So long is the excerpt of a reject: the fields of a longer one may lie behind it."""


@remembered
def task_logs(case: Case) -> pl.DataFrame:
    """One row per task log.

    `raw`, `finishes` (of the root), `worst` (highest severity), `unassigned` (lines of no certain execution),
    `opened` (the first line of some part is the root's), `executions`, `mixed` (two of them overlap, or may),
    `undecided` (a second one that may be a re-run), `canceled`, `torn` (entries), `refused` (appends that a node gave
    up), `whole` (a raw log of one execution from its first line to its last, nothing torn, nothing refused),
    `ended` (last instant, 100 ns), `last` (its time) and where that last line stands.
    """
    lines = task_lines(case)
    first = (pl.int_range(pl.len()).over(*KEY, "source") == 0) & ROOT
    logs = (
        lines.with_columns(first=first)
        .group_by(KEY, maintain_order=True)
        .agg(
            raw=(pl.col("format") == RAW).all(),
            finishes=(ROOT & (pl.col("kind") == "finished")).sum().cast(pl.Int64),
            worst=pl.col("severity").max(),
            unassigned=pl.col("execution").null_count(),
            opened=pl.col("first").any(),
            ended=pl.col("instant").max(),
            last=pl.col("time").max(),
            **{f"last_{name}": pl.col(name).sort_by("instant").last() for name in ("source", "line", "offset")},
        )
    )
    for known in (_executions(case), _pairs(case), _canceled(case), torn(case), _refused(case)):
        logs = logs.join(known, on=[name for name in KEY if name in known.columns], how="left")
    logs = logs.with_columns(
        pl.col("mixed", "undecided", "canceled").fill_null(False), pl.col("executions", "torn", "refused").fill_null(0)
    )
    whole = (
        pl.col("raw") & pl.col("opened") & (pl.col("finishes") > 0) & (pl.col("executions") == 1)
        & (pl.col("unassigned") == 0) & (pl.col("torn") == 0) & (pl.col("refused") == 0)
    )  # fmt: skip
    return logs.with_columns(whole=whole)


def _executions(case: Case) -> pl.DataFrame:
    """Per task: a node's server log may show an execution that the log does not."""
    return case.frame("executions").group_by(TASK).agg(executions=pl.len().cast(pl.Int64))


def _pairs(case: Case) -> pl.DataFrame:
    return (
        case.frame("pairs")
        .group_by(TASK)
        .agg(
            mixed=pl.col("relation").is_in(["concurrent", "possible"]).any(),
            undecided=(pl.col("work") == "undecided").any(),
        )
    )


def _canceled(case: Case) -> pl.DataFrame:
    """A cancellation leaves activities open, and what it interrupts may still go on for a while."""
    said = claimed(case).filter(pl.col("state").is_in(["Canceled", "Cancelling"])).select(TASK)
    derived = case.frame("executions").filter(pl.col("outcome") == "Canceled").select(TASK)
    return pl.concat([said, derived]).unique().with_columns(canceled=pl.lit(True))


@remembered
def torn_entries(case: Case) -> pl.DataFrame:
    """REJECTS that were entries of a ServerTask's raw log, with KEY: pieces that have the punctuation of one."""
    rejects = case.frame("rejects")
    owners = case.frame("telling").join(rejects, on=["customer", "source"], how="semi", maintain_order="left")
    owners = owners.filter(pl.col("task").str.starts_with("ServerTasks-")).select("source", *KEY)
    owners = (
        owners.with_columns(pl.col("log").fill_null("")).group_by("customer", "source", maintain_order=True).first()
    )
    sources = case.frame("sources").filter((pl.col("format") == RAW) & pl.col("duplicate_of").is_null())
    return (
        rejects.filter((pl.col("bytes") > PIECE) | pl.col("excerpt").str.contains(r'","|^\s*\["'))
        .join(sources.select("customer", "source", source_lines="lines"), on=["customer", "source"], how="inner")
        .join(owners, on=["customer", "source"], how="inner")
        .sort("source", "line", "offset")
    )


def torn(case: Case) -> pl.DataFrame:
    """KEY, torn: entries of raw logs of which only a piece is left."""
    return torn_entries(case).group_by(KEY).agg(torn=pl.len().cast(pl.Int64))


@remembered
def refused_appends(case: Case) -> pl.DataFrame:
    """Server-log entries in which a node gave up to append to a ServerTask's log."""
    copies = case.frame("sources").filter(pl.col("duplicate_of").is_not_null())["source"].to_list()
    events = case.frame("telling").filter(
        pl.col("detail").str.starts_with("tie=append-failure")
        & pl.col("task").str.starts_with("ServerTasks-")
        & ~pl.col("source").is_in(copies)
    )
    return events.sort("customer", "task", "source", "line", "offset")


def _refused(case: Case) -> pl.DataFrame:
    return refused_appends(case).group_by(TASK).agg(refused=pl.len().cast(pl.Int64))
