"""Where small sources, blocks and lines wait for others of their format, to be looked at or parsed together.

Small sources wait on a shelf: they are read one behind the other into a buffer that is used again (`sources.buffers`).

    data     |["ServerTasks-1_A",...]\\n...]\\n["ServerTasks-2_B",...]\\n...]\\n|   room for the next one     |
    begins    ^0                             ^412
    sizes     <------------ 412 ------------><------------- 390 ----------->
    sources   1.txt                          2.txt

So a file costs the system's calls and three entries in a table, no memory of its own, and nothing is copied until a
source turns out to need more than a first look (`Segments.text`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from analyzer.blocks import NEWLINE, Block, Data, Ints, Text, in_a_row, together
from analyzer.model import Batch, Format
from analyzer.reading.harvest import Harvest
from analyzer.sources import Buffer

PACK = 6 << 20
"""About so many bytes are looked at or parsed together: work that a block costs once weighs less so (with 4 MB, a first
look at raw logs takes a tenth longer).
"""


class Kind(IntEnum):
    """Whole sources, which a first look may clear; parts of others; telling lines."""

    WHOLE, PART, TELLING = range(3)


@dataclass
class Pack:
    """Blocks, sources or lines that wait."""

    form: Format
    kind: Kind
    parts: list[Block | Text] = field(default_factory=list)
    size: int = 0

    def put(self, part: Block | Text) -> bool:
        """Add a part; whether they are many now."""
        self.parts.append(part)
        self.size += len(part.data)
        return self.size >= PACK

    def taken(self) -> list[Block | Text]:
        """The parts, which no longer wait."""
        parts, self.parts, self.size = self.parts, [], 0
        return parts


class Segments(NamedTuple):
    """Whole sources one behind the other. `sizes`: as stored; a newline that one lacked at its end is not counted."""

    sources: tuple[str, ...]
    data: Data
    begins: Ints
    sizes: Ints

    def text(self, number: int) -> Text:
        """A copy of one source."""
        begin = int(self.begins[number])
        return Text(self.sources[number], bytes(self.data[begin : begin + int(self.sizes[number])]))

    def block(self) -> Block:
        """All of them as a block."""
        return in_a_row(self.sources, self.data, self.begins)


class Shelf:
    """Small sources of one format that wait, one behind the other in a buffer that is used again and again."""

    def __init__(self, form: Format, size: int) -> None:
        self.form = form
        self._buffer = Buffer(size)
        self._begin()

    def _begin(self) -> None:
        self._end = 0
        self.sources: list[str] = []
        self._begins: list[int] = []
        self._sizes: list[int] = []

    def fits(self, size: int) -> bool:
        """Whether so many bytes, and one more, can be added."""
        return self._end + size < len(self._buffer.room)

    def room(self, size: int) -> memoryview:
        """Where so many bytes, and one more, can be written: behind the others, or on an empty shelf."""
        if not self.fits(size):
            self._buffer.grow(size + 1)
        return self._buffer.room[self._end : self._end + size + 1]

    def keep(self, source: str, size: int) -> None:
        """So many bytes of the room are a source now."""
        self.sources.append(source)
        self._begins.append(self._end)
        self._sizes.append(size)
        self._end += size
        room = self._buffer.room
        if room[self._end - 1] != NEWLINE:
            room[self._end] = NEWLINE
            self._end += 1

    def taken(self) -> Segments:
        """The sources, which are good until the shelf is emptied."""
        data = self._buffer.filled(self._end)
        return Segments(tuple(self.sources), data, np.array(self._begins), np.array(self._sizes))

    def empty(self) -> None:
        """Make room for other sources."""
        self._buffer.clear()
        self._begin()


def even(size: int, largest: int) -> int:
    """How much room a shelf needs so that sources of so many bytes make packs of about one size, and none is small.

    A process reads its share of a large input by itself (`workers.SHARE`): two or three packs, and no crumbs. What is
    in other archives than zips is not known before.
    """
    return PACK if size < PACK else size // round(size / PACK) + largest + 1


@dataclass
class Waiting:
    """All that waits. `latest`: the shelf on which a source was put last; the next one is probably like it."""

    size: int = field(default_factory=lambda: PACK)  # of a shelf
    packs: dict[tuple[str, Kind], Pack] = field(default_factory=dict)
    shelves: dict[str, Shelf] = field(default_factory=dict)
    latest: Shelf | None = None

    def pack(self, form: Format, kind: Kind) -> Pack:
        """What waits of a format and kind."""
        key = form.NAME, kind
        if key not in self.packs:
            self.packs[key] = Pack(form, kind)
        return self.packs[key]

    def shelf(self, form: Format) -> Shelf:
        """Where small sources of a format wait."""
        if form.NAME not in self.shelves:
            self.shelves[form.NAME] = Shelf(form, self.size)
        self.latest = self.shelves[form.NAME]
        return self.latest


Parse = Callable[[Sequence[Block | Text]], list[Batch]]
"""What some parts give."""


def parse_together(harvested: Harvest, parts: Sequence[Block | Text], parse: Parse) -> None:
    """Add what small sources and blocks of others give."""
    todo = [parts]
    while todo:
        parts = todo.pop()
        if not parts:
            continue
        try:
            harvested.take(parse(parts))
        except Exception as error:  # noqa: BLE001 (the neighbours in the pack must not suffer)
            if len(parts) > 1:
                todo += [[part] for part in reversed(parts)]
                continue
            block = together(parts)
            place = {"source": block.source, "line": int(block.lines[0]), "lines": len(block)}
            harvested.give_up(error, {**place, "offset": int(block.offsets[0]), "bytes": len(block.data)})
