"""What other tools read: each module makes one format of an audit, and of what changed since a baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analyzer.case import Audit
from analyzer.report import json
from analyzer.report.changes import Changes
from analyzer.report.exports import clef, csv, jsonl, sarif, timesketch
from analyzer.report.exports.export import Export

Writer = Callable[[Audit, Changes | None], Export]


def _document(audit: Audit, changes: Changes | None) -> Export:
    return Export(json.pieces(audit, changes))


def _page(audit: Audit, _: Changes | None) -> Export:
    """A baseline changes nothing in it."""
    from analyzer.report import html  # draws

    return Export([html.document(audit)])


FILES: Mapping[str, Writer] = {
    "json": _document,
    "html": _page,
    "sarif": sarif.export,
    "csv": csv.for_spreadsheets,
    "timesketch": timesketch.export,
    "clef": clef.export,
}
"""What `--NAME FILE` writes."""

FORMATS: Mapping[str, Writer] = {"json": _document, "jsonl": jsonl.export, "csv": csv.export}
"""What `--format NAME` prints."""
