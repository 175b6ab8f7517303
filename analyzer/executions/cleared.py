"""Executions of logs that a first look cleared: each is one, from its first line to its last.

What there is to work out of it depends on whether another source tells of its task. Where none does (a text download
tells of its own), the log is a row of EXECUTIONS once it is known whose the machine is that it names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from analyzer import schema
from analyzer.clocks import Place
from analyzer.executions.execution import Execution
from analyzer.executions.lines import KEY, TASK
from analyzer.executions.runs import ONE_ROOT, Run
from analyzer.model import outcome_of_cleared


def split(
    logs: pl.DataFrame, states: pl.DataFrame, owners: pl.DataFrame, served: Collection[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cleared logs of whose tasks other sources tell, and all others, with the last `owner` of their task.

    `served`: tasks of which server logs tell.
    """
    cleared = logs.filter("cleared").with_columns(
        machine=pl.col("nodes").list.first(), source=pl.col("sources").list.first(), outcome=outcome_of_cleared()
    )
    claims = states.select("task", other="source").unique().join(cleared.select("task", "source"), on="task")
    of_others = claims.filter(pl.col("other") != pl.col("source"))["task"]
    told = pl.col("task").is_in(sorted({*of_others, *served}))
    return cleared.filter(told), cleared.filter(~told).join(owners, on=TASK, how="left", maintain_order="left")


def quiet(logs: pl.DataFrame, alias: Mapping[tuple[str, str], str]) -> pl.DataFrame:
    """EXECUTIONS of cleared logs of whose tasks no other source tells."""
    named = [
        (customer, machine, alias.get((customer, machine.casefold()), machine))
        for customer, machine in logs.select("customer", "machine").drop_nulls().unique().iter_rows()
    ]
    columns = ["customer", "machine", "node"]
    whose = pl.DataFrame(named, schema=dict.fromkeys(columns, pl.String), orient="row")
    frame = logs.join(whose, on=["customer", "machine"], how="left", maintain_order="left")
    made = frame.with_columns(
        pl.coalesce("node", "owner"), number=pl.lit(1, pl.Int64), last_source="source", started="first", ended="last",
        basis=pl.lit(ONE_ROOT), relation=pl.lit("first"),
    )  # fmt: skip
    return made.select(schema.EXECUTIONS.names)


def executions_of(logs: pl.DataFrame) -> Iterator[tuple[Execution, bool]]:
    """Cleared logs of tasks of which something else tells: one execution each, and whether its log is a raw one.

    A text download has no dates: that its first line comes before its last one is all that its instants say.
    """
    columns = [f"{end}_{name}" for end in ("first", "last") for name in ("line", "offset", "tick")]
    instants = logs.select(first=pl.col("first").dt.timestamp("us"), last=pl.col("last").dt.timestamp("us"))
    frame = logs.select(*KEY, "lines", "machine", "raw", "outcome", "source", *columns)
    for row, (first, last) in zip(frame.iter_rows(named=True), instants.iter_rows(), strict=True):
        key = (row["customer"], row["task"], row["log"])
        places = tuple(
            Place(row["source"], row[f"{end}_line"], row[f"{end}_offset"], instant * 10 + (row[f"{end}_tick"] or 0))
            for end, instant in (("first", first or 0), ("last", last or 1))
        )
        run = Run(1, 1, (), row["machine"], row["outcome"], ONE_ROOT, "first")
        yield Execution(key, run, places, row["lines"], finished=True, dated=row["raw"]), row["raw"]
