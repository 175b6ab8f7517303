"""The figures that every report tells, counted once: for the whole audit and for each customer in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pyarrow as pa

from analyzer.case import Audit, Case
from analyzer.model import Finding, NotJudged, Severity
from analyzer.names import TASK_ID

UNDECIDED = "undecided"
"""How the reason begins where a second run cannot be told from a re-run (design document, section 4)."""

TWICE = ("OCT101", "OCT102")
SUSPECT = ("OCT103",)
"""Notes that keep a task from being called clean: somebody else held its log."""


COUNTED = ("customer", "format", "lines", "events", "rejects", "problem")
"""Columns of SOURCES that figures are made of."""


@dataclass
class Part:
    """Everything of one customer that is counted."""

    sources: list[dict[str, Any]] = field(default_factory=list)
    tasks: set[str] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    not_judged: list[NotJudged] = field(default_factory=list)
    suppressed: list[Finding] = field(default_factory=list)


def summary(audit: Audit) -> dict[str, object]:
    """The `summary` of the JSON document; with `customers` where the audit was one of several customers."""
    parts = split(audit)
    whole = figures(parts.values())
    if set(parts) - {""}:
        whole["customers"] = [{"customer": customer, **figures([parts[customer]])} for customer in sorted(parts)]
    return whole


def split(audit: Audit) -> dict[str, Part]:
    """The audit by customer; a plain audit has the one customer ""."""
    parts: dict[str, Part] = {}
    for row in audit.case.sources.select(COUNTED).to_pylist():
        parts.setdefault(row["customer"], Part()).sources.append(row)
    for customer, task in tasks(audit.case):
        parts.setdefault(customer, Part()).tasks.add(task)
    for customer, node in nodes(audit.case):
        parts.setdefault(customer, Part()).nodes.add(node)
    for finding in audit.findings:
        parts.setdefault(finding.customer, Part()).findings.append(finding)
    for question in audit.not_judged:
        parts.setdefault(question.customer, Part()).not_judged.append(question)
    for one in audit.suppressed:
        parts.setdefault(one.finding.customer, Part()).suppressed.append(one.finding)
    return parts


def figures(parts: Iterable[Part]) -> dict[str, object]:
    """What some customers add up to, in the order of the JSON document."""
    parts = list(parts)
    sources = [row for part in parts for row in part.sources]
    findings = [finding for part in parts for finding in part.findings]
    not_judged = [question for part in parts for question in part.not_judged]
    return {
        "sources": len(sources),
        "lines": sum(row["lines"] or 0 for row in sources),
        "events": sum(row["events"] or 0 for row in sources),
        "rejects": sum(row["rejects"] or 0 for row in sources),
        "tasks": sum(len(part.tasks) for part in parts),
        "nodes": distinct_nodes(node for part in parts for node in part.nodes),
        "by_code": dict(sorted(Counter(finding.code for finding in findings).items())),
        "by_severity": dict(sorted(Counter(str(finding.severity) for finding in findings).items())),
        "suppressed": sum(len(part.suppressed) for part in parts),
        "undecided": len(undecided(not_judged)),
        "not_judged": len(not_judged),
        "clean": sum(len(clean(part)) for part in parts),
        "not_judged_tasks": sum(len(open_tasks(part)) for part in parts),
        "problems": sum(row["problem"] is not None for row in sources),
    }


def tasks(case: Case) -> set[tuple[str, str]]:
    """Customer and id of every ServerTask that an event or a state tells of; other correlated work is no task."""
    tables = (case.telling, case.states, case.executions)
    found = set().union(*(_distinct(table, "customer", "task") for table in tables))
    return {(customer, task) for customer, task in found if task and TASK_ID.fullmatch(task)}


def nodes(case: Case) -> set[tuple[str, str]]:
    """Customer and name of every node, in every spelling met."""
    tables = (case.sources, case.telling, case.states, case.executions)
    found = set().union(*(_distinct(table, "customer", "node") for table in tables))
    return {(customer, node) for customer, node in found if node}


def distinct_nodes(names: Iterable[str]) -> list[str]:
    """Node names sorted, each once: names are compared without case, and the first spelling stands for all."""
    return sorted({name.casefold(): name for name in sorted(names, reverse=True)}.values(), key=str.casefold)


def undecided(questions: Iterable[NotJudged]) -> set[tuple[str, str]]:
    """Customer and id of the tasks with a second run that may or may not be a double one."""
    return {(one.customer, one.task) for one in questions if one.task and one.reason.startswith(UNDECIDED)}


def open_tasks(part: Part) -> set[str]:
    """Tasks with an open question, but for those that are told of as run again: found, or undecided whether."""
    asked = {task for one in part.not_judged for _, task in one.about}
    found = {one.task for one in part.findings if one.code in TWICE}
    return (asked & part.tasks) - found - {task for _, task in undecided(part.not_judged)}


def clean(part: Part) -> set[str]:
    """Tasks in which nothing was found, and for which nothing was missing that would have shown something."""
    every = [*part.findings, *part.suppressed]
    loud = {one.task for one in every if one.severity is not Severity.NOTE or one.code in SUSPECT}
    asked = {task for one in part.not_judged for _, task in one.about}
    return part.tasks - loud - asked


def natural(name: str) -> tuple[object, ...]:
    """Sorts ServerTasks-9 before ServerTasks-10."""
    return tuple((int(part), part) if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name))


def _distinct(table: pa.Table, *columns: str) -> set[tuple[Any, ...]]:
    return set(pl.DataFrame(table.select(columns)).unique().iter_rows())
