"""LOGS: per task log the facts of a first look, and which logs need a second one."""

from __future__ import annotations

import polars as pl

from analyzer import schema
from analyzer.clocks import JITTER
from analyzer.executions.lines import KEY
from analyzer.names import COMPLETED, FATAL, RESUMED


def facts(lines: pl.DataFrame, machines: pl.DataFrame) -> pl.DataFrame:
    """One row per task log: the columns of LOGS, `raw`, `resumed` (times), `plain` (certainly one uninterrupted
    execution).
    """
    seen = machines.group_by(KEY).agg(nodes=pl.col("machine").unique().sort())
    table = _of_lines(lines)
    for other in (*_of_steps(lines), _back_steps(lines), seen):
        table = table.join(other, on=KEY, how="left")
    table = table.with_columns(
        pl.col("plans", "back_steps", "copies", "strange").fill_null(0),
        segments=pl.when(pl.col("segments") > 1).then(pl.col("segments")).otherwise(1).cast(pl.Int64),
        nodes=pl.col("nodes").fill_null([]),
        cleared=pl.lit(False),
    )
    plain = (
        (pl.col("roots") <= 1) & (pl.col("plans") <= 1) & (pl.col("copies") <= 1) & (pl.col("sources").list.len() <= 1)
        & (pl.col("nodes").list.len() <= 1) & (pl.col("finishes") <= 1) & (pl.col("resumed") == 0)
        & (pl.col("strange") == 0)
        & (pl.col("raw") | (pl.col("closed") < 2))
    )  # fmt: skip
    return table.with_columns(plain=plain).select(*schema.LOGS.names, "raw", "resumed", "plain")


def _of_lines(lines: pl.DataFrame) -> pl.DataFrame:
    root = pl.col("activity") == ""
    title = pl.col("message").filter(root & (pl.col("kind") == "message")).first()
    return lines.group_by(KEY, maintain_order=True).agg(
        sources=pl.col("source").unique().sort(),
        segments=pl.col("segment").n_unique(),
        lines=pl.col("lines").sum(),
        first=pl.col("time").min(),
        last=pl.col("time").max(),
        first_tick=_tick(pl.col("instant").min()),
        last_tick=_tick(pl.col("instant").max()),
        **{f"{end}_{name}": getattr(pl.col(name), end)() for end in ("first", "last") for name in ("line", "offset")},
        worst=pl.col("severity").max(),
        roots=(root & (pl.col("kind") == "message") & (pl.col("message") == title)).sum().cast(pl.Int64),
        finishes=(root & (pl.col("kind") == "finished")).sum().cast(pl.Int64),
        resumed=pl.col("message").str.starts_with(RESUMED).sum().cast(pl.Int64),
        raw=(pl.col("view") == 0).all(),
        closed=(root & ((pl.col("severity") >= FATAL) | pl.col("message").str.contains(COMPLETED))).sum(),
    )


def _of_steps(lines: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """`plans` and `copies`: how often a planned step, and any step, was called the same; `strange`: steps at work that
    no plan has.
    """
    names = (
        lines.filter(pl.col("activity") != "")
        .group_by([*KEY, "activity"], maintain_order=True)
        .agg(name=pl.col("message").first(), planned=(pl.col("kind") == "planned").any(), step=pl.col("step").first())
    )
    steps = names.filter(pl.col("activity") == pl.col("step"))

    def copies(some: pl.DataFrame, name: str) -> pl.DataFrame:
        alike = some.group_by([*KEY, "name"]).len("copies").group_by(KEY)
        return alike.agg(pl.col("copies").max().cast(pl.Int64).alias(name))

    strange = (
        names.group_by([*KEY, "step"]).agg(planned=pl.col("planned").any(), activities=pl.len())
        .filter(pl.col("planned").any().over(KEY))
        .group_by(KEY).agg(strange=(~pl.col("planned") & (pl.col("activities") > 1)).sum())
    )  # fmt: skip
    return copies(steps.filter("planned"), "plans"), copies(steps, "copies"), strange


def of_first_look(cleared: pl.DataFrame, machines: pl.DataFrame) -> pl.DataFrame:
    """The same of logs that a first look cleared, with the machines that their telling lines name.

    Only raw logs have dates.
    """
    seen = machines.group_by(KEY).agg(nodes=pl.col("machine").unique().sort())
    logs = cleared.drop("nodes").join(seen, on=KEY, how="left", maintain_order="left")
    nodes = pl.col("nodes").fill_null(pl.lit([], pl.List(pl.String)))
    logs = logs.with_columns(nodes, raw=pl.col("first").is_not_null(), resumed=pl.lit(0, pl.Int64), plain=pl.lit(True))
    return logs.select(*schema.LOGS.names, "raw", "resumed", "plain")


def _tick(instant: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("time").is_not_null().any()).then(instant % 10)


def _back_steps(lines: pl.DataFrame) -> pl.DataFrame:
    step = pl.col("instant") - pl.col("instant").shift().over([*KEY, "source", "activity"])
    return lines.with_columns(step=step).group_by(KEY).agg(back_steps=(pl.col("step") < -JITTER).sum().cast(pl.Int64))
