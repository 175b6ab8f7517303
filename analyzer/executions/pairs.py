"""Every two executions of one task, related: by their log, by the clocks, by what the nodes' own server logs say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import polars as pl

from analyzer.clocks import Place
from analyzer.executions.by_order import told
from analyzer.executions.by_ties import by_ties, may_be
from analyzer.executions.constraints import Bounds
from analyzer.executions.execution import Execution, Key
from analyzer.executions.nodes import Placed
from analyzer.executions.relate import relate
from analyzer.executions.sides import Relation, Seen, Side
from analyzer.executions.sides import related as relation_of

Pair = tuple[Execution, Execution]


@dataclass
class Logs:
    """What task logs say of their executions in common."""

    tears: dict[Key, int] = field(default_factory=dict)  # places of a raw log that could not be read
    together: dict[tuple[Key, int, int], Seen] = field(default_factory=dict)
    told: dict[Key, tuple[str, tuple[Place, ...]]] = field(default_factory=dict)  # by the order of a tree's root
    ordered: set[Key] = field(default_factory=set)  # raw logs: lines of one source stand in append order


OF_BOTH = (
    "the view of the log prints no order, so that its lines may be those of both nodes, one after the other; the "
    "server log of the node that it names does not say when that node was at work"
)


def pairs(placed: Placed, logs: Logs, clocks: Bounds, states: pl.DataFrame) -> list[tuple[Key, Relation]]:
    """How every two executions of one task stand to each other."""
    by_task: dict[tuple[str, str], list[Execution]] = defaultdict(list)
    for one in placed.executions:
        by_task[one.task].append(one)
    kinds = _kinds(states)
    found: list[tuple[Key, Relation]] = []
    for task, several in sorted(by_task.items()):
        deploy = None if task not in kinds else kinds[task] == "Deploy"
        both = list(_comparable(several))
        related = [_related(a, b, logs, clocks, deploy) for a, b in both]
        if not any(one.relation == "concurrent" for one in related):
            _by_servers(both, related, placed, clocks)
        found += [(a.key, relation) for (a, _), relation in zip(both, related, strict=True)]
    return found


def _comparable(several: Sequence[Execution]) -> Iterator[Pair]:
    """Logs with suffixes of their own are another task's: a re-install counts from 1 again."""
    for a, b in combinations(several, 2):
        if not (a.from_log and b.from_log and a.key != b.key):
            yield a, b


def _related(a: Execution, b: Execution, logs: Logs, clocks: Bounds, deploy: bool | None) -> Relation:
    if a.key == b.key and a.key in logs.told and a.run.structure != b.run.structure:
        return told(_side(a), _side(b), *logs.told[a.key], clocks=clocks, deploy=deploy)
    ordered, tears = a.key in logs.ordered, logs.tears.get(a.key, 0)
    seen = logs.together.get((a.key, a.run.number, b.run.number)) if a.key == b.key else None
    if not ordered and (_of_both(a, b) or _of_both(b, a)):
        return relation_of(_side(a), _side(b), "unknown", "undecided", "none", OF_BOTH, [a.places[-1], b.places[0]])
    return relate(_side(a, b), _side(b, a), clocks, ordered=ordered, tears=tears, deploy=deploy, together=seen)


def _of_both(one: Execution, other: Execution) -> bool:
    """Whether the span of an execution in a view may be that of both.

    A view has no append order: where a beginning is lost, the lines of two nodes are one execution, from the first
    one's start to the second one's end. What the first node's server log tells lies in it, and proves nothing.
    """
    return one.from_log and not other.from_log and not one.tied


def _by_servers(both: Sequence[Pair], related: list[Relation], placed: Placed, clocks: Bounds) -> None:
    """Put an overlap that the nodes' server logs show, if any, in place of what the task's log leaves open."""
    served = placed.served.get(both[0][0].task, []) if both else []
    if len(served) < 2:
        return
    may = {one.run.number: may_be(one, served, placed.nodes) for pair in both for one in pair}
    shown: list[tuple[bool, int, int, Relation]] = []
    for at, (a, b) in enumerate(both):
        left_open = related[at].relation == "unknown" or related[at].work != "re-run"
        if a.from_log and b.from_log and left_open:
            outside, relation = by_ties(_side(a), _side(b), may, clocks) or (0, None)
            if relation and (relation.relation == "concurrent" or related[at].relation == "unknown"):
                shown.append((relation.relation != "concurrent", outside, at, relation))
    if shown:
        _, _, at, relation = min(shown, key=lambda each: each[:3])
        related[at] = relation


def _kinds(states: pl.DataFrame) -> dict[tuple[str, str], str]:
    named = states.filter(pl.col("kind").is_not_null()).sort("source", "line")
    return {(customer, task): kind for customer, task, kind in named.select("customer", "task", "kind").iter_rows()}


def _side(one: Execution, other: Execution | None = None) -> Side:
    """As it is related to another one: to one that only a server log shows, by its own node's server log if possible.

    A log of one structure may hold the lines of both nodes, one after the other; its span is then nobody's.
    """
    by_tie = other is not None and not other.from_log and bool(one.tied)
    return Side(
        number=one.run.number,
        structure=one.run.structure,
        node=one.node,
        clock=one.clock if one.dated else None,
        places=one.tied if by_tie else one.places,
        outcome=one.run.outcome,
        finished=one.finished,
        resumed=one.run.relation == "resume",
        targets=one.targets,
        from_log=one.from_log,
        unclear=one.unclear,
        sure=one.sure,
        announced=one.run.announced,
        tied=one.tied if not by_tie else (),
        doubtful=one.run.doubtful,
    )
