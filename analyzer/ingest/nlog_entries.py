"""Where entries of the NLog layout begin and when: what `nlog_heads` says of them, without process, thread and level.

    2021-02-09 06:30:00.0103   7012    315 ERROR  message
    |       |       |       |      |       |      |          eight bytes at a time are compared as one number

The date, the time up to its minute and the process stay the same for many lines, and are read where they change. A line
that begins like an entry but has an offset, a wide number or another level is left to `nlog_heads`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache

import numpy as np

from analyzer.blocks import Block, Ints, of_lines, words_of
from analyzer.ingest.fixed_places import Words, mask_of, shaped, word_of
from analyzer.ingest.nlog_heads import MARKS, NONE, PREFIX, STAMP, Flags, find_heads

PLACES = {"date": 0, "hour": 8, "second": 16, "process": 24, "thread": 31, "level": 39, "opening": PREFIX}
SIZE = PREFIX + 8  # bytes of a line that are looked at
COLUMNS = np.dtype(
    {"names": [*PLACES], "formats": ["<u8"] * len(PLACES), "offsets": [*PLACES.values()], "itemsize": SIZE}
)
DATE, HOUR, SECOND = b"dddd-dd-", b"dd dd:dd", b":dd.dddd"
DAY = mask_of(b"dd      ", b"d")
EPOCH = date(1970, 1, 1).toordinal()
LEVELS = [word_of(name + b"  ") for name in (b" INFO", b" WARN", b"ERROR", b"DEBUG", b"TRACE", b"FATAL")]
LEVEL = mask_of(b"lllllll.", b"l")
# Of a process or thread: by the first a digit becomes 0 to 9, and a blank in its place 16; the others are limits.
ZEROS, LIMITS = word_of(b"  00000 "), word_of(b"\x7f\x7f\x76\x76\x76\x76\x76\x7f")
FIRST, BEFORE_LAST = word_of(b"\0\0\1"), word_of(b"\0\0\1\1\1\1")
HIGH = word_of(b"\x80" * 8)
EIGHT = np.uint64(8)


@dataclass(frozen=True)
class Entries:
    """First lines of entries, by their rows in the block; `begin` is where the message begins in the buffer, `opening`
    are its first eight bytes, or fewer at the end of the buffer.
    """

    rows: Ints
    begin: Ints
    opening: Words
    wall: Ints  # local microseconds since 1970
    shift: Ints  # minutes from UTC, NONE where the line does not say it
    real: Flags  # the date and time exist


def find_entries(block: Block) -> Entries:
    """The lines of a block that begin an entry."""
    rows, rest = _dated(block)
    starts = block.starts[rows]
    words = _columns(block, starts)
    wall, plain = _walls(words)
    opening = words["opening"]
    plain &= _thread_and_level(words) & (opening & np.uint64(255) > ord(" "))  # no line ends before
    odd = rest if plain.all() else np.concatenate((rows[~plain], rest))
    if len(odd) > len(rows) // 2:
        return _by_heads(block)
    if len(odd) > len(rest):
        rows, starts, wall = (column[plain] for column in (rows, starts, wall))
        opening = opening[plain]
    shift, real = np.full(len(rows), NONE), np.ones(len(rows), bool)
    found = Entries(rows, starts + PREFIX, opening, wall, shift, real)
    return _with(found, block, odd) if len(odd) else found


def _dated(block: Block) -> tuple[Ints, Ints]:
    """Rows that have a date's dash in its place: those with room for all that is looked at, and others at the end."""
    octets = np.frombuffer(block.data, np.uint8)
    room = int(np.searchsorted(block.starts, len(octets) - SIZE, "right"))
    rest = room + np.flatnonzero(block.ends[room:] - block.starts[room:] > STAMP)
    dash, dashes = ord(MARKS[4]), octets[4:]
    return np.flatnonzero(dashes.take(block.starts[:room]) == dash), rest[dashes[block.starts[rest]] == dash]


def _columns(block: Block, starts: Ints) -> dict[str, Words]:
    """The numbers in each of these lines, as columns."""
    every = np.ndarray((max(0, len(block.data) - SIZE + 1),), f"V{SIZE}", block.data, 0, (1,))
    lines = every[starts].view(COLUMNS)
    return {name: np.ascontiguousarray(lines[name]) for name in PLACES}


def _by_heads(block: Block) -> Entries:
    heads, words = find_heads(block), words_of(block.data)
    opening = words[np.minimum(heads.begin, len(words) - 1)]
    return Entries(heads.rows, heads.begin, opening, heads.wall, heads.shift, heads.real)


