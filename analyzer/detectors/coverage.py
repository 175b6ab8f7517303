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
from typing import NamedTuple

import polars as pl

from analyzer.case import Case
from analyzer.detectors.claims import LOGS_WANTED, NO_LOG
from analyzer.detectors.doubts import doubts
from analyzer.detectors.lines import RAW, looked, remembered, task_lines
from analyzer.detectors.losses import every_loss
from analyzer.detectors.serverlogs import Coverage, covered, known_nodes, unplaced_logs
from analyzer.detectors.tasklogs import TASK, task_logs
from analyzer.model import NotJudged
from analyzer.names import SERVER_LOG, TASK_ID

CODE = "OCT101"
"""The question that all of this leaves open."""
NO_SERVER_LOG = "no server log is in the input"
NO_ORDER = "the log is in the input only as a text download or /details, which have no append order"
FILES = "OctopusServer.txt with its archives (OctopusServer.0.txt, ...)"
NAMED = 4
IDLE = ("Queued", "New", "Canceled")

Key = tuple[str, str]


class Sight(NamedTuple):
    """What there is to see of one task that shows no second execution."""

    customer: str
    task: str
    log: str  # raw | tree (text or details) | none
    damage: str  # why a line may be missing, "" where nothing says so
    missing: tuple[str, ...]  # whose server log is missing, and when; empty where none is known to be
    nodes: tuple[str, ...]  # the same nodes' names
    doubt: str = ""  # what may be a trace of a second execution


@remembered
def coverage(case: Case) -> tuple[Sight, ...]:
    """Every ServerTask that ran and in which no second execution was found: what could have been seen of it."""
    logs = _logs(case)
    damage = _damage(case)
    missing = _missing(case, damage)
    doubt = doubts(case)
    return tuple(
        Sight(*key, logs.get(key, "none"), damage.get(key, ""), *_of(missing.get(key, {})), doubt.get(key, ""))
        for key in sorted(_ran(case) - _found(case))
    )


def questions(case: Case) -> tuple[NotJudged, ...]:
    """What stays open because of what the input lacks: damaged logs one by one, whole ones together."""
    asked: list[NotJudged] = []
    open_: dict[tuple[str, str, str], list[Sight]] = defaultdict(list)
    for sight in coverage(case):
        if sight.doubt:
            asked.append(_doubtful(sight))
        elif sight.log == "none":
            open_[(sight.customer, "none", NO_LOG)].append(sight)
        elif sight.missing and sight.damage:
            asked.append(_damaged(sight))
        elif sight.log == "tree":
            open_[(sight.customer, "tree", NO_ORDER)].append(sight)
        elif sight.missing:
            open_[(sight.customer, "raw", "; ".join(sight.missing))].append(sight)
    return (*asked, *(_together(*key, group) for key, group in open_.items()))


def gaps(case: Case) -> dict[str, set[Key]]:
    """What is missing of the nodes' server logs -> tasks that ran then: absent logs, late beginnings, early ends, and
    every silence in which another node's log is not silent.
    """
    found: dict[str, set[Key]] = defaultdict(set)
    for key, nodes in _missing(case, ()).items():
        for reason in nodes.values():
            found[reason].add(key)
    known = known_nodes(case)
    for (customer, node), log in covered(case, _runs(case).drop_nulls("start")).items():
        for kind in range(3, 3 + len(log.silences)):
            found.setdefault(f"the server log of {known[customer].get(node, node)} {log.told(kind)}", set())
    return dict(found)


def server_logs_wanted(nodes: Iterable[str] = ()) -> str:
    """What to ask for where server logs are missing."""
    names = sorted(set(nodes))
    return f"{FILES} of {_listing(names) if names else 'every node'}"


def _doubtful(sight: Sight) -> NotJudged:
    reason = f"a second execution cannot be excluded: {sight.doubt}"
    lacking = "; ".join(sight.missing)
    ask = server_logs_wanted(sight.nodes) if lacking else ""
    return NotJudged(CODE, reason, sight.task, sight.customer, lacking=lacking, ask=ask)


def _damaged(sight: Sight) -> NotJudged:
    lacking = "; ".join(sight.missing)
    reason = f"clean as far as the log goes, but {sight.damage}, and what would show a second execution is not there"
    ask = server_logs_wanted(sight.nodes)
    return NotJudged(CODE, f"{reason}: {lacking}", sight.task, sight.customer, lacking=lacking, ask=ask)


