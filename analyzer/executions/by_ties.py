"""What two nodes' own server logs prove by themselves: both executed one task at once, whichever run is whose."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import product

from analyzer.executions.by_clocks import by_clocks
from analyzer.executions.constraints import Bounds
from analyzer.executions.execution import Execution
from analyzer.executions.sides import Relation, Side
from analyzer.executions.ties import AFTER, BEFORE, Served


def may_be(run: Execution, served: Sequence[Served], nodes: Collection[str]) -> list[Served]:
    """Executions in server logs that may be this run of a task log, by their node and time.

    `nodes`: the cluster's, in lower case; a machine that is none of them may be any node's (containers).
    """
    begin, end = run.span
    return [
        one
        for one in served
        if (run.clock is None or run.clock == one.clock or run.clock not in nodes)
        and (not run.dated or (begin - BEFORE <= one.places[1].instant and one.places[0].instant <= end + AFTER))
    ]


def by_ties(a: Side, b: Side, first: Sequence[Served], second: Sequence[Served], clocks: Bounds) -> Relation | None:
    """The overlap of two runs in a task's log that two nodes' server logs show, although the log does not name them.

    `first` may be run `a`, `second` run `b`. Every execution opens transactions under a guid of its own, so two guids
    on two nodes are two executions, and which run is whose does not matter.
    """
    found = None
    for one, other in product(first, second):
        if one.clock == other.clock:
            continue
        relation = by_clocks(_as(a, one), _as(b, other), clocks, deploy=None)
        proof = (
            f"the server logs of {one.node} and {other.node} each show an execution of the task under transactions of "
            f"its own; which run of the task log is whose may be the other way round. {relation.proof}"
        )
        if relation.relation == "concurrent":
            return replace(relation, proof=proof)
        if relation.relation == "possible" and found is None:
            found = replace(relation, proof=proof)
    return found


def _as(side: Side, one: Served) -> Side:
    return replace(side, node=one.node, clock=one.clock, places=one.places, tied=())
