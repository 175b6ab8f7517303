"""Findings as JSON, one in a line, as they stand in the document: for jq and other pipes.

    {"code":"OCT101","name":"concurrent-execution","severity":"error", ...}

With a baseline only what is new, gone or changed, with `change`, `reason` and `worse`.
"""

from __future__ import annotations

from analyzer.case import Audit
from analyzer.report.changes import Changes
from analyzer.report.exports.export import Export
from analyzer.report.exports.rows import Row, not_told, rows
from analyzer.report.json import change_of, line, values_of


def export(audit: Audit, changes: Changes | None = None) -> Export:
    """One line for each finding."""
    return Export((line(_values(row)) for row in rows(audit, changes)), not_told(audit))


def _values(row: Row) -> dict[str, object]:
    return values_of(row.finding) | (change_of(row.change) if row.change else {})