def _together(customer: str, log: str, lacking: str, group: Sequence[Sight]) -> NotJudged:
    names = tuple(sorted((one.task for one in group), key=lambda task: int(task.rpartition("-")[2])))
    count = "1 task" if len(names) == 1 else f"{len(names):,} tasks"
    were = "was" if len(names) == 1 else "were"
    raw = f"{LOGS_WANTED}, of {_listing(names) if len(names) <= NAMED else count}"
    if log == "raw":
        reason, ask = f"{count} {were} judged by task logs alone", server_logs_wanted(group[0].nodes)
    elif log == "tree":
        reason, ask = f"{count} {were} judged with less than full evidence", raw
    else:
        reason, ask = f"{count} could not be judged at all", raw
    return NotJudged(CODE, f"{reason}: {lacking}", None, customer, names, lacking, ask)


def _ran(case: Case) -> set[Key]:
    """ServerTasks that were executed, as far as anybody says: a task that waits in the queue has nothing to show."""
    states = case.frame("states").filter(pl.col("task").is_not_null())
    began = states.filter(pl.col("started").is_not_null() | ~pl.col("state").fill_null("Queued").is_in(IDLE))
    tables = (case.frame("executions"), case.frame("telling").filter(pl.col("task").is_not_null()), began)
    found = pl.concat([table.select(TASK) for table in tables]).unique()
    return set(found.filter(pl.col("task").str.contains(f"^(?:{TASK_ID.pattern})$")).iter_rows())


def _found(case: Case) -> set[Key]:
    """Tasks with a second execution that is told of already: as a finding or as undecided."""
    told = pl.col("relation").is_in(["concurrent", "possible"]) | pl.col("work").is_in(["same work", "undecided"])
    return set(case.frame("pairs").filter(told).select(TASK).iter_rows())


def _logs(case: Case) -> dict[Key, str]:
    kinds = task_lines(case).group_by(TASK).agg(raw=(pl.col("format") == RAW).any())
    others = looked(case).select(*TASK, raw=pl.col("first").is_not_null())
    return {
        (customer, task): "raw" if raw else "tree" for customer, task, raw in pl.concat([kinds, others]).iter_rows()
    }


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


def _missing(case: Case, damaged: Iterable[Key]) -> dict[Key, dict[str, str]]:
    """Task -> node -> what of its server log is missing while the task ran."""
    known = known_nodes(case)
    runs = _runs(case)
    logs = covered(case, runs.drop_nulls("start"))
    served = set(case.frame("sources").filter(pl.col("format") == SERVER_LOG)["customer"])
    unplaced = unplaced_logs(case, known)
    found: dict[Key, dict[str, str]] = defaultdict(dict)
    for customer, nodes in known.items():
        mine = runs.filter(pl.col("customer") == customer)
        if customer not in served:
            every = mine.select(TASK).unique().iter_rows() if len(nodes) > 1 else damaged
            for key in every:
                if key[0] == customer:
                    found[key] = dict.fromkeys(nodes.values() or ("",), NO_SERVER_LOG)
            continue
        absent = [nodes[node] for node in sorted(nodes) if (customer, node) not in logs]
        if absent:
            reason = _absent(absent, unplaced.get(customer, []))
            for key in mine.select(TASK).unique().iter_rows():
                found[key] |= dict.fromkeys(absent, reason)
        for node in sorted(nodes):
            if log := logs.get((customer, node)):
                _add_blind(found, mine.drop_nulls("start"), log, nodes[node])
    return found


def _add_blind(found: dict[Key, dict[str, str]], runs: pl.DataFrame, log: Coverage, node: str) -> None:
    blind = log.blind(runs["start"].to_numpy(), runs["end"].to_numpy()).tolist()
    told = {kind: f"the server log of {node} {log.told(kind)}" for kind in set(blind) - {0}}
    for key, kind in zip(runs.select(TASK).iter_rows(), blind, strict=True):
        if kind:
            found[key].setdefault(node, told[kind])


def _absent(nodes: Sequence[str], unplaced: Sequence[str]) -> str:
    told = f"the server {'log' if len(nodes) == 1 else 'logs'} of {_listing(nodes)} "
    told += f"{'is' if len(nodes) == 1 else 'are'} not in the input"
    if unplaced:
        told += f" (or not known as theirs: whose is {_listing(unplaced)}? --node NAME=PATH)"
    return told


def _runs(case: Case) -> pl.DataFrame:
    """customer, task, start, end (us) of every execution that left lines in a task log; null where it has no date."""
    runs = case.frame("executions").filter(pl.col("lines") > 0)
    start, end = (pl.col(name).dt.epoch("us") for name in ("started", "ended"))
    return runs.select(*TASK, start=start, end=pl.coalesce(end, start)).sort(*TASK, "start")


def _of(missing: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(dict.fromkeys(missing.values())), tuple(sorted(filter(None, missing)))


def _listing(names: Sequence[str]) -> str:
    shown = list(names[:NAMED])
    if len(names) > NAMED:
        return f"{', '.join(shown)} and {len(names) - NAMED:,} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
