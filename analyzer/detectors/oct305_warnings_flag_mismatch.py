"""HasWarningsOrErrors contradicts the log.

What it flags
    Tasks that are over whose flag (database or API) says there were no warnings or errors although their complete raw
    log has lines at Warning or above, or says there were although nothing in it is above Info.

Why it matters
    Lists and dashboards filter by the flag. Its race is known (issue 8136); next to other findings it tells that two
    executions wrote one row.

Known false alarms
    A category above Info that Octopus does not count. Alerts are not counted against a flag that is not set.

What a clean result does not prove
    That the log had no warning: only complete raw logs of one execution are compared.

Source: formats document, sections 1.3, 4.1 and 10 (trap 14).
"""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.claims import called, claimed, same_run
from analyzer.detectors.common import Row, evidence, rows
from analyzer.detectors.lines import KEY, cleared, task_lines
from analyzer.detectors.tasklogs import task_logs
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict
from analyzer.names import WARNING

CODE = "OCT305"
NAME = "warnings-flag-mismatch"
SEVERITY = Severity.NOTE

TASK = ["customer", "task"]
ALERTS = ["ALR", "Alert"]


def detect(case: Case) -> Judgement:
    """One note per task whose flag and complete log disagree."""
    flags = claimed(case).filter(pl.col("final") & pl.col("warnings").is_not_null())
    logs = task_logs(case).filter("whole").filter(pl.len().over(TASK) == 1)
    none = logs.is_empty() and cleared(case).is_empty()
    if flags.is_empty() or none:
        missing = "complete raw log" if none else "HasWarningsOrErrors of a task that is over"
        return Judgement(not_judged=(NotJudged(CODE, f"no {missing} is in the input"),))
    flags = flags.filter(pl.col("warnings").n_unique().over(TASK) == 1).unique(TASK, keep="first", maintain_order=True)
    loud = task_lines(case).join(logs, on=KEY, how="semi").filter(pl.col("severity") >= WARNING)
    counted = (
        loud.filter(~pl.col("level").is_in(ALERTS))
        .group_by(KEY, maintain_order=True)
        .agg(loud=pl.len(), **{f"loud_{name}": pl.col(name).first() for name in ("source", "line", "offset")})
    )
    told = flags.drop("log").join(logs, on=TASK, how="inner").filter(same_run("last")).join(counted, on=KEY, how="left")
    silent = pl.col("worst") < WARNING
    wrong = (~pl.col("warnings") & pl.col("loud").is_not_null()) | (pl.col("warnings") & silent)
    return Judgement(tuple(_finding(row) for row in rows(told.filter(wrong).sort(TASK))))


def _finding(row: Row) -> Finding:
    if row["warnings"]:
        place = {"source": row["last_source"], "line": row["last_line"], "offset": row["last_offset"]}
        but = "nothing in its complete log is above Info"
    else:
        place = {"source": row["loud_source"], "line": row["loud_line"], "offset": row["loud_offset"]}
        lines = "a line" if row["loud"] == 1 else f"{row['loud']:,} lines"
        but = f"its log has {lines} at Warning or above, first in line {row['loud_line']}"
    says = "true" if row["warnings"] else "false"
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED,
        summary=f"The {called(row['claim'])} says that HasWarningsOrErrors is {says} for {row['task']}, but {but}",
        evidence=evidence([row, place]),
        task=row["task"],
        log=row["log"],
        nodes=(row["node"],) if row["node"] else (),
        customer=row["customer"],
        detail={"flag": row["warnings"], "lines": row["loud"] or 0},
    )
