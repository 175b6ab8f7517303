"""Whether a hit happened in an affected version, and how long after a node had gone to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum

import polars as pl

from analyzer.incidents.facts import Facts, Hit
from analyzer.incidents.known import Known
from analyzer.incidents.sightings import Sighting, Sightings
from analyzer.incidents.versions import Number, number, plain


class Fit(StrEnum):
    """inside and outside the affected versions; open where the version is not known."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    OPEN = "open"


def fit(known: Known, hit: Hit, sightings: Sightings) -> Fit:
    """Inside if one of the hit's nodes is for certain; outside if all are."""
    if not known.versions:
        return Fit.INSIDE
    sets = [_candidates(hit, node, sightings) for node in hit.nodes or (None,)]
    if any(all(one is not None and affected(known, one) for one in found) for found in sets):
        return Fit.INSIDE
    out = all(one is not None and not affected(known, one) for found in sets for one in found)
    return Fit.OUTSIDE if out and not known.reported else Fit.OPEN


def affected(known: Known, version: Number) -> bool:
    """Whether a version is in one of the ranges."""
    return any(version in span for span in known.versions)


def _candidates(hit: Hit, node: str | None, sightings: Sightings) -> set[Number | None]:
    """The versions that a node may have had at the time of a hit; None among them where it cannot be told."""
    own = sightings.of_task(hit.task) if hit.task is not None else ()
    own = [one for one in own if node is None or _same(one.node, node)]
    if own:
        return {number(one.version) for one in own}
    mine = sightings.of_node(node).select("version", at=_before(hit))
    dated = mine.filter(pl.col("at").is_not_null())
    if dated.is_empty():
        return {number(text) for text in mine["version"].unique()} or {None}
    last = dated.filter(pl.col("at") >= timedelta()).sort("at", maintain_order=True).head(1)
    return {number(text) for text in last["version"]} or {None}


def _before(hit: Hit) -> pl.Expr:
    """How long before the hit a version was seen; null where the clocks cannot be compared."""
    by_time = pl.lit(hit.time, pl.Datetime("us", "UTC")) - pl.col("time")
    if hit.wall is None or not hit.nodes:
        return by_time
    on_its_clock = pl.when(pl.col("basis") == "start-up").then(pl.lit(hit.wall, pl.Int64) - pl.col("wall"))
    return pl.coalesce(by_time, on_its_clock.cast(pl.Duration("us")))


def story(known: Known, hits: Sequence[Hit], facts: Facts) -> str:
    """How long before the first hit a node began to run an affected version, where clocks tell."""
    times = [hit.time for hit in hits if hit.time]
    if not hits or (len(hits) > 1 and len(times) < len(hits)):
        return ""  # which was the first is not known
    hit = hits[times.index(min(times))] if times else hits[0]
    found = [entry for node in hit.nodes for entry in _starts(known, hit, node, facts)]
    if not found:
        return ""
    changed, span, one = min(found, key=lambda entry: (not entry[0], entry[1]))
    did = "went to" if changed else "started with"
    what = f" ({hit.task})" if hit.task else ""
    return f"The first {known.called}{what} came {duration(span)} after {one.node} {did} {plain(one.version)}."


def _starts(known: Known, hit: Hit, node: str, facts: Facts) -> Iterator[tuple[bool, timedelta, Sighting]]:
    """Starts of a node with an affected version before a hit: whether it was a change of version, and how long ago."""
    starts = [one for one in facts.versions.starts if _same(one.node, node)]
    for one, earlier in zip(starts, [None, *starts], strict=False):
        span, version = _since(one, hit, facts), number(one.version)
        if span is None or span < timedelta() or version is None or not affected(known, version):
            continue
        if earlier is None or number(earlier.version) != version:
            yield earlier is not None, span, one


def _since(one: Sighting, hit: Hit, facts: Facts) -> timedelta | None:
    """How long before the hit a node started; None where the clocks cannot be compared."""
    if one.time is not None and hit.time is not None:
        return hit.time - one.time
    if one.wall is not None and hit.wall is not None:
        return timedelta(microseconds=hit.wall - one.wall)
    return _on_own_clock(one, hit, facts)


def _on_own_clock(start: Sighting, hit: Hit, facts: Facts) -> timedelta | None:
    """By the node's own server log, which needs no zone for it: its first line about the task."""
    if start.wall is None or hit.task is None:
        return None
    lines = facts.server.filter(
        (pl.col("task") == hit.task) & (pl.col("node").str.to_lowercase() == (start.node or "").lower())
    )
    walls: list[int] = lines["wall"].drop_nulls().to_list()
    return timedelta(microseconds=min(walls) - start.wall) if walls else None


def _same(left: str | None, right: str) -> bool:
    return (left or "").casefold() == right.casefold()


def duration(span: timedelta) -> str:
    """A time span for prose.

    >>> duration(timedelta(minutes=192)), duration(timedelta(seconds=75)), duration(timedelta(days=2, hours=1))
    ('3 h 12 min', '1 min 15 s', '2 d 1 h')
    """
    seconds = int(span.total_seconds())
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds % 60, "s")]
    first = next((at for at, (value, _) in enumerate(parts) if value), len(parts) - 1)
    return " ".join(f"{value} {unit}" for value, unit in parts[first : first + 2] if value) or "less than a second"
