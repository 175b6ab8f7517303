"""Time runs backwards inside one activity of one execution.

What it flags
    A log in which, inside one activity of one execution and on one clock, a line is stamped earlier than the line
    above it by more than the tolerance. The tolerance is measured from the log itself (twice what 95 % of its switches
    between activities stay within) and is at least 1 s, 2 s in a text download; every finding states it. One finding
    per execution; it names the cause where the case shows it.

Why it matters
    Order is what a log is read for. Lines out of order inside one activity are lines that storage moved, that were
    appended late, or that a second execution wrote.

Known false alarms
    A node whose clock was set back while it executed the task: time really went back, and the finding says so.
    Not flagged: parents printed before their children, parallel steps, stdout against stderr, server logs (one thread
    of a real one steps back 156 ms), midnight and the hour of a clock change where a log has no date or zone, the line
    with which a paused task goes on.

What a clean result does not prove
    That nothing was moved: a block moved by less than the tolerance, or of activities that write one line each, leaves
    no trace. A text download whose lines go back by minutes may as well have waited for a day: it is not judged.

Source: formats document, sections 1.5, 1.6, 3.2 and 10 (traps 1, 7, 8, 9, 21).
"""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.causes import UNKNOWN, cause_of, mixed
from analyzer.detectors.claims import LOGS_WANTED
from analyzer.detectors.common import Row, evidence, rows
from analyzer.detectors.lines import KEY, RAW, SECOND, headline, looked, seconds, task_lines, titles
from analyzer.detectors.order import steps_back
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict

CODE = "OCT201"
NAME = "time-went-back"
SEVERITY = Severity.WARNING

SHOWN = 3
NIGHT = 600 * SECOND
"""A log without dates that goes back by more than this may as well have been silent for most of a day."""


def detect(case: Case) -> Judgement:
    """Findings from steps back in time, one per execution; not judged where a log has no dates."""
    lines = task_lines(case)
    if lines.is_empty() and looked(case).is_empty():
        return Judgement(not_judged=(NotJudged(CODE, "no task log is in the input", ask=LOGS_WANTED),))
    steps = steps_back(case)
    undated = (pl.col("clock") == "none") & (pl.col("back") >= NIGHT)
    if steps.is_empty():
        return Judgement()
    judged = steps.filter(~undated).join(titles(lines), on=[*KEY, "activity"], how="left")
    judged = judged.join(_shared(lines), on=[*KEY, "activity"], how="left").sort(*KEY, "source", "line")
    groups = judged.group_by(*KEY, "execution", maintain_order=True)
    findings = tuple(_finding(case, lines, list(rows(one))) for _, one in groups)
    return Judgement(findings, _not_judged(steps.filter(undated)))


def _finding(case: Case, lines: pl.DataFrame, steps: list[Row]) -> Finding:
    first = steps[0]
    largest = max(step["back"] for step in steps)
    cause, told = cause_of(case, lines, max(steps, key=lambda step: step["back"]))
    places = [place for step in steps[:SHOWN] for place in (_before(step), step)]
    root = cause == UNKNOWN and not any(step["activity"] for step in steps)  # of an execution that has lost its start
    sure = not root and not (all(step["shared"] for step in steps) and mixed(case, first["customer"], first["task"]))
    again = len(steps) - 1
    more = f", and the same happens {'once' if again == 1 else f'{again:,} times'} more" if again else ""
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED if sure else Verdict.POSSIBLE,
        summary=(
            f"In the log of {first['task']} time goes back by up to {seconds(largest)} inside one activity: line "
            f"{first['line']} of '{headline(first['title'])}' is stamped before line {first['before_line']}{more} "
            f"(tolerance of this log: {seconds(first['tolerance'])}); {told}"
        ),
        evidence=evidence(places),
        task=first["task"],
        log=first["log"],
        nodes=_nodes(case, first),
        customer=first["customer"],
        detail={
            "cause": cause,
            "execution": first["execution"],
            "steps_back": len(steps),
            "largest_seconds": largest / SECOND,
            "tolerance_seconds": first["tolerance"] / SECOND,
        },
    )


def _shared(lines: pl.DataFrame) -> pl.DataFrame:
    """KEY, activity, `shared`: lines of several executions stand in it, as in the root, or in a pause resumed twice.

    A tree does not tell executions apart that resumed one pause; they go on with the same steps.
    """
    several = pl.col("execution").n_unique() > 1
    tree = ((pl.col("format") != RAW) & (pl.col("depth") <= 1)).any()
    return lines.group_by(*KEY, "activity").agg(shared=several | tree)


def _before(step: Row) -> Row:
    return {"source": step["source"], "line": step["before_line"], "offset": step["before_offset"]}


def _nodes(case: Case, step: Row) -> tuple[str, ...]:
    mine = (pl.col("customer") == step["customer"]) & (pl.col("task") == step["task"])
    found = case.frame("executions").filter(mine & (pl.col("number") == step["execution"]))["node"].to_list()
    return tuple(node for node in found if node)


def _not_judged(undated: pl.DataFrame) -> tuple[NotJudged, ...]:
    """One entry per customer for text downloads in which minutes or hours back may be the next day."""
    return tuple(
        NotJudged(
            CODE,
            f"text downloads go back by minutes or hours inside an activity (first in {one['source'][0]} line "
            f"{one['line'][0]}, {one['task'].n_unique()} in all); without dates a silence of almost a day looks alike",
            customer=str(customer),
        )
        for (customer,), one in undated.sort("source", "line").group_by("customer", maintain_order=True)
    )
