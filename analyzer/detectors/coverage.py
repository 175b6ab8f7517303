"""What could have been seen: tasks in which a double run would have left nothing in this input, and what is missing.

A second execution shows in the task's raw log, unless its lines were lost (a locked file: the loser's lines are
nowhere), and then in its node's server log. So a task that shows nothing is called clean only if it has a raw log and,
in a cluster of several nodes, the server log of every node that the input names covers the time of its run. Else

- something in the input may be a trace of a second execution (`doubts`): not judged, task by task;
- its log lost lines, is torn or ends early, and a server log is missing: not judged, task by task;
- its log is whole, but another node's server log is missing; there is only a text download or `/details`, which has no
  append order; there is no log at all: one question for all such tasks together.

Where the input names no second node it cannot be known that one is missing: a whole raw log alone is called clean.
(Issue 4, "What could have been seen"; formats document, 5, 9 and 10, traps 3, 15 and 24.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from analyzer.case import Case
from analyzer.detectors.claims import LOGS_WANTED, NO_LOG
from analyzer.detectors.common import Row, rows
from analyzer.detectors.doubts import doubts
from analyzer.detectors.lines import RAW, looked, remembered, task_lines
from analyzer.detectors.losses import every_loss
from analyzer.detectors.missing_logs import NAMED, Gap, listing, missing, runs
from analyzer.detectors.serverlogs import covered, known_nodes
from analyzer.detectors.tasklogs import TASK, task_logs
from analyzer.model import NotJudged
from analyzer.names import TASK_ID

CODE = "OCT101"
"""The question that all of this leaves open."""
NO_ORDER = "the log is in the input only as a text download or /details, which have no append order"
FILES = "OctopusServer.txt with its archives (OctopusServer.0.txt, ...)"
IDLE = ("Queued", "New", "Canceled")

Key = tuple[str, str]


@dataclass(frozen=True)
class Coverage:
    """What there is to see of every ServerTask that ran and shows no second execution.

    `tasks`: customer, task, sorted; `log`: raw | tree (text or details) | none; `damage`: why a line may be missing,
    and `doubt`: what may be a trace of a second execution, null where nothing says so; `gap`: which of `gaps`.
    """

    tasks: pl.DataFrame
    gaps: Sequence[Gap]


@remembered
def coverage(case: Case) -> Coverage:
    """What could have been seen of the tasks in which no second execution was found."""
    damage = _by_task("damage", _damage(case))
    tasks = _ran(case).join(_found(case), on=TASK, how="anti").sort(TASK)
    found = missing(case, tasks, damage)
    tasks = tasks.with_columns(gap=found.which)
    for known in (_logs(case), damage, _by_task("doubt", doubts(case))):
        tasks = tasks.join(known, on=TASK, how="left", maintain_order="left")
    return Coverage(tasks.with_columns(pl.col("log").fill_null("none")), found.every)


def questions(case: Case) -> tuple[NotJudged, ...]:
    """What stays open because of what the input lacks: damaged logs one by one, whole ones together."""
    found = coverage(case)
    lost = (pl.col("gap") > 0) & (pl.col("log") != "none") & pl.col("damage").is_not_null()
    alone = pl.col("doubt").is_not_null() | lost
    asked = [
        (_doubtful if row["doubt"] else _damaged)(row, found.gaps[row["gap"]])
        for row in rows(found.tasks.filter(alone))
    ]
    rest = found.tasks.filter(~alone & ((pl.col("gap") > 0) | (pl.col("log") != "raw")))
    open_: dict[tuple[str, str, str], list[tuple[Gap, pl.Series]]] = defaultdict(list)
    for row in rows(rest.group_by("customer", "log", "gap", maintain_order=True).agg("task")):
        gap = found.gaps[row["gap"]]
        lacking = {"none": NO_LOG, "tree": NO_ORDER}.get(row["log"], _lacking(gap))
        open_[row["customer"], row["log"], lacking].append((gap, row["task"]))
    return (*asked, *(_together(*key, groups) for key, groups in open_.items()))


def gaps(case: Case) -> dict[str, set[Key]]:
    """What is missing of the nodes' server logs -> tasks that ran then: absent logs, late beginnings, early ends, and
    every silence in which another node's log is not silent.
    """
    ran = runs(case)
    tasks = ran.select(TASK).unique()
    gaps = missing(case, tasks, tasks.clear())
    found: dict[str, set[Key]] = defaultdict(set)
    for (number,), group in tasks.with_columns(gap=gaps.which).group_by("gap"):
        for reason in gaps.every[int(str(number))].values():
            found[reason] |= set(group.select(TASK).iter_rows())
    known = known_nodes(case)
    for (customer, node), log in covered(case, ran.drop_nulls("start")).items():
        for kind in range(3, 3 + len(log.silences)):
            found.setdefault(f"the server log of {known[customer].get(node, node)} {log.told(kind)}", set())
    return dict(found)


def server_logs_wanted(nodes: Iterable[str] = ()) -> str:
    """What to ask for where server logs are missing."""
    names = sorted(filter(None, set(nodes)))
    return f"{FILES} of {listing(names) if names else 'every node'}"


def _lacking(gap: Gap) -> str:
    return "; ".join(dict.fromkeys(gap.values()))


def _doubtful(task: Row, gap: Gap) -> NotJudged:
    reason = f"a second execution cannot be excluded: {task['doubt']}"
    ask = server_logs_wanted(gap) if gap else ""
    return NotJudged(CODE, reason, task["task"], task["customer"], lacking=_lacking(gap), ask=ask)


def _damaged(task: Row, gap: Gap) -> NotJudged:
    lacking = _lacking(gap)
    reason = f"clean as far as the log goes, but {task['damage']}, and what would show a second execution is not there"
    ask = server_logs_wanted(gap)
    return NotJudged(CODE, f"{reason}: {lacking}", task["task"], task["customer"], lacking=lacking, ask=ask)


def _together(customer: str, log: str, lacking: str, groups: Sequence[tuple[Gap, Iterable[str]]]) -> NotJudged:
    names = _by_number([name for _, group in groups for name in group])
    count = "1 task" if len(names) == 1 else f"{len(names):,} tasks"
    were = "was" if len(names) == 1 else "were"
    raw = f"{LOGS_WANTED}, of {listing(names) if len(names) <= NAMED else count}"
    if log == "raw":
        reason, ask = f"{count} {were} judged by task logs alone", server_logs_wanted(groups[0][0])
    elif log == "tree":
        reason, ask = f"{count} {were} judged with less than full evidence", raw
    else:
        reason, ask = f"{count} could not be judged at all", raw
    return NotJudged(CODE, f"{reason}: {lacking}", None, customer, names, lacking, ask)


def _by_number(tasks: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(sorted(tasks), key=lambda task: int(task.rpartition("-")[2])))


def _by_task(name: str, told: Mapping[Key, str]) -> pl.DataFrame:
    """TASK and a column of what is told of it."""
    values = [(*key, text) for key, text in told.items()]
    return pl.DataFrame(values, schema=dict.fromkeys((*TASK, name), pl.String), orient="row")


def _ran(case: Case) -> pl.DataFrame:
    """ServerTasks that were executed, as far as anybody says: a task that waits in the queue has nothing to show."""
    states = case.frame("states").filter(pl.col("task").is_not_null())
    began = states.filter(pl.col("started").is_not_null() | ~pl.col("state").fill_null("Queued").is_in(IDLE))
    tables = (case.frame("executions"), case.frame("telling").filter(pl.col("task").is_not_null()), began)
    found = pl.concat([table.select(TASK) for table in tables]).unique()
    return found.filter(pl.col("task").str.contains(f"^(?:{TASK_ID.pattern})$"))


def _found(case: Case) -> pl.DataFrame:
    """Tasks with a second execution that is told of already: as a finding or as undecided."""
    told = pl.col("relation").is_in(["concurrent", "possible"]) | pl.col("work").is_in(["same work", "undecided"])
    return case.frame("pairs").filter(told).select(TASK)


def _logs(case: Case) -> pl.DataFrame:
    """TASK and the best `log` of it."""
    kinds = task_lines(case).group_by(TASK).agg(raw=(pl.col("format") == RAW).any())
    others = looked(case).select(*TASK, raw=pl.col("first").is_not_null())
    every = pl.concat([kinds, others]).unique(TASK, keep="last", maintain_order=True)
    return every.select(*TASK, log=pl.when("raw").then(pl.lit("raw")).otherwise(pl.lit("tree")))


def _damage(case: Case) -> dict[Key, str]:
    """Why lines of a task's log may be missing."""
    found: dict[Key, str] = {}
    unfinished = task_logs(case).filter(pl.col("raw") & (pl.col("finishes") == 0) & ~pl.col("canceled"))
    for customer, task in unfinished.select(TASK).iter_rows():
        found[(customer, task)] = "it does not finish"
    for customer, task in task_logs(case).filter(pl.col("torn") > 0).select(TASK).iter_rows():
        found[(customer, task)] = "entries of it are torn"
    for loss in every_loss(case)[0]:
        found[loss.key[:2]] = "it lost lines"
    return found
