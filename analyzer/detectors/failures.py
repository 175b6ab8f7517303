"""Steps that failed and count (OCT302): by their own fatal line in a log, or by the status of their block in a tree."""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.lines import KEY, RAW, raw_lines, task_lines, titles
from analyzer.names import FATAL

RETENTION = r"(?i)\bretention\b"
"""`Apply retention policy on Tentacles`: Octopus's own step, whose failure does not fail a deployment."""
FORGIVEN = r"^Guidance received: *(?:Ignore|Retry)"
TRIED_AGAIN = r"(?i)\bretry attempt \d"
"""A person ignored the failure or had it tried again; Octopus tried again by itself (formats document, 3.4)."""


def failed_steps(case: Case) -> pl.DataFrame:
    """Raw log: the last fatal line of a step itself, where the step did nothing more and nobody forgave it."""
    mine = [*KEY, "execution", "step"]
    certain = (pl.col("depth") > 0) & pl.col("execution").is_not_null()
    numbered = raw_lines(case).with_row_index("row")
    fatal = numbered.filter(certain & (pl.col("depth") == 1) & (pl.col("severity") >= FATAL))
    fatal = fatal.unique(mine, keep="last", maintain_order=True)
    if fatal.is_empty():
        return fatal.select(*KEY, "execution", "activity", pl.lit("").alias("title"), "source", "line", "offset")
    lines = numbered.filter(certain)
    inside = lines.join(fatal.select(*mine, fatal_row="row"), on=mine, how="inner", maintain_order="left")
    went_on = (pl.col("row") > pl.col("fatal_row")) & (pl.col("depth") > 1) & (pl.col("kind") == "message")
    again = (pl.col("row") > pl.col("fatal_row")) & pl.col("message").str.contains(TRIED_AGAIN)
    forgiven = pl.col("message").str.contains(FORGIVEN)
    spared = inside.filter(went_on | again | forgiven).select(mine).unique()
    failed = fatal.join(spared, on=mine, how="anti", maintain_order="left")
    failed = failed.join(titles(lines), on=[*KEY, "activity"], how="left", maintain_order="left")
    failed = failed.filter(~pl.col("title").str.contains(RETENTION))
    same = [*KEY, "execution", "title"]
    other = lines.filter(pl.col("depth") == 1).join(fatal.select(*KEY, "activity"), on=[*KEY, "activity"], how="anti")
    sound = other.join(titles(lines), on=[*KEY, "activity"], how="left").select(same).unique()
    failed = failed.join(sound, on=same, how="anti", maintain_order="left")
    return failed.select(*KEY, "execution", "activity", "title", "source", "line", "offset")


def failed_blocks(case: Case) -> pl.DataFrame:
    """Trees: blocks directly below a root that did not fail, with status Failed, in which nobody forgave a failure."""
    lines = task_lines(case).filter(pl.col("format") != RAW)
    if lines.is_empty():
        return lines.select(*KEY, "activity", "source", "line", "offset", title="message")
    trees = lines.select(*KEY, "source").unique()
    blocks = case.frame("states").filter((pl.col("claim") == "tree") & pl.col("activity").str.contains("^[^/]+$"))
    blocks = blocks.with_columns(pl.col("log").fill_null("")).join(trees, on=[*KEY, "source"], how="semi")
    sound = blocks.filter(pl.col("state") != "Failed").select(*KEY, "name")
    failed = blocks.filter((pl.col("state") == "Failed") & ~pl.col("name").fill_null("").str.contains(RETENTION))
    failed = failed.join(sound, on=[*KEY, "name"], how="anti", maintain_order="left")
    spared = lines.filter(pl.col("message").str.contains(FORGIVEN)).select(*KEY, activity="step").unique()
    failed = failed.join(spared, on=[*KEY, "activity"], how="anti", maintain_order="left")
    return failed.select(*KEY, "activity", "source", "line", "offset", title="name")
