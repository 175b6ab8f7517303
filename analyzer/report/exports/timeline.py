"""The timeline for tools that show one: lines and claims of the tasks that have findings, and the findings.

Only instants: a line whose clock names no zone (server logs, text downloads) is left out and counted, never taken for
UTC. A finding stands at the start of the second execution where it is about two, else at its first line; where that has
no instant, at the first line of its task, of its source or of the input that has one, and says so. A copy of a source
that is in the input already is left out, so that nothing seems to have happened twice that did not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import Any, NamedTuple

import polars as pl

from analyzer.case import Audit
from analyzer.model import Finding, Severity
from analyzer.report.plain import count
from analyzer.report.since import Since

KEY = {"customer": pl.String, "task": pl.String}
FIELDS = ("customer", "task", "log", "node", "execution", "activity", "level", "kind", "source", "line", "offset")
CLAIM = ("customer", "task", "log", "node", "claim", "state", "source", "line", "offset")
FINDING = ("customer", "task", "log", "nodes", "code", "name", "severity", "verdict", "summary")
NUMBERS = {Severity.NOTE: 9, Severity.WARNING: 13, Severity.ERROR: 17}
INFORMATION = 9


class Entry(NamedTuple):
    """One instant; `tick` is the tenth of a microsecond below `time`, `severity` OpenTelemetry's number."""

    time: datetime
    tick: int
    means: str  # what the time is the time of
    message: str
    severity: int
    fields: Mapping[str, Any]
    finding: Finding | None = None


@dataclass(frozen=True)
class Timeline:
    """The entries by time, and sentences about what is not among them."""

    entries: Iterator[Entry]
    notes: tuple[str, ...]


def timeline(audit: Audit) -> Timeline:
    """Everything about the tasks with findings that has an instant."""
    lines, unzoned, copied = _lines(audit)
    findings, undated = _findings(audit, lines)
    streams = (_line_entries(lines, _cited(audit)), iter(_claims(audit)), iter(findings))
    notes = []
    if unzoned:
        notes.append(
            f"{count(unzoned, 'line')} of tasks with findings left out: no time zone is known "
            "(--utc-offset NODE=+HH:MM gives it)"
        )
    if copied:
        notes.append(f"{count(copied, 'line')} left out: copies of other sources")
    if undated:
        notes.append(f"{count(undated, 'finding')} left out: nothing in the input has a time in UTC")
    return Timeline(merge(*streams, key=lambda one: one[:2]), tuple(notes))


def _lines(audit: Audit) -> tuple[pl.DataFrame, int, int]:
    """Lines of the tasks that have findings, by time; how many have no instant, and how many are copies."""
    columns = [name for name in FIELDS if name != "execution"]
    events = audit.case.frame("telling").select([*columns, "time", "tick", "severity", "message", "detail"])
    events = events.join(_tasks(audit), on=list(KEY), how="semi")
    sources = audit.case.frame("sources").select(["customer", "source", "duplicate_of"])
    copies = sources.filter(pl.col("duplicate_of").is_not_null())
    kept = events.join(copies, on=["customer", "source"], how="anti")
    dated = kept.filter(pl.col("time").is_not_null())
    place = ["customer", "source", "line"]
    runs = audit.case.frame("assignments").select([*place, "execution"]).unique(place, keep="first")
    lines = dated.join(runs, on=place, how="left").sort("time", "tick", *place, "offset", "task")
    return lines, kept.height - dated.height, events.height - kept.height


def _tasks(audit: Audit) -> pl.DataFrame:
    """The tasks that have findings."""
    tasks = sorted({(one.customer, one.task) for one in audit.findings if one.task})
    return pl.DataFrame(tasks, schema=KEY, orient="row")


def _line_entries(lines: pl.DataFrame, cited: Mapping[tuple[str, str, int], list[str]]) -> Iterator[Entry]:
    for row in lines.iter_rows(named=True):
        fields = {name: row[name] for name in (*FIELDS, "detail")}
        fields["codes"] = cited.get((row["customer"], row["source"], row["line"]))
        yield Entry(
            row["time"],
            row["tick"] or 0,
            "Line written",
            row["message"] or "",
            row["severity"] or INFORMATION,
            _without_nothing(fields),
        )


def _cited(audit: Audit) -> dict[tuple[str, str, int], list[str]]:
    """Customer, source and line -> the codes of the findings that cite it."""
    codes: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for finding in audit.findings:
        for one in finding.evidence:
            codes[finding.customer, one.source, one.line].add(finding.code)
    return {place: sorted(found) for place, found in codes.items()}


def _claims(audit: Audit) -> list[Entry]:
    """When database, API and audit events say that a task was queued, started and completed."""
    columns = [*CLAIM, "activity", "queued", "started", "completed"]
    states = audit.case.frame("states").select(columns).join(_tasks(audit), on=list(KEY), how="semi")
    found = []
    for row in states.filter(pl.col("activity").fill_null("") == "").iter_rows(named=True):
        says = f"{row['claim']}: {row['task']} is {row['state']}" if row["state"] else f"{row['claim']}: {row['task']}"
        fields = _without_nothing({name: row[name] for name in CLAIM})
        found += [
            Entry(row[name], 0, f"Task {name}", says, INFORMATION, fields)
            for name in ("queued", "started", "completed")
            if row[name] is not None
        ]
    return sorted(found, key=lambda one: (*one[:4], one.fields["source"], one.fields["line"]))


def _findings(audit: Audit, lines: pl.DataFrame) -> tuple[list[Entry], int]:
    """The findings by time, and how many have none."""
    since = Since(audit)
    first = {row[:2]: row[2] for row in lines.group_by(list(KEY)).agg(pl.col("time").min()).iter_rows()}
    begin = {(row["customer"], row["source"]): row["first"] for row in audit.case.sources.to_pylist() if row["first"]}
    earliest = min(begin.values(), default=None)
    found, undated = [], 0
    for finding in audit.findings:
        source = finding.evidence[0].source if finding.evidence else ""
        ladder = (
            (since.moment(finding), "Finding"),
            (first.get((finding.customer, finding.task)), "Finding, at its task's first line in UTC"),
            (begin.get((finding.customer, source)), "Finding, at its source's first line in UTC"),
            (earliest, "Finding without a time in UTC, at the first line of the input that has one"),
        )
        time, means = next(((time, means) for time, means in ladder if time is not None), (None, ""))
        if time is None:
            undated += 1
        else:
            found.append(_entry(finding, time, means))
    return sorted(found, key=lambda one: one.time), undated


def _entry(finding: Finding, time: datetime, means: str) -> Entry:
    fields: dict[str, Any] = {name: getattr(finding, name) for name in FINDING} | {"nodes": list(finding.nodes)}
    fields["evidence"] = [f"{one.source}:{one.line}" for one in finding.evidence]
    for one in finding.evidence[:1]:
        fields |= {"source": one.source, "line": one.line, "offset": one.offset}
    message = f"{finding.code} {finding.name}, {finding.verdict}: {finding.summary}"
    return Entry(time, 0, means, message, NUMBERS[finding.severity], _without_nothing(fields), finding)


def _without_nothing(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
