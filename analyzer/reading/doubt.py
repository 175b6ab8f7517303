"""Which of the logs that a first look cleared must be decoded: the innocent log is not the whole story of its task.

A log is judged together with all that other sources say about its task. Where they only say that the task ended as its
log does (of a text download: as its header says), the log stays cleared; a second log or view of the task, an append
to it that failed, another status or a warnings flag that its lines do not bear out need its lines.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from typing import IO

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.model import outcome_of_cleared
from analyzer.names import WARNING
from analyzer.reading.harvest import Harvest
from analyzer.sources.broken import BROKEN

VIEWS = ("task-log", "task-text", "api-details")
PIECE = 1 << 20
ENTRY = ("line", "offset", "wall", "process", "thread", "level", "message")
CLAIMS = ("database", "api", "header", "audit event")


def doubted(harvested: Harvest, asked_for: Collection[str] = ()) -> set[str]:
    """Sources of cleared logs of whose task more is told, or is asked for."""
    logs = _logs(harvested.cleared)
    if logs.is_empty():
        return set()
    again = pl.col("task").is_duplicated() | pl.col("task").is_in([*asked_for, *_spoken_of(harvested)])
    return {*logs.filter(again)["source"], *_contradicted(harvested, logs)}


def alike(harvested: Harvest) -> list[tuple[str, str]]:
    """Pairs of server logs that may be copies of one another: whether they are, all their entries say.

    They have the same first entry, and as far as both go, the same telling ones.
    """
    looked = [source for source, one in harvested.found.items() if one.looked]
    if not looked:
        return []
    told = _frame(harvested.telling, schema.EVENTS, ["source", *ENTRY]).filter(pl.col("source").is_in(looked))
    told = told.sort("source", "line", maintain_order=True)
    told = told.select("source", "line", entry=pl.struct(ENTRY).hash())
    shared = pl.col("entry").first().over("source")
    told = told.filter(pl.col("source").n_unique().over(shared) > 1)
    groups: dict[int, dict[str, pl.DataFrame]] = defaultdict(dict)
    for (source,), entries in told.group_by("source", maintain_order=True):
        groups[entries["entry"][0]][str(source)] = entries.drop("source")
    pairs = (pair for group in groups.values() for pair in combinations(group.items(), 2))
    return [(one, other) for (one, left), (other, right) in pairs if _go_together(left, right)]


def digest(stream: IO[bytes] | None) -> bytes | None:
    """What tells the bytes of a source from all others; None where it cannot be read to its end."""
    found = hashlib.blake2b()
    try:
        while stream and (piece := stream.read(PIECE)):
            found.update(piece)
    except BROKEN:
        return None
    return found.digest() if stream else None


def _go_together(left: pl.DataFrame, right: pl.DataFrame) -> bool:
    """Whether telling entries are the same in both but for the last one, in which an earlier copy may end."""
    end = min(int(one["line"][-1]) for one in (left, right))
    return left.filter(pl.col("line") < end).equals(right.filter(pl.col("line") < end))


def _logs(cleared: Iterable[pa.Table]) -> pl.DataFrame:
    logs = _frame(cleared, schema.LOGS, ["task", "sources", "worst"])
    return logs.select("task", "worst", source=pl.col("sources").list.first())


def _frame(tables: Iterable[pa.Table], form: pa.Schema, columns: Sequence[str]) -> pl.DataFrame:
    """Some columns of many small tables as one frame."""
    return pl.DataFrame(pa.concat_tables(table.select(columns) for table in (schema.empty(form), *tables)))


def _spoken_of(harvested: Harvest) -> list[str]:
    """Tasks with events in a decoded log or view, or with an append that failed."""
    views = [one.source for one in harvested.found.values() if one.format in VIEWS]
    tasks: set[str | None] = set()
    for tables, known in ((harvested.tables["events"], views), (harvested.telling, [])):
        for table in tables:
            speaks = pc.fill_null(pc.starts_with(table["detail"], "tie=append"), False)
            if known:
                speaks = pc.or_(speaks, pc.is_in(table["source"], pa.array(known, pa.string())))
            tasks.update(table.filter(speaks)["task"].unique().to_pylist())
    return sorted(task for task in tasks if task is not None)


def _contradicted(harvested: Harvest, logs: pl.DataFrame) -> Iterable[str]:
    """Sources of logs whose task's states in other sources say another end than their own, or other warnings."""
    states = _frame(harvested.tables["states"], schema.STATES, ["source", "task", "claim", "state", "warnings"])
    headers = states.filter(pl.col("claim") == "header").select("source", own="state")
    of_others = states.join(logs, on=["source", "task"], how="anti")
    told = logs.join(of_others, on="task", how="inner", suffix="_of_state").join(headers, on="source", how="left")
    event = (pl.col("claim") == "audit event") & pl.col("state").is_null()
    same = (pl.col("state") == pl.col("own").fill_null(outcome_of_cleared())).fill_null(False)
    ended = pl.col("claim").is_in(CLAIMS) & same
    flag = (pl.col("warnings") == (pl.col("worst") >= WARNING)).fill_null(True)
    return told.filter(~((ended | event) & flag))["source"].unique()
