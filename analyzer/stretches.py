"""When a server log speaks: its stretches, in which it is never silent for longer than QUIET.

    times       x x  xxx x          x xx   x              any number of them, of several threads and in any order
    stretches   [--------]          [------]              first, last, and how many entries

They say all that is asked of a log's times (SOURCES, coverage), and are few: a log that speaks once in a while has one
stretch, one that does not has few lines. The stretches of a whole are those of its parts, put together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Ints

QUIET = 30_000_000
"""Microseconds. Silences that are not longer are forgotten."""
FIRST, LAST, ENTRIES = range(3)
"""Columns of stretches that are no table yet."""


def of_times(times: Ints) -> Ints:
    """The stretches of some times: a row each, in their order."""
    if len(times) and (np.abs(np.diff(times)) <= QUIET).all():  # what is passed in small steps has no gap
        return np.array([[times.min(), times.max(), len(times)]])
    every = np.sort(times)
    return united([np.stack((every, every, np.ones_like(every)), axis=1)])


def united(parts: Sequence[Ints]) -> Ints:
    """The stretches of several logs, or parts of one, together."""
    every = np.concatenate([np.empty((0, 3), np.int64), *parts])
    every = every[np.argsort(every[:, FIRST], kind="stable")]
    reached = np.maximum.accumulate(every[:, LAST])
    gaps = every[1:, FIRST] - reached[:-1] > QUIET
    begins = np.flatnonzero(np.concatenate(([True], gaps))[: len(every)])
    ends = np.append(begins[1:], len(every))[: len(begins)] - 1
    counts = np.add.reduceat(every[:, ENTRIES], begins) if len(begins) else begins
    return np.stack((every[begins, FIRST], reached[ends], counts), axis=1)


def table(source: str, stretches: Mapping[str, Ints], *, cleared: bool) -> pa.Table:
    """STRETCHES of one source, by the clocks on which its times are."""
    parts = [
        schema.build(
            schema.STRETCHES,
            len(rows),
            {"source": source, "clock": clock, "cleared": cleared}
            | {name: rows[:, at] for at, name in enumerate(("first", "last", "entries"))},
        )
        for clock, rows in stretches.items()
        if len(rows)
    ]
    return pa.concat_tables([schema.empty(schema.STRETCHES), *parts])


def of_events(events: pa.Table, sources: Collection[str]) -> pa.Table:
    """STRETCHES of these sources, of which EVENTS has all lines."""
    frame = pl.DataFrame(events.select(["source", "lines", "clock", "time", "wall"]))
    frame = frame.filter(pl.col("source").is_in(list(sources)) & (pl.col("lines") > 0))
    at = pl.coalesce(pl.col("time").dt.timestamp("us"), "wall")
    groups = frame.select("source", "clock", at=at).group_by("source", "clock", maintain_order=True)
    parts = [
        table(str(source), {str(clock): of_times(group["at"].to_numpy())}, cleared=False)
        for (source, clock), group in groups
    ]
    return pa.concat_tables([schema.empty(schema.STRETCHES), *parts])
