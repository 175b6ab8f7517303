"""Put the executions of a case together: plain logs as columns, the others one by one, then nodes, clocks and pairs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import polars as pl

from analyzer import schema
from analyzer.clocks import Place
from analyzer.executions import tree
from analyzer.executions.constraints import Dated, bounds
from analyzer.executions.execution import Execution, Key
from analyzer.executions.lines import KEY
from analyzer.executions.nodes import attempts_of, with_nodes
from analyzer.executions.pairs import Logs, pairs
from analyzer.executions.runs import Run, runs
from analyzer.executions.separate import separate
from analyzer.executions.sides import Relation, Seen
from analyzer.executions.steps import Line
from analyzer.executions.ties import Ties
from analyzer.names import CANCELED, FATAL, FINAL_STATES

Row = dict[str, object]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_ROOT = "one root, one plan"


@dataclass(frozen=True)
class Assembly:
    """Rows of EXECUTIONS and PAIRS, and the frame of ASSIGNMENTS."""

    executions: list[Row]
    assignments: pl.DataFrame
    pairs: list[Row]


@dataclass
class _Case:
    executions: list[Execution] = field(default_factory=list)
    assigned: list[pl.DataFrame] = field(default_factory=list)
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
    views = logs.filter(~pl.col("raw")).join(tree.odd(states), on=["customer", "task"])
    odd = views.filter((pl.col("resumed") > 0) | ~pl.col("resumed_right"))
    plain = logs.filter("plain").join(odd, on=KEY, how="anti").select(KEY)
    _cleared(case, logs.filter("cleared"))
    _plain(case, lines.join(plain, on=KEY, how="semi"), machines)
    others = lines.join(plain, on=KEY, how="anti")
    for _, one in others.group_by(KEY, maintain_order=True):
        _mixed(case, one, machines, states)
    placed = with_nodes(_by_tree(case, states), found, states)
    attempts = list(attempts_of(found.attempts, placed.zones))
    clocks = bounds([_dated(one) for one in placed.executions], states, attempts)
    related = pairs(placed, case.logs, clocks, states)
    frame = pl.concat(case.assigned) if case.assigned else pl.DataFrame(schema.empty(schema.ASSIGNMENTS))
    return Assembly(_rows(placed.executions, related), frame, [_pair_row(key, pair) for key, pair in related])


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


def _cleared(case: _Case, logs: pl.DataFrame) -> None:
    """Logs that a first look cleared: raw, one execution each, a success from its first line to its last."""
    columns = [f"{end}_{name}" for end in ("first", "last") for name in ("line", "offset", "tick")]
    instants = logs.select(first=pl.col("first").dt.timestamp("us"), last=pl.col("last").dt.timestamp("us"))
    frame = logs.select(*KEY, "lines", "nodes", source=pl.col("sources").list.first()).hstack(logs.select(columns))
    for row, (first, last) in zip(frame.iter_rows(named=True), instants.iter_rows(), strict=True):
        key = (row["customer"], row["task"], row["log"])
        places = tuple(
            Place(row["source"], row[f"{end}_line"], row[f"{end}_offset"], instant * 10 + row[f"{end}_tick"])
            for end, instant in (("first", first), ("last", last))
        )
        run = Run(1, 1, (), next(iter(row["nodes"]), None), "Success", ONE_ROOT, "first")
        case.executions.append(Execution(key, run, places, row["lines"], finished=True))
        case.logs.ordered.add(key)


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
        span = tuple(replace(place, instant=row[name]) for place, name in zip(places, ("least", "most"), strict=True))
        run = Run(1, 1, (), row["machine"], _plain_outcome(row), ONE_ROOT, "first")
        case.executions.append(Execution(key, run, span, row["lines"], finished=row["finished"], dated=row["dated"]))
        if row["raw"]:
            case.logs.ordered.add(key)
    case.assigned.append(_assigned(lines, pl.lit(1, pl.Int64)))


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


def _mixed(case: _Case, lines: pl.DataFrame, machines: pl.DataFrame, states: pl.DataFrame) -> None:
    """A log that needs a second look."""
    key = (lines["customer"][0], lines["task"][0], lines["log"][0])
    if lines["view"][0] == 0:
        case.logs.ordered.add(key)
    case.logs.tears[key] = int(lines.group_by("source").agg(pl.col("tears").first()).select("tears").sum().item())
    entries = _lines(lines)
    named = _machine_rows(lines, machines)
    severities = dict(enumerate(lines["severity"].fill_null(0)))
    severe = {row for row, severity in severities.items() if severity >= FATAL}
    raw = lines["view"][0] == 0
    separation = separate(entries, named, severe) if raw else tree.separate(entries, lines, states)
    found = runs(entries, separation, named, severities, ordered=raw)
    owner: list[int | None] = [None] * len(entries)
    columns = lines.select("source", "line", "offset", "instant").rows()
    if separation.told:
        case.logs.told[key] = (separation.told[0], tuple(Place(*columns[row]) for row in separation.told[1]))
    names = _target_names(lines)
    roots = lines["activity"].to_list()
    kinds = lines["kind"].to_list()
    counted = lines["lines"].to_list()
    for pair, rows in found.together.items():
        case.logs.together[(key, *pair)] = Seen(rows.kind, tuple(Place(*columns[at]) for at in rows.rows), rows.changes)
    for run in found.runs:
        for row in run.rows:
            owner[row] = run.number
        case.executions.append(
            Execution(
                key,
                run,
                tuple(Place(*columns[row]) for row in run.rows),
                sum(counted[row] for row in run.rows),
                targets=frozenset(names[row] for row in run.rows if row in names),
                finished=any(not roots[row] and kinds[row] == "finished" for row in run.rows),
                dated=lines["time"].null_count() == 0,
                unclear=run.structure in separation.unclear,
                sure=run.structure not in separation.unsure,
            )
        )
    case.assigned.append(_assigned(lines, pl.Series(owner, dtype=pl.Int64)))


def _lines(lines: pl.DataFrame) -> list[Line]:
    sources = {name: i for i, name in enumerate(lines["source"].unique(maintain_order=True))}
    columns = lines.select("source", "step", "kind", "instant", "message", "activity").iter_rows()
    return [
        Line(row, sources[source], step, kind, instant, message or "", activity)
        for row, (source, step, kind, instant, message, activity) in enumerate(columns)
    ]


def _machine_rows(lines: pl.DataFrame, machines: pl.DataFrame) -> dict[int, str]:
    place = ["customer", "source", "line", "offset"]
    found = lines.with_row_index("row").join(machines.select(*place, "machine"), on=place, how="inner")
    return dict(found.select("row", "machine").iter_rows())


def _target_names(lines: pl.DataFrame) -> dict[int, str]:
    """First rows of activities two levels below the root: targets, workers, the server itself."""
    rows: dict[int, str] = {}
    seen: set[str] = set()
    for row, (activity, message) in enumerate(lines.select("activity", "message").iter_rows()):
        if activity.count("/") == 1 and activity not in seen:
            seen.add(activity)
            rows[row] = message or ""
    return rows


def _dated(one: Execution) -> Dated:
    usable = one.dated and one.from_log and one.sure
    return Dated(one.task, one.run.number, one.run.structure, one.clock, one.places, one.run.announced, usable)


def _rows(executions: Sequence[Execution], related: Sequence[tuple[Key, Relation]]) -> list[Row]:
    works = {"resume": "resume", "re-run": "re-run", "same work": "double", "undecided": "undecided"}
    relations = {(key[:2], pair.second): works[pair.work] for key, pair in related}
    rows = []
    for one in executions:
        first = min(one.places, key=lambda place: place.instant) if not one.run.rows else one.places[0]
        last = max(one.places, key=lambda place: place.instant) if not one.run.rows else one.places[-1]
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
