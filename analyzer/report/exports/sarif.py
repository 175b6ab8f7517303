"""SARIF 2.1.0 for code-scanning views: one run, a rule for each detector, a result for each finding.

Severity is the level; `kind` stays "fail", as SARIF allows no level beside "review": a finding that is only possible
says so in its message and in `properties.verdict`. `partialFingerprints` follow what a finding is about and not its
line, so that a view tracks it while logs grow; GitHub reads `primaryLocationLineHash` alone. Questions that could not
be judged and sources that could not be read are notifications of the invocation. With a baseline each result has a
`baselineState`, and what is gone stands last as "absent". A suppressed finding is a result with its suppression.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any
from urllib.parse import quote

import analyzer
from analyzer import detectors
from analyzer.case import Audit, Detector
from analyzer.model import Evidence, Finding, NotJudged, Suppression, Verdict
from analyzer.report.catalogue import explain, first_sentence
from analyzer.report.changes import Changes, Kind
from analyzer.report.exports.export import Export
from analyzer.report.identity import fingerprint
from analyzer.report.json import indented

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
NAME = "octopus-task-log-analyzer"
UNCHANGED, UPDATED, NEW, ABSENT = "unchanged", "updated", "new", "absent"
STATES = {Kind.NEW: NEW, Kind.CHANGED: UPDATED, Kind.GONE: ABSENT}


def export(audit: Audit, changes: Changes | None = None) -> Export:
    """The one document."""
    rules = sorted(detectors.CATALOGUE, key=lambda one: one.CODE)
    places = {one.CODE: at for at, one in enumerate(rules)}
    sources = {(row["customer"], row["source"]): row for row in audit.case.sources.to_pylist()}
    results = list(_results(audit, places, changes))
    run = {
        "tool": {
            "driver": {"name": NAME, "version": analyzer.__version__, "rules": [_rule(one) for one in rules]},
        },
        "invocations": [_invocation(audit, places, list(sources.values()))],
        "artifacts": _artifacts(audit, sources),
        "results": results,
    }
    return Export([indented({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})])


def _rule(module: Detector) -> dict[str, object]:
    text = explain(module.CODE)
    return {
        "id": module.CODE,
        "name": "".join(word.capitalize() for word in module.NAME.split("-")),
        "shortDescription": {"text": message(first_sentence(module))},
        "fullDescription": {"text": message(_section(text, "What it flags") or first_sentence(module))},
        "help": {"text": message(text), "markdown": message(_markdown(text))},
        "defaultConfiguration": {"level": module.SEVERITY},
    }


def _section(text: str, heading: str) -> str:
    """What stands under a heading, on one line."""
    _, found, rest = text.partition(f"{heading}\n")
    return " ".join(rest.split("\n\n")[0].split()) if found else ""


def _markdown(text: str) -> str:
    """Headings bold, what is indented below them as a paragraph: four spaces would make it code."""
    lines = text.split("\n")
    following = [*lines[1:], ""]
    marked = [
        f"**{line}**\n" if line[:1].strip() and under.startswith("    ") else line.removeprefix("    ")
        for line, under in zip(lines, following, strict=True)
    ]
    return "\n".join(marked)


def _results(audit: Audit, places: Mapping[str, int], changes: Changes | None) -> Iterator[dict[str, object]]:
    """A result for each finding, told apart by a number where several are about the same."""
    seen: Counter[str] = Counter()
    states = {id(one.finding): STATES[one.kind] for one in changes.changes} if changes else {}
    by = {id(one.finding): one.by for one in audit.suppressed}
    gone: dict[str, list[Finding]] = defaultdict(list)
    for change in changes.of(Kind.GONE) if changes else ():
        gone[fingerprint(change.finding)].append(change.finding)
    for one in audit.suppressed:  # the comparison calls one gone that was there; here it is one result, and there
        was = gone[fingerprint(one.finding)]
        states[id(one.finding)] = UNCHANGED if was else NEW
        del was[:1]
    for finding in [*audit.findings, *(one.finding for one in audit.suppressed), *chain(*gone.values())]:
        same = fingerprint(finding)
        seen[same] += 1
        result = _result(finding, f"{same}:{seen[same]}") | _rule_of(finding.code, places)
        if changes:
            result["baselineState"] = states.get(id(finding), UNCHANGED)
        if by:  # all results have it, or none
            result["suppressions"] = [_suppression(by[id(finding)])] if id(finding) in by else []
        yield result


def _suppression(by: Suppression) -> dict[str, object]:
    known = {"expires": by.expires.isoformat(), "place": by.place}
    return {"kind": "external", "status": "accepted", "justification": message(by.reason), "properties": known}


def _rule_of(code: str, places: Mapping[str, int]) -> dict[str, object]:
    """A reference to a rule; a baseline may tell of a code that this version does not know."""
    return {"ruleId": code, **({"ruleIndex": places[code]} if code in places else {})}


def _result(finding: Finding, same: str) -> dict[str, object]:
    text = finding.summary if finding.verdict is Verdict.PROVED else f"Possible: {finding.summary}"
    logical = _logical(finding)
    locations = [_location(finding.customer, one) for one in finding.evidence]
    first = [{**one, **({"logicalLocations": [logical]} if logical else {})} for one in locations[:1]]
    return {
        "level": finding.severity,
        "message": {"text": message(text)},
        "locations": first,
        "relatedLocations": [{"id": at, **one} for at, one in enumerate(locations[1:], 1)],
        "partialFingerprints": {"primaryLocationLineHash": same, "findingIdentity/v1": same},
        "properties": {
            "verdict": finding.verdict,
            "customer": finding.customer,
            "task": finding.task,
            "log": finding.log,
            "nodes": list(finding.nodes),
            "detail": dict(sorted(finding.detail.items())),
        },
    }


def _logical(finding: Finding) -> dict[str, object]:
    """The task: of which customer, and which of its logs."""
    if not finding.task:
        return {}
    whole = "/".join(filter(None, [finding.customer, finding.task, finding.log]))
    return {"name": finding.task, "fullyQualifiedName": whole, "kind": "task"}


def _location(customer: str, one: Evidence) -> dict[str, object]:
    region = {"startLine": one.line, "byteOffset": one.offset, "snippet": {"text": one.excerpt}}
    return {"physicalLocation": {"artifactLocation": {"uri": uri(customer, one.source)}, "region": region}}


def uri(customer: str, source: str) -> str:
    """A source as a relative reference; with the customer in front where there are several.

    >>> uri("", "TaskLogs/a b#1.txt"), uri("contoso", "a.zip!/b.txt")
    ('TaskLogs/a%20b%231.txt', 'contoso/a.zip!/b.txt')
    """
    return quote("/".join(filter(None, [customer, source])), safe="/!")


def _artifacts(audit: Audit, sources: Mapping[tuple[str, str], Mapping[str, Any]]) -> list[dict[str, object]]:
    """Every cited source with its hash: which bytes the results speak of."""
    findings = [*audit.findings, *(one.finding for one in audit.suppressed)]
    cited = {(finding.customer, one.source) for finding in findings for one in finding.evidence}
    made = []
    for key in sorted(cited & sources.keys()):
        row = sources[key]
        artifact: dict[str, object] = {"location": {"uri": uri(*key)}, "roles": ["analysisTarget"]}
        if row["bytes"] is not None:
            artifact["length"] = row["bytes"]
        if row["sha256"] is not None:
            artifact["hashes"] = {"sha-256": row["sha256"]}
        made.append(artifact)
    return made


def _invocation(audit: Audit, places: Mapping[str, int], rows: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """What was not judged, and what could not be read."""
    questions = [
        {
            "level": "note",
            "message": {"text": message(_question(one))},
            "associatedRule": {"id": one.code, "index": places[one.code]},
        }
        for one in audit.not_judged
    ]
    problems = sorted((row["customer"], row["source"], row["problem"]) for row in rows if row["problem"] is not None)
    unread = [
        {
            "level": "warning",
            "message": {"text": message(f"{source}: {problem}")},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(customer, source)}}}],
        }
        for customer, source, problem in problems
    ]
    return {"executionSuccessful": not problems, "toolExecutionNotifications": [*unread, *questions]}


def _question(one: NotJudged) -> str:
    wanted = f"; wanted: {one.ask}" if one.ask else ""
    return ": ".join(filter(None, [one.customer, one.task, one.reason])) + wanted


def message(text: str) -> str:
    """Text as a SARIF message: a brace would begin a placeholder, and an empty message is none.

    >>> message("step {x}")
    'step {{x}}'
    """
    return text.replace("{", "{{").replace("}", "}}") or "-"
