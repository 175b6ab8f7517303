"""The answer in a few sentences: how many tasks ran twice, which, by what proof, and what could not be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from typing import cast

from analyzer.case import Audit
from analyzer.model import Finding, Verdict
from analyzer.report.plain import count, listing, visible
from analyzer.report.summary import TWICE, Part, figures, natural, open_tasks, split, undecided

Key = tuple[str, str]
"""Customer and task."""

TOLD = 3
"""How many tasks are named; how many reasons and wishes are told."""
FEW = 3
"""So many tasks that could not be judged are named."""


def answer(audit: Audit) -> list[str]:
    """What ran twice; what else was found; how far it is clean; what to collect next; what was read.

    A few sentences each, made harmless for a terminal; what there is nothing to say of is left out.
    """
    parts = split(audit)
    total = figures(parts.values())
    told = [
        _double_runs(audit, cast("int", total["tasks"])),
        [*_others(audit.findings), *_suppressed(audit)],
        [*_clean(audit, parts, total), *_whole(audit)] if total["tasks"] else [],
        _next(audit),
        [_read(parts.values(), total)],
    ]
    return [visible(" ".join(sentences)) for sentences in told if sentences]


def _double_runs(audit: Audit, tasks: int) -> list[str]:
    """What is known of tasks that ran more than once, every task in its strongest class only."""
    if not tasks:
        return ["No ServerTask was found in what was read and asked for, so nothing can be said about double runs."]
    at_once = _first_by_task(one for one in audit.findings if one.code == "OCT101" and one.verdict is Verdict.PROVED)
    hidden = _first_by_task(one.finding for one in audit.suppressed if one.finding.code in TWICE)
    sentences = [_at_once(at_once, tasks, len(hidden))]
    seen = set(at_once)
    for found, what in (
        (_tasks(audit.findings, "OCT101"), "may have"),
        (_tasks(audit.findings, "OCT102"), "ran twice, overlap not shown"),
        (undecided(audit.not_judged), "ran again, undecided whether as a re-run"),
        (_tasks(audit.findings, "OCT104"), "went from one node to another legitimately"),
    ):
        rest = found - seen
        if rest:
            sentences.append(f"{len(rest):,} {'more ' if seen else ''}{what}: {listing(_names(rest))}.")
        seen |= rest
    return sentences


def _at_once(found: Mapping[Key, Finding], tasks: int, hidden: int) -> str:
    whole = count(tasks, "task")
    if hidden:
        whole += f" (not counting {hidden:,} whose double run is suppressed)"
    if not found:
        which = "The only task" if tasks == 1 else f"None of {whole}"
        return f"{which} was {'not ' if tasks == 1 else ''}shown to run on two nodes at the same time."
    named = all(len(finding.nodes) > 1 for finding in found.values())
    what = "ran on two nodes at the same time" if named else "ran twice at the same time"
    named_tasks = _names(found) if len(found) > 1 else [_proof(key, one) for key, one in found.items()]
    return f"{len(found):,} of {whole} {what}: {listing(named_tasks, TOLD)}."


def _proof(key: Key, finding: Finding) -> str:
    name = _names([key])[0]
    if not finding.evidence:
        return name
    source = finding.evidence[0].source
    lines = [str(one.line) for one in finding.evidence if one.source == source]
    return f"{name} (proved by {source}, {'line' if len(lines) == 1 else 'lines'} {listing(lines, 4)})"


def _others(findings: Iterable[Finding]) -> list[str]:
    rest: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.code not in {"OCT101", "OCT102", "OCT104"} and finding.severity != "note":
            rest.setdefault(finding.code, []).append(finding)
    told = [f"{len(group):,} {group[0].name} ({code})" for code, group in rest.items()]
    return [f"Also found: {listing(told, 9)}."] if told else []


def _suppressed(audit: Audit) -> list[str]:
    """Findings that do not count, so that nobody takes their tasks for clean ones."""
    if not audit.suppressed:
        return []
    codes = Counter(f"{one.finding.name} ({one.finding.code})" for one in audit.suppressed)
    told = listing([f"{number:,} {name}" for name, number in sorted(codes.items(), key=lambda item: item[0][-7:])], 9)
    return [f"Suppressed, with a reason, and not counted: {told}."]


def _clean(audit: Audit, parts: Mapping[str, Part], total: Mapping[str, object]) -> list[str]:
    """For how many tasks the answer is a clean one, and why not for the others."""
    tasks, clean = cast("int", total["tasks"]), cast("int", total["clean"])
    open_ = {(customer, task) for customer, part in parts.items() for task in open_tasks(part)}
    if not tasks:
        return []
    sentence = f"Clean for {'all ' if clean == tasks > 1 else ''}{_of(clean, tasks)}"
    if not open_:
        return [f"{sentence}."]
    names = f" ({listing(_names(open_))})" if len(open_) <= FEW else ""
    return [f"{sentence}; {len(open_):,} could not be judged in every respect{names}: {_lacking(audit, open_)}."]


def _of(clean: int, tasks: int) -> str:
    return count(tasks, "task") if clean == tasks else f"{clean:,} of {count(tasks, 'task')}"


def _lacking(audit: Audit, open_: Set[Key]) -> str:
    """What is missing, that for most tasks first; a question of another kind by its code."""
    concerned: dict[str, set[Key]] = {}
    for one in audit.not_judged:
        for why in one.lacking.split("; ") if one.lacking else [f"{one.code} stays open"]:
            concerned[why] = concerned.get(why, set()) | (one.about & open_)
    concerned = {why: tasks for why, tasks in concerned.items() if tasks}
    ranked = sorted(concerned, key=lambda why: (why.endswith("stays open"), -len(concerned[why]), why))
    told = [f"{why} ({len(concerned[why]):,})" if len(ranked) > 1 else why for why in ranked]
    return listing(told, TOLD)


def _whole(audit: Audit) -> list[str]:
    codes = sorted({one.code for one in audit.not_judged if not one.about})
    if not codes:
        return []
    whole = "for some customers" if any(one.customer for one in audit.not_judged) else "at all"
    return [f"Not judged {whole}: {listing(codes, 12)}."]


def wishes(audit: Audit) -> list[str]:
    """What to ask the customer for: that which would settle most tasks first; one wish for each kind of file."""
    concerned: dict[str, set[Key]] = {}
    for one in audit.not_judged:
        if one.ask:
            concerned[one.ask] = concerned.get(one.ask, set()) | one.about
    kinds: dict[str, str] = {}
    for ask in sorted(concerned, key=lambda ask: (-len(concerned[ask]), ask)):
        kinds.setdefault(ask.partition(" of ")[0], ask)
    return list(kinds.values())


def _next(audit: Audit) -> list[str]:
    ranked = wishes(audit)
    return [f"Collect next: {'; '.join(ranked[:TOLD])}."] if ranked else []


def _read(parts: Iterable[Part], total: Mapping[str, object]) -> str:
    sources = cast("int", total["sources"])
    unknown = sum(part.unknown for part in parts)
    unread = cast("int", total["problems"])
    told = [
        count(sources, "source"),
        f"{_short(cast('int', total['lines']))} lines",
        f"{cast('int', total['rejects']):,} rejected",
    ]
    if unknown:
        told.append(f"{count(unknown, 'file')} of no known format")
    if unread:
        told.append(f"{count(unread, 'source')} NOT read or only in part")
    return f"Read {', '.join(told)}."


def _short(number: int) -> str:
    return f"{number / 1e6:,.1f} M" if number >= 1_000_000 else f"{number:,}"


def _tasks(findings: Iterable[Finding], code: str) -> set[Key]:
    return {(one.customer, one.task or "") for one in findings if one.code == code}


def _first_by_task(findings: Iterable[Finding]) -> dict[Key, Finding]:
    result: dict[Key, Finding] = {}
    for finding in findings:
        result.setdefault((finding.customer, finding.task or ""), finding)
    return result


def _natural(key: Key) -> tuple[object, ...]:
    return key[0], natural(key[1])


def _names(keys: Iterable[Key]) -> list[str]:
    return [f"{customer} {task}".strip() for customer, task in sorted(keys, key=_natural)]
