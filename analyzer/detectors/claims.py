"""What sources claim about tasks' states, in one vocabulary."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from analyzer.case import Case
from analyzer.detectors.lines import remembered
from analyzer.model import NotJudged
from analyzer.names import FINAL_STATES

STATUS = ("database", "api", "header")
"""Claims about the task's own state, as Octopus keeps it; a tree's are about activities."""
SAME = {"SuccessWithWarning": "Success", "Success with warning": "Success", "Cancelled": "Canceled"}
EDITED = r"Modif|StateChange|StateEdit"
"""Categories of audit events that tell of an edited task: whoever may edit a task may set its state."""

EXPLAINED = r"(?i)terminated|shut ?down|offline|unexpectedly|cancel|timed? ?out|restart"
"""Error messages of tasks that failed although no step of theirs did (formats document, 4.1 and section 9)."""

NO_LOG = "no task log of theirs is in the input"
LOGS_WANTED = "the raw task logs, TaskLogs/servertasks-N_*.txt or the folders of that name"

APART = timedelta(minutes=10)
"""Times of one run, told by different clocks, differ by less; more is another run (a re-run, an old log)."""


@remembered
def claimed(case: Case) -> pl.DataFrame:
    """STATES about tasks themselves (not about activities below the root), with `state` in one vocabulary.

    Copies of a source are left out. `final` says whether the state is one.
    """
    copies = case.frame("sources").filter(pl.col("duplicate_of").is_not_null())["source"].to_list()
    return (
        case.frame("states")
        .filter(
            pl.col("task").str.starts_with("ServerTasks-")
            & ~pl.col("source").is_in(copies)
            & ((pl.col("claim") != "tree") | (pl.col("activity") == ""))
        )
        .with_columns(pl.col("state").replace(SAME))
        .with_columns(final=pl.col("state").is_in(sorted(FINAL_STATES)).fill_null(False))
        .sort("customer", "task", "source", "line", "offset")
    )


def called(claim: str) -> str:
    """Who claims it, for readers."""
    return {"api": "API", "header": "text header", "tree": "tree of the log"}.get(claim, claim)


@remembered
def edited(case: Case) -> pl.DataFrame:
    """Customer and task of tasks that somebody edited: their state may be a person's word (trap 14)."""
    events = case.frame("states").filter((pl.col("claim") == "audit event") & pl.col("detail").str.contains(EDITED))
    return events.select("customer", "task").unique()


@remembered
def final_status(case: Case) -> pl.DataFrame:
    """Per task the one final state that database, API and headers agree on, with the place of the best claim.

    Tasks without a final state, with two different ones, or edited, are left out. A state that is not final was read
    while the task ran.
    """
    rank = pl.col("claim").replace_strict({name: i for i, name in enumerate(STATUS)}, return_dtype=pl.Int64)
    states = claimed(case).filter(pl.col("claim").is_in(STATUS) & pl.col("final"))
    one = states.filter(pl.col("state").n_unique().over("customer", "task") == 1)
    best = one.sort(rank, "source", "line").group_by("customer", "task", maintain_order=True).first()
    return best.join(edited(case), on=["customer", "task"], how="anti").sort("customer", "task")


def explained() -> pl.Expr:
    """Whether a claim's error message names a reason that no log need show."""
    message = pl.when(pl.col("claim").is_in(["database", "api"])).then(pl.col("detail"))
    return message.str.contains(EXPLAINED).fill_null(False)


def same_run(last: str) -> pl.Expr:
    """Whether a claim is about the run whose log ends at the time in column `last`, as far as times are known."""
    ended = (pl.col("completed") - pl.col(last)).abs() <= APART
    begun = pl.col("started") <= pl.col(last) + APART
    return ended.fill_null(True) & begun.fill_null(True)


def without_log(code: str, called: str, claims: pl.DataFrame, logs: pl.DataFrame) -> tuple[NotJudged, ...]:
    """A question for each customer: tasks that are claimed something about and have none of these logs."""
    alone = claims.join(logs, on=["customer", "task"], how="anti").select("customer", "task").unique()
    asked = []
    for (customer,), group in alone.group_by("customer"):
        tasks = tuple(sorted(group["task"].to_list(), key=lambda task: int(task.rpartition("-")[2])))
        count = "1 such task has" if len(tasks) == 1 else f"{len(tasks):,} such tasks have"
        reason = f"{called}: {count} no log in the input"
        asked.append(NotJudged(code, reason, customer=str(customer), tasks=tasks, lacking=NO_LOG))
    return tuple(sorted(asked, key=lambda one: one.customer))


def has_status(case: Case) -> bool:
    """Whether the input says anything about tasks' states beside their logs."""
    return bool(case.frame("states")["claim"].is_in(STATUS).any())
