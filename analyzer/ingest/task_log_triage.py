"""A first look at whole task logs: which of them are certainly one plain and complete execution.

Most logs of a share are innocent, and decoding them is most of the work. So every line is looked at (`task_log_look`)
and almost none is decoded.

A log is cleared only if every detector would find nothing in it: one root that opens the log and closes it, each step
announced once and under one name, every activity below a known parent and closed by its last line, time that never
goes back, no resume, and no failure, or one that climbed to the root and ended the task (`_structure`, `_roots`). All
others are decoded exactly (`task_log`). What a cleared log still has to say, its machines and versions, stands in its
`telling` lines; that it failed, in its worst severity.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import AS_STORED, Block, Ints
from analyzer.clocks import JITTER
from analyzer.ingest.fixed_places import FINISHED, PLANNED, Words, word_of
from analyzer.ingest.task_log_fields import Flags
from analyzer.ingest.task_log_look import LEVEL_BYTES, SHORTEST, Look, look
from analyzer.ingest.task_log_telling import telling
from analyzer.ingest.triage import Triage, nothing
from analyzer.names import CANCELED, CORRELATION, ERROR, FATAL, RESUMED


def triage(block: Block) -> Triage:
    """Look at whole task logs, stored as UTF-8, one source after the other."""
    count = len(block.sources)
    first = np.searchsorted(block.which, np.arange(count))
    if len(block.data) < 2 * SHORTEST or not np.array_equal(block.which[first % len(block)], np.arange(count)):
        return nothing()
    names = _names(block, first)
    good = np.array([name is not None for name in names])
    if block.coding is not None:
        good[block.which[block.coding != AS_STORED]] = False
    if not good.any():
        return nothing()
    roots = np.array([len(name) + 2 if name else 0 for name in names])
    found = look(block, first, roots, good)
    _same_log(found, roots)
    _structure(found, *_keys(found, roots))
    _roots(found)
    return _cleared(found, names)


def _names(block: Block, first: Ints) -> list[bytes | None]:
    """The id of each source's root, which its first line has; None where that is no root of a task with a suffix."""
    names: list[bytes | None] = []
    for start, end in zip(block.starts[first].tolist(), block.ends[first].tolist(), strict=True):
        stop = block.data.find(b'"', start + 2, end)
        name = block.data[start + 2 : stop] if stop > 0 and block.data.startswith(b'["', start) else b""
        match = CORRELATION.fullmatch(name.decode()) if name.startswith(b"ServerTasks-") else None
        plain = match is not None and match["log"] is not None and match["activity"] is None and b"\\" not in name
        names.append(name if plain else None)
    return names


def _keys(found: Look, root: Ints) -> tuple[Words, Words, Words]:
    """Numbers that stand for the activity of each line, for its parent and for its step (64 bits of its whole id)."""
    block, words = found.block, found.words
    factors = [
        word_of(text) | np.uint64(1) for text in (b"activity", b"identity", b"of-lines", b"in-a-log", b"by-level")
    ]
    key = (block.which.astype(np.uint64) + np.uint64(1)) * factors[0]
    parent, step = key.copy(), key.copy()
    for level in range(1, int(found.depth.max()) + 1):
        rows = np.flatnonzero(found.depth >= level)
        at = block.starts[rows] + root[block.which[rows]] + LEVEL_BYTES * (level - 1)
        found.doubt(rows[found.octets[at] != ord("/")])
        part = sum(
            (words[at + 1 + 8 * i] * factor for i, factor in enumerate(factors[:4])), np.zeros(len(rows), np.uint64)
        )
        parent[rows] = key[rows]
        key[rows] = key[rows] * factors[4] + part
        if level == 1:
            step[rows] = key[rows]
    return key, parent, step


def _same_log(found: Look, root: Ints) -> None:
    """Doubt the sources in which a line begins with another log's id, or with none."""
    starts, which = found.block.starts, found.block.which
    first = starts[found.first]
    for place in range(0, int(root.max()), 8):
        at = np.maximum(np.minimum(place, root - 8), 0)  # the last word overlaps the one before
        own = found.words[np.minimum(first + at, len(found.words) - 1)]
        found.doubt(found.words[np.minimum(starts + at[which], len(found.words) - 1)] != own[which])


def _structure(found: Look, key: Words, parent: Words, step: Words) -> None:
    """Doubt the sources whose activities do not all begin below a known parent, go on in time, and end."""
    opens = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))  # an activity's lines stand in stretches
    closes = np.append(opens[1:], len(key)) - 1
    back = np.diff(found.instant, prepend=found.instant[0])
    back[opens] = 0
    found.doubt(back < -JITTER)
    order = np.argsort(key[opens], kind="stable")
    opens, closes = opens[order], closes[order]
    known = key[opens]
    turns = np.flatnonzero(np.concatenate(([True], known[1:] != known[:-1])))
    back = found.instant[opens[1:]] - found.instant[closes[:-1]]
    back[turns[1:] - 1] = 0
    found.doubt(opens[1:][back < -JITTER])
    known, begin, last = known[turns], opens[turns], closes[np.append(turns[1:], len(order)) - 1]
    below = found.depth[begin] > 0
    found.doubt(last[below & (found.kind[last] < FINISHED)])
    above = np.minimum(np.searchsorted(known, parent[begin]), len(known) - 1)
    found.doubt(begin[known[above] != parent[begin]])
    found.doubt(_strange_ids(found, begin[below]))
    plans = np.flatnonzero(found.kind == PLANNED)
    planned = np.zeros(len(known), bool)
    planned[np.searchsorted(known, key[plans])] = True
    _steps(found, begin[below], step[begin[below]], planned[below])


