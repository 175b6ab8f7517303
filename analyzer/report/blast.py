"""Blast radius: what a doubly run task did twice, on which targets and in which order; a list to hand to the customer.

One row per step and target (the activity two levels below the root) that more than one execution worked on, or may
have. `sure` says how sure that is:

    shown    two executions that are proved to be two both name the step and the target in lines of their own
    likely   the same, but that the executions are two at once is only possible; or the other execution worked on this
             step, and which target it worked on is lost
    perhaps  only one execution's lines show it, but lines of the other are lost

A pause and its resume, a legitimate re-run and what is undecided are no double runs and have no rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.case import Case
from analyzer.names import TASK_ID
from analyzer.report.naming import NOTHING, Loss, Naming, names_more
from analyzer.report.summary import natural
from analyzer.report.tasklines import Key, Line, outlines

BLAST = pa.schema(
    [
        ("customer", pa.string()),
        ("task", pa.string()),
        ("step", pa.string()),  # null where the name is lost
        ("target", pa.string()),  # null for a step without targets
        ("work", pa.list_(pa.string())),  # activities below the target: packages, scripts
        ("executions", pa.list_(pa.int64())),  # in the order in which they reached the target
        ("nodes", pa.list_(pa.string())),  # of these executions; null where not known
        ("sources", pa.list_(pa.string())),  # where the first line of each stands
        ("lines", pa.list_(pa.int64())),
        ("others", pa.list_(pa.int64())),  # executions that may have done the same without a line that says so
        ("order", pa.string()),  # append order | one clock | clocks of two nodes | not known
        ("first", schema.TIME),
        ("last", schema.TIME),
        ("sure", pa.string()),  # shown | likely | perhaps
    ]
)

AFFECTED = pa.schema(
    [
        ("customer", pa.string()),
        ("target", pa.string()),
        ("sure", pa.string()),  # the best of its rows
        ("shown", pa.int64()),  # steps shown to have run twice there
        ("steps", pa.int64()),  # steps that ran twice there, or may have
        ("twice", pa.list_(pa.string())),  # names of the steps that are shown, in the order in which they began
        ("perhaps", pa.list_(pa.string())),  # of the others
        ("tasks", pa.list_(pa.string())),
        ("first", schema.TIME),
        ("last", schema.TIME),
    ]
)

SURE = ("shown", "likely", "perhaps")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SERVER_ITSELF = "Octopus Server"

Row = dict[str, Any]
Pair = tuple[int, int]


def blast_radius(case: Case, task: str | None = None, *, customer: str | None = None) -> pa.Table:
    """BLAST of one task, or of every doubly run task of the case; in the order in which the work began."""
    pairs = _double_pairs(case, task, customer)
    trees, losses = tree_names(case, pairs.keys()), losing(case, pairs.keys())
    runs = _executions(case, pairs.keys())
    nodes = {(row["customer"], row["task"], row["number"]): row["node"] for row in runs}
    rows: dict[Key, list[Row]] = {}
    for key, lines in outlines(case, pairs.keys(), names_more()):
        naming = Naming(lines, trees.get(key, {}), losses.get(key, NOTHING))
        found = _rows(_work(lines, naming), pairs[key], lossy=key in losses)
        raw = not trees.get(key)
        rows[key] = [_row(key, one, nodes, raw=raw) for one in found]
    ordered = sorted(rows, key=lambda key: (key[0], natural(key[1])))
    return schema.from_rows(BLAST, chain.from_iterable(rows[key] for key in ordered))


def affected(blast: pa.Table) -> pa.Table:
    """AFFECTED: the machines of BLAST, the ones to check first at the top."""
    targets: dict[Key, list[Row]] = defaultdict(list)
    for row in blast.to_pylist():
        if row["target"] is not None:
            targets[row["customer"], row["target"]].append(row)
    found = [_affected(key, rows) for key, rows in targets.items()]
    found.sort(key=lambda row: (SURE.index(row["sure"]), -row["shown"], -row["steps"], natural(row["target"])))
    return schema.from_rows(AFFECTED, found)


def tree_names(case: Case, keys: Iterable[Key]) -> dict[Key, dict[str, str]]:
    """Names that a text download or `/details` prints, for tasks whose lines were taken from one."""
    told = set(case.frame("assignments").select(["customer", "source"]).unique().iter_rows())
    wanted = set(keys)
    tasks = sorted({task for _, task in wanted})
    trees = case.frame("states").select(["customer", "task", "source", "claim", "activity", "name"])
    trees = trees.filter((pl.col("claim") == "tree") & pl.col("task").is_in(tasks) & pl.col("name").is_not_null())
    found: dict[Key, dict[str, str]] = defaultdict(dict)
    for customer, task, source, _, activity, name in trees.iter_rows():
        if (customer, task) in wanted and (customer, source) in told:
            found[customer, task].setdefault(activity or "", name)
    return found


def losing(case: Case, keys: Iterable[Key]) -> dict[Key, Loss]:
    """Tasks of which lines are known to be lost: appends given up, torn lines, an execution without its beginning."""
    wanted = set(keys)
    refusing = _refusing(case)
    runs: dict[Key, list[Row]] = defaultdict(list)
    for row in _executions(case, wanted):
        runs[row["customer"], row["task"]].append(row)
    owned = case.frame("assignments").select(["customer", "task", "source"]).unique()
    places = case.frame("rejects").select(["customer", "source", "line"]).join(owned, on=["customer", "source"])
    torn: dict[Key, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for customer, source, line, task in places.sort("source", "line").iter_rows():
        torn[customer, task][source].append(line)
    losses = {key: Loss(_losers(runs[key], refusing.get(key, set())), torn.get(key, {})) for key in wanted}
    return {key: loss for key, loss in losses.items() if loss}


def _executions(case: Case, keys: Iterable[Key]) -> list[Row]:
    tasks = sorted({task for _, task in keys})
    columns = ["customer", "task", "number", "node", "lines", "basis"]
    return case.frame("executions").select(columns).filter(pl.col("task").is_in(tasks)).rows(named=True)


def _refusing(case: Case) -> dict[Key, set[str]]:
    """Task -> nodes, without case, that gave up to append to its log."""
    events = case.telling.select(["customer", "task", "node", "detail"])
    refused = pl.DataFrame(events.filter(pc.starts_with(events["detail"], "tie=append-failure")))
    refused = refused.filter(pl.col("task").is_not_null())
    found: dict[Key, set[str]] = defaultdict(set)
    for customer, task, node in refused.select("customer", "task", "node").unique().iter_rows():
        found[customer, task].add((node or "").casefold())
    return found


def _losers(runs: Sequence[Row], refusing: set[str]) -> frozenset[int]:
    """Executions that lost lines: of a node that gave up to append, or of which the beginning is missing."""
    known = {(run["node"] or "").casefold() for run in runs}
    foreign = bool(refusing - known)
    return frozenset(
        run["number"]
        for run in runs
        if foreign
        or run["lines"] == 0
        or run["basis"].startswith("steps under")
        or (refusing and (not run["node"] or run["node"].casefold() in refusing))
    )


def _double_pairs(case: Case, task: str | None, customer: str | None) -> dict[Key, dict[Pair, bool]]:
    """Task -> pairs of executions that did the same work -> whether that is proved."""
    found: dict[Key, dict[Pair, bool]] = defaultdict(dict)
    for row in case.pairs.to_pylist():
        wanted = (task is None or row["task"] == task) and (customer is None or row["customer"] == customer)
        if wanted and TASK_ID.fullmatch(row["task"]) and is_double(row):
            pair = (min(row["first"], row["second"]), max(row["first"], row["second"]))
            found[row["customer"], row["task"]][pair] = row["relation"] != "possible"
    return found


def is_double(pair: Mapping[str, Any]) -> bool:
    """Whether a row of PAIRS tells of a double run, proved or possible."""
    return pair["relation"] in ("concurrent", "possible") or pair["work"] == "same work"


@dataclass
class _Work:
    """What some executions did in one step on one target."""

    step: str | None
    target: str | None
    named: bool
    lines: dict[int, list[Line]] = field(default_factory=lambda: defaultdict(list))
    work: set[str] = field(default_factory=set)
    sure: str = ""
    others: set[int] = field(default_factory=set)


def _work(lines: Sequence[Line], naming: Naming) -> list[_Work]:
    """Steps and targets that some execution worked on, called by their names."""
    with_targets = {(one.log, one.step) for one in lines if one.depth > 1}
    skipped = {(one.log, one.activity) for one in lines if one.kind == "abandoned"}
    found: dict[tuple[str, ...], _Work] = {}
    known: dict[tuple[str, str], _Work | None] = {}

    def look(one: Line) -> _Work | None:
        """What the activity of a line is part of."""
        bare = (one.log, one.step) not in with_targets
        if (one.target is None) != bare or (bare and (one.log, one.step) in skipped):
            return None
        step = naming.step(one.log, one.step)
        target = naming.target(one.log, one.target) if one.target else None
        names = (step or f"?{one.log}{one.step}", target or f"?{one.log}{one.target}" if one.target else "")
        work = found.setdefault(names, _Work(step, target, bare or target is not None))
        if one.depth > 2 and (name := naming.work(one.log, one.activity)):
            work.work.add(name)
        return work

    for one in lines:
        if one.execution is None or not one.step or one.kind in ("planned", "abandoned"):
            continue
        activity = (one.log, one.activity)
        if activity not in known:
            known[activity] = look(one)
        if (work := known[activity]) is not None:
            work.lines[one.execution].append(one)
    return list(found.values())


def _rows(works: Sequence[_Work], pairs: Mapping[Pair, bool], *, lossy: bool) -> list[_Work]:
    """The works that two executions of a double pair did, or may have done."""
    blind: dict[str, set[int]] = defaultdict(set)  # step -> executions that worked on a target whose name is lost
    for work in works:
        if work.step and not work.named:
            blind[work.step] |= set(work.lines)
    partners: dict[int, set[int]] = defaultdict(set)
    for a, b in pairs:
        partners[a].add(b)
        partners[b].add(a)
    found = []
    for work in works:
        if work.step is None or not work.named:
            continue
        both = [pairs[pair] for pair in combinations(sorted(work.lines), 2) if pair in pairs]
        others = set().union(*(partners[number] for number in work.lines)) - set(work.lines)
        if both:
            work.sure = "shown" if any(both) else "likely"
        elif others & blind[work.step]:
            work.sure, work.others = "likely", others & blind[work.step]
        elif others and lossy:
            work.sure, work.others = "perhaps", others
        if work.sure:
            found.append(work)
    return sorted(found, key=lambda work: min(line.instant for part in work.lines.values() for line in part))


def _row(key: Key, work: _Work, nodes: Mapping[tuple[str, str, int], str | None], *, raw: bool) -> Row:
    firsts = {number: part[0] for number, part in work.lines.items()}
    shared = raw and len({one.source for one in firsts.values()}) == 1
    numbers = sorted(firsts, key=lambda number: (firsts[number].line if shared else firsts[number].instant, number))
    every = [line for part in work.lines.values() for line in part]
    dated = all(line.dated for line in every)
    owners = [nodes.get((*key, number)) for number in numbers]
    span = [EPOCH + timedelta(microseconds=end // 10) for end in _span(every)] if dated else [None, None]
    return {
        "customer": key[0],
        "task": key[1],
        "step": work.step,
        "target": work.target,
        "work": sorted(work.work - {work.step, work.target}, key=lambda name: natural(name or "")),
        "executions": numbers,
        "nodes": owners,
        "sources": [firsts[number].source for number in numbers],
        "lines": [firsts[number].line for number in numbers],
        "others": sorted(work.others),
        "order": _order(owners, shared=shared),
        "first": span[0],
        "last": span[1],
        "sure": work.sure,
    }


def _span(lines: Sequence[Line]) -> tuple[int, int]:
    return min(line.instant for line in lines), max(line.instant for line in lines)


def _order(nodes: Sequence[str | None], *, shared: bool) -> str:
    if shared:
        return "append order"
    if None in nodes:
        return "not known"
    return "one clock" if len({(node or "").casefold() for node in nodes}) == 1 else "clocks of two nodes"


def _affected(key: Key, rows: Sequence[Row]) -> Row:
    dated = [row for row in rows if row["first"] is not None]
    twice = list(dict.fromkeys(row["step"] for row in rows if row["sure"] == "shown"))
    return {
        "customer": key[0],
        "target": key[1],
        "sure": min((row["sure"] for row in rows), key=SURE.index),
        "shown": sum(row["sure"] == "shown" for row in rows),
        "steps": len(rows),
        "twice": twice,
        "perhaps": list(dict.fromkeys(row["step"] for row in rows if row["step"] not in twice)),
        "tasks": sorted({row["task"] for row in rows}, key=natural),
        "first": min((row["first"] for row in dated), default=None),
        "last": max((row["last"] for row in dated), default=None),
    }
