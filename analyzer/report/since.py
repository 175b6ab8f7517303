"""Since when a finding holds, in words: UTC where a clock says so, else the log's own local time, said to be local."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from analyzer.case import Audit
from analyzer.model import Finding

SEVERAL = {"OCT101", "OCT102", "OCT104"}
"""Codes about more than one execution: they begin with the second one, all others with their first line."""
PLACE = {"customer": pl.String, "source": pl.String, "line": pl.Int64}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Since:
    """Looks up when the findings of an audit began."""

    def __init__(self, audit: Audit) -> None:
        self._starts: dict[tuple[Any, ...], list[datetime]] = defaultdict(list)
        again = {finding.task for finding in audit.findings if finding.code in SEVERAL and finding.task}
        runs = audit.case.frame("executions").filter(pl.col("task").is_in(sorted(again))).drop_nulls("started")
        for *key, started in runs.select("customer", "task", "log", "started").sort("started").iter_rows():
            self._starts[tuple(key)].append(started)
        places = sorted({_place(finding) for finding in audit.findings if finding.evidence})
        events = audit.case.frame("telling").select([*PLACE, "time", "wall", "clock"])
        cited = events.join(pl.DataFrame(places, schema=PLACE, orient="row"), on=list(PLACE), how="semi")
        self._times: dict[tuple[Any, ...], tuple[Any, ...]] = {row[:3]: row[3:] for row in cited.iter_rows()}

    def of(self, finding: Finding) -> str:
        """The start of the second execution where the finding is about two, else the time of its first line, or ""."""
        return _said(*self._found(finding))

    def moment(self, finding: Finding) -> datetime | None:
        """The same as an instant; None where no clock says UTC."""
        found: datetime | None = self._found(finding)[0]
        return found

    def _found(self, finding: Finding) -> tuple[Any, ...]:
        starts = self._starts.get((finding.customer, finding.task, finding.log), [])
        if finding.code in SEVERAL and len(starts) > 1:
            return (starts[1],)
        return self._times.get(_place(finding), (None,)) if finding.evidence else (None,)


def _said(time: datetime | None, wall: int | None = None, clock: str | None = None) -> str:
    if time is not None:
        return f"{time:%Y-%m-%d %H:%M:%S} UTC"
    if wall is not None and clock == "local":
        return f"{EPOCH + timedelta(microseconds=wall):%Y-%m-%d %H:%M:%S} in the log's local time"
    return ""


def _place(finding: Finding) -> tuple[str, str, int]:
    return finding.customer, finding.evidence[0].source, finding.evidence[0].line
