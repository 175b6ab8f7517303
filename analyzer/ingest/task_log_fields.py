"""Where the fields of regular lines of a `task-log` stand, for a whole block at once, and the numbers among them.

    ["ServerTasks-733_K2JD81MNQA","INF","2023-09-18T09:14:02.1180427+00:00","Say \\"hi\\"","",0]
     0                          1 2   3 4                                 5 6            7 89

A regular line has exactly ten quotes that no backslash escapes, commas between them, and one to three digits behind.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from analyzer.blocks import NEWLINE, RETURN, Block, Flags, Ints, Octets, count, places
from analyzer.ingest.task_log_lines import FARTHEST
from analyzer.ingest.values import EPOCH, MICROSECOND

_STAMP = 33  # yyyy-MM-ddTHH:mm:ss.fffffff+00:00
_DIGITS = np.array([i for i in range(_STAMP) if i not in (4, 7, 10, 13, 16, 19, 27, 30)])
_FIXED = {4: b"-", 7: b"-", 10: b"T", 13: b":", 16: b":", 19: b".", 30: b":"}
_FIRST, _LAST = ((moment - EPOCH) // MICROSECOND for moment in (datetime.min, datetime.max))
_KNOWN = np.zeros(256, bool)
_KNOWN[list(b'"\\/bfnrtu')] = True
"""What may follow a backslash."""
_MONTH_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


class Fields:
    """Positions of the ten quotes of every line that has ten, and whether the line is regular."""

    def __init__(self, block: Block, octets: Octets, quotes: Ints, bad: Ints, escapes: Ints) -> None:
        starts, last = block.starts, np.maximum(block.ends - 1, 0)
        at, regular = _tens(quotes, starts, block.ends)
        regular &= at[:, 0] == starts + 1
        for left in (1, 3, 5, 7):
            regular &= at[:, left + 1] == at[:, left] + 2
        regular &= at[:, 5] - at[:, 4] == _STAMP + 1
        category = at[:, 3] - at[:, 2] - 1
        regular &= (category >= 2) & (category <= 4)
        digits = last - at[:, 9] - 2
        regular &= (digits >= 1) & (digits <= 3)
        for left in (1, 3, 5, 7, 9):
            regular &= octets[np.minimum(at[:, left] + 1, len(octets) - 1)] == ord(",")
        regular &= (octets[starts] == ord("[")) & (octets[last] == ord("]"))
        regular[_lines_of(bad, starts)] = False
        self.at, self.regular = at, regular
        self.octets, self.escapes = octets, escapes


def _tens(quotes: Ints, starts: Ints, ends: Ints) -> tuple[Ints, Flags]:
    """The places of the quotes of the lines that have ten, and which these are."""
    if len(quotes) == 10 * len(starts):
        at = quotes.reshape(-1, 10)
        if (at[:, 0] >= starts).all() and (at[:, 9] < ends).all():
            return at, np.ones(len(starts), bool)
    first = np.searchsorted(quotes, starts)
    ten = np.searchsorted(quotes, ends) - first == 10
    padded = np.append(quotes, np.zeros(10, np.int64))
    return padded[np.where(ten, first, 0)[:, None] + np.arange(10)], ten


def _lines_of(positions: Ints, starts: Ints) -> Ints:
    lines: Ints = np.searchsorted(starts, positions, "right").astype(np.int64) - 1
    return lines


def find(block: Block) -> Fields:
    """The positions of all quotes, escapes and disturbances of a block, and what follows for its lines."""
    octets = np.frombuffer(block.data, np.uint8)
    quotes = places(octets, lambda part: part == ord('"'))
    bad = control(octets) if disturbed(block, octets) else np.empty(0, np.int64)
    if b"\\" not in block.data:
        return Fields(block, octets, quotes, bad, np.empty(0, np.int64))
    begun, _, unknown = escapes(octets, places(octets, lambda part: part == ord("\\")))
    escaped = np.zeros(len(octets) + 1, bool)
    escaped[begun + 1] = True
    quotes = quotes[~escaped[quotes]]
    return Fields(block, octets, quotes, np.concatenate((bad, unknown)), begun)


def disturbed(block: Block, octets: Octets) -> bool:
    """Whether there are more control characters than line ends. To count is a third of the work of finding them."""
    return count(octets, lambda part: part < ord(" ")) != line_ends(block)


def line_ends(block: Block) -> int:
    """How many bytes are of no line: newlines, and the carriage returns before them."""
    return len(block.data) - int((block.ends - block.starts).sum())


def escapes(octets: Octets, slashes: Ints) -> tuple[Ints, Octets, Ints]:
    """Which backslashes begin an escape, what follows them, and which of these JSON does not know or the columns cannot
    express.
    """
    begun = slashes[~_escaped(slashes)] if len(slashes) else slashes
    after = octets[np.minimum(begun + 1, len(octets) - 1)]
    unknown = begun[~_KNOWN[after]]
    return begun, after, np.concatenate((unknown, _bad_unicode(octets, begun, after)))


def _escaped(slashes: Ints) -> Flags:
    """Which backslashes are escaped by another: in a run of them every second one."""
    found = np.zeros(len(slashes), bool)
    pairs = np.flatnonzero(slashes[1:] - slashes[:-1] == 1)  # a backslash that another one follows
    every = np.arange(len(pairs))
    place = every - np.maximum.accumulate(np.where(np.diff(pairs, prepend=-2) != 1, every, 0))
    found[pairs[place % 2 == 0] + 1] = True
    return found


def control(octets: Octets) -> Ints:
    """Places of control characters, which JSON wants escaped (exact path); line ends are none."""
    at: Ints = places(octets, lambda part: (part < ord(" ")) & (part != NEWLINE))
    following = octets[np.minimum(at + 1, len(octets) - 1)]
    found: Ints = at[(octets[at] != RETURN) | (following != NEWLINE)]
    return found


def _bad_unicode(octets: Octets, escapes: Ints, after: Octets) -> Ints:
    r"""Places of \uXXXX that are not four hexadecimal digits, or are half of a surrogate pair (exact path)."""
    at: Ints = escapes[after == ord("u")]
    if not len(at):
        return at
    code = octets[np.minimum(at[:, None] + np.arange(2, 6), len(octets) - 1)]
    hexadecimal = (code - 48 < 10) | ((code | 32) - 97 < 6)  # unsigned: smaller codes wrap to large numbers
    surrogate = ((code[:, 0] | 32) == ord("d")) & (code[:, 1] - 48 >= 8)
    places: Ints = at[~hexadecimal.all(axis=1) | surrogate]
    return places


def times(octets: Octets, at: Ints) -> tuple[Ints, Ints, Ints, Flags]:
    """Local microseconds since 1970, tenths, the zone in microseconds, and whether the stamp is a real time."""
    stamp = octets[at[:, None] + np.arange(_STAMP)]
    good = np.ones(len(at), bool)
    for place, mark in _FIXED.items():
        good &= stamp[:, place] == mark[0]
    good &= (stamp[:, 27] == ord("+")) | (stamp[:, 27] == ord("-"))
    digits = stamp[:, _DIGITS] - 48
    good &= (digits < 10).all(axis=1)
    number = digits.astype(np.int64)
    year = number[:, 0:4] @ np.array([1000, 100, 10, 1])
    month, day, hour, minute, second = (number[:, i] * 10 + number[:, i + 1] for i in (4, 6, 8, 10, 12))
    micro = number[:, 14:20] @ np.array([100000, 10000, 1000, 100, 10, 1])
    minutes = number[:, 23:25] @ np.array([10, 1])
    zone = (number[:, 21:23] @ np.array([600, 60]) + minutes) * 60_000_000
    zone = np.where(stamp[:, 27] == ord("-"), -zone, zone)
    days, real = dates(year, month, day)
    good &= real
    good &= (hour < 24) & (minute < 60) & (second < 60) & (minutes < 60) & (np.abs(zone) <= FARTHEST // MICROSECOND)
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    wall = seconds * 1_000_000 + micro
    good &= (wall - zone >= _FIRST) & (wall - zone <= _LAST)
    return wall, number[:, 20], zone, good


def dates(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Flags]:
    """Days since 1970-01-01 in the Gregorian calendar, and which dates are real."""
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    month_days = _MONTH_DAYS[np.clip(month, 0, 12)] - ((month == 2) & ~leap)
    real = (month >= 1) & (month <= 12) & (day >= 1) & (day <= month_days) & (year >= 1)
    return _days(year, month, day), real


def _days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Days since 1970-01-01 (years that begin in March put the leap day last)."""
    year = year - (month <= 2)
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    days: Ints = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return days


def numbers(octets: Octets, starts: Ints, ends: Ints) -> tuple[Ints, Flags]:
    """Numbers of up to three digits, and which of them are some."""
    value = np.zeros(len(starts), np.int64)
    good = np.ones(len(starts), bool)
    for place in range(3):
        at = starts + place
        used = at < ends
        digit = octets[np.minimum(at, len(octets) - 1)] - 48
        good &= ~used | (digit < 10)
        value = np.where(used, value * 10 + digit, value)
    leading = octets[np.minimum(starts, len(octets) - 1)] == ord("0")
    return value, good & ~(leading & (ends - starts > 1))
