"""A task is said to be executing or cancelling long after its log stopped.

What it flags
    A task whose state is Executing or Cancelling (database or API) although its log, which is in the input, is over or
    silent. "Now" is the latest time that the claim's own source (the export, the page) shows, never the wall clock. The
    thresholds: one hour after a log whose root finished, or under Cancelling; six hours after a silent log with work
    going on inside a step. *possible* where the log is only silent: a script may say nothing for hours, and where the
    page's own time is not known the newest raw log beside it is taken for it.

Why it matters
    The task holds its place in the queue, and its environment, for ever (issues 3388, 7920, 8214).

Known false alarms
    A script that runs for six hours without a line. Not flagged: paused tasks (HasPendingInterruptions, or waiting for
    an intervention or for guidance: nothing is going on inside a step, or it says so), tasks without a log in the
    input.

What a clean result does not prove
    That nothing hangs: an export that is older than the end of the log may be from a time when the task still ran; such
    tasks are listed as not judged.

Source: design document, section 5; formats document, sections 4.1, 9 and 11.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from analyzer.case import Case
from analyzer.detectors.claims import called, claimed, has_status, same_run, without_log
from analyzer.detectors.common import Row, evidence, moment, rows
from analyzer.detectors.lines import ANSWERED, CLOSING, KEY, ROOT, cleared, raw_lines
from analyzer.detectors.tasklogs import task_logs
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict
from analyzer.names import ERROR

CODE = "OCT304"
NAME = "never-finished"
SEVERITY = Severity.WARNING

OVER = timedelta(hours=1)
SILENT = timedelta(hours=6)
TASK = ["customer", "task"]
WAITING = r"(?i)\b(?:interven|interrupt|guidance|approv|paus|wait)|" + ANSWERED


def detect(case: Case) -> Judgement:
    """One finding per task that should be over, as far as the case knows the time of the claim."""
    active = claimed(case).filter(
        pl.col("claim").is_in(["database", "api"])
        & pl.col("state").is_in(["Executing", "Cancelling"])
        & ~pl.col("pending").fill_null(False)
    )
    if not has_status(case):
        return Judgement(not_judged=(NotJudged(CODE, "no database or API status is in the input"),))
    logs = task_logs(case).filter("raw").filter(pl.len().over(TASK) == 1)
    told = active.drop("log").join(logs.join(_at_work(case), on=KEY, how="left"), on=TASK, how="inner")
    told = told.filter(pl.col("last").is_not_null() & same_run("last")).join(
        _times(case), on=["customer", "source"], how="left"
    )
    lines = raw_lines(case)
    times = pl.concat([lines.select("time"), cleared(case).select(time="last")])
    newest = times.select(pl.col("time").max()).item()
    findings, open_ = [], []
    for row in rows(told.sort(*TASK, "source", "line").unique(TASK, keep="first", maintain_order=True)):
        verdict, seen = _judged(row, newest)
        if verdict:
            findings.append(_finding(row, verdict, seen))
        elif row["finishes"]:
            open_.append(row)
    unseen = without_log(CODE, "called executing or cancelling", active, logs)
    return Judgement(tuple(findings), (*_not_judged(open_), *unseen))


def _times(case: Case) -> pl.DataFrame:
    """The latest time that every source of claims shows: it was made then or later."""
    latest = pl.max_horizontal("queued", "started", "completed").max()
    return case.frame("states").group_by("customer", "source").agg(seen=latest)


def _at_work(case: Case) -> pl.DataFrame:
    """KEY, working: an activity inside a step is open, its last line is no failure and does not say that it waits."""
    lines = raw_lines(case).filter(~ROOT)
    activities = lines.group_by(*KEY, "activity", maintain_order=True).agg(
        inside=(pl.col("depth") > 1).first(),
        open=~pl.col("kind").is_in(CLOSING).any(),
        quiet=(pl.col("severity").last() >= ERROR) | pl.col("message").tail(3).str.contains(WAITING).any(),
    )
    open_ = activities.filter("open")
    return open_.group_by(KEY).agg(working=pl.col("inside").any() & ~pl.col("quiet").any())


def _judged(row: Row, newest: datetime | None) -> tuple[Verdict | None, datetime | None]:
    """The verdict, and the time that the claim was still made at."""
    seen, last = row["seen"], row["last"]
    if row["finishes"] or row["state"] == "Cancelling":
        sure = seen is not None and seen - last >= OVER
        return (Verdict.PROVED if sure else None), seen
    times: list[datetime] = [time for time in (seen, newest) if time is not None]
    if row["working"] and times and max(times) - last >= SILENT:
        return Verdict.POSSIBLE, max(times)
    return None, seen


def _finding(row: Row, verdict: Verdict, seen: datetime | None) -> Finding:
    last = {"source": row["last_source"], "line": row["last_line"], "offset": row["last_offset"]}
    how = "finished" if row["finishes"] else "fell silent"
    unsure = "" if verdict is Verdict.PROVED else "; a script may be silent for so long, and the claim may be older"
    hours = (OVER if verdict is Verdict.PROVED else SILENT) / timedelta(hours=1)
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=verdict,
        summary=(
            f"The {called(row['claim'])} calls {row['task']} {row['state']}, but its log {how} at "
            f"{moment(row['last'])} and the input goes on to {moment(seen)} (threshold: {hours:g} h){unsure}"
        ),
        evidence=evidence([row, last]),
        task=row["task"],
        log=row["log"],
        nodes=(row["node"],) if row["node"] else (),
        customer=row["customer"],
        detail={"state": row["state"], "threshold_hours": hours},
    )


def _not_judged(open_: Sequence[Row]) -> tuple[NotJudged, ...]:
    if not open_:
        return ()
    first = open_[0]
    which, whose = "the task is", "its log"
    if len(open_) > 1:
        which, whose = f"{len(open_):,} tasks (first {first['task']}) are", "their logs"
    reason = (
        f"{which} called executing although {whose} finished, but {first['source']} shows no time an hour later: it "
        "may have been made before that"
    )
    return (NotJudged(CODE, reason, first["task"] if len(open_) == 1 else None, first["customer"]),)
