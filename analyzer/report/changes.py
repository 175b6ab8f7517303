"""What is new, gone or changed since a baseline, and why.

A finding is the same one as before where code, customer, task, log and nodes are; a log or nodes that were not known
then may be known now, and a node may have joined or left. Line numbers do not matter, so lines that were appended since
change nothing; where several are alike, those with the same first line belong together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

import analyzer
from analyzer.case import Audit
from analyzer.model import Finding, Verdict
from analyzer.report.identity import nodes, subject
from analyzer.report.plain import count, listing
from analyzer.report.summary import TWICE, tasks, undecided

Sources = Mapping[tuple[str, str], Mapping[str, Any]]
"""Customer and name of a source -> its entry in the document."""
COMPARED = ("lines", "bytes", "problem")
"""Columns of SOURCES that tell whether a source is as it was."""


@dataclass(frozen=True)
class Baseline:
    """What an earlier audit found, in which sources, and by which version of the analyzer."""

    version: str
    findings: tuple[Finding, ...]
    sources: Sources


Why = Callable[[Sequence[Finding]], str]
"""What happened in the input to findings that are one."""


class Kind(StrEnum):
    """How a finding differs from the baseline."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True)
class Change:
    """A finding as it is now, as it was (`before`), or both; `worse` makes it count for the exit code."""

    kind: Kind
    finding: Finding
    before: Finding | None
    reason: str
    worse: bool


@dataclass(frozen=True)
class Changes:
    """All changes, in the order of the findings, what is gone last."""

    version: str
    changes: tuple[Change, ...]
    unchanged: int

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """Those of one kind."""
        return tuple(one for one in self.changes if one.kind is kind)


def compare(baseline: Baseline, audit: Audit) -> Changes:
    """What an audit says that the baseline did not, and the reverse."""
    pairs = _paired(baseline.findings, audit.findings)
    sources: Sources = {(row["customer"], row["source"]): row for row in audit.case.sources.to_pylist()}
    why = partial(_why, causes=_causes(baseline, sources), before=baseline.sources, now=sources)
    there = [
        _present(finding, baseline.findings[pairs[at]] if at in pairs else None, why)
        for at, finding in enumerate(audit.findings)
    ]
    matched = set(pairs.values())
    lost = [finding for at, finding in enumerate(baseline.findings) if at not in matched]
    changed = [one for one in there if one is not None]
    return Changes(baseline.version, (*changed, *_gone(lost, audit, why)), len(there) - len(changed))


def _present(finding: Finding, before: Finding | None, why: Why) -> Change | None:
    """None for a finding that is as it was."""
    if before is None:
        return Change(Kind.NEW, finding, None, why([finding]), worse=True)
    differences, worse = _differences(before, finding)
    if not differences:
        return None
    return Change(Kind.CHANGED, finding, before, "; ".join([*differences, why([finding, before])]), worse)


def _gone(findings: Sequence[Finding], audit: Audit, why: Why) -> Iterator[Change]:
    """A finding that is not there any more is not always healed."""
    read, open_ones = tasks(audit.case), undecided(audit.not_judged)
    accepted = {subject(one.finding): one.by.reason for one in audit.suppressed}
    for finding in findings:
        key, said = (finding.customer, finding.task), [why([finding])]
        if subject(finding) in accepted:
            said = [f"suppressed now: {accepted[subject(finding)]}"]
        elif finding.task is not None and key not in read:
            said.insert(0, f"{finding.task} is not in what was read or asked for")
        elif finding.code in TWICE and key in open_ones:
            said.insert(0, f"whether {finding.task} ran twice is undecided now")
        yield Change(Kind.GONE, finding, finding, "; ".join(said), worse=False)


def _paired(before: Sequence[Finding], now: Sequence[Finding]) -> dict[int, int]:
    """Place among the findings now -> place in the baseline; the most alike are paired first."""
    old: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, finding in enumerate(before):
        old[subject(finding)].append(at)
    pairs: dict[int, int] = {}
    for fits in ALIKE:
        for at, finding in enumerate(now):
            left = old.get(subject(finding), [])
            found = next((one for one in left if at not in pairs and fits(finding, before[one])), None)
            if found is not None:
                pairs[at] = found
                left.remove(found)
    return pairs


def _same(one: Finding, other: Finding) -> bool:
    return one.log == other.log and nodes(one) == nodes(other)


def _same_place(one: Finding, other: Finding) -> bool:
    places = [[(at.source, at.line) for at in finding.evidence[:1]] for finding in (one, other)]
    return _same(one, other) and places[0] == places[1]


def _better_known(one: Finding, other: Finding) -> bool:
    within = nodes(one) <= nodes(other) or nodes(other) <= nodes(one)
    return within and (one.log == other.log or not one.log or not other.log)


ALIKE: tuple[Callable[[Finding, Finding], bool], ...] = (_same_place, _same, _better_known)
"""How much alike two findings about one task have to be, strictest first."""


def _differences(before: Finding, now: Finding) -> tuple[list[str], bool]:
    """What differs, in words, and whether it is worse than before."""
    said = []
    if before.verdict is not now.verdict:
        said.append(f"verdict was {before.verdict}, is {now.verdict}")
    if before.severity is not now.severity:
        said.append(f"severity was {before.severity}, is {now.severity}")
    if before.log != now.log:
        said.append(f"log was {before.log or 'not known'}, is {now.log or 'not known'}")
    if nodes(before) != nodes(now):
        said.append(f"nodes were {_named(before)}, are {_named(now)}")
    worse = (
        (before.verdict is Verdict.POSSIBLE and now.verdict is Verdict.PROVED)
        or now.severity.rank > before.severity.rank
        or bool(before.nodes and nodes(now) - nodes(before))
    )
    return said, worse


def _named(finding: Finding) -> str:
    return listing(list(finding.nodes), 9) or "not known"


def _causes(baseline: Baseline, sources: Sources) -> str:
    """What else differs between the two audits as a whole."""
    said = []
    if baseline.version != analyzer.__version__:
        said.append(f"the baseline is by analyzer {baseline.version}, this is {analyzer.__version__}")
    came, went = len(sources.keys() - baseline.sources.keys()), len(baseline.sources.keys() - sources.keys())
    said += [f"{count(number, 'source')} {verb}" for number, verb in ((came, "came in"), (went, "went")) if number]
    changed = sum(_changed(baseline.sources[key], sources[key]) for key in sources.keys() & baseline.sources.keys())
    if changed:
        said.append(f"{count(changed, 'source')} changed")
    return ", ".join(said) or "same sources and version: the options differ"


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return any(before[name] != now[name] for name in COMPARED)


def _why(findings: Sequence[Finding], causes: str, before: Sources, now: Sources) -> str:
    """What happened to the sources that are cited, now or before; where nothing did, to the audit as a whole."""
    said = []
    for key in dict.fromkeys((finding.customer, one.source) for finding in findings for one in finding.evidence):
        source = key[1]
        if key not in before and key in now:
            said.append(f"{source} is new in the input")
        elif key in before and key not in now:
            said.append(f"{source} is no longer in the input")
        elif key in before and _changed(before[key], now[key]):
            said.append(f"{source} had {_size(before[key])}, has {_size(now[key])}")
    return listing(said, 2) or causes


def _size(row: Mapping[str, Any]) -> str:
    return f"{count(row['lines'] or 0, 'line')} ({count(row['bytes'] or 0, 'byte')})"
