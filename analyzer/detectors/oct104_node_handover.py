"""A task ran on more than one node legitimately, one after the other.

What it flags
    Executions of one task on different nodes that are a pause and its resume, or a run and its re-run under the same
    id, and that did not overlap. One note per task.

Why it matters
    It is the innocent explanation of a log with two machines in it, of two finish lines, and of lock errors: the note
    says which evidence cleared the task.

Known false alarms
    A pod that came back under another host name is one node with two machine names (formats document, trap 19).

What a clean result does not prove
    That every task stayed on one node: where no line names the node, a hand-over is not seen.

Source: design document, section 5; formats document, section 10, traps 3, 4 and 19.
"""

from __future__ import annotations

from typing import Any

from analyzer.case import Case
from analyzer.detectors.common import pair_evidence, rows
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict

CODE = "OCT104"
NAME = "node-handover"
SEVERITY = Severity.NOTE

LEGITIMATE = {"resume": "was paused on {} and resumed on {}", "re-run": "ran on {} and, again under its id, on {}"}


def detect(case: Case) -> Judgement:
    """One note per task from PAIRS that are sequential, legitimate and on two nodes."""
    pairs = case.frame("pairs").sort("customer", "task", "first", "second")
    runs = case.frame("executions").select("customer", "task", "number", "node")
    runs = runs.join(pairs, on=["customer", "task"], how="semi")
    nodes = {(customer, task, number): node for customer, task, number, node in runs.iter_rows()}
    findings: dict[tuple[str, str], Finding] = {}
    for pair in rows(pairs):
        if pair["relation"] == "sequential" and pair["work"] in LEGITIMATE and len(pair["nodes"]) > 1:
            key = (pair["customer"], pair["task"])
            findings.setdefault(key, _finding(pair, [nodes[(*key, pair[side])] for side in ("first", "second")]))
    return Judgement(tuple(findings.values()), _not_judged(case))


def _finding(pair: dict[str, Any], nodes: list[str]) -> Finding:
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED,
        summary=f"{pair['task']} {LEGITIMATE[str(pair['work'])].format(*nodes)}: {pair['proof']}",
        evidence=pair_evidence(pair),
        task=pair["task"],
        log=pair["log"],
        nodes=tuple(pair["nodes"]),
        customer=pair["customer"],
        detail={name: pair[name] for name in ("first", "second", "work", "witness")},
    )


def _not_judged(case: Case) -> tuple[NotJudged, ...]:
    executions = case.frame("executions")
    if executions.is_empty() or executions["node"].is_not_null().any():
        return ()
    return (NotJudged(CODE, "no line in the input names the node of an execution"),)
