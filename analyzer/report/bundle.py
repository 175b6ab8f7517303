"""What is in an input, before any judgement: formats, nodes, times, versions, gaps, and which questions it can answer.

Which questions stay open is what the detectors themselves say, so that `doctor` and `audit` cannot contradict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from analyzer import detectors
from analyzer.case import Audit, Case
from analyzer.detectors.coverage import coverage, gaps
from analyzer.incidents.sightings import Sighting
from analyzer.incidents.versions import plain, versions
from analyzer.model import NotJudged
from analyzer.report.answer import wishes
from analyzer.report.plain import count
from analyzer.report.summary import distinct_nodes, natural, nodes, tasks

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LIMITS = "OCT9"
"""Codes of the audit's own limits: no questions that a user asks."""
BASES = {"given": "--node", "log": "its own log", "folder": "the folder's name"}
OTHERS = "other sources"


@dataclass(frozen=True)
class Kind:
    """All files of one format."""

    format: str
    files: int
    bytes: int
    lines: int
    rejects: int


@dataclass(frozen=True)
class Span:
    """From when to when the files of one format, of one node where that is known, tell of anything."""

    format: str
    node: str | None
    files: int
    first: str
    last: str
    clock: str  # utc | offset | local | none (times of day without a date)


@dataclass(frozen=True)
class Node:
    """A node and how it is known."""

    name: str
    known_from: tuple[str, ...]
    server_logs: int


@dataclass(frozen=True)
class Version:
    """A version of Octopus Server on a node, and when it is first seen there."""

    node: str | None
    version: str
    since: str
    clock: str  # utc | local | none (a time of day) | "" where nothing says when


@dataclass(frozen=True)
class Gap:
    """Something that is not in the input although the input speaks of it, and the tasks that it concerns."""

    what: str
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """What a detector asks, and for how many tasks the input answers it in every respect."""

    code: str
    name: str
    open: bool  # the input lacks what the question needs, whatever the task
    answered: int
    tasks: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Bundle:
    """Everything that `doctor` says; plain values, in a fixed order."""

    tasks: int
    kinds: tuple[Kind, ...]
    spans: tuple[Span, ...]
    nodes: tuple[Node, ...]
    versions: tuple[Version, ...]
    gaps: tuple[Gap, ...]
    questions: tuple[Question, ...]
    ask: tuple[str, ...]
    unknown: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]  # source, the one that it is a copy of
    problems: tuple[tuple[str, str], ...]  # source, why it was not read, or not to its end


def examine(audit: Audit) -> Bundle:
    """What is in the audited input."""
    case = audit.case
    sources = case.frame("sources").sort("source")
    bare = sources.filter((pl.col("format") == "unknown") & pl.col("problem").is_null())
    every = len(tasks(case))
    return Bundle(
        tasks=every,
        kinds=tuple(_kinds(sources)),
        spans=tuple(_spans(case, sources)),
        nodes=tuple(_nodes(case, sources)),
        versions=tuple(_versions(versions(case))),
        gaps=tuple(_gaps(case)),
        questions=tuple(_questions(audit.not_judged, every)),
        ask=tuple(wishes(audit)),
        unknown=tuple(bare["source"]),
        copies=tuple(sources.drop_nulls("duplicate_of").select("source", "duplicate_of").iter_rows()),
        problems=tuple(sources.drop_nulls("problem").select("source", "problem").iter_rows()),
    )


def _kinds(sources: pl.DataFrame) -> Iterator[Kind]:
    sums = pl.col("bytes", "lines", "rejects").fill_null(0).sum()
    for row in sources.group_by("format").agg(pl.len(), sums).sort("format").iter_rows():
        yield Kind(*row)


