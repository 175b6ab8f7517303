"""Findings by task: the worst tasks with story and picture, the next with their evidence, the rest in one line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer.case import Audit
from analyzer.model import Evidence, Finding, Severity, Verdict
from analyzer.report.blast import SERVER_ITSELF
from analyzer.report.collect import wanted
from analyzer.report.html.limits import Limits
from analyzer.report.html.pictures import Picture, strips, swimlane
from analyzer.report.machines import radius
from analyzer.report.plain import listing
from analyzer.report.since import Since
from analyzer.report.status import OPEN, claims, clock, verdict
from analyzer.report.story import Story, tell
from analyzer.report.summary import natural, tasks
from analyzer.report.verdict import cleared, headline, reasons

Row = dict[str, Any]
STRIPS = 3
RELATIONS = {"first": "", "double": "double run"}
SAID = ("OCT101", "OCT102", "OCT104")
"""Codes of which the story tells the whole proof."""
STRONGEST = ("OCT101", "OCT102", "OCT301", "OCT302")


@dataclass(frozen=True)
class Told:
    """A finding as the page tells it."""

    code: str
    name: str
    severity: str
    verdict: str
    where: str
    summary: str
    evidence: Sequence[Evidence]
    more: int  # lines of evidence that are left out


@dataclass(frozen=True)
class Narrative:
    """What is known of a task beside its findings."""

    headline: str
    description: str
    runs: Sequence[Row]
    reasons: Sequence[str]
    cleared: Sequence[str]
    claims: Sequence[Sequence[str]]
    status: Sequence[str]
    work: Sequence[Row]
    more_work: int
    wanted: Sequence[str]
    picture: Picture | None
    strips: Sequence[Picture] = ()


@dataclass(frozen=True)
class Task:
    """A task, or the input itself (`name` ""), and what was found of it."""

    anchor: str
    customer: str
    name: str
    verdict: str  # in two or three words
    kind: str  # bad | doubt | note
    nodes: str
    count: int  # of findings
    proofs: Sequence[Told]  # what the story already says; told are their lines
    findings: Sequence[Told]
    more: int
    story: Narrative | None = None


@dataclass(frozen=True)
class Line:
    """A finding in one line."""

    code: str
    name: str
    severity: str
    verdict: str
    customer: str
    task: str
    where: str
    place: str


@dataclass(frozen=True)
class Judged:
    """All findings."""

    tasks: Sequence[Task]
    lines: Sequence[Line]
    more: int  # findings that are nowhere on the page
    pictures_left_out: int
    by_code: Sequence[Row] = field(default=())


def judged(audit: Audit, limits: Limits) -> Judged:
    """Tasks with an error or a warning first as a story, then with their evidence; all others in one line."""
    groups = _groups(audit.findings)
    loud = [key for key, group in groups.items() if group[0].severity is not Severity.NOTE][: limits.tasks]
    known = tasks(audit.case)
    told_in_full = [key for key in loud if key in known][: limits.stories]
    since = Since(audit)
    made = []
    for at, key in enumerate(loud, 1):
        narrative = _narrative(audit, key, f"task-{at}", limits) if key in told_in_full else None
        made.append(_task(key, groups[key], f"task-{at}", limits, since, narrative))
    shown = set(loud)
    rest = [one for one in audit.findings if _key(one) not in shown]
    lines = [_line(one, since) for one in rest[: limits.rows]]
    left_out = max(len([key for key in loud if key in known]) - limits.stories, 0)
    return Judged(made, lines, len(rest) - len(lines), left_out, _by_code(audit.findings))


def alone(audit: Audit, key: tuple[str, str], limits: Limits) -> Task:
    """One task (customer, id) with its story, whatever was found of it. Raises TaskUnknown."""
    group = [one for one in audit.findings if _key(one) == key]
    return _task(key, group, "task", limits, Since(audit), _narrative(audit, key, "task", limits))


def _key(finding: Finding) -> tuple[str, str]:
    return finding.customer, finding.task or ""


def _groups(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """Findings by task; the task of the worst finding first, what is about no task last."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_key(finding), []).append(finding)
    order = sorted(groups, key=lambda key: (_rank(groups[key]), key[0], natural(key[1])))
    return {key: groups[key] for key in order}


def _rank(group: Sequence[Finding]) -> tuple[bool, int, int, bool]:
    first = min(group, key=lambda one: (-one.severity.rank, _strength(one.code), one.verdict is not Verdict.PROVED))
    return not first.task, -first.severity.rank, _strength(first.code), first.verdict is not Verdict.PROVED


def _strength(code: str) -> int:
    return STRONGEST.index(code) if code in STRONGEST else len(STRONGEST)


def _task(
    key: tuple[str, str],
    group: Sequence[Finding],
    anchor: str,
    limits: Limits,
    since: Since,
    narrative: Narrative | None,
) -> Task:
    what, kind = _verdict(group)
    nodes = list(dict.fromkeys(node for one in group for node in one.nodes))
    proofs = [one for one in group if narrative and one.code in SAID]
    others = [one for one in group if one not in proofs]
    said, told = ([_told(one, since, limits) for one in some[: limits.findings]] for some in (proofs, others))
    more = len(group) - len(said) - len(told)
    return Task(anchor, *key, what, kind, listing(nodes, 4), len(group), said, told, more, narrative)


