"""Axes of time: ticks that a log reader knows, and the day beside the zone."""

from __future__ import annotations

from datetime import UTC
from functools import cache

import matplotlib.dates as dates
import numpy as np
from matplotlib.axes import Axes

DAY = 86_400_000_000
MINUTES_10, DAYS_3 = 10 / 1440, 3.0


def days(microseconds: float) -> float:
    """Microseconds since 1970 as matplotlib counts time."""
    return _first_of_1970(dates.get_epoch()) + microseconds / DAY


@cache
def _first_of_1970(epoch: str) -> float:
    """1970 against matplotlib's epoch, which a user may have set."""
    return float(dates.date2num(np.datetime64(0, "us")))


def time_axis(axes: Axes, *, dated: bool = True, whose: str = "") -> None:
    """Ticks for the limits that the axes have. Without dates it is the time of day in a log that names no zone."""
    left, right = axes.get_xlim()
    locator = dates.AutoDateLocator(tz=UTC, minticks=3, maxticks=8)
    first, last = (dates.num2date(edge, tz=UTC) for edge in (left, right))
    one_day = first.date() == last.date() or not dated
    if right - left < MINUTES_10:
        ticks = "%H:%M:%S"
    elif right - left < DAYS_3:
        ticks = "%H:%M" if one_day else "%m-%d %H:%M"
    else:
        ticks = "%Y-%m-%d"
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.DateFormatter(ticks, tz=UTC))
    day = f"{first:%Y-%m-%d}" if one_day else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    said = ", ".join(filter(None, [f"UTC, {day}", whose])) if dated else "time of day in the log, which names no zone"
    axes.set_xlabel(said, labelpad=1)
