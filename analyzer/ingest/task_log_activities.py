"""The activities of whole task logs: a row for each, made of the lines of a block, or of the rows of several blocks.

lines      a a b a a b     of one activity, a stretch of them, or all of them: wherever an activity goes on,
stretches  --- - --- -     time may not have gone back since its line before
rows       a b
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from analyzer.blocks import Flags, Ints
from analyzer.clocks import JITTER
from analyzer.ingest.fixed_places import PLANNED, Words, word_of
from analyzer.ingest.task_log_look import LEVEL_BYTES, Look

_FACTORS = tuple(
    word_of(text) | np.uint64(1) for text in (b"activity", b"identity", b"of-lines", b"in-a-log", b"by-level")
)


@dataclass(frozen=True)
class Activities:
    """One row each, sorted by `key`: a number that stands for the whole id (64 bits of it)."""

    key: Words
    parent: Words
    step: Words
    which: Ints  # of the sources it is in
    depth: Ints
    begin: Ints  # instant of the first line
    end: Ints  # and of the last one
    kind: Ints  # of the last line
    planned: Flags


def of_block(found: Look, roots: Ints) -> tuple[Activities, Ints]:
    """The activities of a block, and their first lines. Doubts the sources in which one of them goes back in time."""
    key, parent, step = _keys(found, roots)
    opens = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    closes = np.append(opens[1:], len(key)) - 1
    back = np.diff(found.instant, prepend=found.instant[0])
    back[opens] = 0
    found.doubt(back < -JITTER)
    first, last, late = _grouped(key[opens], found.instant[opens], found.instant[closes])
    found.doubt(opens[late])
    begin, end = opens[first], closes[last]
    known, plans = key[begin], np.flatnonzero(found.kind == PLANNED)
    planned = np.zeros(len(known), bool)
    planned[np.searchsorted(known, key[plans])] = True
    which, depth, instant = found.block.which[begin], found.depth[begin], found.instant
    row = Activities(
        known, parent[begin], step[begin], which, depth, instant[begin], instant[end], found.kind[end], planned
    )
    return row, begin


def united(parts: Sequence[Activities]) -> tuple[Activities, bool]:
    """The activities of blocks that follow one another, and whether none of them goes back in time between two."""
    column = {one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Activities)}
    first, last, late = _grouped(column["key"], column["begin"], column["end"])
    rows = {name: values[last if name in ("end", "kind") else first] for name, values in column.items()}
    plans = column["key"][column["planned"]]
    rows["planned"] = np.isin(rows["key"], plans)
    return Activities(**rows), not len(late)


def _grouped(key: Words, begin: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """The first and the last of the rows of each key, sorted by it, and the rows that begin before the one before them
    ended.
    """
    order = np.argsort(key, kind="stable")
    key, turns = key[order], np.ones(len(key), bool)
    np.not_equal(key[1:], key[:-1], out=turns[1:])
    back = begin[order[1:]] - end[order[:-1]] < -JITTER
    opens = np.flatnonzero(turns)
    return order[opens], order[np.append(opens[1:], len(key)) - 1], order[1:][back & ~turns[1:]]


def _keys(found: Look, root: Ints) -> tuple[Words, Words, Words]:
    """Numbers that stand for the activity of each line, for its parent and for its step."""
    block, words = found.block, found.words
    key = (block.which.astype(np.uint64) + np.uint64(1)) * _FACTORS[0]
    parent, step = key.copy(), key.copy()
    for level in range(1, int(found.depth.max()) + 1):
        rows = np.flatnonzero(found.depth >= level)
        at = block.starts[rows] + root[block.which[rows]] + LEVEL_BYTES * (level - 1)
        found.doubt(rows[found.octets[at] != ord("/")])
        part = sum(
            (words[at + 1 + 8 * i] * factor for i, factor in enumerate(_FACTORS[:4])), np.zeros(len(rows), np.uint64)
        )
        parent[rows] = key[rows]
        key[rows] = key[rows] * _FACTORS[4] + part
        if level == 1:
            step[rows] = key[rows]
    return key, parent, step
