"""A task is Failed although nothing failed in its log.

What it flags
    A task whose final state is Failed (database, API or header) while its complete raw log has no error: one execution
    from its first line to the root's finish, nothing torn, no append given up, no line at Error or above.

Why it matters
    Somebody else decided the outcome: a second execution whose lines are lost, another node that closed the task, a
    person. The log cannot explain the state that the customer sees.

Known false alarms
    A state set by hand without an audit event in the input. Not flagged: an error message that names the reason (the
    process was terminated, the server was shut down, the node went offline), a status that belongs to another
    completion than the log's, tasks that an audit event says were modified, canceled and timed-out tasks.

What a clean result does not prove
    That a failure has the cause its log shows.

Source: design document, section 5; formats document, sections 4.1 and 10 (traps 5, 14).
"""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.claims import called, explained, final_status, has_status, same_run, without_log
from analyzer.detectors.common import Row, evidence, rows
from analyzer.detectors.lines import cleared
from analyzer.detectors.tasklogs import task_logs
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict
from analyzer.names import ERROR

CODE = "OCT303"
NAME = "failure-without-cause"
SEVERITY = Severity.WARNING


def detect(case: Case) -> Judgement:
    """One finding per failed task with a complete log without an error."""
    failed = final_status(case).filter(pl.col("state") == "Failed")
    logs = task_logs(case)
    if not has_status(case) or not (logs["raw"].any() or cleared(case).height):
        kind = "raw task log" if has_status(case) else "database, API or header status"
        return Judgement(not_judged=(NotJudged(CODE, f"no {kind} is in the input"),))
    task = ["customer", "task"]
    alone = logs.filter(pl.len().over(task) == 1)
    clean = alone.filter(pl.col("whole") & ~pl.col("canceled") & (pl.col("worst") < ERROR))
    told = clean.join(failed.drop("log"), on=task, how="inner")
    told = told.filter(same_run("last") & ~explained())
    findings = tuple(_finding(row) for row in rows(told.sort(task)))
    raw = pl.concat([logs.filter("raw").select(task), cleared(case).select(task)])
    return Judgement(findings, without_log(CODE, "called Failed", failed, raw))


def _finding(row: Row) -> Finding:
    last = {"source": row["last_source"], "line": row["last_line"], "offset": row["last_offset"]}
    message = row["detail"] if row["claim"] != "header" else None
    said = f"; the error message of the {called(row['claim'])} is '{message.splitlines()[0][:120]}'" if message else ""
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED,
        summary=(
            f"The {called(row['claim'])} says that {row['task']} Failed, but its log is complete to the task's own "
            f"finish in line {row['last_line']} and has no error{said}"
        ),
        evidence=evidence([row, last]),
        task=row["task"],
        log=row["log"],
        nodes=(row["node"],) if row["node"] else (),
        customer=row["customer"],
        detail={"claim": row["claim"], "error_message": message},
    )
