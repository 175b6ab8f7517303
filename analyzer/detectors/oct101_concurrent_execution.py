"""Two executions of one task ran at the same time.

What it flags
    A ServerTask that was being executed by two executions at once. *proved*: one clock saw lines of both mixed (the
    append order of the shared log, the order of the root's own lines), or the nodes' own records overlap under every
    clock offset that the case admits. *possible*: some admitted offsets make them overlap and others do not, or the
    only sign of mixing could also be a block that the storage moved.

Why it matters
    Every step of the deployment ran twice, at once, on the same targets. The database keeps the outcome of only one
    of the two (issue 8356; 2023.3 before 2023.3.13026 lost the lock that prevents it).

Known false alarms
    None known where proved. Not flagged, because they only look alike: a pause that another node resumed, a
    deployment-target trigger that runs the deployment again under its id, a step tried again, parallel steps, two
    finish lines, a target's MachineName, copies and other views of one log.

What a clean result does not prove
    That no node took the task twice: a second execution whose every line was lost, or whose node's logs are not in the
    input, leaves nothing to find. Where the input shows that something is missing that would show one (the server log
    of a node that is named elsewhere, or a stretch of it; the raw log), the task is listed as not judged; a node that
    nothing names cannot be missed. Tasks with a second execution of undecided kind are listed under OCT102.

Source: design document, sections 5 and 6; formats document, sections 10 and 12.
"""

from __future__ import annotations

import json
from typing import Any

from analyzer.case import Case
from analyzer.detectors.common import on_nodes, pair_evidence, rows
from analyzer.detectors.coverage import questions
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict

CODE = "OCT101"
NAME = "concurrent-execution"
SEVERITY = Severity.ERROR


def detect(case: Case) -> Judgement:
    """Findings from PAIRS whose relation is concurrent or possible."""
    findings: dict[tuple[str, str], Finding] = {}
    for pair in rows(case.frame("pairs").sort("customer", "task", "first", "second")):
        if pair["relation"] not in ("concurrent", "possible"):
            continue
        key = (pair["customer"], pair["task"])
        known = findings.get(key)
        proved = pair["relation"] == "concurrent"
        if known and (known.verdict is Verdict.PROVED or not proved):
            continue
        findings[key] = _finding(pair, proved)
    return Judgement(tuple(findings.values()), _not_judged(case))


def _finding(pair: dict[str, Any], proved: bool) -> Finding:
    nodes = tuple(pair["nodes"])
    when = " at the same time" if proved else ", perhaps at the same time,"
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED if proved else Verdict.POSSIBLE,
        summary=f"{pair['task']} was executed twice{when} {on_nodes(nodes)}: {pair['proof']}",
        evidence=pair_evidence(pair),
        task=pair["task"],
        log=pair["log"],
        nodes=nodes,
        customer=pair["customer"],
        detail={name: pair[name] for name in ("first", "second", "witness")}
        | {"argument": json.loads(pair["argument"])},
    )


def _not_judged(case: Case) -> tuple[NotJudged, ...]:
    if case.executions.num_rows:
        return questions(case)
    return (
        NotJudged(CODE, "no task log and no server log that ties a node to a task is in the input"),
        *questions(case),
    )
