"""Which node each execution ran on: machines named in the task log, the nodes' own server logs, and the last owner.

A machine name need not be the node's (containers); whose machine it is follows from tasks with one machine and one
node. A server log's lines about a task (ties) give their node to the execution they fit by time; where they fit none,
they are an execution of their own, which only that log shows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from analyzer.executions.constraints import Attempt
from analyzer.executions.execution import Execution
from analyzer.executions.lines import TASK
from analyzer.executions.runs import Run
from analyzer.executions.ties import AFTER, BEFORE, Failed, Served, Tie, Ties, served, zones

Lost = tuple[str, str, str]  # customer, task, node
Owned = tuple[str, str, str | None]  # customer, machine, last owner of its task


@dataclass(frozen=True)
class Placed:
    """Executions with their nodes, and with those that only a server log shows; and what else server logs tell."""

    executions: list[Execution]
    zones: Mapping[tuple[str, str], int]
    """(customer, node) -> zone of its server log."""
    served: Mapping[tuple[str, str], list[Served]]
    """(customer, task) -> executions as server logs show them."""
    nodes: frozenset[str]
    """Names of the cluster's nodes, in lower case."""
    alias: Mapping[tuple[str, str], str]
    """(customer, machine in lower case) -> node whose machine it is."""


def with_nodes(
    executions: list[Execution], found: Ties, last_owners: pl.DataFrame, elsewhere: Sequence[Owned] = ()
) -> Placed:
    """The executions of a case with the nodes that the case shows them to have run on.

    `elsewhere`: machines that logs of other tasks name, each of which has one execution and no ties.
    """
    owners = {(customer, task): node for customer, task, node in last_owners.iter_rows()}
    ties = found.ties
    losses: Counter[Lost] = Counter((one.customer, one.task, one.node.casefold()) for one in found.attempts)
    alias = _aliases(executions, owners, ties, losses, elsewhere) | dict(found.hosts)
    known = frozenset(node.casefold() for node in (*owners.values(), *(tie.node for tie in ties), *alias.values()))
    placed = [_placed(one, alias) for one in executions]
    spans: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for one in placed:
        if one.dated:
            spans[one.task].append(one.span)
    zoned = zones(ties, spans)
    by_task: dict[tuple[str, str], list[Execution]] = defaultdict(list)
    for one in placed:
        by_task[one.task].append(one)
    # Where a log holds one node's lines only, they are not those of the node that could not append.
    for tie in sorted(ties, key=lambda tie: losses[(tie.customer, tie.task, tie.node.casefold())]):
        _place_tie(by_task[(tie.customer, tie.task)], tie, zoned.get((tie.customer, tie.node.casefold())), known)
    owned = [_owned(one, by_task[key], owners) for key in sorted(by_task) for one in by_task[key]]
    return Placed(owned, zoned, served(ties, zoned), known, alias)


def _owned(one: Execution, mine: Sequence[Execution], owners: Mapping[tuple[str, str], str]) -> Execution:
    """The node of a task's only execution as the database or the API names it.

    It is the last owner, and no clock is told by it: a second execution that left no line may be the owner's.
    """
    return replace(one, node=owners.get(one.task)) if len(mine) == 1 and one.node is None else one


def attempts_of(failed: Iterable[Failed], zoned: Mapping[tuple[str, str], int]) -> Iterator[Attempt]:
    """Failed appends with their times in UTC on their node's clock; those in an unknown zone say nothing of clocks."""
    for one in failed:
        zone = 0 if one.zoned else zoned.get((one.customer, one.node.casefold()))
        if zone is not None:
            place = one.place._replace(instant=one.place.instant - zone)
            yield Attempt((one.customer, one.task), one.node.casefold(), place)


def owners_of(states: pl.DataFrame) -> pl.DataFrame:
    """The last `owner` of each task (`customer`, `task`) as the database, the API or a text download's header says."""
    owned = states.filter(pl.col("node").is_not_null()).sort("source", "line")
    return owned.select(*TASK, owner="node").unique(TASK, keep="last", maintain_order=True)


