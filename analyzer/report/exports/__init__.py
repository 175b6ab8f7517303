"""What other tools read: each module makes one format of an audit, and of what changed since a baseline.

Only the formats that are asked for are loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from analyzer.report.exports.export import Export

if TYPE_CHECKING:
    from analyzer.case import Audit
    from analyzer.report.changes import Changes

Writer = Callable[["Audit", "Changes | None"], Export]


def _document(audit: Audit, changes: Changes | None) -> Export:
    from analyzer.report import json

    return Export(json.pieces(audit, changes))


def _page(audit: Audit, _: Changes | None) -> Export:
    """A baseline changes nothing in it."""
    from analyzer.report import html

    return Export([html.document(audit)])


def _sarif(audit: Audit, changes: Changes | None) -> Export:
    from analyzer.report.exports import sarif

    return sarif.export(audit, changes)


def _spreadsheet(audit: Audit, changes: Changes | None) -> Export:
    from analyzer.report.exports import csv

    return csv.for_spreadsheets(audit, changes)


def _timesketch(audit: Audit, changes: Changes | None) -> Export:
    from analyzer.report.exports import timesketch

    return timesketch.export(audit, changes)


def _clef(audit: Audit, changes: Changes | None) -> Export:
    from analyzer.report.exports import clef

    return clef.export(audit, changes)


def _lines(audit: Audit, changes: Changes | None) -> Export:
    from analyzer.report.exports import jsonl

    return jsonl.export(audit, changes)


def _csv(audit: Audit, changes: Changes | None) -> Export:
    from analyzer.report.exports import csv

    return csv.export(audit, changes)


FILES: Mapping[str, Writer] = {
    "json": _document,
    "html": _page,
    "sarif": _sarif,
    "csv": _spreadsheet,
    "timesketch": _timesketch,
    "clef": _clef,
}
"""What `--NAME FILE` writes."""

FORMATS: Mapping[str, Writer] = {"json": _document, "jsonl": _lines, "csv": _csv}
"""What `--format NAME` prints."""
