"""An activity was never finished nor abandoned although its execution is over.

What it flags
    Activities without a finish or abandon line in a raw log, or left `Running` in the tree of `/details`, while the
    root of their execution finished. One finding per execution with the activities. *possible* where lines of this log
    are known to be lost: the finish may be among them.

Why it matters
    Either the lines that closed the activity are lost, or it was left running: nobody knows how it ended.

Known false alarms
    A task log without the file of one of its parts. Not flagged: running and paused tasks, executions that broke off,
    canceled tasks, planned steps that a failed execution never came to, activities of an execution that was resumed.

What a clean result does not prove
    That every activity ended: text downloads do not show it, and an activity whose every line is lost is not there.

Source: design document, section 5; formats document, sections 1.3, 1.4 and 10 (traps 5, 23, 25).
"""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.claims import claimed
from analyzer.detectors.common import Row, evidence, quoted, rows
from analyzer.detectors.lines import CLOSING, DETAILS, KEY, ROOT, cleared, headline, raw_lines, task_lines
from analyzer.detectors.tasklogs import task_logs
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict
from analyzer.names import FINAL_STATES

CODE = "OCT203"
NAME = "unfinished-activity"
SEVERITY = Severity.WARNING

SHOWN = 4
TASK = ["customer", "task"]


def detect(case: Case) -> Judgement:
    """One finding per execution that is over and left activities open."""
    lines = task_lines(case)
    raw = raw_lines(case)
    details = lines.filter(pl.col("format") == DETAILS)
    if raw.is_empty() and details.is_empty() and cleared(case).is_empty():
        reason = "no raw task log and no /details is in the input: nothing else shows how activities end"
        return Judgement(not_judged=(NotJudged(CODE, reason),))
    logs = task_logs(case)
    left = pl.concat([_in_raw_logs(case, raw), _in_trees(case, details)], how="diagonal")
    left = left.join(
        logs.select(*KEY, "canceled", "mixed", "torn", "refused"), on=KEY, how="left", maintain_order="left"
    )
    left = left.filter(~pl.col("canceled")).sort(*KEY, "execution", "source", "line")
    groups = left.group_by(*KEY, "execution", maintain_order=True)
    return Judgement(tuple(_finding(list(rows(one))) for _, one in groups))


def _in_raw_logs(case: Case, raw: pl.DataFrame) -> pl.DataFrame:
    """Activities without a closing line, of executions that are over."""
    place = ("source", "line", "offset", "execution")
    activities = raw.group_by(*KEY, "activity", maintain_order=True).agg(
        title=pl.col("message").first(),
        closed=pl.col("kind").is_in(CLOSING).any(),
        only_planned=(pl.col("kind") == "planned").all(),
        **{name: pl.col(name).last() for name in place},
    )
    left = activities.filter(~ROOT & ~pl.col("closed") & pl.col("execution").is_not_null())
    left = left.join(_over(case, raw), on=[*KEY, "execution"], how="inner", maintain_order="left")
    return left.filter(~pl.col("only_planned") | (pl.col("succeeded") & ~pl.col("with_others")))


def _over(case: Case, raw: pl.DataFrame) -> pl.DataFrame:
    """KEY, execution and where its root finished; an execution that paused is over where the one that resumed it is."""
    finishes = raw.filter(ROOT & (pl.col("kind") == "finished") & pl.col("execution").is_not_null())
    over = finishes.group_by(*KEY, "execution").agg(
        **{f"over_{name}": pl.col(name).last() for name in ("source", "line", "offset")}
    )
    runs = case.frame("executions").filter(pl.col("lines") > 0).join(raw.select(TASK).unique(), on=TASK, how="semi")
    runs = runs.with_columns(pl.col("log").fill_null(""))
    runs = runs.select(*KEY, "relation", "outcome", execution="number").sort(*KEY, "execution")
    mixed = pl.col("relation").is_in(["double", "undecided"]).any().over(TASK)  # whose pause was resumed is not certain
    chain = (mixed | (pl.col("relation") != "resume")).cum_sum().over(KEY)
    runs = runs.with_columns(chain=chain, with_others=pl.len().over(TASK) > 1)
    runs = runs.join(over, on=[*KEY, "execution"], how="left", maintain_order="left")
    later = [
        pl.col(f"over_{name}").fill_null(strategy="backward").over(*KEY, "chain")
        for name in ("source", "line", "offset")
    ]
    runs = runs.with_columns(later).filter(pl.col("over_line").is_not_null())
    return runs.with_columns(succeeded=pl.col("outcome") == "Success").drop("chain", "relation", "outcome")


def _in_trees(case: Case, details: pl.DataFrame) -> pl.DataFrame:
    """Activities still running below a root that is not, where the best view of a log is its `/details`."""
    logs = details.select(*KEY, "source").unique()
    done = claimed(case).filter((pl.col("claim") == "tree") & pl.col("final"))
    done = done.select("customer", "source", over_source="source", over_line="line", over_offset="offset")
    unfinished = claimed(case).filter(pl.col("claim").is_in(["api"]) & ~pl.col("state").is_in(sorted(FINAL_STATES)))
    running = case.frame("states").filter(
        (pl.col("claim") == "tree") & (pl.col("state") == "Running") & (pl.col("activity") != "")
    )
    running = running.with_columns(pl.col("log").fill_null("")).select(
        *KEY, "source", "line", "offset", "activity", title="name"
    )
    return (
        running.join(logs, on=[*KEY, "source"], how="semi")
        .join(
            done.unique(["customer", "source"], keep="first", maintain_order=True),
            on=["customer", "source"],
            how="inner",
        )
        .join(unfinished, on=["customer", "source"], how="anti")
        .with_columns(execution=pl.lit(1, pl.Int64))
    )


def _finding(left: list[Row]) -> Finding:
    first = left[0]
    names = [headline(one["title"], one["activity"]) for one in _topmost(left)]
    lost = bool(first["torn"] or first["refused"])
    count = "an activity was" if len(left) == 1 else f"{len(left):,} activities were"
    root = {"source": first["over_source"], "line": first["over_line"], "offset": first["over_offset"]}
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.POSSIBLE if lost or first["mixed"] else Verdict.PROVED,
        summary=(
            f"In the log of {first['task']}, {count} neither finished nor abandoned, although the task itself finished "
            f"in line {first['over_line']}: {quoted(names, len(left), SHOWN)}{_why(first, lost)}"
        ),
        evidence=evidence([*left[:SHOWN], root]),
        task=first["task"],
        log=first["log"],
        customer=first["customer"],
        detail={
            "execution": first["execution"],
            "activities": [one["activity"] for one in left[:20]],
            "count": len(left),
            "cause": "lines lost" if lost else "two executions mixed" if first["mixed"] else "unknown",
        },
    )


def _topmost(left: list[Row]) -> list[Row]:
    open_ = {one["activity"] for one in left}
    return [one for one in left if one["activity"].rpartition("/")[0] not in open_]


def _why(first: Row, lost: bool) -> str:
    if lost:
        return "; lines of this log are lost (see OCT204), and which ones is not known: the finish may be among them"
    if first["mixed"]:
        return "; two executions of the task are mixed in this log (see OCT101), and of two writers lines may be lost"
    return ""
