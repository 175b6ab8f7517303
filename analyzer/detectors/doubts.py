"""Traces of a second execution in tasks whose logs show none, or only a resume or a re-run.

A locked file loses a writer's lines, often all but a few. What is left need not make an execution, and may have another
cause; but a task with such a trace is not clean. One function for each trace; none of them accuses anybody. (Formats
document, 1.5, 3.4, 5.3 and 10; issue 3.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set

import polars as pl

from analyzer.case import Case
from analyzer.detectors.claims import STATUS, called, claimed
from analyzer.detectors.lines import (
    CLOSING,
    KEY,
    RAW,
    ROOT,
    SECOND,
    answers,
    raw_lines,
    remembered,
    seconds,
    task_lines,
    tolerances,
)
from analyzer.detectors.order import steps_back
from analyzer.detectors.tasklogs import TASK, task_logs, torn
from analyzer.names import RESUMED, SERVER_LOG

Key = tuple[str, str]
Doubts = Mapping[Key, str]

WRITES = r"^tie=(?:transaction|script-lock|append-failure|append-retry)"
"""Ties that only a node leaves that executes the task, or writes into its log (formats document, 5.3)."""
SUBMITTED = "Submitted by:"
"""Who answered an intervention, and when to 100 ns (formats document, 3.4)."""
TOLD = 3
"""So many tasks must say that an execution has one guid."""
LATE = 2 * SECOND
"""Across activities, lines of one node are out of order by less: they were stamped before they were written."""
NIGHT = 600 * SECOND
"""A log without dates that goes back by more may as well have been silent for most of a day."""


@remembered
def doubts(case: Case) -> Doubts:
    """Customer and task -> why a second execution cannot be excluded, by the first trace that says so."""
    found: dict[Key, str] = {}
    for trace in TRACES:
        for key, reason in trace(case).items():
            found.setdefault(key, reason)
    return found


def unexplained_writers(case: Case) -> Doubts:
    """More nodes whose own server logs say that they wrote into the log than it has runs that may be theirs."""
    ties = case.frame("telling").filter(pl.col("detail").str.contains(WRITES) & pl.col("node").is_not_null())
    names: dict[Key, dict[str, str]] = defaultdict(dict)
    for customer, task, node in ties.select(*TASK, "node").drop_nulls().unique().sort(*TASK, "node").iter_rows():
        names[(customer, task)].setdefault(node.casefold(), node)
    runs, cluster = _runs(case, (task for _, task in names)), _cluster(case)
    found = {}
    for key, writers in names.items():
        mine = runs.get(key, [])
        known = {node for node in mine if node in cluster[key[0]]}
        others = sorted(writers.keys() - known)
        if len(others) > max(len(mine) - sum(node in known for node in mine), 0 if mine else 1):
            found[key] = _at_work([writers[node] for node in others])
    return found


def more_guids(case: Case) -> Doubts:
    """More executions by the guids of their transactions than the log has runs.

    That every execution has one guid is inferred (formats document, 5.3): it counts where the case itself says so, by
    tasks with as many guids as runs, and with more of them than tasks of one run on one node with several guids. A view
    that was resumed has runs that cannot be counted.
    """
    ties = case.frame("telling").filter(pl.col("detail").str.contains(WRITES) & pl.col("node").is_not_null())
    ties = ties.with_columns(
        guid=pl.col("detail").str.extract("guid=([0-9a-fA-F-]+)"), node=pl.col("node").str.to_lowercase()
    )
    guids = ties.group_by(*TASK, "node").agg(
        count=pl.max_horizontal(1, pl.col("guid").drop_nulls().n_unique()), lines=pl.col("guid").count()
    )
    nodes = guids.group_by(TASK).agg(pl.col("count", "lines").sum(), nodes=pl.len())
    runs = case.frame("executions").filter(pl.col("lines") > 0).group_by(TASK).agg(runs=pl.len())
    tasks = nodes.join(runs, on=TASK, how="inner")
    agreeing = tasks.filter((pl.col("count") == pl.col("runs")) & (pl.col("lines") > pl.col("count")))
    other = tasks.filter((pl.col("nodes") == 1) & (pl.col("runs") == 1) & (pl.col("count") > 1))
    if agreeing.height < TOLD or agreeing.height <= other.height:
        return {}
    lines = task_lines(case)
    paused = lines.filter((pl.col("format") != RAW) & pl.col("message").str.starts_with(RESUMED))
    more = tasks.filter(pl.col("count") > pl.col("runs")).join(paused, on=TASK, how="anti").sort(TASK)
    return {
        (customer, task): f"the server logs show {count} executions of the task under transactions of their own, and "
        f"its log has {runs}"
        for customer, task, count, runs in more.select(*TASK, "count", "runs").iter_rows()
    }


def _at_work(nodes: Sequence[str]) -> str:
    if len(nodes) == 1:
        return f"the server log of {nodes[0]} says that it worked on the task, and no run in the task's log can be its"
    who = " and ".join([", ".join(nodes[:-1]), nodes[-1]])
    return f"the server logs of {who} say that they worked on the task, and its log has too few runs for all of them"


def other_owner(case: Case) -> Doubts:
    """A last owner, as the database, the API or a header names it, of whom the log has no run.

    A view is not cut where it was resumed: its only run is of the node that began it.
    """
    owners = claimed(case).filter(pl.col("node").is_not_null() & pl.col("claim").is_in(STATUS))
    lines = task_lines(case)
    paused = lines.filter((pl.col("format") != RAW) & pl.col("message").str.starts_with(RESUMED))
    owners = owners.join(paused, on=TASK, how="anti", maintain_order="left")
    runs, cluster = _runs(case, owners["task"]), _cluster(case)
    found = {}
    for customer, task, claim, node in owners.select(*TASK, "claim", "node").iter_rows():
        mine = runs.get((customer, task), [])
        if mine and node.casefold() not in mine and all(run in cluster[customer] for run in mine):
            found[(customer, task)] = f"the {called(claim)} says that {node} had it last, and its log has no run of it"
    return found


def out_of_order(case: Case) -> Doubts:
    """Time that goes back in one run, on one clock, in a file that nothing has damaged."""
    inside = steps_back(case).filter((pl.col("clock") != "none") | (pl.col("back") < NIGHT))
    steps = pl.concat([one.select(*KEY, "line", "back") for one in (inside, _across(case))])
    whole = steps.join(torn(case), on=KEY, how="anti").sort("back", descending=True).unique(KEY, keep="first")
    return {
        (customer, task): f"time goes back by {seconds(back)} in line {line} of its log: a clock that was set back, "
        "lines that were written late, or lines of a second node"
        for customer, task, line, back in whole.select(*TASK, "line", "back").sort(TASK).iter_rows()
    }


def _across(case: Case) -> pl.DataFrame:
    """Steps back across the activities of a run, in raw logs of tasks that paused.

    There a second node goes on with the same activities, and its lines are nobody else's by their ids.
    """
    paused = answers(case).filter((pl.col("format") == RAW) & pl.col("message").str.starts_with(RESUMED))
    lines, paused = task_lines(case), paused.select(KEY).unique()
    mine = lines.join(paused, on=KEY, how="semi").filter(pl.col("execution").is_not_null())
    high = pl.col("instant").cum_max().over(*KEY, "source", "execution")
    back = mine.with_columns(back=high - pl.col("instant")).join(tolerances(case), on=KEY, how="left")
    return back.filter(pl.col("back") > pl.max_horizontal("tolerance", pl.lit(LATE)))


def announced_again(case: Case) -> Doubts:
    """A view in which the root's name stands among its lines, behind another one.

    A view calls the root by its first line and does not print that line, nor anything in front of it.
    """
    names = case.frame("states").filter((pl.col("claim") == "tree") & (pl.col("activity") == ""))
    names = names.select("customer", "source", message="name").drop_nulls().unique()
    root = task_lines(case).filter((pl.col("format") != RAW) & ROOT & (pl.col("kind") == "message"))
    again = root.filter(pl.int_range(pl.len()).over("customer", "source") > 0)
    again = again.join(names, on=["customer", "source", "message"], how="semi").unique(TASK, keep="first")
    return {
        (customer, task): f"line {line} of its log announces the task a second time"
        for customer, task, line in again.select(*TASK, "line").iter_rows()
    }


def closed_again(case: Case) -> Doubts:
    """A root that finished twice in one run, each time behind words of its own; a second finish alone is normal."""
    root = raw_lines(case).filter(ROOT & pl.col("execution").is_not_null())
    before = pl.col("kind").shift().over(*KEY, "execution")
    ends = root.with_columns(before=before).filter((pl.col("kind") == "finished") & (pl.col("before") == "message"))
    twice = ends.group_by(*KEY, "execution").agg(pl.len(), pl.col("line").last()).filter(pl.col("len") > 1)
    return {
        (customer, task): f"its root goes on after it finished, and finishes again in line {line}"
        for customer, task, line in twice.select(*TASK, "line").sort(TASK).iter_rows()
    }


def answered_twice(case: Case) -> Doubts:
    """One answer to a pause, by who gave it and when, that an activity was resumed with twice."""
    said = task_lines(case).filter(pl.col("message").str.starts_with(SUBMITTED))
    again = said.filter(pl.col("message").is_duplicated().over(*KEY, "activity")).sort(*KEY, "line")
    last = again.unique(TASK, keep="last", maintain_order=True)
    return {
        (customer, task): f"line {line} of its log resumes a pause once more by the same answer"
        for customer, task, line in last.select(*TASK, "line").iter_rows()
    }


def unplanned_pause(case: Case) -> Doubts:
    """A step that paused and was resumed although the plan, where there is one, does not have it."""
    raw = raw_lines(case).filter(~ROOT)
    plan = raw.filter(pl.col("kind") == "planned").select(*KEY, "step").unique()
    resumed = raw.filter(pl.col("message").str.starts_with(RESUMED)).join(plan, on=KEY, how="semi")
    strange = resumed.join(plan, on=[*KEY, "step"], how="anti").unique(TASK, keep="first").sort(TASK)
    return {
        (customer, task): f"the step that is resumed in line {line} of its log is in no plan: the plan of a second "
        "execution may be lost"
        for customer, task, line in strange.select(*TASK, "line").iter_rows()
    }


def left_open(case: Case) -> Doubts:
    """An activity that a resumed run began and never closed, although its root finished, in a file without damage.

    A second node that resumed the same pause goes on in the same steps; of its lines and the first one's some are lost.
    """
    raw = raw_lines(case)
    resumed = case.frame("executions").filter(pl.col("relation") == "resume").select(*TASK, execution="number")
    if resumed.is_empty():
        return {}
    over = raw.filter(ROOT & (pl.col("kind") == "finished")).join(resumed, on=[*TASK, "execution"], how="semi")
    damaged = pl.concat([torn(case).select(KEY), task_logs(case).filter("canceled").select(KEY)])
    begun = raw.filter(~ROOT).group_by(*KEY, "activity", maintain_order=True)
    left = begun.agg(
        pl.col("execution", "line").first(),
        said=(pl.col("kind") == "message").any(),
        closed=pl.col("kind").is_in(CLOSING).any(),
    ).filter(pl.col("said") & ~pl.col("closed"))
    left = left.join(resumed, on=[*TASK, "execution"], how="semi").join(over, on=KEY, how="semi")
    left = left.join(damaged, on=KEY, how="anti").sort(*KEY, "line").unique(TASK, keep="first", maintain_order=True)
    return {
        (customer, task): f"what the resumed run began in line {line} of its log never closed, although its root did"
        for customer, task, line in left.select(*TASK, "line").iter_rows()
    }


def _runs(case: Case, tasks: Iterable[str]) -> dict[Key, list[str]]:
    """Per task the nodes of its runs in lower case, "" where nobody names one."""
    runs: dict[Key, list[str]] = defaultdict(list)
    told = case.frame("executions").filter(pl.col("task").is_in(sorted(set(tasks))))
    for customer, task, node in told.select(*TASK, "node").iter_rows():
        runs[(customer, task)].append((node or "").casefold())
    return runs


@remembered
def _cluster(case: Case) -> Mapping[str, Set[str]]:
    """Per customer the names by which its nodes are known, in lower case; a machine's name may be any node's."""
    logs = case.frame("sources").filter(pl.col("format") == SERVER_LOG)
    found: dict[str, set[str]] = defaultdict(set)
    for table in (logs, case.frame("states")):
        for customer, node in table.select("customer", "node").drop_nulls().unique().iter_rows():
            found[customer].add(node.casefold())
    return found


TRACES: tuple[Callable[[Case], Doubts], ...] = (
    unexplained_writers,
    more_guids,
    other_owner,
    closed_again,
    announced_again,
    answered_twice,
    unplanned_pause,
    left_open,
    out_of_order,
)
