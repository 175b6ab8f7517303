"""True time, compressed and with the idle stretches skipped; and each node's own idea of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

TICKS = 10_000_000
"""Octopus writes tenths of a microsecond."""


class Shared(Protocol):
    """A number that all processes see."""

    value: float


@dataclass(frozen=True)
class TrueClock:
    """Log seconds since the race began: real seconds times `scale`, plus the idle time that was skipped."""

    began: float
    scale: float
    skipped: Shared

    def now(self) -> float:
        """Log seconds since the race began."""
        return (time.time() - self.began) * self.scale + self.skipped.value

    def sleep(self, seconds: float) -> None:
        """Sleep that many log seconds (a skip ends the sleep early)."""
        self.sleep_until(self.now() + seconds)

    def sleep_until(self, moment: float) -> None:
        """Sleep until a log second, in naps so that a skip is noticed."""
        while (left := moment - self.now()) > 0:
            time.sleep(min(left / self.scale, 0.02))


@dataclass(frozen=True)
class NodeClock:
    """A clock that is `skew` seconds off and drifts."""

    true: TrueClock
    skew: float
    drift_ppm: float
    start: str

    def ticks(self, moment: float) -> int:
        """What this clock shows at a true log second, in ticks since 1970."""
        shown = moment * (1 + self.drift_ppm / 1e6) + self.skew
        return ticks_at(self.start, shown)


def ticks_at(start: str, seconds: float) -> int:
    """Ticks since 1970 of a number of seconds after `start` (ISO, UTC)."""
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    return int(begin.timestamp()) * TICKS + int(seconds * TICKS)


def moment_of(ticks: int, offset_minutes: int = 0) -> datetime:
    """A datetime in the zone `offset_minutes` east of UTC (the tenth of a microsecond is lost)."""
    zone = timezone(timedelta(minutes=offset_minutes))
    return datetime.fromtimestamp(ticks // TICKS, zone) + timedelta(microseconds=ticks % TICKS // 10)


def iso(ticks: int, decimals: int = 7) -> str:
    """`2023-09-18T07:30:00.1234567+00:00`."""
    fraction = f"{ticks % TICKS:07d}"[:decimals]
    return f"{moment_of(ticks):%Y-%m-%dT%H:%M:%S}.{fraction}+00:00"
