"""What two nodes' own server logs prove by themselves: both executed one task at once, whichever run is whose."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import product

from analyzer.executions.by_clocks import by_clocks
from analyzer.executions.constraints import Bounds
from analyzer.executions.execution import Execution
from analyzer.executions.sides import Relation, Side
from analyzer.executions.ties import AFTER, BEFORE, Served
from analyzer.names import RUNS_UNKNOWN

OTHER_WAY = "which run of the task log is whose may be the other way round"
OTHER_RUNS = "which runs of the task log they are is not known, those nearest in time are named"


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


def by_ties(a: Side, b: Side, may: Mapping[int, Sequence[Served]], clocks: Bounds) -> tuple[int, Relation] | None:
    """The overlap of two runs in a task's log that two nodes' server logs show, although the log does not name them.

    `may`: number of a run -> the executions in server logs that may be it. Every execution opens transactions under a
    guid of its own, so two guids on two nodes are two executions, and which run is whose does not matter. The relation
    comes with how far, in 100 ns, the two stick out of the runs: of several the nearest are taken. Where other runs may
    be meant, the relation's witness says so.
    """
    found = []
    for one, other in product(may[a.number], may[b.number]):
        if one.clock == other.clock:
            continue
        relation = by_clocks(_as(a, one), _as(b, other), clocks, deploy=None)
        if relation.relation in ("concurrent", "possible"):
            found.append(
                (relation.relation != "concurrent", _outside(a, one) + _outside(b, other), one, other, relation)
            )
    if not found:
        return None
    _, outside, one, other, relation = min(found, key=lambda each: each[:2])
    certain = _no_others(a, b, may)
    proof = (
        f"the server logs of {one.node} and {other.node} each show an execution of the task under transactions of "
        f"its own; {OTHER_WAY if certain else OTHER_RUNS}. {relation.proof}"
    )
    return outside, replace(relation, proof=proof, witness=relation.witness if certain else RUNS_UNKNOWN)


def _no_others(a: Side, b: Side, may: Mapping[int, Sequence[Served]]) -> bool:
    """Whether nothing but these two runs can be what the server logs show, and nothing else there can be them."""
    mine = {*may[a.number], *may[b.number]}
    others = (one for number, some in may.items() if number not in (a.number, b.number) for one in some)
    return len(mine) == 2 and mine.isdisjoint(others)


def _outside(side: Side, one: Served) -> int:
    """How far an execution's lines in a server log lie before the first or behind the last line of a run."""
    (begin, end), (first, last) = side.span, one.places
    return max(0, begin - first.instant) + max(0, last.instant - end)


def _as(side: Side, one: Served) -> Side:
    return replace(side, node=one.node, clock=one.clock, places=one.places, tied=())