def _verdict(group: Sequence[Finding]) -> tuple[str, str]:
    """A task in a few words, and how bad that is."""
    codes = {(one.code, one.verdict) for one in group}
    for wanted_code, sure, what, kind in (
        ("OCT101", Verdict.PROVED, "ran twice at the same time", "bad"),
        ("OCT102", Verdict.PROVED, "ran twice", "bad"),
        ("OCT101", Verdict.POSSIBLE, "ran twice, perhaps at the same time", "doubt"),
        ("OCT102", Verdict.POSSIBLE, "perhaps ran twice", "doubt"),
        ("OCT301", Verdict.PROVED, "statuses contradict each other", "bad"),
    ):
        if (wanted_code, sure) in codes:
            return what, kind
    if not group:
        return "nothing found", "note"
    worst = group[0]
    kinds = {Severity.ERROR: "bad", Severity.WARNING: "doubt", Severity.NOTE: "note"}
    return worst.name.replace("-", " "), kinds[worst.severity]


def _told(one: Finding, since: Since, limits: Limits) -> Told:
    summary = f"{one.summary}."
    if len(summary) > limits.summary:
        summary = summary[: limits.summary] + " \u2026"
    places = one.evidence[: limits.places]
    return Told(one.code, one.name, one.severity, one.verdict, _where(one, since), summary, places,
                len(one.evidence) - len(places))  # fmt: skip


def _where(one: Finding, since: Since) -> str:
    nodes = f"on {listing(list(one.nodes), 9)}" if one.nodes else ""
    when = since.of(one)
    return ", ".join(filter(None, [nodes, f"since {when}" if when else ""]))


def _line(one: Finding, since: Since) -> Line:
    place = f"{one.evidence[0].source}:{one.evidence[0].line}" if one.evidence else ""
    return Line(one.code, one.name, one.severity, one.verdict, one.customer, one.task or "", _where(one, since), place)


def _by_code(findings: Iterable[Finding]) -> list[Row]:
    """How many of each code, worst first: the order of the findings."""
    rows: dict[str, Row] = {}
    for one in findings:
        row = rows.setdefault(one.code, {"code": one.code, "name": one.name, "severity": one.severity, "count": 0})
        row["count"] += 1
    return list(rows.values())


def _narrative(audit: Audit, key: tuple[str, str], anchor: str, limits: Limits) -> Narrative:
    customer, name = key
    story = tell(audit, name, customer)
    sentence = headline(story)
    work = [row for row in radius(audit.case)["work"] if (row["customer"], row["task"]) == key]
    rows = claims(story)
    return Narrative(
        sentence,
        story.description,
        [_run(story, run) for run in story.runs],
        reasons(story),
        cleared(story),
        rows[1:],
        verdict(story),
        [_work(row) for row in work[: limits.work]],
        max(len(work) - limits.work, 0),
        [f"{text[:1].upper()}{text[1:]}." for text in wanted(story)],
        swimlane(audit, story, f"{anchor}-lanes", sentence),
        strips(story, f"{anchor}-clocks")[:STRIPS],
    )


def _run(story: Story, run: Row) -> Row:
    begun, ended = run["started"], run["ended"]
    same = begun and ended and begun.date() == ended.date()
    own = [line.instant for line in story.lines if line.execution == run["number"]]
    first, last = (f"{clock(end(own))} in the log" if own else "not known" for end in (min, max))
    return {
        "number": run["number"],
        "node": run["node"] or "not known",
        "relation": RELATIONS.get(run["relation"], run["relation"] or ""),
        "from": f"{begun:%Y-%m-%d %H:%M:%S} UTC" if begun else first,
        "to": (f"{ended:%H:%M:%S}" if same else f"{ended:%Y-%m-%d %H:%M:%S}") + " UTC" if ended else last,
        "lines": f"{run['lines']:,}" if run["lines"] else "none in a task log",
        "outcome": "end not among its lines" if run["outcome"] in OPEN else run["outcome"],
    }


def _work(row: Row) -> Row:
    """A step and target that ran twice, or may have."""
    who = [
        f"execution {number}{f' ({node})' if node else ''}, line {line}"
        for number, node, line in zip(row["executions"], row["nodes"], row["lines"], strict=True)
    ]
    others = f"perhaps execution {listing([str(number) for number in row['others']])}" if row["others"] else ""
    doing = [name for name in row["work"] if name not in (row["step"] or "")]
    return {
        "step": row["step"] or "name lost",
        "target": "the Octopus Server itself" if row["target"] == SERVER_ITSELF else row["target"] or "",
        "work": listing(doing, 4),
        "who": "; ".join(filter(None, [*who, others])),
        "when": f"{row['first']:%H:%M:%S} to {row['last']:%H:%M:%S} UTC" if row["first"] else "",
        "sure": row["sure"],
    }
