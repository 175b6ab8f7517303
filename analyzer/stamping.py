"""What is known about sources only once all of them are read: given zones, and which source is a copy of another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl
import pyarrow as pa

from analyzer import schema


def stamp_offsets(events: pa.Table, offsets: Mapping[str, timedelta]) -> pa.Table:
    """EVENTS with `time` set where the node's offset from UTC is given; `wall` stays as written."""
    if not offsets:
        return events
    known = {node.casefold(): int(span.total_seconds() * 1_000_000) for node, span in offsets.items()}
    frame = pl.DataFrame(events)
    offset = pl.col("node").str.to_lowercase().replace_strict(known, default=None, return_dtype=pl.Int64)
    given = (pl.col("clock") == "local") & offset.is_not_null()
    frame = frame.with_columns(
        time=pl.when(given).then((pl.col("wall") - offset).cast(pl.Datetime("us", "UTC"))).otherwise("time"),
        clock=pl.when(given).then(pl.lit("offset")).otherwise("clock"),
    )
    return frame.to_arrow().cast(schema.EVENTS)


def mark_duplicates(sources: pa.Table, events: pa.Table) -> pa.Table:
    """SOURCES with `duplicate_of`: the first source (by name) with the same events in the same places.

    Rolled archives get another name every day and shares are collected from every node, so names say nothing.
    """
    frame = pl.DataFrame(sources)
    alike = ["format", "bytes", "lines", "events"]
    several = frame.filter((pl.col("events") > 0) & (pl.len().over(alike) > 1))
    if several.is_empty():
        return sources
    content = pl.struct("line", "offset", "wall", "tick", "level", "message", "detail").hash()
    hashes = (
        pl.DataFrame(events.select(["source", "line", "offset", "wall", "tick", "level", "message", "detail"]))
        .join(several.select("source"), on="source", how="semi")
        .with_columns(content=content)
        .group_by("source")
        .agg(content=(pl.col("content") ^ pl.col("line").hash()).sum())
    )
    marked = several.join(hashes, on="source").sort("source")
    first = marked.with_columns(original=pl.col("source").first().over([*alike, "content"]))
    copies = first.filter(pl.col("source") != pl.col("original")).select("source", "original")
    frame = frame.join(copies, on="source", how="left", maintain_order="left")
    frame = frame.with_columns(duplicate_of=pl.coalesce("duplicate_of", "original")).drop("original")
    return frame.to_arrow().cast(schema.SOURCES)
