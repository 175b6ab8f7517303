"""Text in fixed places of many lines: eight bytes are one number, and compared and counted as one.

words    all eight bytes from each place of a buffer on, the first of them lowest
shape    eight characters that stand for such a word, marks in their places and `d` for a digit
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analyzer.blocks import Ints
from analyzer.ingest.task_log_fields import Flags, dates
from analyzer.names import KIND, SEVERITY

Words = npt.NDArray[np.uint64]

KINDS = ("message", "planned", "updated", "finished", "abandoned")
PLANNED, FINISHED = KINDS.index("planned"), KINDS.index("finished")


def word_of(text: bytes) -> np.uint64:
    """Up to eight bytes as the number that `words` has where they stand."""
    return np.uint64(int.from_bytes(text, "little"))


def mask_of(shape: bytes, marks: bytes) -> np.uint64:
    """All bits of the bytes at which `shape` has one of the marks."""
    return word_of(bytes(255 if byte in marks else 0 for byte in shape))


CODES = sorted((int(word_of(name.encode())), name) for name in SEVERITY if len(name) == 3 and name.isupper())


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
    codes = np.array([code for code, _ in CODES], np.uint64)
    severities = np.array([SEVERITY[name] for _, name in CODES])
    kinds = np.array([KINDS.index(KIND.get(name, KINDS[0])) for _, name in CODES])
    word = words[at]
    code, marks = word & mask_of(b"...", b"."), word & mask_of(b'..."," ', b'",')
    which = np.minimum(np.searchsorted(codes, code), len(codes) - 1)
    return severities[which], kinds[which], (codes[which] == code) & (marks == word_of(b'\0\0\0","'))


def instants(words: Words, at: Ints) -> tuple[Ints, Flags]:
    """Stamps like `2023-09-18T09:14:02.1180427+00:00` in 100 ns since 1970, and which of them are real times in UTC."""
    date, hour, second, fraction, zone = (words[at + place] for place in (0, 8, 16, 24, 28))
    good = zone == word_of(b'00:00","')
    values = []
    for word, shape in ((date, b"dddd-dd-"), (hour, b"ddTdd:dd"), (second, b":dd.dddd"), (fraction, b"ddd+00:0")):
        marks = mask_of(shape, b"-T:.+0")
        value, real = digits(word, mask_of(shape, b"d"))
        good &= real & (word & marks == word_of(shape) & marks)
        values.append(value)
    days, real = _days(values[0], values[1])
    hours, minutes, seconds = number(values[1], 3, 4), number(values[1], 6, 7), number(values[2], 1, 2)
    good &= real & (hours < 24) & (minutes < 60) & (seconds < 60)
    parts = number(values[2], 4, 5, 6, 7) * 1000 + number(values[3], 0, 1, 2)
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 10_000_000 + parts, good


def _days(date: Words, hour: Words) -> tuple[Ints, Flags]:
    """Days since 1970, and which are real: worked out once for every stretch of lines of one day."""
    day = hour & mask_of(b"..      ", b".")
    turns = np.flatnonzero(np.concatenate(([True], (date[1:] != date[:-1]) | (day[1:] != day[:-1]))))
    of_turns, of_hours = date[turns], day[turns]
    days, real = dates(number(of_turns, 0, 1, 2, 3), number(of_turns, 5, 6), number(of_hours, 0, 1))
    sizes = np.diff(np.append(turns, len(date)))
    return np.repeat(days, sizes), np.repeat(real, sizes)
