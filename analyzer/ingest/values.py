"""Values as formats write them: points in time, text that Arrow can hold, rows for what could not be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block

EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)
EXCERPT = 160

# 2016-07-29T04:18:52.0474477+00:00 of the API and the raw log, 2016-07-29 04:18:52.0474477 +00:00 of SQL Server
STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? ?(Z|[+-]\d\d:\d\d)?", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as written: `time` in UTC is null where no offset was given."""

    time: datetime | None
    tick: int
    wall: int
    clock: str


def moment(value: object) -> Moment | None:
    """Read an ISO 8601 or SQL Server date and time; None if it is neither, or no such time exists."""
    match = STAMP.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    day, clock, fraction, offset = match.groups()
    digits = (fraction or "").ljust(7, "0")
    try:
        local = datetime.fromisoformat(f"{day}T{clock}.{digits[:6]}")
        time = (
            None if offset is None else datetime.fromisoformat(f"{local.isoformat()}{offset.upper()}").astimezone(UTC)
        )
    except (ValueError, OverflowError):
        return None
    zone = "local" if time is None else "utc" if time.replace(tzinfo=None) == local else "offset"
    return Moment(time, int(digits[6]), (local - EPOCH) // MICROSECOND, zone)


def instant(value: object) -> datetime | None:
    """The time in UTC, or None where the text does not give one soundly."""
    read = moment(value)
    return read.time if read else None


def clean(value: object) -> str | None:
    """The text itself, None for what is none; half a surrogate pair, which Arrow cannot hold, stays as an escape."""
    if not isinstance(value, str):
        return None
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")


def rejects(block: Block, spans: list[tuple[int, int, str]]) -> pa.Table | None:
    """One row per span (first row, row after the last, reason) of a block; None for no spans."""
    if not spans:
        return None
    rows = [
        {
            "source": block.source,
            "line": int(block.lines[first]),
            "lines": stop - first,
            "offset": int(block.offsets[first]),
            "bytes": int(np.maximum(block.ends[stop - 1] - block.starts[first], 0)),
            "reason": reason,
            "excerpt": excerpt(block, first),
        }
        for first, stop, reason in spans
    ]
    return schema.from_rows(schema.REJECTS, rows)


def excerpt(block: Block, row: int) -> str:
    """The beginning of a line."""
    start = int(block.starts[row])
    return block.data[start : min(int(block.ends[row]), start + 4 * EXCERPT)].decode("utf-8", "replace")[:EXCERPT]
