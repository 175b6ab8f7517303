"""The case that detectors look at, and the audit of one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.errors import UsageError
from analyzer.model import Findings, Incident, Judgement, NotJudged, Severity, Suppressed

if TYPE_CHECKING:
    import pandas as pd

Load = Callable[[bool], Mapping[str, pa.Table]]
"""Makes all tables but FINDINGS; called with whether a first look may clear logs."""
Decode = Callable[["Case", Collection[str]], Iterator[pa.Table]]
"""Makes EVENTS (`schema.CODED`) of these sources, piece by piece; called only where not all of them were kept."""


class Case:
    """Everything that was read, as Arrow tables (see `schema`). The one input of every detector.

    A case is lazy: it is made when the sources are recognised, and `load` reads them on the first use of a table. Logs
    that a first look clears (LOGS, STRETCHES) are decoded only where all EVENTS are asked for: `decode`.
    """

    def __init__(
        self, load: Load, paths: tuple[Path, ...] = (), customer: str = "", decode: Decode | None = None
    ) -> None:
        self.paths = paths
        self.customer = customer
        self._load = load
        self._decode = decode
        self._tables: Mapping[str, pa.Table] | None = None
        self._events: pa.Table | None = None
        self._hashes: Mapping[str, str] = {}
        self._hashed: pa.Table | None = None
        self._frames: dict[str, pl.DataFrame] = {}

    def table(self, name: str) -> pa.Table:
        """The table of that name, reading the sources when it is the first one asked for."""
        return self.events if name == "events" else self._judged()[name]

    def _judged(self) -> Mapping[str, pa.Table]:
        if self._tables is None:
            self._tables = self._load(True)
        return self._tables

    def __repr__(self) -> str:
        """What it is of, and how much was read; printing a case reads nothing."""
        whose = " and ".join(path.name for path in self.paths)
        if self._tables is None:
            return f"<Case of {whose}, not read yet>"
        rows = ", ".join(f"{self._tables[name].num_rows:,} {name}" for name in ("sources", "logs", "executions"))
        return f"<Case of {whose}: {rows}>"

    def to_polars(self, name: str = "events") -> pl.DataFrame:
        """A table as a polars frame of its own. Raises UsageError where no table has that name."""
        return pl.DataFrame(self._named(name))

    def to_pandas(self, name: str = "events") -> pd.DataFrame:
        """A table as a pandas frame. Raises UsageError where no table has that name."""
        frame: pd.DataFrame = self._named(name).to_pandas()
        return frame

    def _named(self, name: str) -> pa.Table:
        known = [one for one in schema.TABLES if one != "findings"]  # those belong to an audit
        if name not in known:
            raise UsageError(f"a case has no table {name!r}; it has {', '.join(known)}")
        return getattr(self, name)

    def frame(self, name: str) -> pl.DataFrame:
        """A table, or `telling`, as a polars frame, made once: many look at it."""
        if name not in self._frames:
            table = self.telling if name == "telling" else self.table(name)
            self._frames[name] = pl.DataFrame(table)
        return self._frames[name]

    @property
    def sources(self) -> pa.Table:
        """One row per input file or archive member."""
        if not self._hashes:
            return self.table("sources")
        if self._hashed is None:
            table = self.table("sources")
            known = pc.index_in(table["source"], pa.array(self._hashes, pa.string()))
            hashes = pc.take(pa.array(self._hashes.values(), pa.string()), known)
            place = table.schema.names.index("sha256")
            self._hashed = table.set_column(place, table.schema.field(place), hashes)
        return self._hashed

    def note_hashes(self, hashes: Mapping[str, str]) -> None:
        """Remember the sha256 of sources that a finding cites."""
        self._hashes, self._hashed = {**self._hashes, **hashes}, None

    @property
    def events(self) -> pa.Table:
        """One row per log entry of every source, all in memory; `stream` and `scan` need less of it."""
        if self._events is None:
            self._events = pa.concat_tables([schema.empty(schema.EVENTS), *self.stream()])
        return self._events

    def stream(self, sources: Collection[str] | None = None) -> Iterator[pa.Table]:
        """EVENTS piece by piece, by source and place, or only those of some sources: nothing of them is kept.

        Raises UsageError where an archive's lines cannot wait in the temporary folder.
        """
        return (piece.cast(schema.EVENTS) for piece in self.coded(sources))

    def coded(self, sources: Collection[str] | None = None) -> Iterator[pa.Table]:
        """As `stream`, for writing: text that many rows share may be held once (`schema.CODED`)."""
        whole = self._events
        if whole is None and (self._decode is None or not self._cleared):
            whole = self.telling
        if whole is not None:
            mine = None if sources is None else pc.is_in(whole["source"], pa.array(sources, pa.string()))
            yield whole if mine is None else whole.filter(mine)
        elif self._decode is not None:
            known = {row["source"] for row in self.sources.select(["source", "events"]).to_pylist() if row["events"]}
            yield from self._decode(self, known if sources is None else known.intersection(sources))

    def scan(self) -> pl.LazyFrame:
        """EVENTS as a lazy frame: collecting it decodes them piece by piece and keeps only what the query asks for."""
        from polars.io.plugins import register_io_source

        def frames(
            columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, _: int | None
        ) -> Iterator[pl.DataFrame]:
            for piece in self.stream():
                frame = pl.DataFrame(piece)
                frame = frame if predicate is None else frame.filter(predicate)
                frame = frame if columns is None else frame.select(columns)
                yield frame if rows is None else frame.head(rows)
                rows = None if rows is None else max(0, rows - len(frame))
                if rows == 0:
                    return

        return register_io_source(frames, schema=pl.DataFrame(schema.empty(schema.EVENTS)).schema)

    def events_of(self, tasks: Collection[str]) -> pa.Table:
        """The rows of EVENTS of all sources that these tasks' logs stand in."""
        mine = self.logs.filter(pc.is_in(self.logs["task"], pa.array(tasks, pa.string())))
        sources = {source for some in mine["sources"].to_pylist() for source in some}
        return pa.concat_tables([schema.empty(schema.EVENTS), *self.stream(sources)])

    @property
    def _cleared(self) -> bool:
        """Whether EVENTS has not all lines that were read."""
        return any(pc.any(table["cleared"]).as_py() for table in (self.logs, self.stretches))

    @property
    def telling(self) -> pa.Table:
        """The rows of EVENTS that judging needs: of a cleared log only those that say something about its judgement."""
        return self._judged()["events"]

    @property
    def states(self) -> pa.Table:
        """One row per claim about a status."""
        return self.table("states")

    @property
    def rejects(self) -> pa.Table:
        """Every stretch of bytes that became nothing, with its reason."""
        return self.table("rejects")

    @property
    def logs(self) -> pa.Table:
        """One row per task log."""
        return self.table("logs")

    @property
    def stretches(self) -> pa.Table:
        """When server logs speak: one row for each time in which one is not silent for long."""
        return self.table("stretches")

    @property
    def executions(self) -> pa.Table:
        """One row per run of a task by one node."""
        return self.table("executions")

    @property
    def assignments(self) -> pa.Table:
        """Which execution wrote each line of the task logs that are not cleared; a cleared one has one execution."""
        return self.table("assignments")

    @property
    def pairs(self) -> pa.Table:
        """How two executions of one task stand to each other in time, and the proof."""
        return self.table("pairs")


class Detector(Protocol):
    """One detector module. The module docstring is what `analyzer explain` prints."""

    CODE: str
    NAME: str
    SEVERITY: Severity

    def detect(self, case: Case) -> Judgement:
        """Judge the whole case."""


@dataclass(frozen=True)
class Audit:
    """The answer: findings worst first, the questions that stayed open, and the case they are about."""

    case: Case
    findings: Findings
    not_judged: tuple[NotJudged, ...] = ()
    incidents: tuple[Incident, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
