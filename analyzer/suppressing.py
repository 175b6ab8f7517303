"""Findings that are known and accepted, taken out of the count and never out of sight.

A suppression ends. Whether it has ended is held against the latest time that the input shows, never against the wall
clock: the same input gets the same answer next year, and a new bundle of the same customer brings the finding back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from fnmatch import fnmatchcase

import polars as pl

from analyzer.case import Audit, Case
from analyzer.model import Finding, Findings, Suppressed, Suppression

DAY = 86_400_000_000
"""A wall time below this has no date."""


def suppress(audit: Audit, suppressions: Sequence[Suppression]) -> tuple[Audit, tuple[str, ...]]:
    """The audit without the findings that the suppressions cover; these are in `suppressed`, the first one's each.

    Also returns a sentence for each suppression that has ended, or of which that cannot be known: it covers nothing.
    """
    if not suppressions:
        return audit, ()
    today = latest(audit.case)
    valid = [one for one in suppressions if today is not None and today <= one.expires]
    by = {index: _covering(finding, valid) for index, finding in enumerate(audit.findings)}
    kept = Findings(finding for index, finding in enumerate(audit.findings) if by[index] is None)
    taken = tuple(Suppressed(audit.findings[index], one) for index, one in by.items() if one is not None)
    remarks = tuple(_ended(one, today) for one in suppressions if one not in valid)
    return replace(audit, findings=kept, suppressed=taken), remarks


def latest(case: Case) -> date | None:
    """The day (UTC) to which a case reaches; local time as it stands where nothing is in UTC; None without any date."""
    sources, states = case.frame("sources"), case.frame("states")
    claimed = states.select(pl.max_horizontal("queued", "started", "completed").max()).item()
    found = [moment for moment in (sources["last"].max(), claimed) if isinstance(moment, datetime)]
    if found:
        return max(found).date()
    wall = pl.concat([case.frame("telling")["wall"], case.frame("stretches")["last"]])
    moment = wall.filter(wall >= DAY).cast(pl.Datetime("us")).max()
    return moment.date() if isinstance(moment, datetime) else None


def _covering(finding: Finding, valid: Sequence[Suppression]) -> Suppression | None:
    return next((one for one in valid if _covers(one, finding)), None)


def _covers(one: Suppression, finding: Finding) -> bool:
    pairs = ((finding.code, one.code), (finding.task or "", one.task), (finding.customer, one.customer))
    return all(fnmatchcase(value.casefold(), pattern.casefold()) for value, pattern in pairs)


def _ended(one: Suppression, today: date | None) -> str:
    if today is None:
        return f"{one.place}: the input shows no date to hold {one.expires} against, so it suppresses nothing"
    return f"{one.place}: expired on {one.expires}, the input reaches to {today}, so it suppresses nothing"
