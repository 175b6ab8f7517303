"""Two sources hold the same.

What it flags
    A source whose every line also stands in another one: a rolled archive copied twice, a shared folder collected from
    every node, an earlier copy of a log. It is read, counted in SOURCES, and judged once.

Why it matters
    Copies counted twice would look like repeated work; and a bundle with copies may lack what it seems to hold.

Known false alarms
    None known: it accuses nobody.

What a clean result does not prove
    That nothing was collected twice: files that overlap in part, as server logs before and after rolling, are not
    copies of one another.

Source: design document, section 6; formats document, section 10, traps 10 and 12.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from analyzer.case import Case
from analyzer.detectors.common import Row, rows
from analyzer.model import Evidence, Finding, Judgement, Severity, Verdict

CODE = "OCT903"
NAME = "duplicate-source"
SEVERITY = Severity.NOTE

PART = ["customer", "task", "log", "segment"]


def detect(case: Case) -> Judgement:
    """One note per copy."""
    sources = case.frame("sources").sort("customer", "source")
    copies = rows(sources.filter(pl.col("duplicate_of").is_not_null()))
    marked = [_finding(row, row["duplicate_of"]) for row in copies]
    contained = [_finding(row, row["kept"]) for row in _contained(case, sources)]
    return Judgement((*marked, *contained))


def _contained(case: Case, sources: pl.DataFrame) -> Iterator[Row]:
    """Task logs that were left out because another file of the same part holds all their lines."""
    raw = sources.filter((pl.col("format") == "task-log") & pl.col("duplicate_of").is_null())
    used = case.frame("assignments").select("customer", "source").unique()
    if raw.join(used, on=["customer", "source"], how="anti").is_empty():
        return
    owned = case.frame("assignments").select("customer", "task").unique()
    parts = (
        case.frame("telling")
        .select(*PART, "source")
        .filter(pl.col("task").str.starts_with("ServerTasks-"))
        .join(owned, on=["customer", "task"], how="semi")
        .join(raw.select("customer", "source"), on=["customer", "source"], how="semi")
        .with_columns(pl.col("log").fill_null(""), pl.col("segment").fill_null(""))
        .unique()
        .sort(*PART, "source")
    )
    kept = parts.join(used, on=["customer", "source"], how="semi").group_by(PART).agg(kept=pl.col("source").min())
    left = parts.join(used, on=["customer", "source"], how="anti").join(kept, on=PART, how="inner")
    yield from rows(left.unique(["customer", "source"], keep="first", maintain_order=True).sort("customer", "source"))


def _finding(row: Row, original: str) -> Finding:
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED,
        summary=f"Every line of {row['source']} also stands in {original}: it was judged once",
        evidence=tuple(Evidence(source, 1, 0, "") for source in (row["source"], original)),
        task=row.get("task"),
        log=row.get("log"),
        customer=row["customer"],
        detail={"duplicate_of": original},
    )
