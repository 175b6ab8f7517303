"""Lines of a task's log are missing.

What it flags
    One finding per task log with everything that shows a loss, how much and where as far as can be known:
    torn entries (a line that begins or ends in its middle); appends that a node gave up, according to its server log,
    of a task whose log is in the input; activities below one that has no line at all; a log, or a part of one, without
    its beginning; log elements in `/details` of which the raw log has none; a log without its end although the task is
    a success and the files beside it are newer.

Why it matters
    What is missing cannot be judged: every "nothing found" about this task is weaker. Lost lines together with a lock
    error are what the second node of a double run leaves (issue 8356), and an auto-deploy within a minute on another
    node, too (issue 6748).

Known false alarms
    A part of a log that was not collected looks like a lost one. Not flagged: the last line of a log that was copied
    while it was written, appends that were tried again, gaps in progress, numbers of `/details` that are not
    consecutive (filtered levels), pieces of text downloads.

What a clean result does not prove
    That no line is missing: whole lines from the middle of an activity leave no trace in a raw log.

Source: formats document, sections 1.4, 1.6, 4.2, 5.3 and 10 (traps 4, 11, 15, 24).
"""

from __future__ import annotations

from collections import defaultdict

from analyzer.case import Case
from analyzer.detectors.common import evidence
from analyzer.detectors.lines import RAW, cleared, task_lines
from analyzer.detectors.losses import Loss, every_loss
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict

CODE = "OCT204"
NAME = "lost-lines"
SEVERITY = Severity.WARNING

SHOWN = 3


def detect(case: Case) -> Judgement:
    """One finding per task log with all its losses."""
    lines = task_lines(case)
    if not (lines["format"] == RAW).any() and cleared(case).is_empty():
        return Judgement(
            not_judged=(NotJudged(CODE, "no raw task log is in the input: nothing else shows what is missing"),)
        )
    losses: dict[tuple[str, str, str], list[Loss]] = defaultdict(list)
    found, unclear = every_loss(case)
    for loss in found:
        losses[loss.key].append(loss)
    questions = [NotJudged(CODE, reason, task, customer) for customer, task, reason in unclear]
    return Judgement(tuple(_finding(key, losses[key]) for key in sorted(losses)), tuple(questions))


def _finding(key: tuple[str, str, str], losses: list[Loss]) -> Finding:
    customer, task, log = key
    sure = any(loss.sure for loss in losses)
    known = sum(loss.entries for loss in losses)
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED if sure else Verdict.POSSIBLE,
        summary=f"Lines of the log of {task} are {'' if sure else 'perhaps '}missing: "
        + "; ".join(loss.told for loss in losses),
        evidence=tuple(dict.fromkeys(one for loss in losses for one in evidence(loss.places[:SHOWN]))),
        task=task,
        log=log,
        nodes=tuple(sorted({node for loss in losses for node in loss.nodes})),
        customer=customer,
        detail={"at_least": known, "causes": [loss.cause for loss in losses]},
    )
