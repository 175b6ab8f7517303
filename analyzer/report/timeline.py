"""Moments side by side: a column for each node where there is room, else one column with the node in front.

     line  UTC       GLADAIM-HA6                    DOULOUST-OCTO9
        1  22:40:09  begins: Deploy release 2.22
       17  22:40:49                                 Step 4: Restart begins
                                                    ^ OCT101
      103  22:41:01  (either) FAILED: ...

A row of dots stands for lines left out. What could belong to either execution runs across the columns.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analyzer.report.plain import count, visible
from analyzer.report.status import clock
from analyzer.report.story import Story
from analyzer.report.telling import DETAIL, STEP, Moment

MOST = 150
"""Rows; what matters least is left out until as many are left."""
FOLD = 5
"""Fewer lines than that between two rows are not worth a row of dots."""
NARROW, WIDE = 24, 80
"""Least width of a column, and of a terminal, for columns side by side."""
COLUMNS = 4
CELL_LINES = 4


@dataclass(frozen=True)
class Column:
    """A node, or an execution whose node is not known."""

    name: str
    executions: tuple[int, ...]


@dataclass(frozen=True)
class Shape:
    """How wide things are."""

    width: int
    places: int
    time: int
    columns: Sequence[Column]
    side_by_side: bool
    letters: dict[str, str]

    @property
    def cell(self) -> int:
        """Width of one column."""
        room = self.width - self.places - self.time - 4
        return (room - 2 * (len(self.columns) - 1)) // len(self.columns) if self.side_by_side else room


def columns(story: Story) -> list[Column]:
    """One for each node, in the order of their first executions."""
    found: dict[str, Column] = {}
    for run in story.runs:
        node = run["node"] or f"execution {run['number']}, no node"
        known = found.get(node.casefold(), Column(node, ()))
        found[node.casefold()] = replace(known, executions=(*known.executions, run["number"]))
    for tie in story.ties:
        found.setdefault(tie.node.casefold(), Column(tie.node, ()))
    return list(found.values())


def timeline(story: Story, moments: Sequence[Moment], width: int) -> list[str]:
    """The rows as lines of text, none wider than `width`."""
    if not moments:
        return []
    kept = _fewer(moments)
    shape = _shape(story, kept, width)
    dated = all(line.dated for line in story.lines)
    rows = _heading(shape, dated=dated)
    day = None
    for one in kept:
        today = clock(one.instant, date=True)[:10] if one.instant is not None and dated else day
        if today != day:
            rows.append(f"{'':{shape.places}}  {today}")
            day = today
        rows += _folded(one, shape)
        rows += _row(one, shape)
    return [row.rstrip() for row in rows]


def letters(moments: Sequence[Moment], story: Story) -> dict[str, str]:
    """Source -> the letter that stands for it in the rows; none where there is a single source."""
    sources = list(dict.fromkeys([*sorted({line.source for line in story.lines}), *(one.source for one in moments)]))
    return {source: _letter(at) for at, source in enumerate(sources)} if len(sources) > 1 else {}


def _letter(at: int) -> str:
    return chr(ord("a") + at) if at < 26 else f"z{at - 25}"


def _fewer(moments: Sequence[Moment]) -> list[Moment]:
    """At most so many rows: targets go first, then steps, then the middle; what is left out is counted."""
    kept = list(moments)
    for weight in (DETAIL, STEP):
        if len(kept) > MOST:
            kept = _without(kept, [one.weight >= weight and not one.marks for one in kept])
    if len(kept) > MOST:
        half = MOST // 2
        kept = _without(kept, [half <= at < len(kept) - half for at in range(len(kept))])
    return kept


def _without(moments: Sequence[Moment], gone: Sequence[bool]) -> list[Moment]:
    """The moments that stay; they take over the count of lines left out above them."""
    kept: list[Moment] = []
    waiting: dict[int | None, int] = {}
    for one, leaves in zip(moments, gone, strict=True):
        for execution, lines in one.skipped.items():
            waiting[execution] = waiting.get(execution, 0) + lines
        if leaves:
            waiting[one.execution] = waiting.get(one.execution, 0) + (one.node is None)
        else:
            kept.append(replace(one, skipped=waiting))
            waiting = {}
    return kept


def _shape(story: Story, moments: Sequence[Moment], width: int) -> Shape:
    found = columns(story)
    marked = letters(moments, story)
    places = max(4, max(len(f"{one.line}") for one in moments) + (2 if marked else 0))
    shape = Shape(width, places, 8, found, len(found) <= COLUMNS and width >= WIDE, marked)
    return shape if shape.cell >= NARROW else replace(shape, side_by_side=False)


def _heading(shape: Shape, *, dated: bool) -> list[str]:
    left = f"{'line':>{shape.places}}  {'UTC' if dated else 'time':{shape.time}}  "
    if not shape.side_by_side:
        return [left + "what happened"]
    names = [textwrap.wrap(visible(one.name), shape.cell)[0].ljust(shape.cell) for one in shape.columns]
    return [left + "  ".join(names)]


def _folded(one: Moment, shape: Shape) -> list[str]:
    """Dots for the lines left out above a row, each execution's count in its column."""
    counts: dict[int | None, int] = {}
    for execution, lines in one.skipped.items():
        at = _column(execution, None, shape)
        counts[at] = counts.get(at, 0) + lines
    if sum(counts.values()) < FOLD:
        return []
    if shape.side_by_side:
        cells = [f"... {count(counts[at], 'line')} ..." if at in counts else "" for at in range(len(shape.columns))]
        left = " " * (shape.places + shape.time + 4)
        return [left + "  ".join(cell.ljust(shape.cell) for cell in cells)]
    return [" " * (shape.places + shape.time + 4) + f"... {count(sum(counts.values()), 'line')} ..."]


def _column(execution: int | None, node: str | None, shape: Shape) -> int | None:
    """Which column; None is across all of them."""
    for at, one in enumerate(shape.columns):
        if execution in one.executions or (node is not None and one.name.casefold() == node.casefold()):
            return at
    return None


def _row(one: Moment, shape: Shape) -> list[str]:
    letter = shape.letters.get(one.source)
    place = f"{letter}:{one.line}" if letter else f"{one.line}"
    time = clock(one.instant) if one.instant is not None else ""
    left = f"{place:>{shape.places}}  {time:{shape.time}}  "
    at = _column(one.execution, one.node, shape)
    text, several = one.text, at is not None and len(shape.columns[at].executions) > 1
    if several and one.execution is not None and not one.node:
        text = f"[{one.execution}] {text}"
    if one.either and len(shape.columns) > 1:
        text = f"(either) {text}"
    if not shape.side_by_side and len(shape.columns) > 1 and at is not None:
        text = f"{visible(shape.columns[at].name)}: {text}"
    across = not shape.side_by_side or at is None
    indent = 0 if across else (at or 0) * (shape.cell + 2)
    room = shape.width - len(left) if across else shape.cell
    cell = _wrapped(text, room) + [part for mark in one.marks for part in _wrapped(f"^ {mark}", room)]
    blank = " " * len(left)
    return [(left if number == 0 else blank) + " " * indent + part for number, part in enumerate(cell)]


def _wrapped(text: str, room: int) -> list[str]:
    """At most a few lines; the whole text stands at its line in the source."""
    lines = textwrap.wrap(text, room, break_on_hyphens=False) or [""]
    if len(lines) > CELL_LINES:
        lines = lines[:CELL_LINES]
        lines[-1] = lines[-1][: room - 4].rstrip() + " ..."
    return lines
