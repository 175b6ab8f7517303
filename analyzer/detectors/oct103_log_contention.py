"""A node could not append to a task's log because another process held the file.

What it flags
    Server-log entries in which an append to `servertasks-N` failed because the file was in use: one note per task and
    node. It supports OCT101; alone it is this note and never more.

Why it matters
    The node that failed was writing this task's log while something else held it: a second execution, or a node that
    finished this task less than a minute ago and still holds its handle. The lines that could not be written are lost.

Known false alarms
    Antivirus and backup programs, a share without working locks (issue 8639), a re-run by a deployment-target trigger
    within a minute on another node (issue 6748). Scheduled tasks (`scheduledtasks_*`) run on every node by design and
    are not flagged; neither are appends that failed for another reason ("The handle is invalid.", issue 3273).

What a clean result does not prove
    That nobody else wrote: without file locks, or without that node's server log, there is no error to find.

Source: formats document, sections 1.6, 5.3 and 10 (traps 4, 11, 15).
"""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.common import evidence, on_nodes, rows
from analyzer.detectors.coverage import server_logs_wanted
from analyzer.detectors.missing_logs import NO_SERVER_LOG
from analyzer.detectors.serverlogs import known_nodes
from analyzer.model import Finding, Judgement, NotJudged, Severity, Verdict
from analyzer.names import HELD

CODE = "OCT103"
NAME = "log-contention"
SEVERITY = Severity.NOTE

SHOWN = 5


def detect(case: Case) -> Judgement:
    """One note per task and node; not judged where no server log is in the input."""
    sources = case.frame("sources")
    if not (sources["format"] == "server-log").any():
        named = [name for nodes in known_nodes(case).values() for name in nodes.values()]
        return Judgement(not_judged=(NotJudged(CODE, NO_SERVER_LOG, ask=server_logs_wanted(named)),))
    copies = sources.filter(pl.col("duplicate_of").is_not_null())["source"].to_list()
    failed = case.frame("telling").filter(
        pl.col("detail").str.contains("^tie=append-(failure|retry)")
        & pl.col("message").str.contains(HELD, literal=True)
        & pl.col("task").str.starts_with("ServerTasks-")
        & ~pl.col("source").is_in(copies)
    )
    failed = failed.sort("customer", "task", "source", "line")
    keys = ["customer", "task", pl.col("node").fill_null("").alias("on")]
    return Judgement(
        tuple(
            _finding(str(task), str(node), str(customer), lines)
            for (customer, task, node), lines in failed.group_by(keys, maintain_order=True)
        )
    )


def _finding(task: str, node: str, customer: str, lines: pl.DataFrame) -> Finding:
    nodes = (node,) if node else ()
    failed = "An append" if lines.height == 1 else "Appends"
    times = "once" if lines.height == 1 else f"{lines.height:,} times"
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED,
        summary=f"{failed} to the log of {task} failed {times} {on_nodes(nodes)} because another process held the file",
        evidence=evidence(rows(lines.head(SHOWN))),
        task=task,
        log=next((log for log in lines["log"] if log), None),
        nodes=nodes,
        customer=customer,
        detail={"failures": lines.height},
    )
