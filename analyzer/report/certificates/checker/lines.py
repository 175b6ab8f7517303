"""Lines: where the lines of a source begin and end."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

NEWLINES = {"utf-16-le": (b"\n\0", b"\r\0"), "utf-16-be": (b"\0\n", b"\0\r")}
MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
LOG_ENTRY = re.compile(r'\["(ServerTasks-\d+)(?:_([^/"]*))?(?:/([^/"]*)((?:/[^"]*)?))?","([A-Za-z]+)"')


class Brief(NamedTuple):
    """A line of a task log as far as its head tells; `step` is "" for the root, `deeper` what is below the step."""

    line: int
    task: str
    log: str
    step: str
    deeper: str
    category: str
    text: str  # the entry, of the root's and the steps' own lines; "" for deeper ones


class Source:
    """One source that was read: its hash, the lines that are kept, and the course of the task log in it."""

    def __init__(self, form: str) -> None:
        self.form = form
        self.encoding, self.sha256 = "utf-8", ""
        self.lines: dict[int, tuple[int, bytes]] = {}  # number: offset, bytes
        self.course: list[Brief] = []
        self.texts: list[str] = []  # all lines of a document that has to be seen whole

    def read(self, stream: IO[bytes], keep: Callable[[int, int, bytes], bool]) -> Source:
        """Read everything; `keep` says which lines are needed."""
        for number, offset, raw in self._stored(stream):
            if keep(number, offset, raw):
                self.lines[number] = (offset, raw)
            if self.form == "task-log":
                self.course += briefs(number, decoded(raw, self.encoding))
            elif self.form in ("task-text", "api-details"):
                self.texts.append(decoded(raw, self.encoding))
        return self

    def bare(self) -> Source:
        """The same source with none of its lines kept."""
        other = Source(self.form)
        other.encoding, other.sha256, other.course, other.texts = self.encoding, self.sha256, self.course, self.texts
        return other

    def _stored(self, stream: IO[bytes]) -> Iterator[tuple[int, int, bytes]]:
        """Number, offset and bytes of every line."""
        held = stream.read(1 << 16)
        digest = hashlib.sha256(held)
        self.encoding, offset = encoding_of(held)
        newline, back = NEWLINES.get(self.encoding, (b"\n", b"\r"))
        held, number, more = held[offset:], 0, True
        while more:
            chunk = stream.read(1 << 20)
            digest.update(chunk)
            more = bool(chunk)
            *whole, held = split(held + chunk, newline)
            if held and not more:
                whole.append(held)
            for raw in whole:
                number += 1
                yield number, offset, raw[: -len(back)] if raw.endswith(back) else raw
                offset += len(raw) + len(newline)
        self.sha256 = digest.hexdigest()


def split(data: bytes, newline: bytes) -> list[bytes]:
    """The lines of a buffer that begins with a line; the last piece has no newline yet."""
    if len(newline) == 1:
        return data.split(newline)
    cuts = [at.start() for at in re.finditer(re.escape(newline), data) if at.start() % 2 == 0]
    return [data[begin:end] for begin, end in zip([0, *(cut + 2 for cut in cuts)], [*cuts, len(data)])]


def encoding_of(head: bytes) -> tuple[str, int]:
    """Encoding, and length of the byte order mark; UTF-16 without one has a zero in every second byte."""
    for mark, name in MARKS.items():
        if head.startswith(mark):
            return name, len(mark)
    sample = head[: len(head) & ~1][:4096]
    if len(sample) >= 8:
        zeros = [sample[side::2].count(0) / (len(sample) / 2) for side in (0, 1)]
        for this, other, name in ((1, 0, "utf-16-le"), (0, 1, "utf-16-be")):
            if zeros[this] > 0.7 and zeros[other] < 0.1:
                return name, 0
    return "utf-8", 0


def decoded(raw: bytes, encoding: str) -> str:
    """A line as text; one that is not UTF-8 is Windows-1252."""
    if encoding.startswith("utf-16"):
        return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def briefs(number: int, text: str) -> list[Brief]:
    """The entries of a task log in a line; what begins one cannot stand inside a JSON string unescaped."""
    return [
        Brief(number, at[1], at[2] or "", at[3] or "", at[4] or "", at[5], "" if at[4] else text[at.start() :])
        for at in LOG_ENTRY.finditer(text)
    ]
