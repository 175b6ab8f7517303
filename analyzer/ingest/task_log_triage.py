"""A first look at whole task logs: which of them are certainly one plain and complete execution.

Most logs of a share are innocent, and decoding them is most of the work. So every line is looked at (`task_log_look`)
and almost none is decoded.

A log is cleared only if every detector would find nothing in it: one root that opens the log and closes it, each step
announced once and under one name, every activity below a known parent and closed by its last line, time that never
goes back, no resume, and no failure, or one that climbed to the root and ended the task. All others are decoded exactly
(`task_log`). What a cleared log still has to say, its machines and versions, stands in its `telling` lines; that it
failed, in its worst severity.

    pack of small logs              block    ->  Seen                        what a line makes doubtful is doubted here
    long log, block by block        blocks   ->  Seen, which adds them up    (`task_log_seen`), and
    either                          Seen     ->  Triage                      here what only whole logs make doubtful

So a long log is cleared if, and only if, it would be cleared as one block.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import repeat

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import AS_STORED, Block, Ints, joined, of_lines
from analyzer.ingest.fixed_places import FINISHED
from analyzer.ingest.task_log_activities import Activities
from analyzer.ingest.task_log_cleared import cleared_events
from analyzer.ingest.task_log_heads import LEAST
from analyzer.ingest.task_log_look import Look, look
from analyzer.ingest.task_log_seen import Seen
from analyzer.ingest.task_log_telling import candidates, telling
from analyzer.ingest.triage import Triage, nothing

_ROOT = re.compile(rb'\["(ServerTasks-\d{1,10}_[^/"\\]{1,30})"')
"""The id of a task's root, with a suffix, which opens a line (`names.CORRELATION`). It is so short that where a line of
one log has an id, a line of another one has not ended yet: they are compared in words (`task_log_activities`).
"""
ONLY = np.zeros(1, np.int64)
"""The first line of the only source of a block."""


def triage(block: Block) -> Triage:
    """Look at whole task logs, stored as UTF-8, one source after the other."""
    every = np.arange(len(block.sources))
    first = np.searchsorted(block.which, every)
    if not len(block) or not np.array_equal(block.which[first % len(block)], every):
        return nothing()
    ids = _ids(block, first)
    found = _looked(block, first, ids)
    if found is None:
        return nothing()
    total = Seen(found, _roots(ids))
    _judge(total)
    events = partial(cleared_events, found, total.good, [*map(_names, ids)])
    return Triage(_logs(total, ids, block.sources), _cleared(total), _only(block, telling(found)), events=events)


def triage_long(blocks: Iterable[Block]) -> Triage:
    """Look at one task log, block by block, as if all of it were one block."""
    total = None
    ids: list[bytes | None] = []
    told: list[Block] = []
    for block in blocks:
        ids = _same_id(block, ids) if total else _ids(block, ONLY)
        found = _looked(block, ONLY, ids)
        if found is None:
            return nothing()
        if total is None:
            total = Seen(found, _roots(ids))
        else:
            total.add(found, _roots(ids))
        if not total.good[0]:
            return nothing()
        told += filter(None, [_only(block, candidates(found))])
    if total is None or not _judge(total):
        return nothing()
    return Triage(_logs(total, ids, block.sources), _cleared(total), _told(told, ids))


def _ids(block: Block, first: Ints) -> list[bytes | None]:
    """The id of each source's root, which its first line has; None where that is no root of a task with a suffix."""
    begins, ends = block.starts[first].tolist(), block.ends[first].tolist()
    matches = map(_ROOT.match, repeat(block.data), begins, ends)
    return [match[1] if match else None for match in matches]


def _same_id(block: Block, ids: list[bytes | None]) -> list[bytes | None]:
    """The id of the root, with which the first line of another block has to begin, too."""
    return [name if block.data.startswith(b'["%b' % (name or b"")) else None for name in ids]


def _looked(block: Block, first: Ints, ids: list[bytes | None]) -> Look | None:
    """A look at the lines; None where no source can be cleared."""
    good = np.array([name is not None for name in ids])
    if block.coding is not None:
        good[block.which[block.coding != AS_STORED]] = False
    if len(block.data) < LEAST or not good.any():
        return None
    found = look(block, first, _roots(ids), good)
    return found if found.good.any() else None


