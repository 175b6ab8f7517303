"""Where entries of the NLog layout begin and when: what `nlog_heads` says of them, without process, thread and level.

    2021-02-09 06:30:00.0103   7012    315 ERROR  message
    |       |       |       |       |       |       eight bytes at a time are compared as one number

The date, the time up to its minute and the process stay the same for many lines, and are read where they change. A line
that begins like an entry but has an offset, a wide number or another level is left to `nlog_heads`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analyzer.blocks import Block, Ints, of_lines, words_at
from analyzer.ingest.fixed_places import Words, digits, mask_of, word_of
from analyzer.ingest.nlog_heads import DIGITS, MARKS, NONE, PREFIX, STAMP, Flags, find_heads, wall_of

SIZE = 48  # bytes of a line that are looked at, as six numbers
DATE, HOUR, SECOND = b"dddd-dd-", b"dd dd:dd", b":dd.dddd"
PROCESS, THREAD = b"  ddddd ", b" ddddd ."
LEVELS = [word_of(name + b"  ") for name in (b" INFO", b" WARN", b"ERROR", b"DEBUG", b"TRACE", b"FATAL")]
FIRST, REST, MESSAGE = mask_of(b".......l", b"l"), mask_of(b"llllll..", b"l"), mask_of(b"......m.", b"m")
HIGH, BLANKS = word_of(b"\x80" * 8), word_of(b" " * 8)
EIGHT = np.uint64(8)


@dataclass(frozen=True)
class Entries:
    """First lines of entries, by their rows in the block; `begin` is where the message begins in the buffer."""

    rows: Ints
    begin: Ints
    wall: Ints  # local microseconds since 1970
    shift: Ints  # minutes from UTC, NONE where the line does not say it
    real: Flags  # the date and time exist


def find_entries(block: Block) -> Entries:
    """The lines of a block that begin an entry."""
    fits = (block.ends - block.starts > PREFIX) & (block.starts <= len(block.data) - SIZE)
    rows, words = _dated(block, np.flatnonzero(fits))
    wall, plain = _walls(words)
    plain &= _numbers_and_level(words)
    odd = np.concatenate((rows[~plain], _short(block, fits)))
    if len(odd) > len(rows) // 2:
        heads = find_heads(block)
        return Entries(heads.rows, heads.begin, heads.wall, heads.shift, heads.real)
    rows, wall = rows[plain], wall[plain]
    found = Entries(rows, block.starts[rows] + PREFIX, wall, np.full(len(rows), NONE), np.ones(len(rows), bool))
    return _with(found, block, np.sort(odd)) if len(odd) else found


def _dated(block: Block, rows: Ints) -> tuple[Ints, Words]:
    """The rows that have a date's dash in its place, and the first bytes of each as a column of numbers."""
    rows = rows[_may_be_dated(block, rows)]
    return rows, np.ascontiguousarray(words_at(block.data, block.starts[rows], SIZE // 8).T)


def _may_be_dated(block: Block, rows: Ints) -> Flags:
    found: Flags = np.frombuffer(block.data, np.uint8)[block.starts[rows] + 4] == ord(MARKS[4])
    return found


def _short(block: Block, fits: Flags) -> Ints:
    """Rows that have room for a stamp and not for all fields, or end the buffer, and could begin an entry."""
    rows = np.flatnonzero(~fits & (block.ends - block.starts > STAMP))
    return rows[_may_be_dated(block, rows)]


def _walls(words: Words) -> tuple[Ints, Flags]:
    """Local times in microseconds, and which lines have a stamp of a time that exists."""
    minutes, plain = _by_turns(_minutes, words[0], words[1])
    values, good = digits(words[2], mask_of(SECOND, b"d"))
    plain &= good & _marked(words[2], SECOND, b":.")
    pairs = values * np.uint64(10) + (values >> EIGHT)  # each byte with the one behind it: at most 99
    second, high, low = ((pairs >> np.uint64(8 * place) & np.uint64(255)).astype(np.int64) for place in (1, 4, 6))
    return minutes + (second * 10_000 + high * 100 + low) * 100, plain & (second < 60)


def _minutes(date: Words, hour: Words) -> tuple[Ints, Flags]:
    """Local times up to the minute in microseconds, and which of them exist."""
    good = _marked(date, DATE, b"-") & _marked(hour, HOUR, b" :")
    for word, shape in ((date, DATE), (hour, HOUR)):
        good &= digits(word, mask_of(shape, b"d"))[1]
    octets = np.ascontiguousarray(np.stack((date, hour), axis=1)).view(np.uint8).T.astype(np.int64) - ord("0")
    found = np.zeros((len(DIGITS), len(date)), np.int64)
    places = [place for place in DIGITS if place < len(octets)]
    found[: len(places)] = octets[places]
    wall, real = wall_of(found)
    return wall, good & real


def _by_turns(of: Callable[..., tuple[Ints, Flags]], *columns: Words) -> tuple[Ints, Flags]:
    """What a function makes of columns, worked out once for every stretch of lines in which they stay the same."""
    changed = np.ones(len(columns[0]), bool)
    changed[1:] = False
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    turns = np.flatnonzero(changed)
    sizes = np.diff(np.append(turns, len(changed)))
    values, good = of(*(column[turns] for column in columns))
    return np.repeat(values, sizes), np.repeat(good, sizes)


def _numbers_and_level(words: Words) -> Flags:
    """Which lines have process, thread and a usual level in their places, and a message behind them."""
    _, good = _by_turns(lambda process: (process, _number_stands(process, PROCESS)), words[3])
    good &= _number_stands(words[4], THREAD) & (words[5] & MESSAGE != BLANKS & MESSAGE)
    level = (words[4] & FIRST) >> np.uint64(56) | (words[5] & REST) << EIGHT
    known = np.zeros(len(level), bool)
    for name in LEVELS:
        known |= level == name
    plain: Flags = good & known
    return plain


def _number_stands(words: Words, shape: bytes) -> Flags:
    """Which words have blanks where the shape has them, and a number at the right end of its digits' places."""
    field = mask_of(shape, b"d")
    values, others = (words ^ word_of(b"0" * 8)) & field, (words ^ BLANKS) & field
    digit = ~((values + (word_of(b"\x76" * 8) & field)) | values) & HIGH & field
    blank = ~((others + (word_of(b"\x7f" * 8) & field)) | others) & HIGH & field
    inner = field & (field >> EIGHT)  # all but the last of its places
    good = _marked(words, shape, b" ") & (digit | blank == HIGH & field)
    good &= digit & inner & (blank >> EIGHT) == 0  # no blank behind a digit
    right: Flags = good & (digit & ~inner != 0)
    return right


def _marked(words: Words, shape: bytes, marks: bytes) -> Flags:
    mask = mask_of(shape, marks)
    found: Flags = words & mask == word_of(shape) & mask
    return found


def _with(found: Entries, block: Block, odd: Ints) -> Entries:
    """The entries with those that begin in one of the odd lines."""
    lines = of_lines(block, odd)
    heads = find_heads(lines)
    rows = odd[heads.rows]
    begin = block.starts[rows] + heads.begin - lines.starts[heads.rows]
    columns = zip(
        (found.rows, found.begin, found.wall, found.shift, found.real),
        (rows, begin, heads.wall, heads.shift, heads.real),
        strict=True,
    )
    both = [np.concatenate(pair) for pair in columns]
    order = np.argsort(both[0])
    return Entries(*(column[order] for column in both))
