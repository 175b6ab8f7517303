"""Different final states are claimed for one task.

What it flags
    Two executions of one task that are neither a resume nor a re-run of one another and ended differently: the finding
    says which outcome the database (or API, or header) kept and what the other execution did. And two sources that
    claim different final states for a task: database, API, the header or the tree of a download, audit events, and
    what the log itself says of its end.

Why it matters
    The portal shows one state. Where two executions ended differently, the other one's failure is what nobody sees.

Known false alarms
    A state set by hand without an audit event in the input. Not flagged: states that are not final (a page or download
    taken while the task ran), TimedOut against Failed, Canceled against a log that stopped or went on a little (the
    cancellation arrived late, issue 7903), re-runs (the database keeps the last outcome), claims about different
    completions, tasks that an audit event says were modified.

What a clean result does not prove
    That the state is right: where only one source speaks, nothing contradicts it.

Source: design document, section 5; formats document, sections 3, 4, 6, 7 and 10 (traps 4, 14, 17, 23, 25).
"""

from __future__ import annotations

from analyzer.case import Case
from analyzer.detectors.claims import has_status
from analyzer.detectors.conflicts import Conflict, between_claims, between_executions
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict

CODE = "OCT301"
NAME = "conflicting-final-status"
SEVERITY = Severity.ERROR

STATUS_WANTED = "the rows of dbo.ServerTask as CSV, or /api/tasks"


def detect(case: Case) -> Judgement:
    """At most one finding per task: executions that ended differently first, else sources that disagree."""
    conflicts, unclear = between_executions(case)
    known = {(one.customer, one.task) for one in conflicts}
    conflicts += [one for one in between_claims(case) if (one.customer, one.task) not in known]
    questions = [NotJudged(CODE, reason, task, customer) for customer, task, reason in unclear]
    if not has_status(case):
        questions.append(NotJudged(CODE, "no database, API or header status in the input", ask=STATUS_WANTED))
    return Judgement(tuple(map(_finding, conflicts)), tuple(questions))


def _finding(conflict: Conflict) -> Finding:
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED if conflict.sure else Verdict.POSSIBLE,
        summary=conflict.told,
        evidence=conflict.evidence,
        task=conflict.task,
        log=conflict.log,
        nodes=conflict.nodes,
        customer=conflict.customer,
        detail=conflict.detail,
    )
