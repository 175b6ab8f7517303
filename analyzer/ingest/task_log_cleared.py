"""EVENTS of logs that a first look cleared, of what it saw: nothing is looked for again, and most lines are plain.

That a log is cleared says of all its lines that they begin with its own id, in which there is no escape, and that a
slash stands before each level of it (`task_log_seen`, `task_log_activities`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.blocks import Data, Flags, Ints, Octets, Rows, strings, words_at
from analyzer.ingest.fixed_places import CODES, Small
from analyzer.ingest.task_log_columns import of_levels, of_source, placed, repeated, texts
from analyzer.ingest.task_log_heads import LEVEL_BYTES, TEXT
from analyzer.ingest.task_log_look import Look

_NAMES = [name for _, name in CODES]


def cleared_events(found: Look, good: Flags, roots: Sequence[tuple[str, str]]) -> pa.Table:
    """EVENTS (`schema.CODED`) of the good sources of a block whose roots have these tasks and suffixes."""
    block = found.block
    rows: Rows = slice(None) if good.all() else np.flatnonzero(good[block.which])
    ends, instant = found.ends[rows], found.instant[rows]
    wall = instant // 10
    columns = {
        **placed(block, rows),
        **of_levels(_NAMES, found.level[rows].astype(np.int32)),
        "task": of_source([task for task, _ in roots], block, rows),
        "log": of_source([log for _, log in roots], block, rows),
        "activity": _activities(block.data, ends, found.depth[rows]),
        "time": pa.array(wall).cast(schema.TIME),
        "tick": instant - 10 * wall,
        "wall": wall,
        "clock": repeated(np.zeros(len(ends), np.int32), ["utc"]),
        **_tails(found, rows, ends + TEXT),
    }
    return schema.build(schema.CODED, len(ends), columns)


def _activities(data: Data, ends: Ints, depth: Small) -> pa.DictionaryArray:
    """The activity of each line: one is looked up for all lines of it that follow one another."""
    begin = np.flatnonzero(_turns(data, ends, depth))
    stops = ends[begin]
    names = strings(data, stops - np.maximum(LEVEL_BYTES * depth[begin] - 1, 0), stops).dictionary_encode()
    codes = np.repeat(np.asarray(names.indices), np.diff(begin, append=len(ends)))
    return pa.DictionaryArray.from_arrays(codes, names.dictionary)


def _turns(data: Data, ends: Ints, depth: Small) -> Flags:
    """Which lines are not of the activity of the line before them, and the lines of roots."""
    turns = np.ones(len(ends), bool)
    np.not_equal(depth[1:], depth[:-1], out=turns[1:])
    turns[1:] |= _differ(data, np.maximum(ends + 1 - LEVEL_BYTES, 0))
    for level in range(2, int(depth.max()) + 1):
        below = np.flatnonzero(depth >= level)
        turns[below[1:][_differ(data, ends[below] + 1 - LEVEL_BYTES * level)]] = True
    return turns


def _differ(data: Data, at: Ints) -> Flags:
    """Where the 32 bytes from these places on are not those of the place before."""
    part = words_at(data, at, 4)
    differ: Flags = (part[1:] != part[:-1]).view(np.uint32)[:, 0] != 0  # four flags are one number
    return differ


def _tails(found: Look, rows: Rows, begins: Ints) -> dict[str, object]:
    """What stands behind the times. Lines that have a detail are read one by one, as the look did."""
    block, stops = found.block, found.stop[rows]
    unusual = np.isin(np.arange(len(block))[rows], [*found.texts])
    if unusual.any():
        stops = np.where(unusual, begins, stops)
    columns = {
        "message": texts(block.data, found.escapes, begins, stops),
        "detail": "",
        "percentage": _percentages(found.octets, block.ends[rows], stops),
    }
    if unusual.any():
        entries = [json.loads(block.raw(row)) for row in np.arange(len(block))[rows][unusual].tolist()]
        for name, place in (("message", 3), ("detail", 4), ("percentage", 5)):
            values = pa.array([entry[place] for entry in entries])
            columns[name] = pc.replace_with_mask(_repeated(columns[name], len(stops)), unusual, values)
    return columns


def _repeated(column: str | Ints | pa.Array, size: int) -> pa.Array:
    return pa.repeat(column, size) if isinstance(column, str) else pa.array(column)


def _percentages(octets: Octets, ends: Ints, stops: Ints) -> Ints:
    """The numbers of one to three digits at the ends of lines."""
    value = (octets[ends - 2] & 15).astype(np.int64)
    for tail, worth in ((b'","",dd]', 10), (b'","",ddd]', 100)):
        longer = np.flatnonzero(ends - stops >= len(tail))
        value[longer] += worth * (octets[ends[longer] - len(tail) + 5] & 15).astype(np.int64)
    return value