def _spans(case: Case, sources: pl.DataFrame) -> Iterator[Span]:
    """By format and node; times of different clocks are never put into one span."""
    events = case.frame("telling").select(["source", "time", "wall", "clock"])
    at = pl.coalesce(pl.col("time").dt.epoch("us"), "wall")
    told = events.select("source", "clock", first=at, last=at).drop_nulls("first")
    states = case.frame("states").select(["source", "queued", "started", "completed"])
    moments = [pl.col(name).dt.epoch("us") for name in ("queued", "started", "completed")]
    claimed = states.select(
        "source", clock=pl.lit("utc"), first=pl.min_horizontal(moments), last=pl.max_horizontal(moments)
    )
    looked = case.frame("logs").filter("cleared").select(
        source=pl.col("sources").list.first(), clock=pl.lit("utc"),
        first=pl.col("first").dt.epoch("us"), last=pl.col("last").dt.epoch("us"),
    ).drop_nulls("first")  # fmt: skip
    of = sources.select("source", "format", "node")
    spoke = case.frame("stretches").select("source", "clock", "first", "last")
    every = pl.concat([told, looked, spoke, claimed.drop_nulls("first")]).join(of, on="source")
    found = every.group_by("format", "node", "clock").agg(
        files=pl.col("source").n_unique(), first=pl.col("first").min(), last=pl.col("last").max()
    )
    for row in found.sort("format", "node", "clock").iter_rows(named=True):
        first, last = (_moment(row[name], row["clock"]) for name in ("first", "last"))
        yield Span(row["format"], row["node"], row["files"], first, last, row["clock"])


def _moment(microseconds: int, clock: str) -> str:
    """A time of day where there is no date."""
    span = timedelta(microseconds=microseconds)
    if clock == "none" and span < DAY:
        return f"{EPOCH + span:%H:%M:%S}"
    return f"{EPOCH + span:%Y-%m-%d %H:%M:%S}"


def _nodes(case: Case, sources: pl.DataFrame) -> Iterator[Node]:
    named = sources.drop_nulls("node")
    bases: dict[str, set[str]] = defaultdict(set)
    logs: dict[str, int] = defaultdict(int)
    for form, node, basis in named.select("format", "node", "node_basis").iter_rows():
        bases[node.casefold()].add(BASES.get(basis, OTHERS))
        logs[node.casefold()] += form == "server-log"
    for name in distinct_nodes(node for _, node in nodes(case)):
        yield Node(name, tuple(sorted(bases.get(name.casefold(), {OTHERS}))), logs[name.casefold()])


def _versions(sightings: Iterable[Sighting]) -> Iterator[Version]:
    """Each version of each node once, in the order of time; where no zone is known by the node's own clock."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for one in sightings:
        if one.time is not None:
            since = (f"{one.time.astimezone(UTC):%Y-%m-%d %H:%M:%S}", "utc")
        else:
            since = _on_its_clock(one.wall)
        key = (one.node or "", plain(one.version))
        first[key] = min(first.get(key, since), since)
    for (node, version), (since_, clock) in sorted(first.items(), key=lambda item: (item[0][0], item[1], item[0][1])):
        yield Version(node or None, version, since_, clock)


def _on_its_clock(wall: int | None) -> tuple[str, str]:
    if wall is None:
        return "", ""
    clock = "none" if timedelta(microseconds=wall) < DAY else "local"
    return _moment(wall, clock), clock


def _gaps(case: Case) -> Iterator[Gap]:
    for what, concerned in sorted(gaps(case).items()):
        yield Gap(what, _names(task for _, task in concerned))
    seen = coverage(case).tasks
    for log, what in (
        ("none", "no task log, although a row, an event or a server log says that they ran"),
        ("tree", "a text download or /details only, no raw task log"),
    ):
        found = _names(seen.filter(pl.col("log") == log)["task"])
        if found:
            yield Gap(f"{count(len(found), 'task')} with {what}", found)


def _names(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(found), key=natural))


def _questions(open_: Iterable[NotJudged], every: int) -> Iterator[Question]:
    by_code: dict[str, list[NotJudged]] = defaultdict(list)
    for one in open_:
        by_code[one.code].append(one)
    for detector in sorted(detectors.CATALOGUE, key=lambda one: one.CODE):
        if detector.CODE.startswith(LIMITS):
            continue
        asked = by_code[detector.CODE]
        reasons = tuple(dict.fromkeys(one.lacking or one.reason for one in asked))
        whole = [one for one in asked if not one.about]
        concerned = {task for one in asked for task in one.about}
        answered = 0 if whole else every - len(concerned)
        yield Question(detector.CODE, detector.NAME, bool(whole), answered, every, reasons)
