"""One JSON document that holds a whole audit: the same bytes for the same input (design document, section 4)."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime

import polars as pl

import analyzer
from analyzer import schema
from analyzer.case import Audit
from analyzer.model import Finding, Incident, Suppressed
from analyzer.report.changes import Change, Changes, Kind
from analyzer.report.machines import radius
from analyzer.report.plain import UNSAFE
from analyzer.report.summary import summary

SCHEMA = "analyzer/1"
FINDING = ("code", "name", "severity", "verdict", "task", "log", "nodes", "summary", "customer", "evidence", "detail")
QUESTION = ("code", "task", "reason", "customer", "tasks", "ask")
INCIDENT = ("id", "title", "link", "status", "reason", "tasks", "evidence", "remedy", "customer")
LEADING = ("source", "format", "node", "lines", "events", "rejects", "sha256")
SOURCE = (*LEADING, *(name for name in schema.SOURCES.names if name not in LEADING))


def document(audit: Audit, changes: Changes | None = None) -> bytes:
    """The audit as UTF-8 JSON with a newline at its end; `baseline` is there with one, and says what changed."""
    values = {
        "schema": SCHEMA,
        "version": analyzer.__version__,
        "summary": summary(audit),
        **({"baseline": _baseline(changes)} if changes else {}),
        "findings": [values_of(finding) for finding in audit.findings],
        "suppressed": [_suppressed(one) for one in audit.suppressed],
        "not_judged": [{name: getattr(one, name) for name in QUESTION} for one in audit.not_judged],
        "incidents": [_incident(one) for one in audit.incidents],
        "blast_radius": radius(audit.case),
    }
    # A share has hundreds of thousands of sources: a line each is easier to look through, and quicker to write.
    rows = _sources(audit).write_ndjson().rstrip("\n").replace("\n", ",\n  ")
    sources = f'"sources": [\n  {rows}\n ]' if rows else '"sources": []'
    return _harmless(f"{INDENTED.encode(values).removesuffix(LAST)},\n {sources}{LAST}")


def indented(values: object) -> bytes:
    """JSON for people to look into, with a newline at its end."""
    return _harmless(INDENTED.encode(values))


def line(values: object) -> bytes:
    """JSON on one line, with the newline that ends it."""
    return _harmless(LINE.encode(values))


def _harmless(text: str) -> bytes:
    # JSON allows these characters as they are, but the document may be printed on a terminal.
    return (UNSAFE.sub(_escaped, text) + "\n").encode()


def values_of(finding: Finding) -> dict[str, object]:
    """A finding as the document has it."""
    values: dict[str, object] = {name: getattr(finding, name) for name in FINDING}
    values["evidence"] = [asdict(one) for one in finding.evidence]
    values["detail"] = {name: finding.detail[name] for name in sorted(finding.detail)}
    return values


def change_of(change: Change) -> dict[str, object]:
    """How a finding differs from the baseline: beside its own values, which it lost where it is gone."""
    told: dict[str, object] = {"change": change.kind, "reason": change.reason, "worse": change.worse}
    if change.before and change.before is not change.finding:
        told["before"] = {name: getattr(change.before, name) for name in ("severity", "verdict", "nodes")}
    return told


def _baseline(changes: Changes) -> dict[str, object]:
    told: dict[str, object] = {"version": changes.version, "unchanged": changes.unchanged}
    for kind in Kind:
        told[kind] = [values_of(one.finding) | change_of(one) for one in changes.of(kind)]
    return told


def _suppressed(one: Suppressed) -> dict[str, object]:
    by = {"reason": one.by.reason, "expires": one.by.expires.isoformat(), "place": one.by.place}
    return {"by": by, "finding": values_of(one.finding)}


def _incident(incident: Incident) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(incident, name) for name in INCIDENT}
    values["evidence"] = [asdict(one) for one in incident.evidence]
    return values


def _sources(audit: Audit) -> pl.DataFrame:
    """SOURCES in the document's columns and order; times as text."""
    frame = pl.DataFrame(audit.case.sources.select(SOURCE)).sort("customer", "source")
    return frame.with_columns(pl.selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))


def _other(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    raise TypeError(f"no JSON value: {value!r}")


INDENTED = json.JSONEncoder(ensure_ascii=False, indent=1, default=_other)
LAST = "\n}"
LINE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_other)


def _escaped(match: re.Match[str]) -> str:
    return match[0] if match[0] == "\n" else f"\\u{ord(match[0]):04x}"
