"""Which version of Octopus Server ran on which node, and when: as far as the logs say it.

Read from start-up lines of server logs, from the line `Octopus Server version: X` that every action writes into its
task's log (the node is that of the execution), from headers of text downloads, and from what SOURCES knows besides.

Versions are compared by their numbers alone: `2023.3.12936-hotfix.1` and `3.3.16-ci.1+Branch.master` are 2023.3.12936
and 3.3.16. `0.0.0-local` is a build without a number and says nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any

import polars as pl

from analyzer.case import Case

Number = tuple[int, ...]

NUMBER = re.compile(r"v?(\d+(?:\.\d+){1,3})(?![\d.])")
START_UP = r"^Octopus\.Server(?:\.exe)? version \"?([^\s\"]+)"
ACTION = r"^Octopus Server version: *\"?([^\s\"]+)"
PARTS = 4


@dataclass(frozen=True)
class Range:
    """Versions from one on (any where empty) and below another (all where empty)."""

    start: str = ""
    below: str = ""

    def __contains__(self, version: Number) -> bool:
        start, below = number(self.start), number(self.below)
        return (start is None or start <= version) and (below is None or version < below)

    def __str__(self) -> str:
        if self.start and self.below:
            return f"{self.start} to below {self.below}"
        return f"{self.start} and later" if self.start else f"below {self.below}" if self.below else "all"


@dataclass(frozen=True)
class Sighting:
    """A line that names the version of a node."""

    node: str | None
    version: str
    time: datetime | None  # None where the clock's zone is not known
    wall: int | None  # microseconds on the node's own clock
    source: str
    line: int
    offset: int
    basis: str  # start-up | action | header | source
    task: str | None = None

    @property
    def number(self) -> Number | None:
        """The version for comparing; None where it has none."""
        return number(self.version)


class Sightings(tuple[Sighting, ...]):
    """Sightings in the order of source and line, by their task and by their node without case."""

    @cached_property
    def by_task(self) -> Mapping[str | None, Sequence[Sighting]]:
        """Those of each task."""
        return _grouped(self, lambda one: one.task)

    @cached_property
    def by_node(self) -> Mapping[str | None, Sequence[Sighting]]:
        """Those of each node, "" where it is not known."""
        return _grouped(self, lambda one: (one.node or "").casefold())

    @cached_property
    def texts(self) -> Sequence[str]:
        """The versions as they are written, each once."""
        return list(dict.fromkeys(one.version for one in self))


def _grouped(
    every: Iterable[Sighting], key: Callable[[Sighting], str | None]
) -> Mapping[str | None, Sequence[Sighting]]:
    found: dict[str | None, list[Sighting]] = defaultdict(list)
    for one in every:
        found[key(one)].append(one)
    return found


@cache
def number(text: str) -> Number | None:
    """`2023.3.12936-hotfix.1` as (2023, 3, 12936, 0); None where there is no number, or only zeros."""
    match = NUMBER.match(text.strip())
    if not match:
        return None
    parts = tuple(int(part) for part in match[1].split("."))
    return (*parts, *(0,) * (PARTS - len(parts))) if any(parts) else None


def plain(text: str) -> str:
    """A version without the build's branch and hash.

    >>> plain("2023.3.12936+Branch.release.Sha.0a")
    '2023.3.12936'
    """
    return text.partition("+")[0]


def versions(case: Case) -> Sightings:
    """Every line that names a node's version, in the order of source and line; copies of sources are left out."""
    sources = case.frame("sources").filter(pl.col("duplicate_of").is_null())
    told = [*_start_ups(case, sources), *_actions(case, sources)]
    seen = {one.source for one in told}
    told += [one for one in _of_sources(case, sources) if one.source not in seen or one.basis == "header"]
    return Sightings(sorted(told, key=lambda one: (one.source, one.line)))


def _start_ups(case: Case, sources: pl.DataFrame) -> Iterator[Sighting]:
    logs = sources.filter(pl.col("format") == "server-log")["source"].implode()
    columns = ["source", "line", "offset", "node", "time", "wall", "message", "task"]
    events = case.frame("telling").select(columns).filter(pl.col("source").is_in(logs))
    yield from _sightings(_naming(events, START_UP), "start-up")


def _actions(case: Case, sources: pl.DataFrame) -> Iterator[Sighting]:
    logs = sources.filter(pl.col("format").is_in(["task-log", "task-text", "api-details"]))["source"].implode()
    columns = ["source", "line", "offset", "task", "log", "time", "wall", "message"]
    events = case.frame("telling").select(columns).filter(pl.col("message").str.starts_with("Octopus Server version"))
    events = _naming(events.filter(pl.col("source").is_in(logs)), ACTION)
    place = ["task", "source", "line"]
    looked = case.frame("logs").filter("cleared").select("task", source=pl.col("sources").list.first())
    told = events.join(looked.with_columns(only=pl.lit(1, pl.Int64)), on=["task", "source"], how="left")
    owners = case.frame("assignments").select([*place, "execution"]).unique(["source", "line"])
    told = told.join(owners, on=place, how="left").with_columns(execution=pl.coalesce("execution", "only")).drop("only")
    runs = case.frame("executions").select(["task", "log", "number", "node"])
    told = told.join(
        runs, left_on=["task", "log", "execution"], right_on=["task", "log", "number"], how="left", nulls_equal=False
    )
    told = told.sort("source", "line", "offset").unique(
        ["task", "log", "source", "execution", "version"], keep="first", maintain_order=True
    )
    yield from _sightings(told, "action")


def _of_sources(case: Case, sources: pl.DataFrame) -> Iterator[Sighting]:
    """Headers with the node that they name, which is the task's last owner; and whatever else a source says."""
    states = case.frame("states").filter(pl.col("claim") == "header")
    heads = {row["source"]: row for row in states.iter_rows(named=True)}
    for row in sources.filter(pl.col("version").is_not_null()).iter_rows(named=True):
        head = heads.get(row["source"], {})
        yield Sighting(
            node=head.get("node") or row["node"],
            version=row["version"],
            time=head.get("started") or row["first"],
            wall=None,
            source=row["source"],
            line=head.get("line", 1),
            offset=head.get("offset", 0),
            basis="header" if head else "source",
            task=head.get("task"),
        )


def _naming(events: pl.DataFrame, pattern: str) -> pl.DataFrame:
    return events.with_columns(version=pl.col("message").str.extract(pattern)).filter(pl.col("version").is_not_null())


def _sightings(rows: pl.DataFrame, basis: str) -> Iterator[Sighting]:
    names = ("node", "version", "time", "wall", "source", "line", "offset", "task")
    for row in rows.iter_rows(named=True):
        values: dict[str, Any] = {name: row[name] for name in names}
        yield Sighting(**values, basis=basis)


def named(texts: Iterable[str]) -> list[str]:
    """The versions, each once, lowest first; those without a number last."""
    found = {plain(text): number(text) for text in texts}
    return sorted(found, key=lambda text: (found[text] is None, found[text] or (), text))
