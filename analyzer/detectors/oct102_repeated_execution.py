"""The same work was executed more than once, one execution after the other.

What it flags
    A ServerTask whose work was done by a second execution that is shown to be neither a resume (it announces a root and
    steps of its own) nor a legitimate re-run (only deployments are run again under their id, by deployment-target
    triggers, and this task is none). That they overlapped is not shown; where it is, OCT101 says so.

Why it matters
    A short task can be taken twice by nodes that lost the write lock and still finish before the second one begins:
    the damage is the same, the log looks tidy.

Known false alarms
    None known. Where the evidence cannot tell a second run from a re-run nothing is flagged: the task is listed as not
    judged, "undecided".

What a clean result does not prove
    That deployments were not repeated: a re-run under the same id is legitimate and looks the same.

Source: design document, section 5; formats document, section 10, traps 3 and 4.
"""

from __future__ import annotations

from typing import Any

from analyzer.case import Case
from analyzer.detectors.common import on_nodes, pair_evidence, rows
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict

CODE = "OCT102"
NAME = "repeated-execution"
SEVERITY = Severity.ERROR


def detect(case: Case) -> Judgement:
    """Findings from PAIRS: sequential same work; not judged: pairs whose work is undecided."""
    findings, questions = [], []
    decided = {
        (pair["customer"], pair["task"]) for pair in rows(case.pairs) if pair["relation"] in ("concurrent", "possible")
    }
    for pair in rows(case.frame("pairs").sort("customer", "task", "first", "second")):
        if (pair["customer"], pair["task"]) in decided:
            continue
        if pair["relation"] in ("sequential", "unknown") and pair["work"] == "same work":
            findings.append(_finding(pair))
        elif pair["work"] == "undecided":
            questions.append(NotJudged(CODE, f"undecided: {pair['proof']}", pair["task"], pair["customer"]))
    return Judgement(tuple(findings), tuple(questions))


def _finding(pair: dict[str, Any]) -> Finding:
    nodes = tuple(pair["nodes"])
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED,
        summary=f"{pair['task']} was executed twice {on_nodes(nodes)}: {pair['proof']}",
        evidence=pair_evidence(pair),
        task=pair["task"],
        log=pair["log"],
        nodes=nodes,
        customer=pair["customer"],
        detail={name: pair[name] for name in ("first", "second", "witness")},
    )
