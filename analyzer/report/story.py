"""Everything that a case and its audit know of one task, gathered for `show`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.case import Audit, Case
from analyzer.detectors.lines import remembered
from analyzer.errors import TaskUnknown
from analyzer.model import Finding, Incident, IncidentStatus, NotJudged
from analyzer.report.blast import losing, tree_names
from analyzer.report.naming import NOTHING, Naming
from analyzer.report.plain import listing, visible
from analyzer.report.summary import natural
from analyzer.report.summary import tasks as tasks_of
from analyzer.report.tasklines import Line, task_lines

Row = dict[str, Any]

QUARTER = 9_000_000_000  # 15 minutes in units of 100 ns
BEFORE, AFTER = 600_000_000, 1_200_000_000
"""A node ties itself to a task shortly before its log's first line, and until its bookkeeping after the last."""
LOGS = {"task-log": "raw task log", "api-details": "/details", "task-text": "text download"}
NEAR = 5


@dataclass(frozen=True)
class Tie:
    """A line in a node's Server log that only the node that executes the task writes."""

    source: str
    line: int
    node: str
    kind: str  # append | transaction | script-lock | unable-to-complete
    failed: bool  # an append that was given up
    held: bool  # because another process held the file
    guid: str
    instant: int | None  # 100 ns, UTC; None where the zone of the log is not known
    wall: int  # as written


@dataclass(frozen=True)
class Story:
    """One task: what was recorded of it and what was judged."""

    task: str
    customer: str
    runs: Sequence[Row]  # of EXECUTIONS, by number
    pairs: Sequence[Row]  # of PAIRS
    lines: Sequence[Line]
    naming: Naming
    views: dict[str, str]  # source -> what it is, for every source that shows the log, copies included
    copies: dict[str, str]  # source -> source that it repeats
    states: Sequence[Row]
    ties: Sequence[Tie]
    zones: dict[str, int]  # node without case -> zone of its Server log, inferred (100 ns)
    rejects: Sequence[Row]
    findings: Sequence[Finding]
    questions: Sequence[NotJudged]
    lossy: bool
    formats: set[str] = field(default_factory=set)  # of all sources in the case
    server_logs: set[str] = field(default_factory=set)  # nodes without case whose Server log is in the input
    incidents: Sequence[Incident] = ()  # that the task is or may be a case of
    short: dict[str, str] = field(default_factory=dict)  # source -> as much of its end as sets it apart

    @property
    def description(self) -> str:
        """What the task was to do, in the words of the database, the API or the log's first line."""
        named = [row["name"] for row in self.states if row["name"] and row["activity"] in (None, "")]
        return visible(named[0] if named else next((one.title for one in self.lines if not one.activity), ""))

    def run(self, number: int | None) -> Row:
        """An execution by its number."""
        return next(run for run in self.runs if run["number"] == number)

    def raw(self) -> str | None:
        """The one file whose order of lines is the order in which they were appended, if there is only one."""
        sources = {one.source for one in self.lines}
        source = min(sources, default="")
        return source if len(sources) == 1 and self.views.get(source) == LOGS["task-log"] else None

    def tree(self) -> bool:
        """Whether the lines come from a text download or `/details`: those print a tree, not the order of writing."""
        return any(self.views.get(one.source) != LOGS["task-log"] for one in self.lines)


def tell(audit: Audit, task: str, customer: str = "") -> Story:
    """The story of a task. Raises TaskUnknown, naming near ones, where the case knows nothing of it."""
    case, key = audit.case, (customer, task)
    if key not in tasks_of(case):
        raise TaskUnknown(_unknown(case, task, customer))
    zones = _zones(case, customer)
    lines = dict(task_lines(case, {key})).get(key, [])
    loss = losing(case, {key}).get(key, NOTHING)
    views, copies = _views(case, key)
    sources = [row for row in case.sources.to_pylist() if row["customer"] == customer]
    mine = {one.source for one in lines} | set(views)
    return Story(
        task=task,
        customer=customer,
        runs=sorted(_mine(case.executions, key), key=lambda row: row["number"]),
        pairs=sorted(_mine(case.pairs, key), key=lambda row: (row["first"], row["second"])),
        lines=lines,
        naming=Naming(lines, tree_names(case, {key}).get(key, {}), loss),
        views=views,
        copies=copies,
        states=[row for row in _mine(case.states, key) if row["source"] not in copies],
        ties=_ties(case, key, zones),
        zones=zones,
        rejects=_rejects(case, customer, mine),
        findings=[one for one in audit.findings if (one.customer, one.task) == key],
        questions=[
            one for one in audit.not_judged if one.customer in ("", customer) and (not one.about or key in one.about)
        ],
        lossy=bool(loss),
        incidents=[
            one
            for one in audit.incidents
            if one.customer == customer and task in one.tasks and one.status is not IncidentStatus.EXCLUDED
        ],
        formats={row["format"] for row in sources},
        server_logs={(row["node"] or "").casefold() for row in sources if row["format"] == "server-log"},
        short=shortened([row["source"] for row in sources]),
    )


def _rejects(case: Case, customer: str, sources: set[str]) -> list[Row]:
    frame = case.frame("rejects")
    return frame.filter((pl.col("customer") == customer) & pl.col("source").is_in(sorted(sources))).to_dicts()


