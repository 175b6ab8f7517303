"""What is claimed of a task's status beside what each execution's own lines say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from analyzer.names import COMPLETED, FATAL, FINAL_STATES
from analyzer.report.blast import is_double
from analyzer.report.plain import listing
from analyzer.report.story import Story
from analyzer.report.tasklines import Line

Row = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 10_000_000

CLAIMS = ("database", "api", "header", "tree", "audit event")
OPEN = ("Running", "Ended")
CALLED = {"header": "text header", "api": "API", "tree": "log's tree"}
STATUS_CODES = ("OCT301", "OCT302", "OCT303", "OCT304", "OCT305")


def claims(story: Story) -> list[list[str]]:
    """Rows of a table: who says it, what, and where; the executions' own lines below."""
    rows = [["says", "state", "node", "where"]]
    for row in sorted(_of_task(story), key=_claim_order):
        when = _latest(row)
        said = (row["state"] or row["detail"] or "-") + (f" at {_when(when, story)}" if when else "")
        where = f"{story.short[row['source']]}:{row['line']}"
        rows.append([called(row["claim"]), said, row["node"] or "-", where])
    rows += [[f"execution {run['number']}", *_own(story, run)] for run in story.runs]
    for line in _either(story):
        where = f"{story.short[line.source]}:{line.line}"
        rows += [["one of them", f"{_end(line)} at {clock(line.instant)}", "-", where]]
    return rows


def _latest(row: Row) -> datetime | None:
    time: datetime | None = row["completed"] or row["started"] or row["queued"]
    return time


def _claim_order(row: Row) -> tuple[object, ...]:
    """By who claims it; audit events in the order in which they happened."""
    when = _latest(row) if row["claim"] == "audit event" else None
    return CLAIMS.index(row["claim"]), when or EPOCH, row["source"], row["line"]


def called(claim: str) -> str:
    """Who makes a claim, for readers."""
    return CALLED.get(claim, claim)


def kept_claim(story: Story) -> Row | None:
    """The final state that the database, else the API, else a header kept."""
    rows = [row for row in story.states if row["claim"] in CLAIMS[:3] and row["state"] in FINAL_STATES]
    return min(rows, key=lambda row: (CLAIMS.index(row["claim"]), row["source"], row["line"]), default=None)


def _of_task(story: Story) -> list[Row]:
    return [row for row in story.states if row["claim"] in CLAIMS and (row["claim"] != "tree" or row["activity"] == "")]


def _own(story: Story, run: Row) -> list[str]:
    """What an execution's own lines say of its end, and where."""
    node, short = run["node"] or "-", story.short
    if not run["lines"]:
        return ["no line in a task log", node, f"{short[run['source']]}:{run['first_line']}"]
    state, line = ending(story, run)
    where = (line.source, line.line) if line else (run["last_source"], run["last_line"])
    said = "end not among its lines" if state in OPEN else "a step failed" if line and line.activity else state
    return [said, node, f"{short[where[0]]}:{where[1]}"]


def ending(story: Story, run: Row) -> tuple[str, Line | None]:
    """How an execution ended by its own lines, and the line that says so: the root's, else a step's that failed."""
    mine = [line for line in story.lines if line.execution == run["number"]]
    root = [line for line in mine if not line.activity]
    fatal = [line for line in root if line.severity >= FATAL]
    closing = fatal[:1] or [line for line in root if line.kind == "finished" or re.match(COMPLETED, line.message)][-1:]
    if run["outcome"] in OPEN and closing:
        return "Failed" if fatal else "Success", closing[0]
    if run["outcome"] == "Failed" and not closing:
        closing = [line for line in mine if line.severity >= FATAL][-1:]
    return run["outcome"], closing[0] if closing else None


def _either(story: Story) -> list[Line]:
    """Root lines that tell an end and that could be either execution's."""
    root = [line for line in story.lines if line.execution is None and not line.activity]
    if len(story.runs) < 2:
        return []
    telling = [line for line in root if line.severity >= FATAL or re.match(COMPLETED, line.message)]
    return telling or [line for line in root if line.kind == "finished"]


def _end(line: Line) -> str:
    return "failed" if line.severity >= FATAL else "finished" if line.kind == "finished" else "completed"


def _closings(story: Story) -> str:
    """What the closing lines say together where it is not known whose each of them is."""
    ends = _either(story)
    said = {_end(line) for line in ends}
    if not ends or said == {"finished"}:
        return ""
    if len(said) > 1:
        return (
            "Of the lines that close the task one says that it failed and another that it completed: the executions "
            "ended differently."
        )
    if len(ends) < 2:
        return f"Only one line closes the task ({said.pop()}); the end of the other execution is not in the log."
    every = "Both" if len(ends) == 2 else f"All {len(ends)}"
    return f"{every} lines that close the task say that it {said.pop()}, whichever execution each belongs to."


def verdict(story: Story) -> list[str]:
    """Whose outcome the database kept, what the other one did, and what the detectors say of the status."""
    told = [f"{one.summary}." for one in story.findings if one.code in STATUS_CODES]
    if any(is_double(pair) for pair in story.pairs):
        differ = any(one.code == "OCT301" for one in story.findings)
        told += [_kept(story), "" if differ else _closings(story)]
    if not _of_task(story):
        told.append(
            "Nothing in the input says what the database kept: no row of dbo.ServerTask, no API page and no header."
        )
    return list(filter(None, told))


def _kept(story: Story) -> str:
    """The database keeps one outcome and one node; the other execution's outcome is in no table."""
    row = kept_claim(story)
    if row is None:
        return ""
    says = f"The {called(row['claim'])} keeps one outcome for all executions: {row['state']}"
    mine = [run for run in story.runs if row["node"] and (run["node"] or "").casefold() == row["node"].casefold()]
    if len(mine) != 1:
        says += f", of {row['node']}." if row["node"] else "; it does not say whose."
        return says
    others = [run for run in story.runs if run is not mine[0]]
    hidden = [f"execution {run['number']} ({run['node'] or 'node not known'}) {_did(story, run)}" for run in others]
    owner = f"of {row['node']} (execution {mine[0]['number']}, which {_did(story, mine[0])})"
    return f"{says}, {owner}. It says nothing of what the other{'s' * (len(others) > 1)} did: {listing(hidden, 9)}."


def _did(story: Story, run: Row) -> str:
    state, line = ending(story, run)
    if state == "Failed" and line and line.activity:
        return "left a step that failed, and no line that says how it ended"
    words = {
        "Success": "succeeded by its own lines",
        "Failed": "failed by its own lines",
        "Canceled": "was canceled by its own lines",
        "Paused": "paused by its own lines",
    }
    return words.get(state, "left no line that says how it ended")


def _when(time: datetime, story: Story) -> str:
    """The day is told where it is not the one on which the executions began."""
    days = {run["started"].date() for run in story.runs if run["started"]}
    return f"{time:%H:%M:%S} UTC" if days == {time.date()} else f"{time:%Y-%m-%d %H:%M:%S} UTC"


def clock(instant: int, *, date: bool = False) -> str:
    """An instant as a reader sees it in the log: UTC, or the log's own time of day."""
    if date:
        return f"{EPOCH + timedelta(microseconds=instant // 10):%Y-%m-%d %H:%M:%S}"
    seconds = instant // SECOND % 86_400
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
