"""How whole task logs begin, go on and end: a few numbers for each, which add up over the blocks of a long one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from analyzer.blocks import Flags, Ints
from analyzer.ingest.fixed_places import FINISHED, Small
from analyzer.ingest.task_log_look import Look
from analyzer.names import ERROR, FATAL


@dataclass(frozen=True)
class Edge:
    """The first or the last line of each source."""

    instant: Ints
    line: Ints
    offset: Ints
    root: Flags  # whether it is one of the root's
    kind: Small
    closing: Flags  # whether the root says in it that the task failed


@dataclass(frozen=True)
class Course:
    """What the lines of each source say together; `before`: whether the last line but one is `closing`."""

    first: Edge
    last: Edge
    before: Flags
    lines: Ints
    earliest: Ints
    latest: Ints
    worst: Small
    finishes: Ints  # how many lines of the root are FIN
    errors: Ints  # and how many are as severe as an error
    fatal: Flags  # whether any line is
    explained: Flags  # whether one of a step's own is


def course_of(found: Look) -> Course:
    """The course of each source of a block."""
    block, count = found.block, len(found.good)
    last = np.append(found.first[1:], len(block)) - 1
    root = found.depth == 0
    fatal = np.flatnonzero(found.severity >= FATAL)
    failed, explained = np.zeros((2, count), bool)
    failed[block.which[fatal]] = True
    explained[block.which[fatal[found.depth[fatal] == 1]]] = True
    before = np.maximum(last - 1, found.first)
    return Course(
        first=_edge(found, found.first),
        last=_edge(found, last),
        before=(found.depth[before] == 0) & (found.severity[before] >= FATAL),
        lines=last - found.first + 1,
        earliest=np.minimum.reduceat(found.instant, found.first),
        latest=np.maximum.reduceat(found.instant, found.first),
        worst=np.maximum.reduceat(found.severity, found.first),
        finishes=np.bincount(block.which[root & (found.kind == FINISHED)], minlength=count),
        errors=np.bincount(block.which[root & (found.severity >= ERROR)], minlength=count),
        fatal=failed,
        explained=explained,
    )


def _edge(found: Look, rows: Ints) -> Edge:
    root = found.depth[rows] == 0
    lines, offsets = found.block.lines[rows], found.block.offsets[rows]
    return Edge(found.instant[rows], lines, offsets, root, found.kind[rows], root & (found.severity[rows] >= FATAL))


_ADDED: dict[str, Callable[[Any, Any], Any]] = {
    "lines": np.add,
    "earliest": np.minimum,
    "latest": np.maximum,
    "worst": np.maximum,
    "finishes": np.add,
    "errors": np.add,
    "fatal": np.logical_or,
    "explained": np.logical_or,
}


def followed(one: Course, other: Course) -> Course:
    """The course of sources of which another block follows."""
    assert {*_ADDED, "first", "last", "before"} == {column.name for column in fields(Course)}
    sums = {name: add(getattr(one, name), getattr(other, name)) for name, add in _ADDED.items()}
    before = np.where(other.lines > 1, other.before, one.last.closing)
    return Course(first=one.first, last=other.last, before=before, **sums)
