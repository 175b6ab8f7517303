"""Findings as CSV, one row each; `evidence` and `detail` are JSON.

A spreadsheet takes a cell that begins with = + - @ (or the wide forms of these signs) for a formula, and log lines may
begin so. Such a cell gets an apostrophe in front; so does one with apostrophes or spaces before such a sign: whoever
needs the text back takes one off. Control characters are written out (a line break as \\n), so that a row is a
line and no cell begins with a tab.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain

from analyzer.case import Audit
from analyzer.report.changes import Changes
from analyzer.report.exports.export import Export
from analyzer.report.exports.rows import Row, not_told, rows
from analyzer.report.json import line
from analyzer.report.plain import visible
from analyzer.report.since import Since

LEADING = ("code", "name", "severity", "verdict", "customer", "task", "log")
COLUMNS = (*LEADING, "nodes", "since", "summary", "source", "line", "offset", "excerpt", "evidence", "detail")
CHANGE = ("change", "reason", "worse")
RISKY = re.compile("^[' ]*[=+@\uff1d\uff0b\uff0d\uff20-]")
MARK = b"\xef\xbb\xbf"
"""Without this mark Excel reads UTF-8 as the machine's old code page."""


def export(audit: Audit, changes: Changes | None = None) -> Export:
    """Headings and rows in UTF-8, lines ending with a newline; with a baseline how each row differs from it."""
    return Export(_lines(audit, changes), not_told(audit))


def for_spreadsheets(audit: Audit, changes: Changes | None = None) -> Export:
    """The same with the mark by which a spreadsheet knows that it is UTF-8."""
    return Export(chain([MARK], _lines(audit, changes)))


def _lines(audit: Audit, changes: Changes | None) -> Iterator[bytes]:
    since = Since(audit)
    yield _line(COLUMNS + (CHANGE if changes else ()))
    for row in rows(audit, changes):
        yield _line(_cells(row, since.of(row.finding)))


def _cells(row: Row, since: str) -> tuple[str, ...]:
    finding, first = row.finding, row.finding.evidence[:1]
    cells = [str(getattr(finding, name) or "") for name in LEADING]
    cells += [", ".join(finding.nodes), since, finding.summary]
    cells += [text for one in first for text in (one.source, str(one.line), str(one.offset), one.excerpt)] or [""] * 4
    cells += [_json([asdict(one) for one in finding.evidence]), _json(dict(sorted(finding.detail.items())))]
    if row.change:
        cells += [row.change.kind, row.change.reason, "true" if row.change.worse else "false"]
    return tuple(map(safe, cells))


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, on one line.

    >>> safe("=1+1"), safe("'=1+1"), safe("it's"), safe("a\\nb")
    ("'=1+1", "''=1+1", "it's", 'a\\\\nb')
    """
    shown = visible(text)
    return f"'{shown}" if RISKY.match(shown) else shown


def _json(values: object) -> str:
    return line(values).decode().rstrip("\n")


def _line(cells: tuple[str, ...]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
