"""One JSON document that holds a whole audit: the same bytes for the same input (design document, section 4)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
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
    return b"".join(pieces(audit, changes))


def pieces(audit: Audit, changes: Changes | None = None) -> Iterator[bytes]:
    """The same piece by piece: a share has hundreds of thousands of sources."""
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
    yield _harmless(f'{_indented(values).removesuffix(LAST)},\n "sources": [')
    lead = ""
    for rows in _sources(audit).iter_slices(PIECE):
        # A source on a line of its own is easier to look through, and quicker to write.
        text = rows.write_ndjson().rstrip("\n").replace("\n", ",\n  ")
        yield _harmless(f"{lead}\n  {text}")
        lead = ","
    yield _harmless(f"{lead and END}]{LAST}\n")


def indented(values: object) -> bytes:
    """JSON for people to look into, with a newline at its end."""
    return _harmless(f"{_indented(values)}\n")


def line(values: object) -> bytes:
    """JSON on one line, with the newline that ends it."""
    return _harmless(f"{LINE.encode(values)}\n")


def _indented(value: object, lead: str = "\n") -> str:
    """What `json.dumps(value, indent=1)` gives, in a third of its time: it has no fast way for indented JSON."""
    if isinstance(value, str):
        return QUOTED(value)
    if isinstance(value, Mapping) and value:
        items = [f"{QUOTED(name)}: {_indented(one, lead + ' ')}" for name, one in value.items()]
        return f"{{{lead} {f',{lead} '.join(items)}{lead}}}"
    if isinstance(value, list | tuple) and value:
        return f"[{lead} {f',{lead} '.join([_indented(one, lead + ' ') for one in value])}{lead}]"
    return LINE.encode(value)


def _harmless(text: str) -> bytes:
    # JSON allows these characters as they are, but the document may be printed on a terminal. Of ASCII's it escapes all
    # others itself.
    plain = text.isascii() and "\x7f" not in text
    return (text if plain else UNSAFE.sub(_escaped, text)).encode()


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


LAST = "\n}"
END = "\n "
PIECE = 10_000
"""Sources of which the lines are written at once."""
QUOTED: Callable[[str], str] = json.encoder.encode_basestring
LINE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_other)


def _escaped(match: re.Match[str]) -> str:
    return match[0] if match[0] == "\n" else f"\\u{ord(match[0]):04x}"
