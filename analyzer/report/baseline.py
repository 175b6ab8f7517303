"""An earlier audit, or the JSON document of one, made ready for a later audit to be held against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import analyzer
from analyzer.case import Audit
from analyzer.errors import UsageError
from analyzer.model import Evidence, Finding, Severity, Verdict
from analyzer.report.changes import COMPARED, Baseline
from analyzer.report.json import SCHEMA


def read(path: str) -> Baseline:
    """The document in a file. Raises UsageError where it cannot be read, is damaged or of another schema."""
    try:
        document = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read --baseline {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"--baseline {path} is damaged, or no JSON document: give a file written by --json") from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        was = f"is of schema {schema}" if isinstance(schema, str) else "names no schema"
        raise UsageError(f"--baseline {path} {was}, this version reads {SCHEMA}: give a file written by --json")
    try:
        return _baseline(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"--baseline {path} is damaged: {type(error).__name__} {error}") from None


def of(audit: Audit) -> Baseline:
    """An audit itself, to hold a later one against it."""
    sources = {(row["customer"], row["source"]): row for row in audit.case.sources.to_pylist()}
    return Baseline(analyzer.__version__, audit.findings, sources)


def _baseline(document: Mapping[str, Any]) -> Baseline:
    sources = {
        (_text(one["customer"]), _text(one["source"])): {name: one[name] for name in COMPARED}
        for one in document["sources"]
    }
    return Baseline(_text(document["version"]), tuple(_finding(one) for one in document["findings"]), sources)


def _finding(one: Mapping[str, Any]) -> Finding:
    return Finding(
        code=_text(one["code"]),
        name=_text(one["name"]),
        severity=Severity(one["severity"]),
        verdict=Verdict(one["verdict"]),
        summary=_text(one["summary"]),
        evidence=tuple(
            Evidence(_text(at["source"]), _number(at["line"]), _number(at["offset"]), _text(at["excerpt"]))
            for at in one["evidence"]
        ),
        task=None if one["task"] is None else _text(one["task"]),
        log=None if one["log"] is None else _text(one["log"]),
        nodes=tuple(_text(node) for node in one["nodes"]),
        customer=_text(one["customer"]),
        detail=dict(one["detail"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"where a text belongs stands {value!r}")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"where a number belongs stands {value!r}")
    return value
