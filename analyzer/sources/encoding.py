"""From stored bytes to blocks of UTF-8 lines that know where they stand in the stored bytes.

A byte order mark decides; UTF-16 without one shows as a zero in every second byte; else UTF-8, and lines that are not
valid UTF-8 are read as Windows-1252 (Octopus on Windows, copies through old editors). `Decoder.encoding` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from io import BufferedReader, BytesIO, FileIO
from typing import IO, TypeVar, cast

import numpy as np
import pyarrow as pa

from analyzer.blocks import AS_STORED, BYTES, NEWLINE, UNITS, Block, Data, Ints, Text, split
from analyzer.sources.broken import BROKEN, reason
from analyzer.sources.buffers import Buffer

CHUNK = 2 << 20
"""Bytes read at once: larger blocks leave the processor's cache (design document, section 8)."""
HEAD = 64 << 10
PIECE = 64 << 10
"""Bytes asked of an archive at once: where it is damaged, what came before in the same piece is lost with it."""
PLAIN = (BytesIO, BufferedReader, FileIO)
"""Streams of files and of memory; archives are read by streams that are made of them."""
LONGEST = 256 << 20
"""A longer line ends the reading of its source: a line has to be held in memory as a whole."""

Read = TypeVar("Read", bytes, int)

BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class Decoder:
    """Reads one source from a stream: `head` for recognising it, then `blocks`; afterwards `bytes` and `lines`.

    A stream that breaks ends there, and `problem` says why: the lines before are read all the same.
    """

    def __init__(self, name: str, stream: IO[bytes], data: bytes | None = None) -> None:
        """`data`: all of the source, where it has been read; if that is short, the stream is left alone."""
        size = max(CHUNK, HEAD)
        held = data if data is not None and is_short(len(data)) else None
        self.name = name
        self.bytes = 0 if held is None else len(held)
        self.lines = 0
        self.problem: str | None = None
        self._stream = stream if held is None else BytesIO()
        self._first = self._read(size) if held is None else held
        self._short = len(self._first) < size and self.problem is None
        self.encoding, self._skip = detect(self._first)

    @property
    def head(self) -> bytes:
        """The first bytes as UTF-8, without a byte order mark."""
        stored = self._first[self._skip : HEAD]
        if self.encoding.startswith("utf-16"):
            return stored[: len(stored) & ~1].decode(self.encoding, "ignore").encode("utf-8", "replace")
        return stored

    def short(self) -> Text | None:
        """The source where it is short and seems to be stored as UTF-8, which its first bytes do not prove."""
        return Text(self.name, self._first) if self._short and self.encoding == "utf-8" else None

    def whole(self) -> Text | None:
        """The source where it is short and stored as UTF-8; it is read then, and has no blocks."""
        data = self._first
        if self.short() is None or not is_utf8(data):
            return None
        newlines = np.count_nonzero(np.frombuffer(data, np.uint8) == NEWLINE)  # a third of what bytes.count takes
        self.lines = int(newlines) + (not data.endswith(b"\n") and data != b"")
        return Text(self.name, data)

    def blocks(self, passing: bool = False) -> Iterator[Block]:
        """The whole source as blocks of whole lines, in order. `passing`: each is good until the next one is asked for,
        which saves a copy.
        """
        offset = self._skip
        wide = self.encoding.startswith("utf-16")
        for data in self._whole_lines(2 if wide else 1, passing):
            block = self._wide(data, offset) if wide else self._narrow(data, offset)
            offset += len(data)
            self.lines += len(block)
            yield block

    def _read(self, size: int) -> bytes:
        pieces: list[bytes] = []
        most = size if type(self._stream) in PLAIN else PIECE
        while size > 0 and (piece := self._unbroken(partial(self._stream.read, min(size, most)), b"")):
            pieces.append(piece)
            size -= len(piece)
        data = b"".join(pieces)
        self.bytes += len(data)
        return data

    def _fill(self, room: memoryview) -> int:
        """Read as much as there is room for; how much that is."""
        at = 0
        while at < len(room) and (size := self._unbroken(partial(self._into, room[at:]), 0)):
            at += size
        self.bytes += at
        return at

    def _into(self, room: memoryview) -> int:
        if type(self._stream) in PLAIN:
            return cast(BufferedReader, self._stream).readinto(room)
        piece = self._stream.read(min(len(room), PIECE))
        room[: len(piece)] = piece
        return len(piece)

    def _unbroken(self, read: Callable[[], Read], nothing: Read) -> Read:
        """What is read, or nothing once the stream has broken."""
        try:
            return nothing if self.problem else read()
        except BROKEN as error:
            self.problem = f"could not be read to the end: {reason(error)}"
            return nothing

    def _whole_lines(self, unit: int, passing: bool) -> Iterator[Data]:
        """Chunks that end at a line's end (`unit` is the width of a newline in bytes).

        |...,"",0]\\n...,"",0]\\n["ServerTasks-1_A","IN|     is read
        |...,"",0]\\n...,"",0]\\n|                           is handed on
        |["ServerTasks-1_A","IN|                           goes to the front, more is read behind it
        """
        rest = self._first[self._skip :]
        if len(self._first) < max(CHUNK, HEAD):  # that was all
            yield from [rest] if rest else []
            return
        newline = {"utf-16-le": b"\n\0", "utf-16-be": b"\0\n"}.get(self.encoding, b"\n")
        buffer, end, more = Buffer(max(CHUNK, len(rest))), 0, len(rest)
        buffer.room[:more] = rest
        while more:
            cut = _last_newline(buffer.data, newline, unit, max(0, end + 1 - unit), end + more)
            end += more
            if cut:
                rest = bytes(buffer.room[cut:end])
                yield from _handed_on(buffer, cut, passing)
                end = len(rest)
                buffer.room[:end] = rest
            elif end > LONGEST:
                self.problem = f"could not be read to the end: a line of more than {LONGEST >> 20} MiB"
                return
            if end == len(buffer.room):
                buffer.grow(CHUNK)
            more = self._fill(buffer.room[end:])
        if end:
            yield bytes(buffer.room[:end])

    def _narrow(self, data: Data, offset: int) -> Block:
        starts, ends = split(data)
        offsets = starts + offset
        if is_utf8(data):
            return self._block(data, starts, ends, offsets)
        self.encoding = "cp1252"
        data, starts, ends, coding = _repaired(data, starts, ends)
        return self._block(data, starts, ends, offsets, coding)

    def _wide(self, data: Data, offset: int) -> Block:
        units = np.frombuffer(data[: len(data) & ~1], "<u2" if self.encoding == "utf-16-le" else ">u2")
        stored_ends = np.flatnonzero(units == NEWLINE)
        text = data.decode(self.encoding, "replace").encode("utf-8", "replace")
        starts, ends = split(text)
        stored_starts = np.concatenate((np.zeros(1, np.int64), stored_ends + 1))[: len(starts)]
        return self._block(text, starts, ends, 2 * stored_starts + offset, np.full(len(starts), UNITS))

    def _block(self, data: Data, starts: Ints, ends: Ints, offsets: Ints, coding: Ints | None = None) -> Block:
        lines = np.arange(self.lines + 1, self.lines + 1 + len(starts), dtype=np.int64)
        return Block((self.name,), data, starts, ends, lines, offsets, np.zeros(len(starts), np.int64), coding)