def _strange_ids(found: Look, begin: Ints) -> Ints:
    """First lines of activities whose id holds a backslash, which would begin an escape."""
    strange = np.zeros(len(begin), bool)
    for place in (-32, -24, -16, -8):
        word = found.words[found.ends[begin] + place] ^ word_of(b"\\" * 8)
        strange |= ((word - word_of(b"\1" * 8)) & ~word & word_of(b"\x80" * 8)) != 0
    return begin[strange]


def _steps(found: Look, begin: Ints, step: Words, planned: Flags) -> None:
    """Doubt the sources in which two steps have one name, or work was done under a step that the plan does not have."""
    which = found.block.which[begin]
    steps, number = np.unique(step, return_inverse=True)
    activities = np.bincount(number, minlength=len(steps))
    has_plan = np.zeros(len(steps), bool)
    np.logical_or.at(has_plan, number, planned)
    announced = np.zeros(len(found.good), bool)
    announced[which[planned]] = True
    found.doubt(begin[announced[which] & ~has_plan[number] & (activities[number] > 1)])
    seen: set[tuple[int, bytes]] = set()
    top = (found.depth[begin] == 1) & found.good[which]
    for name in zip(which[top].tolist(), found.read(begin[top]), strict=True):
        if name in seen:
            found.good[name[0]] = False
        seen.add(name)


def _roots(found: Look) -> None:
    """Doubt the sources whose root does not open the log, once, and close it by its last line."""
    which = found.block.which
    last = np.append(found.first[1:], len(found.block)) - 1
    root = found.depth == 0
    _failures(found, root, last)
    found.good &= root[found.first] & (found.kind[found.first] == 0) & root[last] & (found.kind[last] == FINISHED)
    finishes = np.bincount(which[root & (found.kind == FINISHED)], minlength=len(found.good))
    found.good &= finishes == 1
    _in_time(found, last)
    for words in (RESUMED.encode(), CANCELED.encode()):
        rows = np.flatnonzero((found.begins == word_of(words[:8])) & found.good[which])
        found.doubt(rows[[text.startswith(words) for text in found.read(rows)]])
    titles: dict[int, bytes] = {}
    rows = np.flatnonzero(root & (found.kind == 0) & found.good[which])
    for source, text in zip(which[rows].tolist(), found.read(rows), strict=True):
        if source not in titles:
            titles[source] = text
        elif text == titles[source]:
            found.good[source] = False


def _failures(found: Look, root: Flags, last: Ints) -> None:
    """Doubt the sources with a failure, unless the root says so once, right before its end, and a step said so, too."""
    fatal = found.severity >= FATAL
    before = np.maximum(last - 1, found.first)
    closing = np.zeros(len(fatal), bool)
    closing[before] = root[before] & fatal[before]
    found.doubt(root & (found.severity >= ERROR) & ~closing)
    failed, explained = np.zeros((2, len(found.good)), bool)
    failed[found.block.which[closing]] = True
    explained[found.block.which[fatal & (found.depth == 1)]] = True
    found.doubt(fatal & ~failed[found.block.which])
    found.good &= explained | ~failed


def _in_time(found: Look, last: Ints) -> None:
    """Doubt the sources whose first line is not their earliest, or whose last is not their latest."""
    earliest = np.minimum.reduceat(found.instant, found.first)
    latest = np.maximum.reduceat(found.instant, found.first)
    found.good &= (found.instant[found.first] == earliest) & (found.instant[last] == latest)


def _cleared(found: Look, names: list[bytes | None]) -> Triage:
    block = found.block
    numbers = np.flatnonzero(found.good)
    first, last = found.first[numbers], (np.append(found.first[1:], len(block)) - 1)[numbers]
    matches = [CORRELATION.fullmatch((names[number] or b"").decode()) for number in numbers.tolist()]
    each = np.arange(len(numbers) + 1, dtype=np.int32)
    plans = np.zeros(len(found.good), np.int64)
    plans[block.which[(found.kind == PLANNED) & (found.depth == 1)]] = 1
    columns = {
        "customer": "",
        "task": [match["task"] for match in matches if match],
        "log": [match["log"] for match in matches if match],
        "sources": pa.ListArray.from_arrays(each, [block.sources[number] for number in numbers.tolist()]),
        "segments": 1,
        "lines": last - first + 1,
        "roots": 1,
        "plans": plans[numbers],
        "nodes": pa.ListArray.from_arrays(each * 0, pa.array([], pa.string())),
        "back_steps": 0,
        "finishes": 1,
        "worst": np.maximum.reduceat(found.severity, found.first)[numbers],
        "cleared": True,
    }
    for name, row in (("first", first), ("last", last)):
        columns[name] = pa.array(found.instant[row] // 10, pa.int64()).cast(schema.TIME)
        columns[f"{name}_tick"] = found.instant[row] % 10
        columns[f"{name}_line"], columns[f"{name}_offset"] = block.lines[row], block.offsets[row]
    logs = schema.build(schema.LOGS, len(numbers), columns)
    return Triage(logs, frozenset(numbers.tolist()), telling(found))
