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
Small = npt.NDArray[np.int8]

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


CODES = sorted((int(word_of(name.encode())), name) for name in SEVERITY if len(name) == 3 and name.isupper())
SEVERITIES = np.array([SEVERITY[name] for _, name in CODES], np.int8)
KINDS_OF = np.array([KINDS.index(KIND.get(name, KINDS[0])) for _, name in CODES], np.int8)
"""By number in CODES."""
_FACTOR = next(one for one in range(1, 1 << 16, 2) if len({code * one >> 16 & 31 for code, _ in CODES}) == len(CODES))
"""Makes another number below 32 of each code: a place in a table. To search for it takes six times as long."""
_PLACES = [code * _FACTOR >> 16 & 31 for code, _ in CODES]
_CODED, _NUMBERS = ~np.zeros(32, np.uint64), np.zeros(32, np.int8)
_CODED[_PLACES], _NUMBERS[_PLACES] = [code for code, _ in CODES], range(len(CODES))


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


def levels(codes: Words) -> tuple[Small, Flags]:
    """The numbers in CODES of words of three bytes, and which of them are known."""
    at = (codes * np.uint64(_FACTOR) >> np.uint64(16) & np.uint64(31)).view(np.int64)
    return _NUMBERS[at], _CODED[at] == codes


_LARGEST = {ord("d"): 9, **{ord("0") + digit: digit for digit in range(1, 9)}}
"""Digits that a mark in a shape stands for."""


def shaped(words: Words, shape: bytes) -> tuple[Words, Words]:
    """The digits of words of a shape as numbers in their places, with zeros between; and what is wrong with them.

    A word is of the shape where the high bit of no byte of the second is set. In a shape `d` stands for any digit, and
    1 to 8 for one that is not larger.
    """
    values = words ^ _zeros_of(shape)
    return values, (values + _limits_of(shape)) | values


@cache
def _zeros_of(shape: bytes) -> np.uint64:
    return word_of(bytes(ord("0") if byte in _LARGEST else byte for byte in shape))


@cache
def _limits_of(shape: bytes) -> np.uint64:
    """What added to the largest byte in each place makes 127."""
    return word_of(bytes(127 - _LARGEST.get(byte, 0) for byte in shape))


def stamps(year: Words, date: Words, clock: Words, fraction: Words, zone: Words) -> tuple[Ints, Flags]:
    """Stamps like `2023-09-18T09:14:02.1180427+00:00` in 100 ns since 1970, and which of them are real times in UTC.

        2023-09-18T09:14:02.1180427+00:00","
        year date----clock---fraction zone---     eight bytes each, the year with what stands before it

    What changes every ten hours at the most is worked out once for all stamps in which it stays the same.
    """
    turns = np.flatnonzero(np.concatenate(([True], (date[1:] != date[:-1]) | (year[1:] != year[:-1]))))
    sizes = np.diff(np.append(turns, len(date)))
    begin, room = _tens_of_hours(year[turns], date[turns])
    values, wrong = shaped(clock, b"d:5d:5d.")
    # A multiplication adds the hour's second digit, minutes and seconds up in the bytes 5 and 6.
    seconds = (pairs(values) & mask_of(b"d.d..d..", b"d")) * np.uint64(360 << 40 | 60 << 24 | 1)
    since = (seconds >> np.uint64(40) & np.uint64(0xFFFF)).view(np.int64)
    part, not_digits = shaped(fraction, b"ddddddd+")
    good = (wrong | not_digits) & word_of(b"\x80" * 8) | zone ^ word_of(b'00:00","') == 0
    good &= since < np.repeat(room, sizes)
    return np.repeat(begin, sizes) + since * 10_000_000 + _eight_digits(part << np.uint64(8)), good


def instants(words: Words, at: Ints) -> tuple[Ints, Flags]:
    """The same of stamps in these places."""
    year = words[at] << np.uint64(32) | word_of(b'\0\0\0"')
    return stamps(year, *(words[at + place] for place in (4, 12, 20, 28)))


def _tens_of_hours(year: Words, date: Words) -> tuple[Ints, Ints]:
    """Dates with an hour's first digit in 100 ns since 1970, and how many seconds follow: none if it is no date."""
    (year, no_year), (date, no_date) = shaped(year, b'\0\0\0"dddd'), shaped(date, b"-dd-ddT2")
    days, real = dates(number(year, 4, 5, 6, 7), number(date, 1, 2), number(date, 4, 5))
    tens = number(date, 7)
    real &= (no_year | no_date) & word_of(b"\x80" * 8) == 0
    return (days * 24 + tens * 10) * 36_000_000_000, np.where(tens == 2, 4, 10) * 3600 * real


def pairs(values: Words) -> Words:
    """Ten times each digit and the digit behind it, in its place."""
    return values * np.uint64(10) + (values >> np.uint64(8))


def _eight_digits(values: Words) -> Ints:
    """The number that eight digits make: of pairs of them, fours and eights."""
    values = pairs(values) & mask_of(b"d.d.d.d.", b"d")
    values = values * np.uint64(100) + (values >> np.uint64(16)) & mask_of(b"dd..dd..", b"d")
    found: Ints = (values * np.uint64(10_000) + (values >> np.uint64(32)) & np.uint64(0xFFFFFFFF)).view(np.int64)
    return found


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
