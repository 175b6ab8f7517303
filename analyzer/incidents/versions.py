"""Which version of Octopus Server ran on which node, and when: as far as the logs say it.

Read from start-up lines of server logs, from the line `Octopus Server version: X` that every action writes into its
task's log (the node is that of the execution), from headers of text downloads, and from what SOURCES knows besides.

Versions are compared by their numbers alone: `2023.3.12936-hotfix.1` and `3.3.16-ci.1+Branch.master` are 2023.3.12936
and 3.3.16. `0.0.0-local` is a build without a number and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import polars as pl

from analyzer.case import Case
from analyzer.incidents.sightings import COLUMNS, Sightings

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
    """Every line that names a node's version; copies of sources are left out."""
    sources = case.frame("sources").filter(pl.col("duplicate_of").is_null())
    told = pl.concat([_start_ups(case, sources), _actions(case, sources)])
    others = _of_sources(case, sources)
    others = others.filter((pl.col("basis") == "header") | ~pl.col("source").is_in(told["source"].unique().implode()))
    return Sightings(pl.concat([told, others]))


def _start_ups(case: Case, sources: pl.DataFrame) -> pl.DataFrame:
    logs = sources.filter(pl.col("format") == "server-log")["source"].implode()
    columns = ["source", "line", "offset", "node", "time", "wall", "message", "task"]
    events = case.frame("telling").select(columns).filter(pl.col("source").is_in(logs))
    return _naming(events, START_UP).select(*COLUMNS[:-2], basis=pl.lit("start-up"), task="task")


def _actions(case: Case, sources: pl.DataFrame) -> pl.DataFrame:
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
    return told.select(*COLUMNS[:-2], basis=pl.lit("action"), task="task")


def _of_sources(case: Case, sources: pl.DataFrame) -> pl.DataFrame:
    """Headers with the node that they name, which is the task's last owner; and whatever else a source says."""
    heads = case.frame("states").filter(pl.col("claim") == "header").unique("source", keep="last", maintain_order=True)
    heads = heads.select("source", "line", "offset", "started", "task", owner="node", header=True)
    told = sources.filter(pl.col("version").is_not_null())
    return told.join(heads, on="source", how="left", maintain_order="left").select(
        node=pl.when(pl.col("owner") != "").then("owner").otherwise("node"),
        version="version",
        time=pl.coalesce("started", "first"),
        wall=pl.lit(None, pl.Int64),
        source="source",
        line=pl.col("line").fill_null(1),
        offset=pl.col("offset").fill_null(0),
        basis=pl.when("header").then(pl.lit("header")).otherwise(pl.lit("source")),
        task="task",
    )


def _naming(events: pl.DataFrame, pattern: str) -> pl.DataFrame:
    named = events.with_columns(version=pl.col("message").str.extract(pattern)).drop("message")
    return named.filter(pl.col("version").is_not_null())


def named(texts: Iterable[str]) -> list[str]:
    """The versions, each once, lowest first; those without a number last."""
    found = {plain(text): number(text) for text in texts}
    return sorted(found, key=lambda text: (found[text] is None, found[text] or (), text))
