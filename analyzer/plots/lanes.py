"""What a swimlane shows, taken from the tables: one lane per execution, its steps, and the order of the shared file.

Only PAIRS say whether two executions overlap; the lanes are drawn on each node's own clock and prove nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.case import Case
from analyzer.names import FATAL, INFO

Row = dict[str, Any]
Names = Mapping[tuple[str, str], str | None]
"""(log, step's activity id) -> what the step is called."""

MICROSECOND = 1_000_000
HALF_DAY, DAY = 43_200 * MICROSECOND, 86_400 * MICROSECOND
NAME_LOST = "step (name lost)"


@dataclass(frozen=True)
class Bar:
    """A step of an execution; microseconds."""

    start: int
    end: int
    name: str
    failed: bool
    row: int = 0  # steps that run at the same time stand below one another


@dataclass(frozen=True)
class Lane:
    """One execution on its node's clock; microseconds since 1970, or since midnight where the log has no date."""

    number: int
    node: str | None
    outcome: str
    lines: int
    start: int
    end: int
    bars: tuple[Bar, ...]
    marks: tuple[tuple[int, int], ...] = ()  # instant and line of each cited line

    @property
    def rows(self) -> int:
        """How many steps ran at once at most."""
        return max((bar.row for bar in self.bars), default=0) + 1


@dataclass(frozen=True)
class Shared:
    """Time in which two executions were at work, or may have been."""

    first: int
    second: int
    relation: str
    offset: tuple[int, int] | None = None  # how far the second's clock may be ahead of the first's; microseconds


@dataclass(frozen=True)
class Order:
    """The order in which lines were appended to one file: (execution or None, first line, last line) in that order."""

    source: str
    stretches: tuple[tuple[int | None, int, int], ...]
    witnesses: tuple[int, ...]


@dataclass(frozen=True)
class Swim:
    """Everything that a swimlane draws."""

    lanes: tuple[Lane, ...]
    shared: tuple[Shared, ...]
    order: Order | None
    dated: bool
    unplaced: tuple[Row, ...] = field(default=())  # executions without any time


def swim(case: Case, task: str, customer: str = "", names: Names | None = None) -> Swim:
    """The swimlane of a task; no lanes where the case knows no execution of it."""
    runs = sorted(_rows(case.executions, task, customer), key=lambda row: row["number"])
    pairs = _rows(case.pairs, task, customer)
    lines = _lines(case, task, customer)
    dated = all(run["started"] is not None for run in runs)
    if not dated:
        lines = _over_midnight(lines)
    cited = {(one["source"], one["line"]) for pair in pairs if _double(pair) for one in pair["evidence"]}
    steps = _steps(lines, names or {})
    lanes = [_lane(run, lines, steps, cited, dated=dated) for run in runs]
    return Swim(
        tuple(lane for lane in lanes if lane),
        tuple(_shared(pair) for pair in pairs if _double(pair) and pair["relation"] != "sequential"),
        _order(_appended(case, lines, customer), cited),
        dated,
        tuple(run for run, lane in zip(runs, lanes, strict=True) if lane is None),
    )


def _double(pair: Row) -> bool:
    return pair["relation"] in ("concurrent", "possible") or pair["work"] == "same work"


def _rows(table: pa.Table, task: str, customer: str) -> list[Row]:
    return _mine(table, task, customer).to_pylist()  # type: ignore[no-any-return]


def _mine(table: pa.Table, task: str, customer: str) -> pa.Table:
    return table.filter(pc.and_(pc.equal(table["task"], task), pc.equal(table["customer"], customer)))


def _lines(case: Case, task: str, customer: str) -> pl.DataFrame:
    """The lines of a task's log, each once, with the execution that wrote it (null: could be either)."""
    place = ["source", "line"]
    if pc.any(_mine(case.logs, task, customer)["cleared"]).as_py():  # its lines were not needed to judge it
        lines = pl.DataFrame(_mine(case.events_of([task]), task, customer))
        return _columns(lines.with_columns(pl.col("log").fill_null(""), execution=pl.lit(1, pl.Int64)))
    owners = pl.DataFrame(_mine(case.assignments, task, customer)).group_by(place).agg(
        pl.col("log").first(), execution=pl.when(pl.col("execution").n_unique() == 1).then(pl.col("execution").first())
    )  # fmt: skip
    events = pl.DataFrame(_mine(case.telling, task, customer)).drop("log")
    return _columns(events.join(owners, on=place, how="inner"))


def _columns(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.select(
        "source", "line", "log", "execution", "kind", "message", pl.col("severity").fill_null(0),
        step=pl.col("activity").fill_null("").str.split("/").list.first(),
        us=pl.coalesce(pl.col("time").dt.timestamp("us"), pl.col("wall")),
    ).sort("source", "line")  # fmt: skip


def _over_midnight(lines: pl.DataFrame) -> pl.DataFrame:
    """A log without dates that runs past midnight goes on, on the next day."""
    late = (pl.col("us").first() > HALF_DAY) & (pl.col("us") < pl.col("us").first() - HALF_DAY)
    return lines.with_columns(us=pl.col("us") + pl.when(late).then(DAY).otherwise(0))


def _steps(lines: pl.DataFrame, names: Names) -> dict[int, list[Bar]]:
    """Execution -> its steps that did anything, in the order in which they began."""
    at_work = pl.col("kind") != "planned"
    planned = pl.col("message").filter(pl.col("kind") == "planned").first()
    said = pl.col("message").filter((pl.col("kind") == "message") & (pl.col("severity") >= INFO)).first()
    found = (
        lines.filter((pl.col("step") != "") & pl.col("execution").is_not_null())
        .group_by("execution", "log", "step")
        .agg(
            start=pl.col("us").filter(at_work).min(),
            end=pl.col("us").filter(at_work).max(),
            name=pl.coalesce(planned, said),
            failed=(pl.col("severity") >= FATAL).any(),
            worked=(~pl.col("kind").is_in(["planned", "abandoned"])).any(),
        )
        .filter(pl.col("worked") & pl.col("start").is_not_null())
        .sort("execution", "start", "end", "step")
    )
    bars: dict[int, list[Bar]] = {}
    for row in found.to_dicts():
        told = names.get((row["log"], row["step"]), row["name"])
        name = (told or NAME_LOST).strip().split("\n", 1)[0]
        bars.setdefault(row["execution"], []).append(Bar(row["start"], row["end"], name, row["failed"]))
    return {number: _stacked(mine) for number, mine in bars.items()}


def _stacked(bars: Sequence[Bar]) -> list[Bar]:
    """Each bar in the first row that is free when it begins."""
    ends: list[int] = []
    found = []
    for bar in bars:
        row = next((at for at, end in enumerate(ends) if end <= bar.start), len(ends))
        ends[row : row + 1] = [bar.end]
        found.append(Bar(bar.start, bar.end, bar.name, bar.failed, row))
    return found


def _lane(
    run: Row, lines: pl.DataFrame, steps: Mapping[int, Sequence[Bar]], cited: set[tuple[str, int]], *, dated: bool
) -> Lane | None:
    mine = lines.filter(pl.col("execution") == run["number"])
    times: list[int] = mine["us"].drop_nulls().to_list()
    if dated:
        start, end = _microseconds(run["started"]), _microseconds(run["ended"] or run["started"])
    elif times:
        start, end = min(times), max(times)
    else:
        return None
    places = zip(mine["source"], mine["line"], mine["us"], strict=True)
    marks = tuple((us, line) for source, line, us in places if us is not None and (source, line) in cited)
    return Lane(
        run["number"],
        run["node"],
        run["outcome"] or "",
        run["lines"] or 0,
        start,
        max(end, start),
        tuple(steps.get(run["number"], ())),
        marks,
    )


def _microseconds(time: datetime) -> int:
    return round(time.timestamp() * MICROSECOND)


def _shared(pair: Row) -> Shared:
    """A pair; its argument, where it is one of clocks, may name the two the other way round."""
    argument = json.loads(pair["argument"] or "{}")
    low, high = argument.get("offset") or (None, None)
    if low is None or high is None:
        return Shared(pair["first"], pair["second"], pair["relation"])
    swapped = argument["first"]["to"].get("execution") == pair["second"]
    low, high = (-high, -low) if swapped else (low, high)
    return Shared(pair["first"], pair["second"], pair["relation"], (low // 10, high // 10))


def _appended(case: Case, lines: pl.DataFrame, customer: str) -> pl.DataFrame:
    """Lines of raw task logs: downloads and `/details` print a tree, not the order of writing."""
    sources = case.frame("sources").select(["customer", "source", "format"])
    raw = sources.filter((pl.col("customer") == customer) & (pl.col("format") == "task-log"))["source"]
    return lines.filter(pl.col("source").is_in(raw.implode()))


def _order(lines: pl.DataFrame, cited: set[tuple[str, int]]) -> Order | None:
    """The file to which several executions appended, if there is one: that with most of their lines."""
    shared = (
        lines.filter(pl.col("execution").is_not_null())
        .group_by("source")
        .agg(writers=pl.col("execution").n_unique(), size=pl.len())
        .filter(pl.col("writers") > 1)
        .sort(["size", "source"], descending=[True, False])
    )
    if shared.is_empty():
        return None
    source = shared["source"][0]
    stretches: list[tuple[int | None, int, int]] = []
    rows = (
        lines.filter(pl.col("source") == source).select("line", "execution").unique("line", keep="first").sort("line")
    )
    for line, execution in rows.iter_rows():
        if stretches and stretches[-1][0] == execution:
            stretches[-1] = (execution, stretches[-1][1], line)
        else:
            stretches.append((execution, line, line))
    return Order(source, tuple(stretches), tuple(sorted(line for name, line in cited if name == source)))
