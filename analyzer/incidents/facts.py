"""What signatures look at: the case's tables as frames, made once, and the findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import polars as pl

from analyzer.case import Case
from analyzer.incidents.sightings import Sightings
from analyzer.incidents.versions import versions
from analyzer.model import Evidence, Finding

Row = dict[str, Any]
STATUS = ("database", "api", "header")
MOST_PLACES = 4


@dataclass(frozen=True)
class Hit:
    """One place at which a signature shows."""

    evidence: tuple[Evidence, ...]
    task: str | None = None
    nodes: tuple[str, ...] = ()
    time: datetime | None = None
    wall: int | None = None  # on the clock of the only node
    unsure: str = ""  # what is missing before it is certain


class Facts:
    """One case and its findings."""

    def __init__(self, case: Case, findings: Sequence[Finding]) -> None:
        self.case = case
        self.findings = findings

    @cached_property
    def sources(self) -> pl.DataFrame:
        """SOURCES without copies."""
        return self.case.frame("sources").filter(pl.col("duplicate_of").is_null()).sort("source")

    @cached_property
    def pairs(self) -> pl.DataFrame:
        """PAIRS in order."""
        return self.case.frame("pairs").sort("task", "first", "second")

    @cached_property
    def runs(self) -> pl.DataFrame:
        """EXECUTIONS in order."""
        return self.case.frame("executions").sort("task", "number")

    @cached_property
    def states(self) -> pl.DataFrame:
        """STATES about tasks themselves, without copies of sources."""
        whole = pl.col("task").is_not_null() & (pl.col("activity").is_null() | (pl.col("activity") == ""))
        states = self.case.frame("states").filter(whole)
        return states.join(self.sources.select("source"), on="source", how="semi").sort("task", "source", "line")

    @cached_property
    def server(self) -> pl.DataFrame:
        """Entries of server logs at Warning or above, and those that are about a task, a leader or a start."""
        logs = self.of("server-log")["source"].implode()
        columns = ["source", "line", "offset", "node", "task", "severity", "time", "wall", "message", "detail"]
        events = self.case.frame("telling").select(columns).filter(pl.col("source").is_in(logs))
        kept = (pl.col("severity") >= 13) | pl.col("task").is_not_null() | pl.col("message").str.contains(BEGINNINGS)
        return events.filter(kept).sort("source", "line")

    @cached_property
    def versions(self) -> Sightings:
        """Which version which node ran."""
        return versions(self.case)

    def of(self, *formats: str) -> pl.DataFrame:
        """Sources of these formats."""
        return self.sources.filter(pl.col("format").is_in(formats))

    def has(self, need: str) -> bool:
        """Whether a kind of evidence (see NEEDS) is in the input."""
        return self._there[need]

    @cached_property
    def _there(self) -> Mapping[str, bool]:
        return {need: is_there(self) for need, is_there in NEEDS.items()}

    def without_server_log(self) -> list[str]:
        """Nodes that the case knows of and whose server log is not in it."""
        tables = (self.runs["node"], self.states["node"], self.sources["node"])
        nodes = {name.casefold(): name for table in tables for name in table.drop_nulls().to_list()}
        there = {(node or "").casefold() for node in self.of("server-log")["node"].to_list()}
        return sorted(name for key, name in nodes.items() if key not in there)

    def run(self, task: str, execution: int) -> Row:
        """An execution of a task that has several, by its number."""
        return self.several[task, execution][-1]

    @cached_property
    def several(self) -> Mapping[tuple[str, int], Sequence[Row]]:
        """Executions by task and number, of tasks that have several; more than one where a task has several logs."""
        found: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for row in self.runs.filter(pl.len().over("task") > 1).iter_rows(named=True):
            found[row["task"], row["number"]].append(row)
        return found

    def tasks_of(self, code: str) -> set[str | None]:
        """Tasks with a finding of that code."""
        return {one.task for one in self.findings if one.code == code}


BEGINNINGS = r"^(?:Updating node to become leader|Octopus\.Server(?:\.exe)? version|Defaulting server)"
NEEDS: Mapping[str, Callable[[Facts], bool]] = {
    "server log": lambda facts: not facts.of("server-log").is_empty(),
    "raw task log": lambda facts: not facts.of("task-log").is_empty(),
    "executions": lambda facts: not facts.runs.is_empty(),
    "status": lambda facts: facts.states["claim"].is_in(STATUS).any(),
    "audit events": lambda facts: (facts.states["claim"] == "audit event").any(),
}
"""Kinds of evidence: a signature is looked for only where all those it needs are in the input."""


def places(rows: pl.DataFrame) -> tuple[Evidence, ...]:
    """The first few rows as evidence; their excerpts are read back later."""
    head = rows.select("source", "line", "offset").head(MOST_PLACES)
    return tuple(Evidence(source, line, offset, "") for source, line, offset in head.iter_rows())
