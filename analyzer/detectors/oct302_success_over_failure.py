"""A task is a Success although a step that counts failed.

What it flags
    A task whose final state is Success (database, API, header, or the log's own end) while a step directly below the
    root failed in its last execution: the step's own fatal line in a log, or a block `Failed` in a text download or
    `/details`. One finding per task with the steps.

Why it matters
    The portal is green and the deployment is not done: false successes were real bugs (issues 2882, 7058, 4165).

Known false alarms
    A state set by hand without an audit event in the input. Not flagged: error output alone, failures below the step
    (an optional target, an attempt), a step that went on or was tried again and then did not fail, a failure ignored
    by guidance, the retention step (its failure does not fail a deployment), tasks that an audit event says were
    modified, re-runs (only the last execution counts), two executions at once (their outcomes are OCT301's).

What a clean result does not prove
    That a success is one: a step may fail without a word.

Source: design document, section 5; formats document, sections 1.4, 3.4 and 10 (traps 6, 14).
"""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.claims import called, edited, final_status, has_status, same_run, without_log
from analyzer.detectors.common import Row, evidence, quoted, rows
from analyzer.detectors.endings import endings
from analyzer.detectors.failures import failed_blocks, failed_steps
from analyzer.detectors.lines import headline
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict

CODE = "OCT302"
NAME = "success-over-failure"
SEVERITY = Severity.ERROR

SHOWN = 3
TASK = ("customer", "task")


def detect(case: Case) -> Judgement:
    """One finding per task whose success stands over a failed step."""
    successes = _successes(case)
    last = _last_executions(case)
    failed = pl.concat(
        [
            failed_steps(case).join(last, on=[*TASK, "execution"], how="inner", maintain_order="left"),
            failed_blocks(case).join(last.drop("execution"), on=TASK, how="inner", maintain_order="left"),
        ],
        how="diagonal",
    ).join(edited(case), on=TASK, how="anti", maintain_order="left")
    failed = failed.join(successes, on=TASK, how="inner", maintain_order="left")
    failed = failed.filter(same_run("over")).sort(*TASK, "source", "line")
    findings = tuple(_finding(list(rows(one))) for _, one in failed.group_by(TASK, maintain_order=True))
    return Judgement(findings, _not_judged(case, successes))


def _not_judged(case: Case, successes: pl.DataFrame) -> tuple[NotJudged, ...]:
    if not has_status(case) and not case.executions.num_rows:
        return (NotJudged(CODE, "no status of a task and no task log is in the input"),)
    return without_log(CODE, "called a Success", successes, case.frame("executions").filter(pl.col("lines") > 0))


def _last_executions(case: Case) -> pl.DataFrame:
    """The last run of every task whose runs followed one another: its executions, and when it was `over`."""
    apart = case.frame("pairs").filter(~((pl.col("relation") == "sequential") & (pl.col("work") == "resume")))
    unclear = apart.filter((pl.col("relation") != "sequential") | (pl.col("work") != "re-run")).select(TASK).unique()
    runs = endings(case).filter(pl.col("lines") > 0).join(unclear, on=TASK, how="anti")
    runs = runs.sort(*TASK, "execution").with_columns(chain=(pl.col("relation") != "resume").cum_sum().over(TASK))
    last = runs.filter(pl.col("chain") == pl.col("chain").max().over(TASK))
    return last.select(*TASK, "execution", over=pl.col("ended").max().over(TASK))


def _successes(case: Case) -> pl.DataFrame:
    """Customer, task, who says Success (`claim`) and where (`said_*`)."""
    place = {f"said_{name}": name for name in ("source", "line", "offset")}
    stated = (
        final_status(case).filter(pl.col("state") == "Success").select(*TASK, "claim", "started", "completed", **place)
    )
    other = final_status(case).filter(pl.col("state") != "Success")
    ended = endings(case).sort(*TASK, "execution").unique(TASK, keep="last", maintain_order=True)
    derived = ended.filter(pl.col("ending") == "Success").join(other, on=TASK, how="anti")
    place = {f"said_{name}": f"end_{name}" for name in ("source", "line", "offset")}
    derived = derived.select(*TASK, claim=pl.lit("log"), **place)
    return pl.concat([stated, derived], how="diagonal").unique(TASK, keep="first", maintain_order=True)


def _finding(failed: list[Row]) -> Finding:
    first = failed[0]
    names = list(dict.fromkeys(headline(one["title"], one["activity"]) for one in failed))
    said = {name: first[f"said_{name}"] for name in ("source", "line", "offset")}
    steps = "a step" if len(names) == 1 else f"{len(names)} steps"
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED,
        summary=(
            f"{first['task']} is a Success by the {called(first['claim'])}, but {steps} failed, and nothing says that "
            f"{'it was' if len(names) == 1 else 'they were'} ignored or tried again: {quoted(names, len(names), SHOWN)}"
        ),
        evidence=evidence([*failed[:SHOWN], said]),
        task=first["task"],
        log=first["log"],
        customer=first["customer"],
        detail={"steps": names[:20], "success_by": first["claim"]},
    )
