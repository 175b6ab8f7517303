"""Text in fixed places of many lines: eight bytes are one number, and compared and counted as one.

words    all eight bytes from each place of a buffer on, the first of them lowest
shape    eight characters that stand for such a word, marks in their places and `d` for a digit
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from analyzer.blocks import Flags, Ints
from analyzer.ingest.task_log_fields import dates
from analyzer.names import KIND, SEVERITY

Words = npt.NDArray[np.uint64]

KINDS = ("message", "planned", "updated", "finished", "abandoned")
PLANNED, FINISHED = KINDS.index("planned"), KINDS.index("finished")


@cache
def word_of(text: bytes) -> np.uint64:
    """Up to eight bytes as the number that `words` has where they stand."""
    return np.uint64(int.from_bytes(text, "little"))


@cache
def mask_of(shape: bytes, marks: bytes) -> np.uint64:
    """All bits of the bytes at which `shape` has one of the marks."""
    return word_of(bytes(255 if byte in marks else 0 for byte in shape))


CODES = sorted((int(word_of(name.encode() + b'","')), name) for name in SEVERITY if len(name) == 3 and name.isupper())
_CODED = np.array([code for code, _ in CODES], np.uint64)
_SEVERITIES = np.array([SEVERITY[name] for _, name in CODES])
_KINDS = np.array([KINDS.index(KIND.get(name, KINDS[0])) for _, name in CODES])


def digits(words: Words, mask: np.uint64) -> tuple[Words, Flags]:
    """The bytes of the mask as numbers in their places, and in which words all of them are digits."""
    values = (words ^ word_of(b"00000000")) & mask
    return values, ((values + (word_of(b"\x76" * 8) & mask)) | values) & word_of(b"\x80" * 8) == 0


def number(values: Words, *places: int) -> Ints:
    """The digits in these places as one number."""
    found: Ints = np.zeros(len(values), np.int64)
    for place in places:
        found = found * 10 + ((values >> np.uint64(8 * place)) & np.uint64(15)).astype(np.int64)
    return found


def levels(words: Words, at: Ints) -> tuple[Ints, Ints, Flags]:
    """Severity and kind (its number in KINDS) of codes like `INF","`, and which are known."""
    which, known = level_codes(words, at)
    return _SEVERITIES[which], _KINDS[which], known


def level_codes(words: Words, at: Ints) -> tuple[Ints, Flags]:
    """The numbers of such codes in CODES, and which are known."""
    word = words[at] & mask_of(b'...","', b'.",')
    which = np.minimum(np.searchsorted(_CODED, word), len(_CODED) - 1)
    return which, _CODED[which] == word


def shaped(words: Words, shape: bytes) -> tuple[Words, Words]:
    """The digits of words of a shape as numbers in their places, with zeros between; and what is wrong with them.

    A word is of the shape where the high bit of no byte of the second is set.
    """
    values = words ^ word_of(shape.replace(b"d", b"0"))
    limits = word_of(bytes(0x76 if byte == ord("d") else 0x7F for byte in shape))
    return values, (values + limits) | values


def pair(pairs: Words, place: int) -> Ints:
    """The number that two digits make, the first of them in this place."""
    found: Ints = ((pairs >> np.uint64(8 * place)) & np.uint64(255)).view(np.int64)
    return found


def instants(words: Words, at: Ints) -> tuple[Ints, Flags]:
    """Stamps like `2023-09-18T09:14:02.1180427+00:00` in 100 ns since 1970, and which of them are real times in UTC."""
    (date, no_date), (hour, no_hour), (second, no_second), (fraction, no_fraction), (_, no_zone) = (
        shaped(words[at + place], shape)
        for place, shape in (
            (0, b"dddd-dd-"),
            (8, b"ddTdd:dd"),
            (16, b":dd.dddd"),
            (24, b"ddd+00:0"),
            (28, b'00:00","'),
        )
    )
    good = (no_date | no_hour | no_second | no_fraction | no_zone) & word_of(b"\x80" * 8) == 0
    days, real = _days(date, hour)
    ten, high = np.uint64(10), np.uint64(8)
    in_hour, in_second, in_fraction = (word * ten + (word >> high) for word in (hour, second, fraction))
    hours, minutes, seconds = pair(in_hour, 3), pair(in_hour, 6), pair(in_second, 1)
    good &= real & (hours < 24) & (minutes < 60) & (seconds < 60)
    last = ((fraction >> np.uint64(16)) & np.uint64(15)).view(np.int64)
    parts = (pair(in_second, 4) * 100 + pair(in_second, 6)) * 1000 + pair(in_fraction, 0) * 10 + last
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 10_000_000 + parts, good


def _days(date: Words, hour: Words) -> tuple[Ints, Flags]:
    """Days since 1970, and which are real: worked out once for every stretch of lines of one day."""
    day = hour & mask_of(b"..      ", b".")
    turns = np.flatnonzero(np.concatenate(([True], (date[1:] != date[:-1]) | (day[1:] != day[:-1]))))
    of_turns, of_hours = date[turns], day[turns]
    days, real = dates(number(of_turns, 0, 1, 2, 3), number(of_turns, 5, 6), number(of_hours, 0, 1))
    sizes = np.diff(np.append(turns, len(date)))
    return np.repeat(days, sizes), np.repeat(real, sizes)


def clock_times(words: Words) -> tuple[Words, Flags]:
    """Times like `09:14:02` as numbers that grow with the time but are no seconds, and which of them are real."""
    values, high = words ^ word_of(b"00:00:00"), word_of(b"\x80" * 8)
    room = word_of(bytes(127 - int(most) for most in "29059059"))  # a colon's place holds nothing but a colon
    grown = words.byteswap()
    return grown, (((values + room) | values) & high == 0) & (grown < int.from_bytes(b"24:00:00", "big"))


def seconds_of(words: Words) -> Ints:
    """Seconds since midnight of such times, as `words` have them."""
    values = words & word_of(b"\x0f" * 8)
    return (number(values, 0, 1) * 60 + number(values, 3, 4)) * 60 + number(values, 6, 7)
