"""The activities of whole task logs: a row for each, made of the lines of a block, or of the rows of several blocks.

lines      a a b a a b     of one activity, a stretch of them, or all of them: wherever an activity goes on,
stretches  --- - --- -     time may not have gone back since its line before
rows       a b
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from analyzer.blocks import FIRST_BYTES, Flags, Ints, words_at
from analyzer.clocks import JITTER
from analyzer.ingest.fixed_places import PLANNED, Small, Words, word_of
from analyzer.ingest.task_log_heads import LEVEL_BYTES
from analyzer.ingest.task_log_look import Look

_FACTORS = np.array([word_of(text) for text in (b"activity", b"identity", b"of-lines", b"in-a-log", b"by-level")])
_FACTORS |= np.uint64(1)
AT_ONCE = 32 << 10
"""Words that are compared at once: a quarter of a megabyte."""


@dataclass(frozen=True)
class Activities:
    """One row each, sorted by `key`: a number that stands for the whole id (64 bits of it)."""

    key: Words
    parent: Words
    step: Words
    which: Ints  # of the sources it is in
    depth: Small
    begin: Ints  # instant of the first line
    end: Ints  # and of the last one
    kind: Small  # of the last line
    planned: Flags


def of_block(found: Look, roots: Ints) -> tuple[Activities, Ints]:
    """The activities of the good sources of a block, and their first lines.

    Doubts sources in which a line begins with another log's id, or an activity goes back in time.
    """
    lines = found.good[found.block.which]
    depths = [_stretches(found, lines, depth) for depth in range(int(found.depth.max()) + 1)]
    opens, closes, planned = (np.concatenate(parts) for parts in zip(*depths, strict=True))
    _same_log(found, opens, roots)
    key, parent, step = _keys(found, opens, roots)
    order, groups, late = _grouped(key, found.instant[opens], found.instant[closes])
    found.doubt(opens[late])
    first = order[groups]
    begin, end = opens[first], closes[order[np.append(groups[1:], len(key)) - 1]]
    row = Activities(
        key=key[first],
        parent=parent[first],
        step=step[first],
        which=found.block.which[begin],
        depth=found.depth[begin],
        begin=found.instant[begin],
        end=found.instant[end],
        kind=found.kind[end],
        planned=np.logical_or.reduceat(planned[order], groups),
    )
    return row, begin


def _stretches(found: Look, lines: Flags, depth: int) -> tuple[Ints, Ints, Flags]:
    """Stretches of lines of this depth that are of one activity: first and last lines, and whether a line is planned.

    Doubts the sources in which time goes back in one of them.
    """
    rows = np.flatnonzero((found.depth == depth) & lines)
    if not len(rows):
        return rows, rows, np.empty(0, bool)
    turns = _turns(found, rows)
    found.stretches.append((rows, turns))
    instant = found.instant[rows]
    found.doubt(rows[1:][(np.diff(instant) < -JITTER) & ~turns[1:]])
    opens = np.flatnonzero(turns)
    planned = np.logical_or.reduceat(found.kind[rows] == PLANNED, opens)
    return rows[opens], rows[np.append(opens[1:], len(rows)) - 1], planned


def _turns(found: Look, rows: Ints) -> Flags:
    """Which of these lines, all of one depth, have not the same id as the one before it, or are of another source.

    Eight words are compared at a time, so that eight flags are one number: in half the time of a sum of flags. Near the
    end of the block, where so many words do not follow, every line is a turn.
    """
    block, turns = found.block, np.ones(len(rows), bool)
    starts = block.starts[rows]
    sizes = found.ends[rows] - starts
    shortest, longest = int(sizes.min()), int(sizes.max())
    count = longest // 64 * 8 + 8
    partly = {
        place: FIRST_BYTES[np.clip(np.arange(longest + 1) - 8 * place, 0, 8)]
        for place in range(shortest // 8, longest // 8 + 1)
    }
    near = int(np.searchsorted(starts, len(block.data) - 8 * count, "right"))
    step = AT_ONCE // count
    for at in range(0, near - 1, step):
        some = slice(at, min(at + step + 1, near))
        words = words_at(block.data, starts[some], count)
        words[:, longest // 8 + 1 :] = 0
        for place, kept in partly.items():
            words[:, place] &= kept[sizes[some]]
        flat = words.reshape(-1)
        eights = (flat[count:] != flat[:-count]).view(np.uint64)
        turns[some][1:] = np.bitwise_or.reduce([eights[part :: count // 8] for part in range(count // 8)]) != 0
    turns[np.searchsorted(rows, found.first[found.first <= rows[-1]])] = True
    return turns


def _same_log(found: Look, rows: Ints, roots: Ints) -> None:
    """Doubt the sources in which one of these lines does not begin with the id of the log."""
    starts, which, data = found.block.starts, found.block.which[rows], found.block.data
    kept = FIRST_BYTES[np.clip(roots[:, None] - 8 * np.arange(8), 0, 8)]
    first = np.minimum(starts[found.first], len(data) - 64)  # of a good source none is so near the end
    own = words_at(data, first, 8).take(which, axis=0)  # which takes less than to index rows
    differ = (words_at(data, starts[rows], 8) ^ own) & kept.take(which, axis=0)
    found.doubt(rows[(differ != 0).view(np.uint64)[:, 0] != 0])


def united(parts: Sequence[Activities]) -> tuple[Activities, bool]:
    """The activities of blocks that follow one another, and whether none of them goes back in time between two."""
    column = {one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Activities)}
    order, groups, late = _grouped(column["key"], column["begin"], column["end"])
    first, last = order[groups], order[np.append(groups[1:], len(order)) - 1]
    rows = {name: values[last if name in ("end", "kind") else first] for name, values in column.items()}
    rows["planned"] = np.logical_or.reduceat(column["planned"][order], groups)
    return Activities(**rows), not len(late)


def _grouped(key: Words, begin: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """The rows in the order of their keys, where in it each key begins, and the rows that begin before the one before
    them ended.
    """
    order = np.argsort(key, kind="stable")
    key, turns = key[order], np.ones(len(key), bool)
    np.not_equal(key[1:], key[:-1], out=turns[1:])
    back = begin[order[1:]] - end[order[:-1]] < -JITTER
    return order, np.flatnonzero(turns), order[1:][back & ~turns[1:]]


def _keys(found: Look, rows: Ints, roots: Ints) -> tuple[Words, Words, Words]:
    """Numbers that stand for the activities of these lines, for their parents and for their steps."""
    which, depth = found.block.which[rows], found.depth[rows]
    own = found.block.starts[rows] + roots[which]
    key = (which.astype(np.uint64) + np.uint64(1)) * _FACTORS[0]
    parent, step = key.copy(), key.copy()
    for level in range(1, int(depth.max()) + 1):
        below = np.flatnonzero(depth >= level)
        at = own[below] + LEVEL_BYTES * (level - 1)
        words = words_at(found.block.data, at - 7, 5)  # the first of which ends with a slash
        found.doubt(rows[below[words[:, 0] >> np.uint64(56) != ord("/")]])
        parent[below] = key[below]
        key[below] = key[below] * _FACTORS[4] + words[:, 1:] @ _FACTORS[:4]
        if level == 1:
            step[below] = key[below]
    return key, parent, step
