"""The exact path of `task-log`: lines that are not regular, one by one.

Octopus itself reads the file with a tolerant JSON reader: several arrays on one line and arrays over several lines are
accepted (formats document, 1.2). After damage the reader resynchronises at the next `["ServerTasks-`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from analyzer.blocks import Block, Ints
from analyzer.ingest.values import clean
from analyzer.names import CORRELATION

_ARRAY = re.compile(r'\["(?:ServerTasks-|ScheduledTasks?_)')
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,7})\d*)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
LEVEL = re.compile(r"[A-Za-z]{2,12}")
FARTHEST = timedelta(hours=14)  # no zone is farther from UTC
_JOINED = 50  # an array over more lines than this is damage
_EPOCH = datetime(1970, 1, 1)
_EXCERPT = 200
_raw_decode = json.JSONDecoder(strict=False).raw_decode


@dataclass(frozen=True)
class Entry:
    """One log entry read from an irregular line; `row` is its line in the block, `byte` its place in the line."""

    row: int
    byte: int
    lines: int
    task: str
    log: str | None
    activity: str
    level: str
    time: datetime | None
    tick: int
    wall: int
    clock: str
    message: str
    detail: str
    percentage: int | None


@dataclass(frozen=True)
class Fragment:
    """Bytes that became nothing."""

    row: int
    byte: int
    lines: int
    bytes: int
    reason: str
    excerpt: str


@dataclass
class Read:
    """What the irregular lines of one block gave."""

    entries: list[Entry] = field(default_factory=list)
    fragments: list[Fragment] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)


class _Refused(Exception):
    """Why something that begins like an entry is none."""


def read_lines(block: Block, rows: Ints) -> Read:
    """Entries, fragments and blank lines among the given rows of a block."""
    read = Read()
    todo = [int(row) for row in rows]
    irregular = set(todo)
    done = -1
    for row in todo:
        if row <= done:
            continue
        text = block.text(row)
        if text.strip():
            done = _read_line(_Line(read, row, text), block, irregular)
        else:
            read.blank.append(row)
    return read


class _Line:
    """A line, or several that one array goes over, while it is read from left to right.

    `row` and `byte` say where the text from `at` on begins; the first entry or fragment accounts for all the lines.
    """

    def __init__(self, read: Read, row: int, text: str) -> None:
        self.read = read
        self.text = text
        self.at = self.byte = 0
        self.row = self.last = row
        self.lines = 1
        self.reason = "not a log entry"

    def refuse(self, end: int, reason: str) -> None:
        """The text up to `end` becomes nothing."""
        part = self.text[self.at : end]
        if part.strip():
            size = len(part.encode())
            self.read.fragments.append(Fragment(self.row, self.byte, self.lines, size, reason, part[:_EXCERPT]))
            self.lines = 0
        self._pass(end)

    def take(self, end: int, fields: list[object]) -> None:
        """The array up to `end` becomes an entry, if its fields allow."""
        try:
            self.read.entries.append(_entry(self.row, self.byte, self.lines, fields))
        except _Refused as refused:
            self.refuse(end, str(refused))
        self.lines = 0
        self._pass(end)
        self.reason = "text behind a log entry"

    def tear(self, end: int, error: json.JSONDecodeError) -> None:
        """The text up to `end` is the rest of an entry."""
        self.refuse(end, f"torn log entry: {error.msg} at character {error.pos}")
        self.reason = "not a log entry"

    def _pass(self, end: int) -> None:
        before, newline, part = self.text[self.at : end].rpartition("\n")
        if newline:
            self.row += 1 + before.count("\n")
            self.byte = 0
        self.byte += len(part.encode())
        self.at = end


def _read_line(line: _Line, block: Block, irregular: set[int]) -> int:
    """Read a line, with the following ones where its array goes on there; returns the last row that was used."""
    while match := _ARRAY.search(line.text, line.at):
        line.refuse(match.start(), line.reason)
        try:
            fields, end = _decode(line.text, line.at)
        except json.JSONDecodeError as error:
            joined = _joined(block, line, irregular) if line.lines else None
            if joined is None:
                following = _ARRAY.search(line.text, line.at + 1)
                line.tear(following.start() if following else len(line.text), error)
            else:
                line.text, line.lines = joined
                line.last = line.row + line.lines - 1
        else:
            line.take(end, fields)
    line.refuse(len(line.text), line.reason)
    return line.last


def _decode(text: str, begin: int) -> tuple[list[object], int]:
    try:
        fields, end = _raw_decode(text, begin)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", text, begin) from None
    except ValueError:
        raise json.JSONDecodeError("a number that is too long", text, begin) from None
    return fields, end


def _joined(block: Block, line: _Line, irregular: set[int]) -> tuple[str, int] | None:
    """The line with as many of its successors as make its array whole, and how many lines that are; or None."""
    text = line.text
    for count in range(1, _JOINED):
        following = line.row + count
        if following not in irregular or block.which[following] != block.which[line.row]:
            return None
        addition = block.text(following)
        if _ARRAY.match(addition):
            return None
        text += "\n" + addition
        try:
            fields, _ = _decode(text, line.at)
        except json.JSONDecodeError:
            continue
        return (text, count + 1) if len(fields) == 6 else None
    return None


def _entry(row: int, byte: int, lines: int, fields: Sequence[object]) -> Entry:
    if len(fields) != 6:
        raise _Refused(f"wrong number of fields for a log entry: {len(fields)} instead of 6")
    texts = [_text(value) for value in fields[:5]]
    correlation = CORRELATION.fullmatch(texts[0])
    if not correlation:
        raise _Refused("the correlation id cannot be read")
    if not LEVEL.fullmatch(texts[1]):
        raise _Refused("the category cannot be read")
    wall, tick, time, clock = _moment(texts[2])
    percentage = fields[5]
    if percentage is not None and (isinstance(percentage, bool) or not isinstance(percentage, int | float)):
        raise _Refused("the percentage is not a number")
    try:
        number = None if percentage is None else int(percentage)
    except (OverflowError, ValueError):
        raise _Refused("the percentage is not a number") from None
    if number is not None and abs(number) > 1_000_000:
        raise _Refused("the percentage is not a number")
    return Entry(
        row, byte, lines, correlation["task"], correlation["log"], correlation["activity"] or "",
        texts[1], time, tick, wall, clock, texts[3], texts[4], number,
    )  # fmt: skip


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Refused("a field that should be text is not")
    return clean(value) or ""


def _moment(stamp: str) -> tuple[int, int, datetime | None, str]:
    """Local microseconds, tenths, the instant where a zone is given, and the kind of clock."""
    match = _STAMP.fullmatch(stamp)
    try:
        local = datetime.fromisoformat(f"{match[1]} {match[2]}") if match else None
        if not match or not local:
            raise ValueError
        fraction = (match[3] or "").ljust(7, "0")
        local += timedelta(microseconds=int(fraction[:6]))
        wall = (local - _EPOCH) // timedelta(microseconds=1)
        if match[4] is None:
            return wall, int(fraction[6]), None, "local"
        offset = timedelta() if match[4] == "Z" else _offset(match[4])
        time = (local - offset).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise _Refused("the time cannot be read") from None
    return wall, int(fraction[6]), time, "offset" if offset else "utc"


def _offset(text: str) -> timedelta:
    sign = -1 if text[0] == "-" else 1
    size = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    if size > FARTHEST or text[-2:] > "59":
        raise ValueError
    return sign * size
