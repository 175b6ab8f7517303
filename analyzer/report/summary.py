"""The figures that every report tells, counted once: for the whole audit and for each customer in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

import polars as pl

from analyzer.case import Audit, Case
from analyzer.detectors.lines import remembered
from analyzer.model import Finding, NotJudged, Severity
from analyzer.names import TASK_ID

UNDECIDED = "undecided"
"""How the reason begins where a second run cannot be told from a re-run (design document, section 4)."""

TWICE = ("OCT101", "OCT102")
SUSPECT = ("OCT103",)
"""Notes that keep a task from being called clean: somebody else held its log."""


@dataclass
class Part:
    """Everything of one customer that is counted. `unknown`: sources of no known format that were read."""

    sources: int = 0
    lines: int = 0
    events: int = 0
    rejects: int = 0
    problems: int = 0
    unknown: int = 0
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
    for customer, *counts in _sources(audit.case).iter_rows():
        parts[customer] = Part(*counts)
    for customer, names in _tasks(audit.case).group_by("customer").agg("task").iter_rows():
        parts.setdefault(customer, Part()).tasks.update(names)
    for customer, names in _nodes(audit.case).group_by("customer").agg("node").iter_rows():
        parts.setdefault(customer, Part()).nodes.update(names)
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
    findings = [finding for part in parts for finding in part.findings]
    not_judged = [question for part in parts for question in part.not_judged]
    return {
        **{name: sum(getattr(part, name) for part in parts) for name in ("sources", "lines", "events", "rejects")},
        "tasks": sum(len(part.tasks) for part in parts),
        "nodes": distinct_nodes(node for part in parts for node in part.nodes),
        "by_code": dict(sorted(Counter(finding.code for finding in findings).items())),
        "by_severity": dict(sorted(Counter(str(finding.severity) for finding in findings).items())),
        "suppressed": sum(len(part.suppressed) for part in parts),
        "undecided": len(undecided(not_judged)),
        "not_judged": len(not_judged),
        "clean": sum(len(clean(part)) for part in parts),
        "not_judged_tasks": sum(len(open_tasks(part)) for part in parts),
        "problems": sum(part.problems for part in parts),
    }


def tasks(case: Case) -> set[tuple[str, str]]:
    """Customer and id of every ServerTask that an event or a state tells of; other correlated work is no task."""
    return set(_tasks(case).iter_rows())


def nodes(case: Case) -> set[tuple[str, str]]:
    """Customer and name of every node, in every spelling met."""
    return set(_nodes(case).iter_rows())


def distinct_nodes(names: Iterable[str]) -> list[str]:
    """Node names sorted, each once: names are compared without case, and the first spelling stands for all."""
    return sorted({name.casefold(): name for name in sorted(names, reverse=True)}.values(), key=str.casefold)


def undecided(questions: Iterable[NotJudged]) -> set[tuple[str, str]]:
    """Customer and id of the tasks with a second run that may or may not be a double one."""
    return {(one.customer, one.task) for one in questions if one.task and one.reason.startswith(UNDECIDED)}


def open_tasks(part: Part) -> set[str]:
    """Tasks with an open question, but for those that are told of as run again: found, or undecided whether."""
    found = {one.task for one in part.findings if one.code in TWICE}
    return (_asked(part) & part.tasks) - found - {task for _, task in undecided(part.not_judged)}


def clean(part: Part) -> set[str]:
    """Tasks in which nothing was found, and for which nothing was missing that would have shown something."""
    every = [*part.findings, *part.suppressed]
    loud = {one.task for one in every if one.severity is not Severity.NOTE or one.code in SUSPECT}
    return part.tasks - loud - _asked(part)


def _asked(part: Part) -> set[str]:
    """Tasks with an open question."""
    return set(chain.from_iterable((one.task,) if one.task else one.tasks for one in part.not_judged))


def natural(name: str) -> tuple[object, ...]:
    """Sorts ServerTasks-9 before ServerTasks-10."""
    return tuple((int(part), part) if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name))


def _sources(case: Case) -> pl.DataFrame:
    """A row for each customer: its name, and the first fields of Part."""
    problem = pl.col("problem").is_not_null()
    unknown = (pl.col("format") == "unknown") & pl.col("problem").fill_null("").eq("")
    return case.frame("sources").group_by("customer", maintain_order=True).agg(
        pl.len(), pl.col("lines", "events", "rejects").sum(), problem.sum(), unknown.sum().alias("unknown")
    )  # fmt: skip


@remembered
def _tasks(case: Case) -> pl.DataFrame:
    found = _distinct(case, ("telling", "states", "executions"), "task")
    return found.filter(pl.col("task").str.contains(f"^(?:{TASK_ID.pattern})$"))


@remembered
def _nodes(case: Case) -> pl.DataFrame:
    return _distinct(case, ("sources", "telling", "states", "executions"), "node").filter(pl.col("node") != "")


def _distinct(case: Case, tables: Iterable[str], column: str) -> pl.DataFrame:
    """Customer and values of a column, each pair once."""
    return pl.concat([case.frame(name).select("customer", column).unique() for name in tables]).unique()
