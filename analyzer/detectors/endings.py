"""How each execution ended, as far as its own lines say it for certain."""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.lines import CLOSING, KEY, RAW, ROOT, TASK, remembered, task_lines
from analyzer.names import COMPLETED, ERROR, FATAL


@remembered
def endings(case: Case) -> pl.DataFrame:
    """One row per execution of a task with `task_lines`: EXECUTIONS, `ending` (null where not certain), `said` (the
    root says so in words).

    `end_source`, `end_line`, `end_offset` show it. Certain is a Failed with a fatal root line, a Success whose root
    finished without one, a Canceled that says so. Where root lines could belong to either of two executions, a Success
    is certain only if none of them is fatal; where the root's own lines are lost, a failed step tells (`sign` is then
    "step"), unless a step is still open: such an execution may have been stopped before it came to an end.
    """
    lines = task_lines(case)
    runs = case.frame("executions").join(lines.select(TASK).unique(), on=TASK, how="semi", maintain_order="left")
    runs = runs.with_columns(pl.col("log").fill_null("")).rename({"number": "execution"})
    root = lines.filter(ROOT)
    loose = root.filter(pl.col("execution").is_null() & (pl.col("severity") >= ERROR)).select(KEY).unique()
    runs = runs.join(loose.with_columns(loose=pl.lit(True)), on=KEY, how="left", maintain_order="left")
    runs = runs.join(_open(lines), on=[*KEY, "execution"], how="left", maintain_order="left")
    for name, found in _signs(lines, root).items():
        place = [pl.col(one).alias(f"{name}_{one}") for one in ("source", "line", "offset")]
        first = found.unique([*KEY, "execution"], keep="last", maintain_order=True).select(*KEY, "execution", *place)
        runs = runs.join(first, on=[*KEY, "execution"], how="left", maintain_order="left")
    return _judged(runs.with_columns(pl.col("loose", "open").fill_null(False)))


def _open(lines: pl.DataFrame) -> pl.DataFrame:
    """KEY and execution of executions that left a step neither finished nor abandoned."""
    over = ((pl.col("depth") == 1) & pl.col("kind").is_in(CLOSING)).any()
    steps = lines.filter(~ROOT).group_by(*KEY, "execution", "step").agg(over=over)
    return steps.filter(~pl.col("over")).select(*KEY, "execution", open=True).unique()


def _signs(lines: pl.DataFrame, root: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Lines that tell an execution's end, best sign first inside each kind."""
    return {
        "fatal": root.filter(pl.col("severity") >= FATAL),
        "error": root.filter(pl.col("severity") >= ERROR),
        "success": root.filter(pl.col("message").str.contains(COMPLETED)),
        "finish": root.filter((pl.col("kind") == "finished") & (pl.col("format") == RAW)),
        "step": lines.filter((pl.col("depth") == 1) & (pl.col("severity") >= FATAL)),
    }


def _judged(runs: pl.DataFrame) -> pl.DataFrame:
    def has(name: str) -> pl.Expr:
        return pl.col(f"{name}_line").is_not_null()

    canceled = pl.col("outcome") == "Canceled"
    silent = ~has("finish") & ~has("success") & ~has("error")
    sign = (
        pl.when(canceled & has("fatal")).then(pl.lit("fatal"))
        .when(canceled & has("finish")).then(pl.lit("finish"))
        .when(has("fatal")).then(pl.lit("fatal"))
        .when(has("success") & ~has("error")).then(pl.lit("success"))
        .when(has("finish") & ~has("error") & ~pl.col("loose")).then(pl.lit("finish"))
        .when(has("step") & silent & ~pl.col("open") & (pl.col("outcome") == "Failed")).then(pl.lit("step"))
    )  # fmt: skip
    runs = runs.with_columns(sign=sign)
    ending = (
        pl.when(pl.col("sign").is_null()).then(None)
        .when(canceled).then(pl.lit("Canceled"))
        .when(pl.col("sign").is_in(["fatal", "step"])).then(pl.lit("Failed"))
        .otherwise(pl.lit("Success"))
    )  # fmt: skip
    places = {
        f"end_{one}": pl.coalesce(
            pl.when(pl.col("sign") == name).then(f"{name}_{one}") for name in ("fatal", "success", "finish", "step")
        )
        for one in ("source", "line", "offset")
    }
    return runs.with_columns(ending=ending, said=pl.col("sign").is_in(["fatal", "success"]).fill_null(False), **places)
