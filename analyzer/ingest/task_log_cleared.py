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
from analyzer.blocks import Flags, Ints, Octets, views, words_at
from analyzer.ingest.fixed_places import CODES
from analyzer.ingest.task_log_columns import of_levels, of_source, placed, repeated, strings
from analyzer.ingest.task_log_heads import LEVEL_BYTES, TEXT
from analyzer.ingest.task_log_look import NONE, Look

_NAMES = [name for _, name in CODES]


def cleared_events(found: Look, good: Flags, roots: Sequence[tuple[str, str]]) -> pa.Table:
    """EVENTS (`schema.CODED`) of the good sources of a block whose roots have these tasks and suffixes."""
    block, rows = found.block, np.flatnonzero(good[found.block.which])
    instant, begins, stops = found.instant[rows], found.ends[rows] + TEXT, found.stop[rows]
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
        "clock": repeated(np.zeros(len(rows), np.int32), ["utc"]),
        **_tails(found, rows, begins, stops),
    }
    return schema.build(schema.CODED, len(rows), columns)


def _activities(found: Look, rows: Ints) -> pa.DictionaryArray:
    """The activity of each line: one is looked up for all lines of it that follow one another."""
    begin, block = np.flatnonzero(_turns(found, rows)), found.block
    sizes = np.maximum(LEVEL_BYTES * found.depth[rows[begin]] - 1, 0)
    ends = found.ends[rows[begin]]
    names = views(block.data, ends - sizes, ends).cast(pa.string()).dictionary_encode()
    codes = np.repeat(np.asarray(names.indices), np.diff(begin, append=len(rows)))
    return pa.DictionaryArray.from_arrays(codes, names.dictionary)


def _turns(found: Look, rows: Ints) -> Flags:
    """Which lines are not of the activity of the line before them."""
    depth, turns = found.depth[rows], np.ones(len(rows), bool)
    np.not_equal(depth[1:], depth[:-1], out=turns[1:])
    for level in range(1, int(depth.max()) + 1):
        below = np.flatnonzero(depth >= level)
        part = words_at(found.block.data, found.ends[rows[below]] + 1 - LEVEL_BYTES * level, 4)
        differ = (part[1:] != part[:-1]).view(np.uint32)[:, 0] != 0  # four flags as one number
        turns[below[1:][differ]] = True
    return turns


def _tails(found: Look, rows: Ints, begins: Ints, stops: Ints) -> dict[str, object]:
    """What stands behind the times. Lines that have a detail are read one by one, as the look did."""
    places = np.flatnonzero(np.isin(rows, [*found.texts])) if found.texts else NONE
    stops[places] = begins[places]
    messages = strings(found.block, found.escapes, begins, stops)
    percentages = _percentages(found.octets, found.block.ends[rows], stops)
    if not len(places):
        return {"message": messages, "detail": "", "percentage": percentages}
    entries = [json.loads(found.block.raw(row)) for row in rows[places].tolist()]
    unusual, details = np.zeros(len(rows), bool), np.full(len(rows), "", object)
    unusual[places], details[places] = True, [entry[4] for entry in entries]
    percentages[places] = [entry[5] for entry in entries]
    if isinstance(messages, str):
        messages = pa.repeat(messages, len(rows))
    messages = pc.replace_with_mask(messages, unusual, pa.array([entry[3] for entry in entries], pa.string()))
    return {"message": messages, "detail": details, "percentage": percentages}


def _percentages(octets: Octets, ends: Ints, stops: Ints) -> Ints:
    """The numbers of one to three digits at the ends of lines."""
    value = (octets[ends - 2] & 15).astype(np.int64)
    for tail, worth in ((b'","",dd]', 10), (b'","",ddd]', 100)):
        longer = np.flatnonzero(ends - stops >= len(tail))
        value[longer] += worth * (octets[ends[longer] - len(tail) + 5] & 15).astype(np.int64)
    return value
