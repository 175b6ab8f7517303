"""The case itself: figures, nodes with their versions, what was read and what was not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from analyzer.case import Audit
from analyzer.model import Verdict
from analyzer.plots.happenings import NodeLife, happenings
from analyzer.report.plain import count
from analyzer.report.summary import figures, open_tasks, split, undecided

Row = dict[str, Any]
SENTENCE = re.compile(r"(?<=\.) (?=\d[\d,]* )")
"""Between the first sentence of the answer and the next, which counts other tasks."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Tile:
    """A figure and what it counts; `kind` is how good or bad it is."""

    figure: str
    what: str
    kind: str = ""


def lead(answer: Sequence[str]) -> tuple[str, str]:
    """The first sentence of an answer, and what its first paragraph says beside it."""
    first, *beside = SENTENCE.split(answer[0], maxsplit=1)
    return first, "".join(beside)


def tiles(audit: Audit) -> list[Tile]:
    """The figures that answer: every task in its strongest class only, as in the answering sentences."""
    parts = split(audit)
    total: dict[str, Any] = figures(parts.values())
    at_once = {
        (one.customer, one.task) for one in audit.findings if one.code == "OCT101" and one.verdict is Verdict.PROVED
    }
    perhaps = {(one.customer, one.task) for one in audit.findings if one.code in ("OCT101", "OCT102")} - at_once
    unsure = undecided(audit.not_judged) - at_once - perhaps
    open_ = sum(len(open_tasks(part)) for part in parts.values())
    return [
        Tile(f"{len(at_once):,}", "at the same time, proved", "bad" if at_once else ""),
        Tile(f"{len(perhaps):,}", "perhaps at the same time, or twice", "doubt" if perhaps else ""),
        Tile(f"{len(unsure):,}", "again, undecided whether legitimately", "doubt" if unsure else ""),
        Tile(f"{open_:,}", "not judged in every respect", "doubt" if open_ else ""),
        Tile(f"{total['clean']:,}", f"clean, of {count(total['tasks'], 'task')}", "good" if total["clean"] else ""),
    ]


def nodes(audit: Audit, customers: Iterable[str]) -> list[Row]:
    """A row for each node: versions in the order in which they were seen, its Server log, its executions."""
    server_logs = Counter(
        (row["customer"], row["node"].casefold())
        for row in audit.case.sources.to_pylist()
        if row["format"] == "server-log" and row["node"] and not row["problem"]
    )
    found: list[Row] = []
    for customer in customers:
        for life in happenings(audit.case, customer).nodes:
            logs = server_logs[customer, (life.node or "").casefold()]
            found.append(
                {
                    "customer": customer,
                    "node": life.node or "not known",
                    "versions": " \u2192 ".join(life.versions) or "not named",
                    "server_logs": count(logs, "file") if logs else "not in the input" if life.node else "",
                    "missing": not logs and life.node is not None,
                    "executions": f"{len(life.runs) + life.undated:,}",
                    "seen": _seen(life),
                    "starts": "; ".join(_start(start.time, start.version) for start in life.starts if start.restart),
                }
            )
    return found


def _seen(life: NodeLife) -> str:
    if not life.runs:
        return "no time in UTC" if life.undated else ""
    first, last = (_utc(edge) for edge in (life.runs[0].start, max(run.end for run in life.runs)))
    return f"{first:%Y-%m-%d %H:%M} to {last:{'%H:%M' if first.date() == last.date() else '%Y-%m-%d %H:%M'}} UTC"


def _start(time: int, version: str) -> str:
    return f"{_utc(time):%Y-%m-%d %H:%M:%S} UTC with {version}"


def _utc(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def read(audit: Audit) -> list[Row]:
    """What was read, one row per format, those with most lines first."""
    rows: dict[str, Row] = {}
    for source in audit.case.sources.to_pylist():
        row = rows.setdefault(source["format"] or "unknown", {"sources": 0, "lines": 0, "rejects": 0, "problems": 0})
        row["sources"] += 1
        row["lines"] += source["lines"] or 0
        row["rejects"] += source["rejects"] or 0
        row["problems"] += source["problem"] is not None
    told = [{"format": name, **row} for name, row in rows.items()]
    return sorted(told, key=lambda row: (row["format"] == "unknown", -row["lines"], row["format"]))


def sources(audit: Audit) -> list[Row]:
    """Every source, those that were not read or only in part first."""
    rows = audit.case.sources.to_pylist()
    return sorted(
        rows, key=lambda row: (row["problem"] is None, row["format"] != "unknown", row["customer"], row["source"])
    )
