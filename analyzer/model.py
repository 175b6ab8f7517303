"""What stages say to one another beside tables: findings and their evidence, questions, incidents, formats."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import polars as pl
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block
from analyzer.names import FATAL

if TYPE_CHECKING:
    import pandas as pd


class Severity(StrEnum):
    """How much a finding matters; the order is the order of the members."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for a note, 2 for an error."""
        return list(Severity).index(self)


class Verdict(StrEnum):
    """*proved*: the cited lines suffice. *possible*: cannot be excluded; the summary says what is missing."""

    PROVED = "proved"
    POSSIBLE = "possible"


@dataclass(frozen=True)
class Evidence:
    """A place in a source that a person can look up."""

    source: str
    line: int
    offset: int
    excerpt: str


@dataclass(frozen=True)
class Finding:
    """One judged fact. `detail` holds JSON values only."""

    code: str
    name: str
    severity: Severity
    verdict: Verdict
    summary: str
    evidence: tuple[Evidence, ...]
    task: str | None = None
    log: str | None = None
    nodes: tuple[str, ...] = ()
    customer: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        """This finding as a row of FINDINGS."""
        values: dict[str, object] = {name: getattr(self, name) for name in schema.FINDINGS.names}
        values |= {"severity": str(self.severity), "verdict": str(self.verdict), "nodes": list(self.nodes)}
        values["evidence"] = [asdict(one) for one in self.evidence]
        values["detail"] = json.dumps(self.detail, sort_keys=True, ensure_ascii=False)
        return values


@dataclass(frozen=True)
class NotJudged:
    """A question a detector could not answer, and why: never to be mistaken for a clean answer.

    One question may be about many tasks: then `task` is None and `tasks` has them. `lacking` is the missing evidence in
    a few words, `ask` what to ask the customer for, "" where nothing more would help.
    """

    code: str
    reason: str
    task: str | None = None
    customer: str = ""
    tasks: tuple[str, ...] = ()
    lacking: str = ""
    ask: str = ""

    @cached_property
    def about(self) -> set[tuple[str, str]]:
        """Customer and id of the tasks that it is about; none where it is about the whole input."""
        return {(self.customer, task) for task in ((self.task,) if self.task else self.tasks)}


@dataclass(frozen=True)
class Batch:
    """What ingest made of some blocks. Every line is in exactly one of the four."""

    events: pa.Table | None = None
    states: pa.Table | None = None
    rejects: pa.Table | None = None
    structure: Mapping[str, int] = field(default_factory=dict)  # source -> lines of framing, headers, blanks
    nodes: Mapping[str, str] = field(default_factory=dict)  # source -> node, from the log's own lines
    versions: Mapping[str, str] = field(default_factory=dict)  # source -> Octopus Server version named in it


class Format(Protocol):
    """One ingest module. Its docstring shows sample lines and `SAMPLE` is parsed by a test."""

    NAME: str
    TITLE: str
    SAMPLE: str
    PACKED: bool  # True: one block may hold several small sources

    def recognises(self, head: bytes, name: str) -> bool:
        """Whether a source with these first bytes (up to 64 KiB, as UTF-8) and this name is of this format."""

    def parse(self, blocks: Iterable[Block]) -> Iterator[Batch]:
        """Decode the blocks of one source (or several, where PACKED), in order."""


@dataclass(frozen=True)
class Judgement:
    """What a detector says of a case."""

    findings: tuple[Finding, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()


class IncidentStatus(StrEnum):
    """*matched*: signature and version fit. *possible*: some evidence is missing. *excluded*: shown not to be it."""

    MATCHED = "matched"
    POSSIBLE = "possible"
    EXCLUDED = "excluded"


@dataclass(frozen=True)
class Incident:
    """A publicly known incident held against a case: whether this is it, and how that is known."""

    id: str  # of its public issue
    title: str
    link: str
    status: IncidentStatus
    reason: str
    remedy: str
    tasks: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    customer: str = ""


class Findings(tuple[Finding, ...]):
    """Findings in their final order; a plain tuple that can also be had as a table."""

    __slots__ = ()

    def to_arrow(self) -> pa.Table:
        """The FINDINGS table."""
        return schema.from_rows(schema.FINDINGS, (finding.row() for finding in self))

    def to_polars(self) -> pl.DataFrame:
        """The same as a polars frame."""
        return pl.DataFrame(self.to_arrow())

    def to_pandas(self) -> pd.DataFrame:
        """The same as a pandas frame."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame


@dataclass(frozen=True)
class Suppression:
    """Findings that somebody knows of and accepts until a day, and why. Code, task and customer are patterns (*, ?)."""

    code: str
    reason: str
    expires: date
    place: str  # file and line where it is written
    task: str = "*"
    customer: str = "*"


@dataclass(frozen=True)
class Suppressed:
    """A finding that does not count, and what covers it."""

    finding: Finding
    by: Suppression


def outcome_of_cleared() -> pl.Expr:
    """How the only execution of a raw log in LOGS ended that a first look cleared: a failure in it ended the task."""
    return pl.when(pl.col("worst") >= FATAL).then(pl.lit("Failed")).otherwise(pl.lit("Success"))


Progress = Callable[[str, int], None]
"""Called with a source's name and the bytes just read of it."""