def _aliases(
    executions: Iterable[Execution],
    owners: Mapping[tuple[str, str], str],
    ties: Iterable[Tie],
    losses: Mapping[Lost, int],
    elsewhere: Iterable[Owned],
) -> dict[tuple[str, str], str]:
    """(customer, machine) -> node: whose machine it is, where the tasks with one machine and one node agree.

    A node that could not append to a task's log did not name its machine there; a machine that is called like a node is
    that node's own, and a node whose machine is called like itself has no other.
    """
    machines: dict[tuple[str, str], set[str]] = defaultdict(set)
    runs: dict[tuple[str, str], int] = Counter()
    nodes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in executions:
        runs[one.task] += 1
        if one.run.machine:
            machines[one.task].add(one.run.machine.casefold())
    for tie in ties:
        if not losses[(tie.customer, tie.task, tie.node.casefold())]:
            nodes[(tie.customer, tie.task)].add(tie.node)
    called = {node.casefold() for some in (*nodes.values(), owners.values()) for node in some}
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    for task, names in machines.items():
        owned = {owners[task]} if task in owners and runs[task] == 1 else set()
        whose = nodes[task] or owned
        if len(names) == 1 and len(whose) == 1 and not names & called:
            said[(task[0], min(names))] += whose
    own = {name for names in machines.values() for name in names}
    for customer, machine, owner in elsewhere:
        own.add(machine.casefold())
        if owner and machine.casefold() not in called:
            said[(customer, machine.casefold())].append(owner)
    agreed = {key: found for key, found in said.items() if len({node.casefold() for node in found}) == 1}
    return {key: min(found) for key, found in agreed.items() if min(found).casefold() not in own}


def _placed(one: Execution, alias: Mapping[tuple[str, str], str]) -> Execution:
    node = one.run.machine and alias.get((one.key[0], one.run.machine.casefold()), one.run.machine)
    return replace(one, node=node, clock=node.casefold() if node else None)


def _place_tie(mine: list[Execution], tie: Tie, zone: int | None, known: Container[str]) -> None:
    """Give a tie's node to the one execution it can belong to; a tie that fits none is an execution of its own.

    `known`: node names of the cluster; a machine that is none of them may be any node's (containers). A node's ties
    may begin long before the first line of its execution that reached the log: the lines before may be lost. What lies
    inside another one than the node's known execution is of that: the node ran the task again.
    """
    dated = zone is not None or tie.zoned
    first, last = tie.first - (zone or 0), tie.last - (zone or 0)

    def meets(one: Execution) -> bool:
        return not dated or not one.dated or (one.span[0] - BEFORE <= last and first <= one.span[1] + AFTER)

    def holds(one: Execution) -> bool:
        return not dated or not one.dated or (one.span[0] - BEFORE <= first and last <= one.span[1] + AFTER)

    def inside(one: Execution) -> bool:
        return dated and one.dated and one.span[0] <= first and last <= one.span[1]

    own = [i for i, one in enumerate(mine) if (one.node or "").casefold() == tie.node.casefold() and meets(one)]
    free = [i for i, one in enumerate(mine) if meets(one) and (one.node is None or one.node.casefold() not in known)]
    better = [i for i in free if inside(mine[i])] if own and not any(inside(mine[i]) for i in own) else []
    if own and not better:
        if len(own) == 1 and dated and not mine[own[0]].tied:
            mine[own[0]] = replace(mine[own[0]], tied=tie.places(zone or 0))
        return
    fitting = better or [i for i in free if holds(mine[i])] or free
    if len(fitting) == 1:
        places = tie.places(zone or 0) if dated else ()
        mine[fitting[0]] = replace(mine[fitting[0]], node=tie.node, clock=tie.node.casefold(), tied=places)
    elif not fitting:
        mine.append(_from_tie(tie, zone or 0, dated, len(mine) + 1))


def _from_tie(tie: Tie, zone: int, known: bool, number: int) -> Execution:
    basis = "this node's server log says it executed the task"
    run = Run(number, number, (), None, "Running", basis, "undecided", announced=False)
    clock = tie.node.casefold() if known else None
    key = (tie.customer, tie.task, "")
    return Execution(key, run, tie.places(zone), 0, tie.node, clock, dated=known, from_log=False)