def _walls(words: Mapping[str, Words]) -> tuple[Ints, Flags]:
    """Local times in microseconds, and which lines have a stamp of a time that exists, and a process."""
    minutes, plain = _by_turns(_minutes, words["date"], words["hour"], words["process"])
    values, wrong = shaped(words["second"], SECOND)
    pairs = values * np.uint64(10) + (values >> EIGHT)  # each byte with the one behind it: at most 99
    second, high, low = (_byte(pairs, place) for place in (1, 4, 6))
    return minutes + (second * 10_000 + high * 100 + low) * 100, plain & (wrong & HIGH == 0) & (second < 60)


def _minutes(months: Words, hour: Words, process: Words) -> tuple[Ints, Flags]:
    """Local times up to the minute in microseconds, and which of them exist and have a process behind them."""
    (months, no_months), (hour, no_hour) = shaped(months, DATE), shaped(hour, HOUR)
    days, good = _by_turns(_days, months, hour & DAY)
    pairs = hour * np.uint64(10) + (hour >> EIGHT)
    hours, minutes = _byte(pairs, 3), _byte(pairs, 6)
    good &= ((no_months | no_hour) & HIGH == 0) & (hours < 24) & (minutes < 60) & _number_stands(process)
    return ((days * 24 + hours) * 60 + minutes) * 60_000_000, good


def _byte(words: Words, place: int) -> Ints:
    found: Ints = (words >> np.uint64(8 * place) & np.uint64(255)).view(np.int64)
    return found


def _days(months: Words, days: Words) -> tuple[Ints, Flags]:
    """Days since 1970, and which of them exist: there are few, and mostly they are known from the block before."""
    found = np.array([_day(*digits) for digits in zip(months.tolist(), days.tolist(), strict=True)], np.int64)
    found = found.reshape(-1, 2)
    return found[:, 0], found[:, 1] > 0


@lru_cache
def _day(months: int, days: int) -> tuple[int, bool]:
    at = (months | days << 64).to_bytes(16, "little")
    try:
        day = date(at[0] * 1000 + at[1] * 100 + at[2] * 10 + at[3], at[5] * 10 + at[6], at[8] * 10 + at[9])
    except ValueError:
        return 0, False
    return day.toordinal() - EPOCH, True


def _by_turns(of: Callable[..., tuple[Ints, Flags]], *columns: Words) -> tuple[Ints, Flags]:
    """What a function makes of columns, worked out once for every stretch of lines in which they stay the same."""
    changed = np.ones(len(columns[0]), bool)
    changed[1:] = columns[0][1:] != columns[0][:-1]
    for column in columns[1:]:
        changed[1:] |= column[1:] != column[:-1]
    turns = np.flatnonzero(changed)
    sizes = np.concatenate((turns[1:], (len(changed),)))[: len(turns)] - turns
    values, good = of(*(column[turns] for column in columns))
    return np.repeat(values, sizes), np.repeat(good, sizes)


def _thread_and_level(words: Mapping[str, Words]) -> Flags:
    """Which lines have a thread and a usual level in their places."""
    level = words["level"] & LEVEL
    known = level == LEVELS[0]
    for name in LEVELS[1:]:
        known |= level == name
    plain: Flags = known & _number_stands(words["thread"])
    return plain


def _number_stands(words: Words) -> Flags:
    """Which words have a number at the right end of its places, and blanks around it."""
    values = words ^ ZEROS
    blank = values >> np.uint64(4) & BEFORE_LAST  # one in each place of a blank, or of what is wrong anyway
    digits = values ^ blank << np.uint64(4)
    blanks = blank * np.uint64(255)
    wrong = digits + LIMITS + blank * np.uint64(9) | digits | blanks + FIRST & blanks  # no blank behind a digit
    found: Flags = wrong & HIGH == 0
    return found


def _with(found: Entries, block: Block, odd: Ints) -> Entries:
    """The entries with those that begin in one of the odd lines."""
    odd = np.sort(odd)
    lines = of_lines(block, odd)
    more = _by_heads(lines)
    rows = odd[more.rows]
    more = replace(more, rows=rows, begin=block.starts[rows] + more.begin - lines.starts[more.rows])
    names = [field.name for field in fields(Entries)]
    both = {name: np.concatenate([getattr(one, name) for one in (found, more)]) for name in names}
    order = np.argsort(both["rows"])
    return Entries(**{name: column[order] for name, column in both.items()})