def _roots(ids: list[bytes | None]) -> Ints:
    """How far behind the beginning of a line the id of its root ends."""
    return np.array([len(name) + 2 if name else 0 for name in ids])


def _only(block: Block, rows: Ints) -> Block | None:
    return of_lines(block, rows) if len(rows) else None


def _told(blocks: list[Block], ids: list[bytes | None]) -> Block | None:
    """The telling lines of a long log."""
    if not blocks:
        return None
    block = joined(blocks)
    return _only(block, telling(look(block, ONLY, _roots(ids), np.ones(1, bool))))


def _judge(total: Seen) -> bool:
    """Doubt the logs whose activities do not all begin below a known parent and end, whose steps are not those of the
    plan, or whose root does not open and close them. Whether any is left.
    """
    rows = total.activities()
    above = np.minimum(np.searchsorted(rows.key, rows.parent), len(rows.key) - 1)
    total.doubt(rows.which[(rows.depth > 0) & (rows.kind < FINISHED) | (rows.key[above] != rows.parent)])
    _plans(total, rows)
    _roots_close(total)
    return bool(total.good.any())


def _plans(total: Seen, rows: Activities) -> None:
    """Doubt the sources in which two steps have one name, or work was done under a step that the plan does not have."""
    below = rows.depth > 0
    which, planned = rows.which[below], rows.planned[below]
    steps, number = np.unique(rows.step[below], return_inverse=True)
    activities = np.bincount(number, minlength=len(steps))
    has_plan = np.zeros(len(steps), bool)
    has_plan[number[planned]] = True
    announced = np.zeros(len(total.good), bool)
    announced[which[planned]] = True
    total.doubt(which[announced[which] & ~has_plan[number] & (activities[number] > 1)])
    names = Counter(total.steps.values())
    if len(names) < len(total.steps):
        total.doubt(np.array([which for (which, _), count in names.items() if count > 1]))


def _roots_close(total: Seen) -> None:
    """Doubt the sources whose root does not open the log, once, and close it by its last line; or that have a failure,
    unless the root says so once, right before its end, and a step said so, too.
    """
    course = total.course
    first, last, failed = course.first, course.last, course.before
    total.good &= first.root & (first.kind == 0) & last.root & (last.kind == FINISHED) & (course.finishes == 1)
    total.good &= (first.instant == course.earliest) & (last.instant == course.latest)
    total.good &= (course.errors == failed) & (failed >= course.fatal) & (course.explained | ~failed)


def _cleared(total: Seen) -> frozenset[int]:
    return frozenset(np.flatnonzero(total.good).tolist())


def _names(root: bytes | None) -> tuple[str, str]:
    """The task and the suffix of a root's id."""
    task, _, log = (root or b"").decode().partition("_")
    return task, log


def _logs(total: Seen, ids: list[bytes | None], sources: tuple[str, ...]) -> pa.Table:
    """Rows of LOGS of the cleared logs."""
    numbers = np.flatnonzero(total.good)
    course, rows = total.course, total.activities()
    names = [_names(ids[number]) for number in numbers.tolist()]
    each = np.arange(len(numbers) + 1, dtype=np.int32)
    plans = np.zeros(len(total.good), np.int64)
    plans[rows.which[rows.planned & (rows.depth == 1)]] = 1
    columns = {
        "customer": "",
        "task": [name[0] for name in names],
        "log": [name[1] for name in names],
        "sources": pa.ListArray.from_arrays(each, [sources[number] for number in numbers.tolist()]),
        "segments": 1,
        "lines": course.lines[numbers],
        "roots": 1,
        "plans": plans[numbers],
        "nodes": pa.ListArray.from_arrays(each * 0, pa.array([], pa.string())),
        "back_steps": 0,
        "finishes": 1,
        "worst": course.worst[numbers],
        "cleared": True,
    }
    for name, edge in (("first", course.first), ("last", course.last)):
        instant = edge.instant[numbers]
        columns[name] = pa.array(instant // 10, pa.int64()).cast(schema.TIME)
        columns[f"{name}_tick"] = instant % 10
        columns[f"{name}_line"], columns[f"{name}_offset"] = edge.line[numbers], edge.offset[numbers]
    return schema.build(schema.LOGS, len(numbers), columns)
