"""EVENTS of the lines of a `task-log`, column by column, from the places of their fields (`task_log_fields`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.blocks import Block, Data, Flags, Ints, Rows, strings, words_of
from analyzer.ingest.fixed_places import instants
from analyzer.ingest.task_log_fields import Fields, numbers, times
from analyzer.ingest.task_log_lines import LEVEL
from analyzer.names import CORRELATION, INFO, KIND, MESSAGE, SEVERITY

FILE = re.compile(r"(?:^|/)(servertasks-\d+)(?:_([a-z0-9]+))?(?:\.txt$|/([^/]+)\.tl\.txt$)", re.IGNORECASE)
FEW = 1 << 10
"""Texts with escapes. Those of the doubtful logs in a share of the reading are a hundred."""


def of_fields(block: Block, fields: Fields, rows: Ints, events: pa.Schema) -> tuple[pa.Table, Flags]:
    """EVENTS of the regular rows, and which of them hold (a bad time, id or percentage makes a row irregular)."""
    if not len(rows):
        return schema.empty(events), np.empty(0, bool)
    at = fields.at[rows] if len(rows) < len(fields.at) else fields.at
    wall, tick, zone, good = _times(block, fields, at[:, 4] + 1)
    percentage, whole = numbers(fields.octets, at[:, 9] + 2, block.ends[rows] - 1)
    ids = strings(block.data, at[:, 0] + 1, at[:, 1]).dictionary_encode()
    names, level = _levels(block, at)
    known, tasks, suffixes, activities = _parts(ids.dictionary.to_pylist())
    index = np.asarray(ids.indices)
    kept = good & whole & _holds(index, known) & _holds(level, [LEVEL.fullmatch(name) is not None for name in names])
    if not kept.all():
        rows, at, index, level = rows[kept], at[kept], index[kept], level[kept]
        wall, tick, zone, percentage = wall[kept], tick[kept], zone[kept], percentage[kept]
    logs = repeated(index, suffixes)
    if logs.null_count:
        logs = pc.coalesce(logs.cast(pa.string()), of_source(suffixes_of(block.sources), block, rows).cast(pa.string()))
    columns = placed(block, rows) | of_levels(names, level)
    columns |= {
        "task": repeated(index, tasks),
        "log": logs,
        "activity": repeated(index, activities),
        "time": pa.array(wall - zone).cast(schema.TIME),
        "tick": tick,
        "wall": wall,
        "clock": repeated((zone != 0).astype(np.int32), ["utc", "offset"]),
        "message": texts(block.data, fields.escapes, at[:, 6] + 1, at[:, 7]),
        "detail": texts(block.data, fields.escapes, at[:, 8] + 1, at[:, 9]),
        "percentage": percentage,
    }
    return schema.build(events, len(rows), columns), kept


def placed(block: Block, rows: Rows) -> dict[str, object]:
    """The columns that say where a row stands."""
    return {
        "source": of_source(block.sources, block, rows),
        "line": block.lines[rows],
        "lines": 1,
        "offset": block.offsets[rows],
        "segment": of_source(segments_of(block.sources), block, rows),
    }


def of_levels(names: Sequence[str], level: npt.NDArray[np.signedinteger[Any]]) -> dict[str, object]:
    """The columns that follow from these levels, by the number of each row's."""
    return {
        "level": repeated(level, names),
        "severity": np.array([SEVERITY.get(name, INFO) for name in names], np.int64)[level],
        "kind": repeated(level, [KIND.get(name, MESSAGE) for name in names]),
    }


def _times(block: Block, fields: Fields, at: Ints) -> tuple[Ints, Ints, Ints, Flags]:
    """As `times`; most stamps are in UTC, and read faster."""
    instant, good = instants(words_of(block.data), at)
    wall, tick, zone = instant // 10, instant % 10, np.zeros(len(at), np.int64)
    rest = np.flatnonzero(~good)
    if len(rest):
        wall[rest], tick[rest], zone[rest], good[rest] = times(fields.octets, at[rest])
    return wall, tick, zone, good


def _parts(ids: Sequence[str]) -> tuple[list[bool], list[str | None], list[str | None], list[str]]:
    """Which correlation ids are some, and their tasks, suffixes and activities. Many ids begin with the same root."""
    roots: dict[str, re.Match[str] | None] = {}
    known, tasks, suffixes, activities = [], [], [], []
    for name in ids:
        root, _, activity = name.partition("/")
        match = roots[root] if root in roots else roots.setdefault(root, CORRELATION.fullmatch(root))
        known.append(match is not None and "\\" not in name)
        tasks.append(match["task"] if match else None)
        suffixes.append(match["log"] if match else None)
        activities.append(activity)
    return known, tasks, suffixes, activities


def _levels(block: Block, at: Ints) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The levels that there are, of two to four bytes, and the number of each line's."""
    masks = np.array([(1 << 8 * size) - 1 for size in range(5)], np.uint64)
    codes = pa.array(words_of(block.data)[at[:, 2] + 1] & masks[at[:, 3] - at[:, 2] - 1]).dictionary_encode()
    names = [code.to_bytes(4, "little").rstrip(b"\0").decode("latin-1") for code in codes.dictionary.to_pylist()]
    return names, np.asarray(codes.indices)


def repeated(index: npt.NDArray[np.signedinteger[Any]], values: Sequence[str | None]) -> pa.DictionaryArray:
    """The values at these places, each of them held once."""
    coded = pa.array(values, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(coded.indices.take(pa.array(index)), coded.dictionary)


def _holds(index: npt.NDArray[np.int32], known: Sequence[bool]) -> Flags:
    """Which rows have a value that is known."""
    return np.ones(len(index), bool) if all(known) else np.array(known, bool)[index]


def texts(data: Data, escapes: Ints, starts: Ints, ends: Ints) -> pa.Array:
    """The strings in these places, one behind the other, escapes resolved."""
    if (starts == ends).all():
        return pa.repeat("", len(starts))
    plain = strings(data, starts, ends)
    of = np.searchsorted(starts, escapes, "right") - 1  # the place that begins last before it
    escaped = np.zeros(len(starts), bool)
    escaped[of[(of >= 0) & (escapes < ends[of])]] = True
    at = np.flatnonzero(escaped)
    if not len(at):
        return plain
    return pc.replace_with_mask(plain, escaped, _resolved(strings(data, starts[at] - 1, ends[at] + 1)))


def _resolved(quoted: pa.Array) -> pa.Array:
    """JSON strings as text. Few are quicker done without polars, which each process that reads would have to load."""
    if len(quoted) <= FEW:
        with suppress(ValueError):  # polars is asked what becomes of a half of a pair, and what is wrong
            return pa.array([json.loads(text) for text in quoted.to_pylist()], pa.string())
    values = pl.from_arrow(quoted)
    assert isinstance(values, pl.Series)
    return values.str.json_decode(pl.String).to_arrow().cast(pa.string())


def of_source(values: Sequence[str | None], block: Block, rows: Rows) -> pa.DictionaryArray:
    """What is said of each row's source."""
    return repeated(block.which[rows], values)


def segments_of(sources: Iterable[str]) -> list[str | None]:
    """Files of several-file logs."""
    return [_segment(source) if source.lower().endswith(".tl.txt") else None for source in sources]


def _segment(source: str) -> str | None:
    match = FILE.search(source)
    return match[3] if match else None


def suffixes_of(sources: Iterable[str]) -> list[str]:
    """Suffix in the file's name, for logs of before 2015 whose correlation ids have none."""
    found = [FILE.search(source) for source in sources]
    return [match[2].upper() if match and match[2] else "" for match in found]
