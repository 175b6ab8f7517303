"""A clock without a zone or a date kept a question open.

What it flags
    One note per node whose server log tells local time, where an execution known only from that log could not be
    placed in time (`--utc-offset NODE=+HH:MM` settles it); and one per task log whose clock has no zone or no date and
    goes back by what a change to winter time explains.

Why it matters
    Whether two executions overlapped cannot be judged across clocks of unknown zone: the audit says "undecided" where
    one option would decide.

Known false alarms
    None known: it accuses nobody.

What a clean result does not prove
    That clocks were right; only that none of unknown zone mattered.

Source: design document, section 2; formats document, sections 3.2, 5.1 and 10 (trap 9).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from analyzer.case import Case
from analyzer.detectors.common import Row, evidence, rows
from analyzer.detectors.lines import KEY
from analyzer.detectors.order import clock_changes
from analyzer.model import Finding, Judgement, Severity, Verdict

CODE = "OCT902"
NAME = "ambiguous-clock"
SEVERITY = Severity.NOTE

SHOWN = 3


def detect(case: Case) -> Judgement:
    """Notes for server logs first, then for task logs."""
    return Judgement((*_server_logs(case), *_task_logs(case)))


def _server_logs(case: Case) -> list[Finding]:
    """Executions that only a server log of unknown zone shows, in pairs that are not decided."""
    open_ = case.frame("pairs").filter(pl.col("relation").is_in(["unknown", "possible"])).select("customer", "task")
    sources = case.frame("sources").filter((pl.col("format") == "server-log") & (pl.col("clock") == "local"))
    runs = case.frame("executions").filter(pl.col("started").is_null() & pl.col("node").is_not_null())
    runs = runs.join(open_.unique(), on=["customer", "task"], how="semi")
    runs = runs.join(sources.select("customer", "source"), on=["customer", "source"], how="semi")
    runs = runs.sort("customer", "node", "source", "first_line")
    return [_zone(list(rows(one))) for _, one in runs.group_by("customer", "node", maintain_order=True)]


def _zone(runs: list[Row]) -> Finding:
    first = runs[0]
    tasks = list(dict.fromkeys(run["task"] for run in runs))
    places = [
        {"source": run["source"], "line": run["first_line"], "offset": run["first_offset"]} for run in runs[:SHOWN]
    ]
    which = tasks[0] if len(tasks) == 1 else f"{len(tasks)} tasks (first {tasks[0]})"
    return _finding(
        f"The server log of {first['node']} tells local time and nothing in the input shows its zone, so its "
        f"executions of {which} could not be placed in time: --utc-offset {first['node']}=+HH:MM settles it",
        places,
        first["customer"],
        tasks[0] if len(tasks) == 1 else None,
        (first["node"],),
    )


def _task_logs(case: Case) -> list[Finding]:
    """Task logs in which a clock change explains a step back."""
    changes = clock_changes(case).sort(*KEY, "source", "line")
    found = []
    for row in rows(changes.unique(KEY, keep="first", maintain_order=True)):
        before = {"source": row["source"], "line": row["before_line"], "offset": row["before_offset"]}
        told = (
            f"The log of {row['task']} tells time without a zone and goes back by up to an hour in line {row['line']}: "
            "a change to winter time explains it, so order across that line is not judged"
        )
        found.append(_finding(told, [before, row], row["customer"], row["task"], ()))
    return found


def _finding(told: str, places: Sequence[Row], customer: str, task: str | None, nodes: tuple[str, ...]) -> Finding:
    return Finding(
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        verdict=Verdict.PROVED,
        summary=told,
        evidence=evidence(places),
        task=task,
        nodes=nodes,
        customer=customer,
    )
