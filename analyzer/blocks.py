"""Blocks of whole lines: what sources hand to ingest.

A block is one buffer of UTF-8 bytes and, per line, where it starts and ends in the buffer and where it stands in its
source. Nothing is copied per line: columns are cut out of the buffer with `views`.

    data    |["ServerTasks-1_A","INF",...]\\n["ServerTasks-1_A",...]\\n...|
    starts   ^0                              ^31
    ends                                  ^30                         ^62   (newline and carriage return left out)
    lines    1                               2
    offsets  byte of the member as stored; differs from starts after a transcoding or behind an earlier block
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Rows = Ints | slice
"""Some lines, or all of them, which need not be copied then."""
Data = bytes | bytearray
"""A buffer. One that is read into again and again is a `bytearray`: of it only copies may be kept (`reading.packs`)."""

NEWLINE, RETURN = 10, 13
AS_STORED, BYTES, UNITS = 0, 1, 2
"""How a line is stored: as in the block, as one byte for each character (Windows-1252), or in UTF-16."""


LARGEST = (32 << 20) - (64 << 10)
"""Bytes of the largest array from whose return glibc learns (mallopt(3), M_MMAP_THRESHOLD)."""


def keep_freed_memory() -> None:
    """Have glibc keep up to 64 MB of freed memory for the next block.

    Else it gives back to the system what one block took before the next one is read, and each page has to be asked for
    and cleared again: a quarter of the time of a first look. It keeps twice as much as the largest array that was ever
    returned to it; this one is never written to, and costs nothing. Other allocators take no notice.
    """
    np.empty(LARGEST, np.uint8)


@dataclass(frozen=True)
class Block:
    """Whole lines of one source, or of several small ones one after the other.

    `sources` names the sources in the block and `which` (one entry per line) says from which of them a line is.
    `coding` says of every line how it is stored; None where all are stored as they are here.
    """

    sources: tuple[str, ...]
    data: Data
    starts: Ints
    ends: Ints
    lines: Ints
    offsets: Ints
    which: Ints
    coding: Ints | None = None

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def source(self) -> str:
        """Name of the only source; formats that keep state between lines get one source a block."""
        (name,) = self.sources
        return name

    def raw(self, row: int) -> bytes:
        """Bytes of one line, without its line ending."""
        return bytes(self.data[self.starts[row] : self.ends[row]])

    def text(self, row: int) -> str:
        """One line decoded; bytes that are not UTF-8 cannot occur (sources transcode them)."""
        return self.raw(row).decode("utf-8", "replace")

    def stored(self, rows: Ints, bytes_: Ints) -> Ints:
        """Where in their source, as stored, the given bytes of the given lines stand."""
        before = bytes_
        if self.coding is not None:
            octets = np.frombuffer(self.data, np.uint8)
            begin, at = self.starts[rows], self.starts[rows] + bytes_
            characters, pairs = (
                np.concatenate(([0], np.cumsum(flags)))[[begin, at]] for flags in ((octets & 192) != 128, octets >= 240)
            )
            singles, units = np.diff(characters, axis=0)[0], np.diff(characters + pairs, axis=0)[0]
            coding = self.coding[rows]
            before = np.select([coding == BYTES, coding == UNITS], [singles, 2 * units], bytes_)
        places: Ints = self.offsets[rows] + before
        return places

    def source_column(self, rows: Ints) -> pa.Array:
        """Source names of the given rows."""
        return pa.array(self.sources, pa.string()).take(pa.array(self.which[rows]))

    def texts(self) -> pa.Array:
        """All lines as one string_view column, without copying."""
        return views(self.data, self.starts, self.ends)


PART = 8 << 20
"""Bytes in which something is looked for at once: a block of one long line takes little more than its own memory."""


PIECE = 512 << 10
"""Bytes in which much is looked for at once: they and what is made of them stay in the cache."""


def found_in(flags: Flags) -> Ints:
    """Where flags are set of which few are: eight of them are looked at as one number, in half the time."""
    whole = len(flags) & ~7
    eights = flags[:whole].view(np.uint64)
    some = np.flatnonzero(eights != 0)
    inside = np.flatnonzero(eights[some].view(bool))
    found: Ints = (some << 3)[inside >> 3] + (inside & 7)
    return found if whole == len(flags) else np.append(found, np.flatnonzero(flags[whole:]) + whole)


def places(octets: Octets, test: Callable[[Octets], Flags]) -> Ints:
    """Where bytes are of which a test holds."""
    if len(octets) <= PART:
        return np.flatnonzero(test(octets))
    return np.concatenate([np.flatnonzero(test(octets[at : at + PART])) + at for at in range(0, len(octets), PART)])


def count(octets: Octets, test: Callable[[Octets], Flags]) -> int:
    """Of how many bytes a test holds."""
    return sum(int(np.count_nonzero(test(octets[at : at + PART]))) for at in range(0, len(octets), PART))


def _newlines(octets: Octets) -> Ints:
    parts = (found_in(octets[at : at + PIECE] == NEWLINE) + at for at in range(0, len(octets), PIECE))
    return np.concatenate((np.empty(0, np.int64), *parts))


def split(data: Data) -> tuple[Ints, Ints]:
    """Starts and ends of the lines in a buffer; a last line without newline counts."""
    ends = _newlines(np.frombuffer(data, np.uint8))
    if data and not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    starts = np.zeros(len(ends), np.int64)
    np.add(ends[:-1], 1, out=starts[1:])
    if b"\r" in data:
        last = np.frombuffer(data, np.uint8)[np.maximum(ends - 1, 0)]
        ends = ends - ((last == RETURN) & (ends > starts))
    return starts, ends.astype(np.int64, copy=False)


def block(source: str, data: bytes, first_line: int = 1, offset: int = 0) -> Block:
    """A block of one source whose bytes are stored as they are."""
    starts, ends = split(data)
    lines = np.arange(first_line, first_line + len(starts), dtype=np.int64)
    return Block((source,), data, starts, ends, lines, starts + offset, np.zeros(len(starts), np.int64))


class Text(NamedTuple):
    """A whole source that is short and stored as UTF-8."""

    source: str
    data: bytes


def together(parts: Sequence[Block | Text]) -> Block:
    """Several blocks and sources as one block; short sources alone are split into lines all at once."""
    texts = [part for part in parts if isinstance(part, Text)]
    if len(texts) < len(parts):
        return packed([block(*part) if isinstance(part, Text) else part for part in parts])
    datas = [text if text.endswith(b"\n") or not text else text + b"\n" for _, text in texts]
    begins = np.cumsum(np.fromiter(map(len, [b"", *datas]), np.int64, len(datas) + 1))[:-1]
    return in_a_row(tuple(source for source, _ in texts), b"".join(datas), begins)


def in_a_row(sources: tuple[str, ...], data: Data, begins: Ints) -> Block:
    """Whole sources, stored as UTF-8, as a block. Each ends with a newline; `begins`: where they do."""
    starts, ends = split(data)
    first = np.searchsorted(starts, np.append(begins, len(data)))
    counts = np.diff(first)
    which: Ints = np.repeat(np.arange(len(sources)), counts)
    lines = np.arange(1, len(starts) + 1) - np.repeat(first[:-1], counts)
    return Block(sources, data, starts, ends, lines, starts - np.repeat(begins, counts), which)


def packed(blocks: Sequence[Block]) -> Block:
    """Several blocks as one."""
    if len(blocks) == 1:
        return blocks[0]
    datas = [block.data if block.data.endswith(b"\n") else block.data + b"\n" for block in blocks[:-1]]
    datas.append(blocks[-1].data)
    bases = np.cumsum([0, *map(len, datas)]).tolist()
    firsts = np.cumsum([0, *(len(block.sources) for block in blocks)]).tolist()
    return Block(
        sources=tuple(source for block in blocks for source in block.sources),
        data=b"".join(datas),
        starts=np.concatenate([block.starts + base for block, base in zip(blocks, bases, strict=False)]),
        ends=np.concatenate([block.ends + base for block, base in zip(blocks, bases, strict=False)]),
        lines=np.concatenate([block.lines for block in blocks]),
        offsets=np.concatenate([block.offsets for block in blocks]),
        which=np.concatenate([block.which + first for block, first in zip(blocks, firsts, strict=False)]),
        coding=_coding(blocks),
    )


def joined(blocks: Sequence[Block]) -> Block:
    """The blocks of one source, which follow one another, as one."""
    one = packed(blocks)
    return one if len(blocks) == 1 else replace(one, sources=one.sources[:1], which=np.zeros_like(one.which))


def of_lines(block: Block, rows: Ints) -> Block:
    """Only these lines of a block, which are stored as they are there."""
    sizes = block.ends[rows] - block.starts[rows]
    starts = np.cumsum(np.concatenate(([0], sizes[:-1] + 1)))
    places = zip(block.starts[rows].tolist(), block.ends[rows].tolist(), strict=True)
    data = b"\n".join(block.data[start:end] for start, end in places)
    return Block(block.sources, data, starts, starts + sizes, block.lines[rows], block.offsets[rows], block.which[rows])


def of_spans(block: Block, firsts: Ints, stops: Ints) -> Block:
    """Only the lines from each of these rows up to the other, with their line endings."""
    sizes = stops - firsts
    rows = np.repeat(firsts - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    begins, ends = block.starts[firsts], np.append(block.starts, len(block.data))[stops]
    data = b"".join(block.data[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True))
    moved = np.repeat(begins - np.cumsum(ends - begins) + ends - begins, sizes)
    return replace(
        block,
        data=data,
        starts=block.starts[rows] - moved,
        ends=block.ends[rows] - moved,
        lines=block.lines[rows],
        offsets=block.offsets[rows],
        which=block.which[rows],
        coding=None if block.coding is None else block.coding[rows],
    )


def _coding(blocks: Sequence[Block]) -> Ints | None:
    if all(block.coding is None for block in blocks):
        return None
    return np.concatenate([np.zeros(len(one), np.int64) if one.coding is None else one.coding for one in blocks])


def strings(data: Data, starts: Ints, ends: Ints) -> pa.Array:
    """A string column of slices of `data` that follow one another, in half the time of a cast of `views`.

    What is between them are strings, too, of which none is taken.
    """
    size = len(starts)
    edges = np.zeros(2 * size + 1, np.int32)
    edges[0:-1:2], edges[1::2], edges[-1] = starts, ends, ends.max(initial=0)
    both = pa.Array.from_buffers(pa.string(), 2 * size, [None, pa.py_buffer(edges), pa.py_buffer(data)])
    return pc.take(both, pa.array(np.arange(0, 2 * size, 2, dtype=np.uint32)), boundscheck=False)


FIRST_BYTES = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)
INLINED = 12


def views(data: Data, starts: Ints, ends: Ints, rows: Ints | None = None, texts: pa.Array | None = None) -> pa.Array:
    """A string_view column over slices of `data`, without copying the text (only slices of up to 12 bytes are inlined).

    Some `rows` are no slices but have the strings `texts`. The caller vouches that every slice is valid UTF-8. A view's
    offset is a signed 32-bit number (Arrow format), so `data` is at most 2 GiB: blocks are smaller, and a single longer
    line is cut by the reader.
    """
    raw = _views(data, starts, ends)
    buffers = [None, pa.py_buffer(raw), pa.py_buffer(data)]
    if rows is not None and texts is not None:
        _, places, held = texts.buffers()
        at = np.frombuffer(places, np.int32).astype(np.int64)[texts.offset : texts.offset + len(texts) + 1]
        raw[rows] = _views(memoryview(held or b""), at[:-1], at[1:])
        raw[rows[np.diff(at) > INLINED], 1] |= np.uint64(1)  # of the second buffer
        buffers.append(held)
    return pa.Array.from_buffers(pa.string_view(), len(starts), buffers)


def _views(data: Data | memoryview, starts: Ints, ends: Ints) -> npt.NDArray[np.uint64]:
    """Two words for each slice: its size and first four bytes, then the next eight, or where a longer one begins."""
    sizes = ends - starts
    near = max(0, len(data) - INLINED)  # from here on no two words stand behind a place
    tail = bytes(data[near:]) + bytes(2 * INLINED)
    words, last = (words_of(data), near - 1) if near else (words_of(tail), 0)
    at = np.minimum(starts, last)
    first, second = words[at], words[at + 4]
    rest = np.flatnonzero(starts > last)
    first[rest], second[rest] = (words_of(tail)[starts[rest] - near + skipped] for skipped in (0, 4))
    raw = np.empty((len(starts), 2), np.uint64)
    raw[:, 0] = sizes.view(np.uint64) | (first & FIRST_BYTES[np.minimum(sizes, 4)]) << np.uint64(32)
    inlined = second & FIRST_BYTES[np.clip(sizes - 4, 0, 8)]
    raw[:, 1] = np.where(sizes <= INLINED, inlined, starts.view(np.uint64) << np.uint64(32))
    return raw


def words_of(data: Data | memoryview) -> npt.NDArray[np.uint64]:
    """The eight bytes from each place on as one number, the first of them lowest; none where there are fewer."""
    return np.ndarray((max(0, len(data) - 7),), "<u8", np.frombuffer(data, np.uint8), 0, (1,))


def words_at(data: Data | memoryview, places: Ints, count: int) -> npt.NDArray[np.uint64]:
    """So many words behind one another from each of these places on, a row each: in a third of the time of as many
    look-ups.
    """
    size = 8 * count
    stretches = np.ndarray((max(0, len(data) - size + 1),), f"V{size}", np.frombuffer(data, np.uint8), 0, (1,))
    return stretches[places].view("<u8").reshape(-1, count)
