"""The findings that a list of findings holds, and what such a list leaves unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from analyzer.case import Audit
from analyzer.model import Finding
from analyzer.report.changes import Change, Changes
from analyzer.report.plain import count


class Row(NamedTuple):
    """A finding, and how it differs from the baseline where there is one."""

    finding: Finding
    change: Change | None = None


def rows(audit: Audit, changes: Changes | None) -> Iterator[Row]:
    """All findings, or with a baseline those that are new, gone or changed."""
    if changes is None:
        yield from map(Row, audit.findings)
    else:
        yield from (Row(one.finding, one) for one in changes.changes)


def not_told(audit: Audit) -> tuple[str, ...]:
    """A list of findings must not be mistaken for all that there is to say."""
    if not audit.not_judged:
        return ()
    return (f"{count(len(audit.not_judged), 'question')} could not be judged: --json FILE writes them",)
