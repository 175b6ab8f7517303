"""The words of which signatures are made: each makes a function that looks at the facts and gives hits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from analyzer.incidents.facts import MOST_PLACES, Facts, Hit, places
from analyzer.incidents.known import Signature
from analyzer.model import Evidence, Finding, Verdict

WARNING = 13


def judged(code: str, *, two_nodes: bool = False, detail: str = "", holds: object = None) -> Signature:
    """Findings of a code, where `detail` is or contains `holds`; on two nodes that are named, where asked for."""

    def look(facts: Facts) -> Iterator[Hit]:
        for one in facts.findings:
            value = one.detail.get(detail)
            if one.code == code and (not detail or value == holds or (isinstance(value, list) and holds in value)):
                yield Hit(
                    one.evidence[:MOST_PLACES],
                    one.task,
                    one.nodes,
                    _began(facts, one),
                    unsure=_missing(one, two_nodes=two_nodes),
                )

    return look


def _began(facts: Facts, finding: Finding) -> datetime | None:
    """When the later of the two executions of a finding began."""
    if "first" not in finding.detail or finding.task is None:
        return None
    numbers = [finding.detail["first"], finding.detail["second"]]
    runs = [
        run for number in numbers if isinstance(number, int) for run in facts.several.get((finding.task, number), ())
    ]
    times = [run["started"] for run in runs]
    return max(times) if times and None not in times else None


def _missing(finding: Finding, *, two_nodes: bool) -> str:
    if finding.verdict is Verdict.POSSIBLE:
        return f"{finding.code} is only possible"
    return "the lines do not name two nodes" if two_nodes and len(finding.nodes) < 2 else ""


def said(pattern: str, *, also: str = "", level: int = WARNING) -> Signature:
    """Entries of server logs at a level or above that match both patterns: a hit for each task and node.

    What the patterns match holds a word that a first look at server logs looks for (`ingest.server_log_triage`).
    """

    def look(facts: Facts) -> Iterator[Hit]:
        message = pl.col("message")
        found = facts.server.filter(
            (pl.col("severity") >= level) & message.str.contains(pattern) & message.str.contains(also)
        )
        for (task, node), lines in found.group_by("task", "node", maintain_order=True):
            yield Hit(
                places(lines),
                str(task) if task else None,
                (str(node),) if node else (),
                lines["time"][0],
                lines["wall"][0],
            )

    return look


def told(pattern: str) -> Signature:
    """Lines of tasks' own logs that match: a hit for each task."""

    def look(facts: Facts) -> Iterator[Hit]:
        logs = facts.of("task-log", "task-text", "api-details")["source"].implode()
        columns = ["source", "line", "offset", "task", "time", "message"]
        events = facts.case.frame("telling").select(columns).filter(pl.col("message").str.contains(pattern))
        found = events.filter(pl.col("source").is_in(logs) & pl.col("task").is_not_null())
        for (task,), lines in found.sort("source", "line").group_by("task", maintain_order=True):
            yield Hit(places(lines), str(task), (), lines["time"][0])

    return look


def both(first: Signature, second: Signature) -> Signature:
    """Hits of the first whose task has a hit of the second; or any hit of it, where that one names no task."""

    def look(facts: Facts) -> Iterator[Hit]:
        others = list(second(facts))
        for hit in first(facts):
            mine = next((one for one in others if one.task in (hit.task, None)), None)
            if mine:
                evidence = tuple(dict.fromkeys((*hit.evidence, *mine.evidence)))
                yield Hit(
                    evidence,
                    hit.task or mine.task,
                    hit.nodes or mine.nodes,
                    hit.time or mine.time,
                    hit.wall,
                    hit.unsure or mine.unsure,
                )

    return look


def either(*signatures: Signature) -> Signature:
    """Hits of any."""
    return lambda facts: (hit for one in signatures for hit in one(facts))


def unless(signature: Signature, other: Signature, *, need: str = "") -> Signature:
    """Hits whose task has no hit of the other; unsure where the kind of evidence that could show it is not there."""

    def look(facts: Facts) -> Iterator[Hit]:
        found = list(other(facts))
        tasks = {one.task for one in found}
        unsure = f"no {need} is in the input" if need and not facts.has(need) else ""
        for hit in signature(facts):
            if hit.task not in tasks and not any(one.task is None for one in found):
                yield Hit(hit.evidence, hit.task, hit.nodes, hit.time, hit.wall, hit.unsure or unsure)

    return look


def only(signature: Signature, why: str) -> Signature:
    """Hits that do not suffice, and why."""

    def look(facts: Facts) -> Iterable[Hit]:
        return (
            Hit(one.evidence, one.task, one.nodes, one.time, one.wall, one.unsure or why) for one in signature(facts)
        )

    return look


def undecided(facts: Facts) -> Iterator[Hit]:
    """Second runs that may have been at the same time and may have been legitimate."""
    found = facts.pairs.filter((pl.col("work") == "undecided") & (pl.col("relation") != "sequential"))
    for pair in found.iter_rows(named=True):
        runs = [facts.run(pair["task"], pair[side]) for side in ("first", "second")]
        start = [run["started"] for run in runs if run["started"]]
        yield Hit(_places(pair), pair["task"], tuple(pair["nodes"]), max(start, default=None))


def run_again_within(span: timedelta) -> Signature:
    """A run of a task that another node began within a time after the end of the one before."""

    def look(facts: Facts) -> Iterator[Hit]:
        for pair in facts.pairs.filter(pl.col("relation") == "sequential").iter_rows(named=True):
            first, second = (facts.run(pair["task"], pair[side]) for side in ("first", "second"))
            nodes = {(run["node"] or "").casefold() for run in (first, second)}
            if pair["work"] not in ("re-run", "undecided") or len(nodes) < 2 or not first["ended"]:
                continue
            if second["started"] and second["started"] - first["ended"] <= span:
                unsure = "" if pair["work"] == "re-run" else "whether the second run was a legitimate one is undecided"
                yield Hit(_places(pair), pair["task"], tuple(pair["nodes"]), second["started"], unsure=unsure)

    return look


def _places(pair: dict[str, Any]) -> tuple[Evidence, ...]:
    return tuple(Evidence(one["source"], one["line"], one["offset"], "") for one in pair["evidence"][:MOST_PLACES])
