"""One rendered log becomes thousands: every field that must differ is found once and filled by whole arrays.

    ["ServerTasks-987650_QQSUFFIXQQ/0f3c...","INF","2023-09-18T07:30:00.0000000+00:00","Copied ########",...
                  number suffix     guid            time                                       noise

All fields keep their width, so that a log is one copy of the template with digits put into places known beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

NUMBERS = tuple(range(987650, 987660))
"""Task numbers that are replaced, in this order, by those given; real ones have six digits, too."""
SUFFIX = "QQSUFFIXQQ"
NOISE = "########"
TICKS = 10_000_000

_NUMBER = re.compile(rb"98765(\d)")
_NOISE = re.compile(NOISE.encode())
_SUFFIX = re.compile(SUFFIX.encode())
_GUID = re.compile(rb"[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_ISO = re.compile(rb"2023-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}(?=\+00:00)")
_STAMP = re.compile(rb"^2023-\d\d-\d\d \d\d:\d\d:\d\d\.\d{4}", re.MULTILINE)
_CLOCK = re.compile(rb"^\d\d:\d\d:\d\d(?=   )", re.MULTILINE)
_DATE = len("2023-09-18T")
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


@dataclass(frozen=True)
class _Times:
    """Time fields of one shape: where the time of day begins, what it is in ticks, and how many decimals it has."""

    at: Ints
    ticks: Ints
    decimals: int
    dated: bool

    def put(self, octets: Bytes, shift: int) -> None:
        ticks = self.ticks + shift
        if self.dated:
            days, which = np.unique(ticks // (86400 * TICKS), return_inverse=True)
            dates = np.array([list(str(np.datetime64(int(day), "D")).encode()) for day in days], np.uint8)
            octets[self.at[:, None] - _DATE + np.arange(10)] = dates[which]
        seconds = ticks // TICKS % 86400
        for place, value in ((0, seconds // 3600), (3, seconds // 60 % 60), (6, seconds % 60)):
            octets[self.at + place] = value // 10 + 48
            octets[self.at + place + 1] = value % 10 + 48
        fraction = ticks % TICKS // 10 ** (7 - self.decimals)
        for place in range(self.decimals):
            octets[self.at + 8 + self.decimals - place] = fraction % 10 + 48
            fraction //= 10


class Template:
    """A log with fields. Times are shifted as a whole, so that what was in order stays so."""

    def __init__(self, text: str) -> None:
        self.data = text.encode()
        self.octets = np.frombuffer(self.data, np.uint8)
        self.numbers = [self._starts(_NUMBER, bytes([48 + digit])) for digit in range(10)]
        self.suffixes, self.noise = self._starts(_SUFFIX), self._starts(_NOISE)
        self.guids, self.guid_of = self._find_guids()
        self.times = [
            times
            for pattern, decimals, dated in ((_ISO, 7, True), (_STAMP, 4, True), (_CLOCK, 0, False))
            if len((times := self._find_times(pattern, decimals, dated)).at)
        ]

    def fill(
        self, rng: np.random.Generator, numbers: Sequence[int], suffix: str = "", shift: int = 0, same_ids: bool = False
    ) -> bytes:
        """A log of the tasks given, `shift` ticks later than the template, with noise and (mostly) ids of its own."""
        octets = self.octets.copy()
        for at, number in zip(self.numbers, numbers, strict=False):
            _write(octets, at, str(number).encode())
        if suffix:
            _write(octets, self.suffixes, suffix.encode())
        digits = rng.integers(48, 58, (len(self.noise), len(NOISE)), np.uint8)
        octets[self.noise[:, None] + np.arange(len(NOISE))] = digits
        if len(self.guids) and not same_ids:
            ids = _HEX[rng.integers(0, 16, (int(self.guid_of.max()) + 1, 32), np.uint8)]
            octets[self.guids] = ids[self.guid_of]
        for times in self.times:
            times.put(octets, shift)
        return octets.tobytes()

    def _starts(self, pattern: re.Pattern[bytes], group: bytes | None = None) -> Ints:
        found = (match for match in pattern.finditer(self.data) if group is None or match[1] == group)
        return np.array([match.start() for match in found], np.int64)

    def _find_guids(self) -> tuple[Ints, Ints]:
        """Per occurrence of an id the places of its 32 digits, and which id it is."""
        found = list(_GUID.finditer(self.data))
        places = [[at for at in range(*match.span()) if self.data[at] != ord("-")] for match in found]
        names: dict[bytes, int] = {}
        which = [names.setdefault(match[0], len(names)) for match in found]
        return np.array(places, np.int64).reshape(-1, 32), np.array(which, np.int64)

    def _find_times(self, pattern: re.Pattern[bytes], decimals: int, dated: bool) -> _Times:
        found = list(pattern.finditer(self.data))
        skip = _DATE if dated else 0
        return _Times(
            np.array([match.start() + skip for match in found], np.int64),
            np.array([_ticks(match[0].decode(), dated) for match in found], np.int64),
            decimals,
            dated,
        )


def _write(octets: Bytes, at: Ints, text: bytes) -> None:
    octets[at[:, None] + np.arange(len(text))] = np.frombuffer(text, np.uint8)


def _ticks(text: str, dated: bool) -> int:
    """Ticks since 1970, or since midnight."""
    moment = datetime.fromisoformat((text if dated else f"1970-01-01T{text}")[:19]).replace(tzinfo=UTC)
    fraction = text.partition(".")[2]
    return int(moment.timestamp()) * TICKS + (int(fraction.ljust(7, "0")) if fraction else 0)
