"""Lines of a source could not be read.

What it flags
    One note per source of a known format in which bytes became neither an event, a claim nor structure, with how many
    stretches and lines, and their reasons.

Why it matters
    What could not be read was not judged. Torn entries of a task log also stand under OCT204.

Known false alarms
    A text download pasted with a part of something else; the last line of a file that was copied while it was written.

What a clean result does not prove
    That a file is whole: a file cut at a line's end reads well.

Source: design document, sections 2 and 5; formats document, section 1.6.
"""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.common import Row, evidence, rows
from analyzer.model import Finding, Judgement, Severity, Verdict

CODE = "OCT901"
NAME = "unreadable-lines"
SEVERITY = Severity.NOTE

SHOWN = 3


def detect(case: Case) -> Judgement:
    """One note per source with rejects."""
    rejects = case.frame("rejects").sort("customer", "source", "line", "offset")
    place = {name: pl.col(name).head(SHOWN) for name in ("line", "offset")}
    found = rejects.group_by("customer", "source", maintain_order=True).agg(
        **place,
        pieces=pl.len(),
        lines=pl.col("lines").sum(),
        reasons=pl.col("reason").str.replace(r":.*$", "").unique(maintain_order=True),
    )
    return Judgement(tuple(_finding(row) for row in rows(found)))


def _finding(row: Row) -> Finding:
    places = [
        {"source": row["source"], "line": line, "offset": offset}
        for line, offset in zip(row["line"], row["offset"], strict=True)
    ]
    stretches = "A stretch" if row["pieces"] == 1 else f"{row['pieces']:,} stretches"
    lines = "1 line" if row["lines"] == 1 else f"{row['lines']:,} lines"
    reasons = "; ".join(row["reasons"][:SHOWN])
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED,
        summary=f"{stretches} of {row['source']} ({lines}) could not be read: {reasons}",
        evidence=evidence(places),
        customer=row["customer"],
        detail={"stretches": row["pieces"], "lines": row["lines"], "reasons": row["reasons"][:20]},
    )
