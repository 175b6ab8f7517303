"""Put the executions of a case together: plain logs as columns, the others one by one, then nodes, clocks and pairs.

Of a log that a first look cleared, and of whose task no other source tells, there is nothing to work out: it is a row
of EXECUTIONS as it stands (`cleared.quiet`).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import polars as pl

from analyzer import schema
from analyzer.clocks import Place
from analyzer.executions import tree
from analyzer.executions.cleared import executions_of, quiet, split
from analyzer.executions.constraints import Dated, bounds
from analyzer.executions.execution import Execution, Key
from analyzer.executions.lines import KEY, TASK
from analyzer.executions.mixed import COLUMNS, mixed
from analyzer.executions.nodes import attempts_of, owners_of, with_nodes
from analyzer.executions.pairs import Logs, pairs
from analyzer.executions.runs import ONE_ROOT, Run
from analyzer.executions.sides import Relation
from analyzer.executions.ties import Ties
from analyzer.names import CANCELED, FATAL, FINAL_STATES

Row = dict[str, object]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Assembly:
    """The frames of EXECUTIONS and ASSIGNMENTS, and rows of PAIRS."""

    executions: pl.DataFrame
    assignments: pl.DataFrame
    pairs: list[Row]


@dataclass
class _Case:
    executions: list[Execution] = field(default_factory=list)
    owners: list[int | None] = field(default_factory=list)  # execution of each line of the logs taken apart
    logs: Logs = field(default_factory=Logs)


def assemble(
    lines: pl.DataFrame,
    machines: pl.DataFrame,
    logs: pl.DataFrame,
    found: Ties,
    states: pl.DataFrame,
) -> Assembly:
    """Everything about executions that the tables of a case tell."""
    case = _Case()
    views = logs.filter(~pl.col("raw") & ~pl.col("cleared"))
    trees = states.join(views, on=TASK, how="semi", maintain_order="left")
    strange = tree.odd(trees)
    views = views.join(strange, on=TASK)
    odd = views.filter((pl.col("resumed") > 0) | ~pl.col("resumed_right"))
    plain = logs.filter("plain").join(odd, on=KEY, how="anti").select(KEY)
    lines_of_plain = lines.join(plain, on=KEY, how="semi")
    others = lines.join(plain, on=KEY, how="anti")
    served = {*(one.task for one in found.ties), *(one.task for one in found.attempts)}
    owners = owners_of(states)
    told, silent = split(logs, states, owners, served)
    for one, raw in executions_of(told):
        case.executions.append(one)
        if raw:
            case.logs.ordered.add(one.key)
    _plain(case, lines_of_plain, machines)
    _others(case, others, machines, tree.printed(trees, strange, others))
    named = silent.select("customer", "machine", "owner").drop_nulls("machine").unique()
    placed = with_nodes(_by_tree(case, states), found, owners, named.rows())
    attempts = list(attempts_of(found.attempts, placed.zones))
    latest = max(silent["last"].drop_nulls().dt.timestamp("us"), default=0) * 10
    clocks = bounds([_dated(one) for one in placed.executions], states, attempts, latest)
    related = pairs(placed, case.logs, clocks, states)
    rows = pl.DataFrame(schema.from_rows(schema.EXECUTIONS, _rows(placed.executions, related)))
    executions = pl.concat([quiet(silent, placed.alias), rows]).sort("customer", "task", maintain_order=True)
    owned = _assigned(others, pl.Series(case.owners, dtype=pl.Int64))
    assigned = pl.concat([_assigned(lines_of_plain, pl.lit(1, pl.Int64)), owned])
    return Assembly(executions, assigned, [_pair_row(key, pair) for key, pair in related])


def _by_tree(case: _Case, states: pl.DataFrame) -> list[Execution]:
    """Executions; the outcome of the only one that a text download or `/details` shows is the status of its root."""
    roots = states.filter((pl.col("claim") == "tree") & (pl.col("activity") == "") & pl.col("state").is_not_null())
    said = {(customer, source): state for customer, source, state in roots.select("customer", "source", "state").rows()}
    count = Counter(one.key for one in case.executions)
    found = []
    for one in case.executions:
        state = said.get((one.key[0], one.places[0].source))
        if state and one.key not in case.logs.ordered and count[one.key] == 1:
            outcome = "Success" if state.startswith("Success") else state
            one = replace(one, run=replace(one.run, outcome=outcome), finished=outcome in FINAL_STATES)
        found.append(one)
    return found


def _plain(case: _Case, lines: pl.DataFrame, machines: pl.DataFrame) -> None:
    """Logs that are certainly one execution: one pass of aggregations."""
    if lines.is_empty():
        return
    root = pl.col("activity") == ""
    ends = ("source", "line", "offset", "instant")
    frame = lines.group_by(KEY, maintain_order=True).agg(
        **{f"first_{name}": pl.col(name).first() for name in ends},
        **{f"last_{name}": pl.col(name).last() for name in ends},
        least=pl.col("instant").min(),
        most=pl.col("instant").max(),
        lines=pl.col("lines").sum(),
        finished=(root & (pl.col("kind") == "finished")).any(),
        fatal=(root & (pl.col("severity") >= FATAL)).any(),
        fatal_below=(~root & (pl.col("severity") >= FATAL)).any(),
        canceled=(root & pl.col("message").str.starts_with(CANCELED)).any(),
        dated=pl.col("time").is_not_null().all(),
        raw=(pl.col("view") == 0).all(),
        over=pl.col("step").filter(pl.col("kind").is_in(["finished", "abandoned"])).n_unique()
        >= pl.col("step").n_unique(),
    )
    frame = frame.join(machines.group_by(KEY).agg(machine=pl.col("machine").sort().first()), on=KEY, how="left")
    for row in frame.iter_rows(named=True):
        key = (row["customer"], row["task"], row["log"])
        places = tuple(Place(*(row[f"{end}_{name}"] for name in ends)) for end in ("first", "last"))
        span = tuple(place._replace(instant=row[name]) for place, name in zip(places, ("least", "most"), strict=True))
        run = Run(1, 1, (), row["machine"], _plain_outcome(row), ONE_ROOT, "first")
        case.executions.append(Execution(key, run, span, row["lines"], finished=row["finished"], dated=row["dated"]))
        if row["raw"]:
            case.logs.ordered.add(key)


def _plain_outcome(row: Mapping[str, object]) -> str:
    if row["canceled"]:
        return "Canceled"
    if row["fatal"] or (not row["finished"] and row["fatal_below"]):
        return "Failed"
    if row["finished"]:
        return "Success"
    return "Ended" if row["over"] else "Running"


def _assigned(lines: pl.DataFrame, execution: pl.Expr | pl.Series) -> pl.DataFrame:
    return lines.with_columns(execution=execution).select(schema.ASSIGNMENTS.names)


def _others(case: _Case, lines: pl.DataFrame, machines: pl.DataFrame, printed: tree.Trees) -> None:
    """Logs that need a second look, one by one: a frame for each of them would cost more than its lines."""
    named: dict[Key, dict[tuple[str, int, int], str]] = defaultdict(dict)
    for row in machines.join(lines, on=KEY, how="semi").iter_rows(named=True):
        place = (row["source"], row["line"], row["offset"])
        named[(row["customer"], row["task"], row["log"])][place] = row["machine"]
    lines = lines.with_columns(dated=pl.col("time").is_not_null())  # times as objects would cost as much as all else
    every = {name: lines[name] for name in COLUMNS}
    begin = 0
    logs = lines.group_by(KEY, maintain_order=True).agg(raw=pl.col("view").first() == 0, count=pl.len())
    for customer, task, log, raw, count in logs.iter_rows():
        key: Key = (customer, task, log)
        one = {name: values.slice(begin, count).to_list() for name, values in every.items()}
        begin += count
        found = mixed(key, one, named.get(key, {}), None if raw else printed)
        case.executions += found.executions
        case.owners += found.owners
        if raw:
            case.logs.ordered.add(key)
        if found.told:
            case.logs.told[key] = found.told
        case.logs.tears[key] = found.tears
        case.logs.together |= {(key, *pair): seen for pair, seen in found.together.items()}


def _dated(one: Execution) -> Dated:
    usable = one.dated and one.from_log and one.sure
    return Dated(one.task, one.run.number, one.run.structure, one.clock, one.places, one.run.announced, usable)


def _rows(executions: Sequence[Execution], related: Sequence[tuple[Key, Relation]]) -> list[Row]:
    works = {"resume": "resume", "re-run": "re-run", "same work": "double", "undecided": "undecided"}
    relations = {(key[:2], pair.second): works[pair.work] for key, pair in related}
    rows = []
    for one in executions:
        first = min(one.places, key=lambda place: place.instant) if not one.run.rows else one.places[0]
        last = max(reversed(one.places), key=lambda place: place.instant) if not one.run.rows else one.places[-1]
        started, ended = (_moment(instant) if one.dated else None for instant in one.span)
        row: Row = dict(zip(("customer", "task", "log"), one.key, strict=True))
        row |= {"number": one.run.number, "node": one.node, "lines": one.lines, "started": started, "ended": ended}
        row |= {"source": first.source, "first_line": first.line, "first_offset": first.offset}
        row |= {"last_source": last.source, "last_line": last.line, "last_offset": last.offset}
        row |= {"outcome": one.run.outcome, "basis": one.run.basis}
        row["relation"] = relations.get((one.task, one.run.number), one.run.relation)
        rows.append(row)
    return rows


def _moment(instant: int) -> datetime:
    return EPOCH + timedelta(microseconds=instant // 10)


def _pair_row(key: Key, pair: Relation) -> Row:
    row: Row = dict(zip(("customer", "task", "log"), key, strict=True))
    row |= {name: getattr(pair, name) for name in ("first", "second", "relation", "work", "witness", "proof")}
    row["nodes"] = list(pair.nodes)
    row["argument"] = json.dumps(pair.argument, sort_keys=True)
    row["evidence"] = [
        {"source": place.source, "line": place.line, "offset": place.offset, "excerpt": ""} for place in pair.evidence
    ]
    return row
