"""Narrow the question: one complaint on a 50 GB share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import pyarrow as pa

from analyzer import schema


@dataclass(frozen=True)
class Question:
    """What is asked: these tasks (all where empty), active in this time (any where None)."""

    tasks: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is narrowed."""
        return not self.tasks and self.since is None and self.until is None


def narrowed(tables: Mapping[str, pa.Table], question: Question) -> dict[str, pa.Table]:
    """The tables with only the tasks asked for; rows about no task stay, and SOURCES stay as they were read."""
    if question.everything:
        return dict(tables)
    wanted = tasks_asked_for(tables, question)
    return {name: of_tasks(table, wanted).cast(schema.TABLES[name]) for name, table in tables.items()}


def of_tasks(table: pa.Table, tasks: Sequence[str]) -> pa.Table:
    """Rows about these tasks, or about none."""
    if "task" not in table.schema.names:
        return table
    keep = pl.DataFrame(table.select(["task"])).select(pl.col("task").is_null() | pl.col("task").is_in(tasks))
    return table.filter(keep.to_series().to_arrow())


def tasks_asked_for(tables: Mapping[str, pa.Table], question: Question) -> list[str]:
    """Tasks asked for by name that were active between `since` and `until`."""
    if question.since is None and question.until is None:
        return sorted(question.tasks)
    spans = [
        pl.DataFrame(tables["executions"].select(["task", "started", "ended"])),
        pl.DataFrame(tables["states"].select(["task", "queued", "started", "completed"])).select(
            "task", started=pl.min_horizontal("queued", "started"), ended=pl.coalesce("completed", "started", "queued")
        ),
    ]
    frame = pl.concat(spans).filter(pl.col("task").is_not_null())
    if question.tasks:
        frame = frame.filter(pl.col("task").is_in(list(question.tasks)))
    undated = pl.col("started").is_null() | pl.col("ended").is_null()
    if question.since is not None:
        frame = frame.filter(undated | (pl.col("ended") >= question.since))
    if question.until is not None:
        frame = frame.filter(undated | (pl.col("started") <= question.until))
    return sorted(frame["task"].unique().to_list())
