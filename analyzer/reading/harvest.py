"""What is read: how it is asked for, what is known of each source, and what all of them gave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.blocks import Block
from analyzer.ingest import task_log
from analyzer.ingest.server_log_triage import Look
from analyzer.model import Batch, Progress
from analyzer.reading.spool import Spool

TABLES = ("events", "states", "rejects")
_OF_TASK = re.compile(r"(?:^|/)(servertasks-\d+)(?!\d)[^/]*(?:/[^/]+\.tl)?\.txt$", re.IGNORECASE | re.ASCII)
SHORT = pa.schema([("source", pa.string()), ("bytes", pa.int64()), ("lines", pa.int64())])


@dataclass(frozen=True)
class Options:
    """How to read: whose log is whose, which tasks are asked for, whose customer's files these are.

    `triage`: logs that a first look clears are not decoded, but for those of the tasks in `decode`. `workers`:
    processes that read a large input. `spool`: folder for EVENTS that will be asked for (`spool`).
    """

    nodes: Mapping[str, str] = field(default_factory=dict)  # name -> path
    tasks: frozenset[str] = frozenset()
    customer: str = ""
    progress: Progress | None = None
    triage: bool = False
    decode: frozenset[str] = frozenset()
    workers: int = 1
    spool: str = ""

    def leaves_out(self, name: str) -> bool:
        """A task log says in its name whose it is: others need not be read when tasks are asked for."""
        match = _OF_TASK.search(name) if self.tasks else None
        return match is not None and match[1].casefold() not in {task.casefold() for task in self.tasks}


@dataclass(slots=True)
class Found:
    """What is known of one source while it is read."""

    source: str
    format: str
    size: int
    encoding: str | None = None
    lines: int = 0
    structure: int = 0
    node: str | None = None
    node_basis: str | None = None
    version: str | None = None
    entries: int | None = None  # of a cleared source, where that is not the number of its lines
    problem: str | None = None
    duplicate_of: str | None = None  # where that is known before its events are
    looked: tuple[int, int] | None = None  # entries and their lines that a first look counted


def short_log(source: str, size: int, lines: int, form: str = task_log.NAME) -> Found:
    """What is known of a short log in UTF-8."""
    return Found(source, form, size, "utf-8", lines)


@dataclass
class Harvest:
    """What members gave: rows of EVENTS, STATES and REJECTS, and of LOGS where a first look cleared a log.

    `short`: short task logs in UTF-8 that a first look cleared, which are not in `found`. `telling`: rows of EVENTS of
    cleared logs, only those that judging needs. `stretches`: of cleared server logs. `untold`: their telling entries by
    format, which wait for `reader.tell`.
    `again`: long logs that have to be read again, to be decoded. `events`: all EVENTS, once a table is made of them.
    `spool`: where members write theirs while they are read.
    """

    found: dict[str, Found] = field(default_factory=dict)
    tables: dict[str, list[pa.Table]] = field(default_factory=lambda: {name: [] for name in TABLES})
    short: list[pa.Table] = field(default_factory=list)
    cleared: list[pa.Table] = field(default_factory=list)
    telling: list[pa.Table] = field(default_factory=list)
    stretches: list[pa.Table] = field(default_factory=list)
    untold: list[tuple[str, Block]] = field(default_factory=list)
    again: set[str] = field(default_factory=set)
    events: pa.Table | None = None
    spool: Spool | None = None

    def take(self, batches: Iterable[Batch]) -> None:
        """Add what a format made of its blocks."""
        for batch in batches:
            for name in TABLES:
                table = getattr(batch, name)
                if table is not None and table.num_rows:
                    self.tables[name].append(table)
            for source, lines in batch.structure.items():
                self.found[source].structure += lines
            for source, node in batch.nodes.items():
                self.found[source].node, self.found[source].node_basis = node, "log"
            for source, version in batch.versions.items():
                self.found[source].version = version

    def tell(self, batches: Iterable[Batch]) -> None:
        """Add what a format made of telling lines: they are counted already."""
        for batch in batches:
            if batch.events is not None:
                self.telling.append(batch.events)
            self.take([Batch(nodes=batch.nodes, versions=batch.versions)])

    def note(self, source: str, seen: Look) -> None:
        """Add what a first look found in a source of which only some entries are decoded."""
        self.take(seen.refused)
        self.stretches.append(seen.stretches)
        self.found[source].looked = seen.entries, seen.lines

    def unfold(self) -> None:
        """Have the short sources in `found`, like all others."""
        for row in (row for table in self.short for row in table.to_pylist()):
            self.found[row["source"]] = short_log(row["source"], row["bytes"], row["lines"])
        self.short = []

    def give_up(self, error: Exception, row: dict[str, object]) -> None:
        """A defect of ours costs the lines it happened on, never the case."""
        reason = f"the analyzer failed on it: {type(error).__name__}: {error}"
        self.found[str(row["source"])].problem = reason
        self.take([Batch(rejects=schema.from_rows(schema.REJECTS, [{**row, "reason": reason, "excerpt": ""}]))])

    def add(self, other: Harvest) -> None:
        """Put what other members gave beside it."""
        self.found |= other.found
        self.short += other.short
        self.cleared += other.cleared
        self.telling += other.telling
        self.stretches += other.stretches
        self.untold += other.untold
        self.again |= other.again
        for name in TABLES:
            self.tables[name] += other.tables[name]

    def give(self, name: str) -> list[pa.Table]:
        """The rows of a table. EVENTS are given away, for they fill memory: there are none until some are kept."""
        rows = self.tables[name]
        if name == "events":
            rows = rows + self.telling
            self.tables[name], self.telling = [], []
        return rows

    def keep(self, events: pa.Table) -> None:
        """Hold EVENTS as the table that was made of them, and not a second time as each source gave them."""
        self.events, self.tables["events"], self.telling = events, [], []

    def take_apart(self) -> None:
        """Undo `keep`: telling rows are those of cleared sources."""
        if self.events is not None:
            looked = [source for source, one in self.found.items() if one.looked]
            cleared = pa.chunked_array(
                [
                    pa.array(looked, pa.string()),
                    *(pc.list_element(table["sources"], 0).combine_chunks() for table in self.cleared),
                ]
            )
            telling = pc.is_in(self.events["source"], cleared)
            self.tables["events"] = [self.events.filter(pc.invert(telling))]
            self.telling, self.events = [self.events.filter(telling)], None

    def replace(self, other: Harvest) -> None:
        """Put what was read again of some cleared logs in the place of what was read before."""
        self.take_apart()
        sources = pa.array(sorted(other.found), pa.string())
        self.found |= other.found
        self.short = [_without(table, table["source"], sources) for table in self.short]
        self.cleared = [_without(table, pc.list_element(table["sources"], 0), sources) for table in self.cleared]
        self.telling = [_without(table, table["source"], sources) for table in self.telling]
        self.stretches = [_without(table, table["source"], sources) for table in self.stretches]
        for name in ("states", "rejects"):
            self.tables[name] = [_without(table, table["source"], sources) for table in self.tables[name]]
        for name in TABLES:
            self.tables[name] += other.tables[name]


def _without(table: pa.Table, column: pa.ChunkedArray, values: pa.Array) -> pa.Table:
    return table.filter(pc.invert(pc.is_in(column, values)))
