"""What is known about sources only once all of them are read: given zones, and which source is a copy of another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema

PLACE = ("line", "offset", "wall", "tick", "process", "thread")
WORDS = ("task", "log", "activity", "level", "message", "detail")
SIZES = ("format", "bytes", "events", "states")


def stamp_offsets(events: pa.Table, offsets: Mapping[str, timedelta]) -> pa.Table:
    """EVENTS with `time` set where the node's offset from UTC is given; `wall` stays as written."""
    if not offsets:
        return events
    frame = pl.DataFrame(events.select(["node", "clock", "wall", "time"]))
    offset = _offset(offsets)
    given = (pl.col("clock") == "local") & offset.is_not_null()
    stamped = frame.select(
        time=pl.when(given).then((pl.col("wall") - offset).cast(pl.Datetime("us", "UTC"))).otherwise("time"),
        clock=pl.when(given).then(pl.lit("offset")).otherwise("clock"),
    )
    for name in stamped.columns:
        field = schema.EVENTS.field(name)
        events = events.set_column(
            schema.EVENTS.get_field_index(name), field, stamped[name].to_arrow().cast(field.type)
        )
    return events


def stamp_stretches(stretches: pa.Table, offsets: Mapping[str, timedelta]) -> pa.Table:
    """STRETCHES in UTC where the node's offset is given."""
    if not offsets:
        return stretches
    offset = _offset(offsets)
    given = (pl.col("clock") == "local") & offset.is_not_null()
    values = {"first": pl.col("first") - offset, "last": pl.col("last") - offset, "clock": pl.lit("offset")}
    stamped = {name: pl.when(given).then(value).otherwise(name) for name, value in values.items()}
    return pl.DataFrame(stretches).with_columns(**stamped).to_arrow().cast(schema.STRETCHES)


def _offset(offsets: Mapping[str, timedelta]) -> pl.Expr:
    """The given offset of a row's node in microseconds, or null."""
    known = {node.lower(): int(span.total_seconds() * 1_000_000) for node, span in offsets.items()}
    return pl.col("node").str.to_lowercase().replace_strict(known, default=None, return_dtype=pl.Int64)


def stamp_times(sources: pa.Table, events: pa.Table, cleared: pa.Table, stretches: pa.Table) -> pa.Table:
    """SOURCES with the first and last time of their events, and the clock that most of them are on.

    Some sources have not all lines in EVENTS: of `cleared` rows of LOGS, whose clock is UTC where they have times, and
    of `stretches`.
    """
    looked = pl.DataFrame(cleared.filter(pc.is_valid(cleared["first"]))).select(
        pl.col("sources").list.first().alias("source"), "first", "last", clock=pl.lit("utc", pl.String)
    )
    looked = pl.concat([looked, _times_of(pl.DataFrame(stretches))])
    rest = pl.DataFrame(events.select(["source", "time", "clock"])).join(looked, on="source", how="anti")
    times = rest.group_by("source").agg(
        first=pl.col("time").min(), last=pl.col("time").max(), clock=pl.col("clock").mode().sort().first()
    )
    times = pl.concat([times, looked])
    frame = (
        pl.DataFrame(sources).drop("first", "last", "clock").join(times, on="source", how="left", maintain_order="left")
    )
    return frame.select(sources.schema.names).to_arrow().cast(schema.SOURCES)


def _times_of(stretches: pl.DataFrame) -> pl.DataFrame:
    by_clock = stretches.group_by("source", "clock").agg(
        pl.col("first").min(), pl.col("last").max(), pl.col("entries").sum()
    )
    dated = pl.col("clock") == "offset"
    return by_clock.sort("clock").group_by("source").agg(
        *(pl.col(name).filter(dated).first().cast(pl.Datetime("us", "UTC")) for name in ("first", "last")),
        pl.col("clock").get(pl.col("entries").arg_max()),
    )  # fmt: skip


def mark_duplicates(sources: pa.Table, events: pa.Table) -> pa.Table:
    """SOURCES with `duplicate_of`: another source with the same events in the same places, and perhaps more.

    Of equal ones the first by name is the original. Rolled archives get another name every day, shares are collected
    from every node and at several times: names say nothing, and an earlier copy ends earlier (perhaps inside a line).
    """
    known = _alike(sources, events)
    if known.is_empty():
        return sources
    theirs = pl.DataFrame(events.select(["source"])).select(pl.col("source").is_in(known["source"].to_list()))
    frame = pl.DataFrame(events.select(["source", *PLACE, *WORDS]).filter(theirs.to_series().to_arrow()))
    content = pl.struct(*PLACE, *WORDS).hash() // 2**24  # sums of millions of them fit into 64 bits
    lines = (
        frame.select("source", "message", place=pl.struct(PLACE).hash(), content=content)
        .with_columns(
            row=pl.int_range(1, pl.len() + 1).over("source"), before=pl.col("content").cum_sum().over("source")
        )
        .with_columns(before=pl.col("before") - pl.col("content"))
        .join(known, on="source")
    )
    last = lines.filter(pl.col("row") == pl.col("events"))
    both = last.join(lines, on=["head", "format", "row", "before", "place"], suffix="_2")
    equal = pl.col("content_2") == pl.col("content")
    cut = pl.col("message_2").str.starts_with(pl.col("message"))
    longer = (pl.col("events_2") > pl.col("events")) & (pl.col("states") + pl.col("states_2") == 0) & (equal | cut)
    same = (pl.col("events_2") == pl.col("events")) & (pl.col("bytes_2") == pl.col("bytes")) & equal
    copies = (
        both.filter(longer | (same & (pl.col("source_2") < pl.col("source"))))
        .sort("events_2", "source_2", descending=[True, False])
        .unique("source", keep="first", maintain_order=True)
        .select("source", duplicate_of="source_2")
    )
    marked = pl.DataFrame(sources).join(copies, on="source", how="left", maintain_order="left", suffix="_found")
    marked = marked.with_columns(pl.coalesce("duplicate_of", "duplicate_of_found").alias("duplicate_of"))
    return marked.select(sources.schema.names).to_arrow().cast(schema.SOURCES)


def _alike(sources: pa.Table, events: pa.Table) -> pl.DataFrame:
    """Sources whose first event another source has, too, in the same place: `head` says which belong together."""
    order = pl.DataFrame(events.select(["source"])).with_row_index()
    first = order.filter(pl.col("source").ne_missing(pl.col("source").shift()))["index"]
    heads = pl.DataFrame(events.select(["source", *PLACE, *WORDS]).take(first.to_arrow()))
    heads = heads.select("source", head=pl.struct(*PLACE, *WORDS).hash()).filter(pl.len().over("head") > 1)
    return heads.join(pl.DataFrame(sources.select(["source", *SIZES])), on="source")