def shortened(sources: Sequence[str]) -> dict[str, str]:
    """Each source by as many last parts of its path as no other source ends with.

    >>> shortened(["a/Logs/x.txt", "b/Logs/x.txt", "b/y.txt"])
    {'a/Logs/x.txt': 'a/Logs/x.txt', 'b/Logs/x.txt': 'b/Logs/x.txt', 'b/y.txt': 'y.txt'}
    """
    ends: Counter[str] = Counter()
    for source in sources:
        parts = source.split("/")
        ends.update("/".join(parts[-count:]) for count in range(1, len(parts) + 1))
    found = {}
    for source in sources:
        parts = source.split("/")
        tails = ("/".join(parts[-count:]) for count in range(1, len(parts) + 1))
        found[source] = next((tail for tail in tails if ends[tail] == 1), source)
    return found


def _mine(table: pa.Table, key: tuple[str, str]) -> list[Row]:
    mine = pc.and_(pc.equal(table["customer"], key[0]), pc.equal(table["task"], key[1]))
    rows: list[Row] = table.filter(mine).to_pylist()
    return rows


def _unknown(case: Case, task: str, customer: str) -> str:
    """A sentence that says so and suggests what may have been meant."""
    known = sorted({other for whose, other in tasks_of(case) if whose == customer}, key=natural)
    if not known:
        return f"{task} is in none of the sources; no ServerTask is"
    number = int(task.rpartition("-")[2])
    near = get_close_matches(task, known, NEAR, 0.9)
    near += sorted(known, key=lambda other: (abs(int(other.rpartition("-")[2]) - number), other))[:2]
    near = sorted(set(near), key=natural)[:NEAR]
    beyond = f" ({len(known):,} tasks are, {known[0]} to {known[-1]})" if len(known) > len(near) else ""
    return f"{task} is in none of the sources; did you mean {listing(near, NEAR).replace(' and ', ' or ')}?{beyond}"


def _views(case: Case, key: tuple[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Sources that show the task's log, and those among them that repeat another one."""
    looked = case.frame("logs").explode("sources").select("customer", "task", source="sources")
    frame = pl.concat([case.frame("telling").select(["customer", "task", "source"]), looked]).unique()
    mine = frame.filter((pl.col("customer") == key[0]) & (pl.col("task") == key[1]))["source"].to_list()
    views, copies = {}, {}
    for row in case.sources.to_pylist():
        if row["customer"] == key[0] and row["source"] in mine and row["format"] in LOGS:
            views[row["source"]] = LOGS[row["format"]]
            if row["duplicate_of"]:
                copies[row["source"]] = row["duplicate_of"]
    return dict(sorted(views.items())), copies


def _tied(case: Case, customer: str) -> pl.DataFrame:
    """Lines of Server logs, no copies, that tie a node to a task; 100 ns: `wall` as written, `instant` UTC or null."""
    copies = {row["source"] for row in case.sources.to_pylist() if row["customer"] == customer and row["duplicate_of"]}
    tying = case.telling.filter(pc.starts_with(case.telling["detail"], "tie="))
    whose = pl.col("node").is_not_null() & (pl.col("customer") == customer)
    frame = pl.DataFrame(tying).filter(whose & ~pl.col("source").is_in(list(copies)))
    tick = pl.col("tick").fill_null(0)
    instant = pl.col("time").dt.timestamp("us") * 10 + tick
    wall = pl.coalesce(pl.col("wall"), pl.col("time").dt.timestamp("us")) * 10 + tick
    tie = pl.col("detail").str.extract(r"^tie=([^;]+)")
    return frame.select("source", "line", "node", "task", "detail", "message", tie=tie, instant=instant, wall=wall)


def _ties(case: Case, key: tuple[str, str], zones: dict[str, int]) -> list[Tie]:
    found = []
    for row in _tied(case, key[0]).filter(pl.col("task") == key[1]).sort("wall", "source", "line").to_dicts():
        zone = zones.get(row["node"].casefold())
        instant = row["instant"] if row["instant"] is not None or zone is None else row["wall"] - zone
        found.append(
            Tie(
                row["source"],
                row["line"],
                row["node"],
                "append" if row["tie"].startswith("append-") else row["tie"],
                row["tie"] == "append-failure",
                "being used by another process" in row["detail"],
                row["detail"].partition("guid=")[2][:8],
                instant,
                row["wall"],
            )
        )
    return found


@remembered
def _zones_by_customer(case: Case) -> dict[str, dict[str, int]]:
    """Customer -> zones, filled when a first task of the customer is told."""
    return {}


def _zones(case: Case, customer: str) -> dict[str, int]:
    known = _zones_by_customer(case)
    if customer not in known:
        known[customer] = _inferred_zones(case, customer)
    return known[customer]


def _inferred_zones(case: Case, customer: str) -> dict[str, int]:
    """Zones of Server logs that do not say theirs: the only one in which their ties fall into the node's executions."""
    spans: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for run in case.executions.to_pylist():
        if run["customer"] == customer and run["node"] and run["started"] and run["lines"]:
            ends = (run["started"], run["ended"] or run["started"])
            begin, end = (round(time.timestamp() * 1_000_000) * 10 for time in ends)
            spans[run["task"], run["node"].casefold()].append((begin - BEFORE, end + AFTER))
    votes: dict[str, Counter[int]] = defaultdict(Counter)
    counted: Counter[str] = Counter()
    for row in _tied(case, customer).filter(pl.col("instant").is_null()).to_dicts():
        node = row["node"].casefold()
        fitting = {
            zone
            for begin, end in spans.get((row["task"], node), [])
            for zone in range(-((end - row["wall"]) // QUARTER), (row["wall"] - begin) // QUARTER + 1)
        }
        votes[node].update(fitting)
        counted[node] += bool(fitting)
    found = {}
    for node, zones in votes.items():
        most = max(zones.values(), default=0)
        best = [zone for zone, votes_of in zones.items() if votes_of == most]
        if len(best) == 1 and most >= 0.9 * counted[node]:
            found[node] = best[0] * QUARTER
    return found
