"""An activity or execution went on after its last finish.

What it flags
    In a raw log, lines of an activity (the root included) that stand behind its *last* finish or abandon line and are
    stamped later than it by more than the log's own tolerance (see OCT201), in an execution that is over. Also lines of
    activities that had begun before the root finished for the last time and go on after it. One finding per execution.

Why it matters
    Something kept working after Octopus had closed the books on it: its outcome is in no status.

Known false alarms
    None known. Not flagged: a line a moment after the finish (threads of one process), a second finish that closes the
    activity again, lines behind a finish that are stamped before it (that is order: OCT201), a resumed or re-run task,
    a child's lines behind its parent's finish, a canceled task (an abandoned script may go on, issue 7903), a root
    where another execution follows in the same file or overlaps.

What a clean result does not prove
    That nothing went on: text downloads and `/details` have no finish lines, and what was not logged is not seen.

Source: design document, section 5; formats document, sections 1.4, 1.5 and 10 (traps 2, 4, 6, 13, 23).
"""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.common import Row, evidence, rows
from analyzer.detectors.lines import (
    CLOSING,
    KEY,
    ROOT,
    SECOND,
    cleared,
    headline,
    raw_lines,
    seconds,
    titles,
    tolerances,
)
from analyzer.detectors.tasklogs import task_logs
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict

CODE = "OCT202"
NAME = "line-after-finish"
SEVERITY = Severity.WARNING

SHOWN = 3
RUN = [*KEY, "source", "execution"]


def detect(case: Case) -> Judgement:
    """One finding per execution that is over and went on."""
    raw = raw_lines(case)
    if raw.is_empty() and cleared(case).is_empty():
        return Judgement(
            not_judged=(NotJudged(CODE, "no raw task log is in the input: nothing else has finish lines"),)
        )
    over = _over(case, raw)
    late = pl.concat([_activities(over), _executions(over)]).join(tolerances(case), on=KEY, how="left")
    late = late.filter(pl.col("instant") - pl.col("closed") > pl.col("tolerance"))
    if late.is_empty():
        return Judgement()
    late = late.unique(["customer", "source", "line", "offset"], maintain_order=True, keep="first")
    late = late.join(titles(raw), on=[*KEY, "activity"], how="left").sort(*RUN, "line", "offset")
    nodes = case.frame("executions").select("customer", "task", "node", execution="number")
    late = late.join(nodes, on=["customer", "task", "execution"], how="left", maintain_order="left")
    return Judgement(tuple(_finding(list(rows(one))) for _, one in late.group_by(RUN, maintain_order=True)))


def _over(case: Case, raw: pl.DataFrame) -> pl.DataFrame:
    """Lines of executions whose root finished, of tasks not canceled; `alone` where no other execution interferes."""
    logs = task_logs(case).select(*KEY, "canceled", "mixed", "undecided", "unassigned")
    finished = (ROOT & (pl.col("kind") == "finished")).any().over(RUN)
    lines = raw.filter(pl.col("execution").is_not_null()).filter(finished)
    lines = lines.join(logs, on=KEY, how="left", maintain_order="left").filter(~pl.col("canceled"))
    last = pl.col("execution") == pl.col("execution").max().over(*KEY)
    alone = last & ~pl.col("mixed") & ~pl.col("undecided") & (pl.col("unassigned") == 0)
    return lines.with_columns(alone=alone, row=pl.int_range(pl.len())).drop(
        "canceled", "mixed", "undecided", "unassigned"
    )


def _activities(over: pl.DataFrame) -> pl.DataFrame:
    """Lines behind the last closing line of their own activity."""
    judged = over.filter(~ROOT | pl.col("alone"))
    mine = [*RUN, "activity"]
    return _behind(judged, judged.filter(pl.col("kind").is_in(CLOSING)), mine).filter(~ROOT | ~pl.col("followed"))


def _executions(over: pl.DataFrame) -> pl.DataFrame:
    """Lines behind the root's last finish, of activities that had begun before it."""
    judged = over.filter(pl.col("alone"))
    late = _behind(judged, judged.filter(ROOT & (pl.col("kind") == "finished")), RUN)
    return late.filter(~ROOT & ~pl.col("followed") & (pl.col("begun") < pl.col("closed_row")))


def _behind(lines: pl.DataFrame, closings: pl.DataFrame, mine: list[str]) -> pl.DataFrame:
    """The lines behind the last of the closings of their group, with its place.

    `begun`: row of the activity's first line. `followed`: steps with new ids begin behind the closing, as in a re-run
    whose own beginning was lost.
    """
    last = closings.group_by(mine, maintain_order=True).agg(
        closed=pl.col("instant").last(), closed_row=pl.col("row").last(),
        closed_line=pl.col("line").last(), closed_offset=pl.col("offset").last(),
    )  # fmt: skip
    late = lines.join(last, on=mine, how="inner", maintain_order="left").filter(pl.col("row") > pl.col("closed_row"))
    if late.is_empty():
        never = pl.lit(None, pl.Int64)
        return late.with_columns(begun=never, newest=never, followed=pl.lit(value=False))
    mixed = lines.join(late.select(KEY).unique(), on=KEY, how="semi")
    begun = mixed.group_by(*KEY, "activity").agg(begun=pl.col("row").min())
    steps = mixed.filter(~ROOT).group_by(*RUN, "step").agg(begun=pl.col("row").min())
    newest = steps.group_by(RUN).agg(newest=pl.col("begun").max())
    late = late.join(begun, on=[*KEY, "activity"], how="left", maintain_order="left")
    late = late.join(newest, on=RUN, how="left", maintain_order="left")
    return late.with_columns(followed=(pl.col("newest") > pl.col("closed_row")).fill_null(False))


def _finding(late: list[Row]) -> Finding:
    first = late[0]
    longest = max(line["instant"] - line["closed"] for line in late)
    names = list(dict.fromkeys(headline(line["title"]) for line in late))
    places = [
        {"source": first["source"], "line": first["closed_line"], "offset": first["closed_offset"]},
        *late[:SHOWN],
    ]
    count = "a line follows" if len(late) == 1 else f"{len(late)} lines follow"
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED,
        summary=(
            f"In the log of {first['task']}, '{names[0]}' finished for the last time in line "
            f"{first['closed_line']}, yet {count} up to {seconds(longest)} later, first in line {first['line']}"
            + (f" (also in {', '.join(repr(name) for name in names[1:4])})" if names[1:] else "")
        ),
        evidence=evidence(places),
        task=first["task"],
        log=first["log"],
        nodes=(first["node"],) if first["node"] else (),
        customer=first["customer"],
        detail={
            "execution": first["execution"],
            "lines": len(late),
            "activities": names[:20],
            "longest_seconds": longest / SECOND,
            "tolerance_seconds": first["tolerance"] / SECOND,
        },
    )