def is_short(size: int) -> bool:
    """Whether a source of so many bytes is read as a whole."""
    return size < max(CHUNK, HEAD)


def unmarked(data: memoryview) -> bytes:
    """The first bytes of a source that seems to be stored as UTF-8, without a mark that says so; none of any other."""
    head = bytes(data[:HEAD])
    return head if detect(head) == ("utf-8", 0) else b""


def is_sound(data: Data) -> bool:
    """Whether all is UTF-8, and there are no zeros, which may mean that it is something else."""
    return b"\0" not in data and is_utf8(data)


def detect(head: bytes) -> tuple[str, int]:
    """The encoding of a source with these first bytes, and how many of them are its byte order mark."""
    for mark, encoding in BOMS.items():
        if head.startswith(mark):
            return encoding, len(mark)
    if b"\0" not in head[:4096]:
        return "utf-8", 0
    sample = np.frombuffer(head[: len(head) & ~1][:4096], np.uint8)
    if len(sample) >= 8:
        zeros = [np.count_nonzero(sample[side::2] == 0) / (len(sample) / 2) for side in (0, 1)]
        if zeros[1] > 0.7 and zeros[0] < 0.1:
            return "utf-16-le", 0
        if zeros[0] > 0.7 and zeros[1] < 0.1:
            return "utf-16-be", 0
    return "utf-8", 0


def windows(line: bytes) -> str:
    """A line that is not UTF-8, read as Windows-1252."""
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:  # five bytes have no meaning in Windows-1252
        return line.decode("latin-1")


def is_utf8(data: Data) -> bool:
    """Whether all is UTF-8. Arrow looks at eight bytes at a time and builds no text, which is ten times as fast."""
    if data.isascii():
        return True
    places = np.array([0, len(data)], np.int32)
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(places), pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _handed_on(buffer: Buffer, size: int, passing: bool) -> Iterator[Data]:
    """The first bytes of a buffer; it has room again afterwards, or before that where they are copied."""
    data: Data = buffer.filled(size)
    if not passing:
        data = bytes(data)
        buffer.clear()
    yield data
    if passing:
        buffer.clear()


def _last_newline(data: bytearray, newline: bytes, unit: int, begin: int, end: int) -> int:
    """End of the last newline between two places that starts on a code unit's border, 0 where there is none."""
    at = data.rfind(newline, begin, end)
    while at >= 0 and at % unit:
        at = data.rfind(newline, begin, at + unit - 1)
    return at + unit if at >= 0 else 0


def _repaired(data: Data, starts: Ints, ends: Ints) -> tuple[bytes, Ints, Ints, Ints]:
    """The same lines with those that are not UTF-8 read as Windows-1252, and how each of them is stored."""
    lines = []
    coding = np.full(len(starts), AS_STORED)
    for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        line = bytes(data[start:end])
        if not is_utf8(line):
            line = windows(line).encode("utf-8")
            coding[row] = BYTES
        lines.append(line)
    sizes = np.fromiter(map(len, lines), np.int64, len(lines))
    new_ends = np.cumsum(sizes + 1) - 1
    return b"\n".join(lines) + b"\n", new_ends - sizes, new_ends, coding
