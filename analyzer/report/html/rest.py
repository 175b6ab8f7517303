"""Machines to check, known incidents, what could not be judged and what to collect next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from analyzer.case import Audit
from analyzer.model import IncidentStatus, Suppression
from analyzer.report.machines import machines
from analyzer.report.plain import listing
from analyzer.report.summary import natural

Row = dict[str, Any]
NAMED = 6


def targets(audit: Audit) -> list[Row]:
    """The machines that double runs worked on, those to check first at the top."""
    return [
        {
            "customer": row["customer"],
            "target": row["target"],
            "sure": row["sure"],
            "twice": listing(row["twice"], NAMED),
            "perhaps": listing(row["perhaps"], NAMED),
            "tasks": listing(row["tasks"], NAMED),
            "when": f"{row['first']:%Y-%m-%d %H:%M:%S} UTC" if row["first"] else "",
        }
        for row in machines(audit.case)
    ]


def incidents(audit: Audit) -> dict[str, list[Row]]:
    """Known incidents by status. The excluded ones of several customers are told once."""
    found: dict[str, list[Row]] = {status.value: [] for status in IncidentStatus}
    seen: dict[str, Row] = {}
    for one in audit.incidents:
        row = {
            "id": one.id,
            "title": one.title,
            "link": one.link if one.link.startswith("https://") else "",
            "reason": one.reason,
            "remedy": one.remedy,
            "tasks": listing(list(one.tasks), NAMED),
            "customer": one.customer,
            "evidence": one.evidence[:1],
        }
        if one.status is not IncidentStatus.EXCLUDED:
            found[one.status].append(row)
        elif one.id in seen:
            seen[one.id]["customer"] = "several customers"
        else:
            seen[one.id] = row
    found[IncidentStatus.EXCLUDED] = list(seen.values())
    return found


def questions(audit: Audit) -> list[Row]:
    """What could not be judged: one row for each code and reason, with the tasks that it is about."""
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    asks: dict[tuple[str, str], str] = {}
    for one in audit.not_judged:
        key = (one.code, one.reason)
        names = {f"{customer} {task}".strip() for customer, task in one.about}
        groups[key] |= names or ({one.customer} if one.customer else set())
        asks.setdefault(key, one.ask)
    return [
        {"code": code, "reason": reason, "tasks": listing(sorted(names, key=natural), NAMED), "ask": asks[code, reason]}
        for (code, reason), names in groups.items()
    ]


def suppressed(audit: Audit) -> list[Row]:
    """What the configuration suppresses: one row for each suppression."""
    groups: dict[Suppression, list[str]] = defaultdict(list)
    for one in audit.suppressed:
        groups[one.by].append(" ".join(filter(None, [one.finding.code, one.finding.customer, one.finding.task])))
    return [
        {"what": listing(names, NAMED), "reason": by.reason, "where": by.place, "until": str(by.expires)}
        for by, names in groups.items()
    ]


def collect(audit: Audit) -> Sequence[str]:
    """What to ask for next, that which would settle most tasks first."""
    concerned: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for one in audit.not_judged:
        if one.ask:
            concerned[one.ask] |= one.about
    return sorted(concerned, key=lambda ask: (-len(concerned[ask]), ask))
