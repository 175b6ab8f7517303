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
from analyzer.names import CORRELATION

_ARRAY = re.compile(r'\["(?:ServerTasks-|ScheduledTasks?_)')
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,7})\d*)?(Z|[+-]\d\d:?\d\d)?")
_LEVEL = re.compile(r"[A-Za-z]{2,12}")
_JOINED = 50  # an array over more lines than this is damage
_EPOCH = datetime(1970, 1, 1)
_EXCERPT = 200


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
        if not text.strip():
            read.blank.append(row)
            continue
        done = _read_line(block, row, text, irregular, read)
    return read


def _read_line(block: Block, row: int, text: str, irregular: set[int], read: Read) -> int:
    """Read one line, with the following ones where its array goes on there; returns the last row that was used."""
    used, counted, at = 1, False, 0
    last, reason = row, "not a log entry"
    while at < len(text):
        match = _ARRAY.search(text, at)
        begin = match.start() if match else len(text)
        if text[at:begin].strip():
            read.fragments.append(_fragment(row, text, at, begin, 0 if counted else used, reason))
            counted = True
        if not match:
            break
        try:
            fields, end = _decode(text, begin)
        except json.JSONDecodeError as error:
            joined = None if counted else _joined(block, row, text, begin, irregular)
            if joined:
                text, used = joined
                last = row + used - 1
                continue
            at, reason = _after_damage(text, begin, error, row, 0 if counted else used, read)
            counted = True
            continue
        counted = _take(read, row, text, (begin, end), fields, used if not counted else 0) or counted
        at, reason = end, "text behind a log entry"
    return last


def _decode(text: str, begin: int) -> tuple[list[object], int]:
    try:
        fields, end = json.JSONDecoder(strict=False).raw_decode(text, begin)
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", text, begin) from None
    return fields, end


def _after_damage(text: str, begin: int, error: json.JSONDecodeError, row: int, lines: int, read: Read) -> tuple[int, str]:
    following = _ARRAY.search(text, begin + 1)
    end = following.start() if following else len(text)
    read.fragments.append(_fragment(row, text, begin, end, lines, f"torn log entry: {error.msg} at character {error.pos}"))
    return end, "not a log entry"


def _take(read: Read, row: int, text: str, span: tuple[int, int], fields: list[object], lines: int) -> bool:
    begin, end = span
    try:
        read.entries.append(_entry(row, len(text[:begin].encode()), lines, fields))
    except _Refused as refused:
        read.fragments.append(_fragment(row, text, begin, end, lines, str(refused)))
    return True


def _joined(block: Block, row: int, text: str, begin: int, irregular: set[int]) -> tuple[str, int] | None:
    """The line with as many of its successors as make its array whole, or None."""
    for count in range(1, _JOINED):
        following = row + count
        if following not in irregular or block.which[following] != block.which[row]:
            return None
        addition = block.text(following)
        if _ARRAY.match(addition):
            return None
        text += "\n" + addition
        try:
            fields, _ = _decode(text, begin)
        except json.JSONDecodeError:
            continue
        return (text, count + 1) if len(fields) == 6 else None
    return None


def _fragment(row: int, text: str, begin: int, end: int, lines: int, reason: str) -> Fragment:
    part = text[begin:end]
    return Fragment(row, len(text[:begin].encode()), lines, len(part.encode()), reason, part[:_EXCERPT])


def _entry(row: int, byte: int, lines: int, fields: Sequence[object]) -> Entry:
    if len(fields) != 6:
        raise _Refused(f"a log entry has 6 fields, this one {len(fields)}")
    texts = [_text(value) for value in fields[:5]]
    correlation = CORRELATION.fullmatch(texts[0])
    if not correlation:
        raise _Refused("the correlation id cannot be read")
    if not _LEVEL.fullmatch(texts[1]):
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
    return value.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair has no place in Arrow


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
    return sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
