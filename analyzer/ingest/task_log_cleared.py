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
from analyzer.blocks import Flags, Ints, Octets, Rows, strings
from analyzer.ingest.fixed_places import CODES
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
        "activity": _activities(found, rows),
        "time": pa.array(wall).cast(schema.TIME),
        "tick": instant - 10 * wall,
        "wall": wall,
        "clock": repeated(np.zeros(len(ends), np.int32), ["utc"]),
        **_tails(found, rows, ends + TEXT),
    }
    return schema.build(schema.CODED, len(ends), columns)


def _activities(found: Look, rows: Rows) -> pa.DictionaryArray:
    """The activity of each line: one is looked up for all lines of it that the look found to follow one another."""
    codes = np.zeros(len(found.block), np.int32)
    names: list[pa.Array] = []
    for lines, turns in found.stretches:
        codes[lines] = np.cumsum(turns, dtype=np.int32) + (sum(map(len, names)) - 1)
        ends = found.ends[lines[turns]]
        size = max(0, LEVEL_BYTES * int(found.depth[lines[0]]) - 1)
        names.append(strings(found.block.data, ends - size, ends))
    known = pa.concat_arrays(names).dictionary_encode()
    return pa.DictionaryArray.from_arrays(np.asarray(known.indices)[codes[rows]], known.dictionary)


def _tails(found: Look, rows: Rows, begins: Ints) -> dict[str, pa.Array]:
    """What stands behind the times. Lines that have a detail are read one by one, as the look did."""
    block, stops = found.block, found.stop[rows]
    unusual = np.isin(np.arange(len(block))[rows], [*found.texts])
    if unusual.any():
        stops = np.where(unusual, begins, stops)
    columns = {
        "message": texts(block.data, found.escapes, begins, stops),
        "detail": pa.repeat("", len(stops)),
        "percentage": _percentages(found.octets, block.ends[rows], stops),
    }
    if unusual.any():
        entries = [json.loads(block.raw(row)) for row in np.arange(len(block))[rows][unusual].tolist()]
        for name, place in (("message", 3), ("detail", 4), ("percentage", 5)):
            values = pa.array([entry[place] for entry in entries], columns[name].type)
            columns[name] = pc.replace_with_mask(columns[name], unusual, values)
    return columns


def _percentages(octets: Octets, ends: Ints, stops: Ints) -> pa.Array:
    """The numbers of one to three digits at the ends of lines."""
    value = (octets[ends - 2] & 15).astype(np.int64)
    for tail, worth in ((b'","",dd]', 10), (b'","",ddd]', 100)):
        longer = np.flatnonzero(ends - stops >= len(tail))
        value[longer] += worth * (octets[ends[longer] - len(tail) + 5] & 15).astype(np.int64)
    return pa.array(value)
