"""The NLog layout that `server-log` and `tentacle-log` share (formats document, section 5.1).

    2021-02-09 06:30:00.0103   2749  INFO  since 3.0: local time, thread, level
    2021-02-09 06:30:00.0103   7012    315 ERROR  since 3.15: local time, process, thread, level
    2021-02-09 06:30:00.0103 +10:00   7012    315  WARN  custom layout: local time and its offset to UTC
    System.Exception: lines that do not begin like this belong to the message above

The first 24 bytes of a line are judged as a matrix of digits, what follows by a regular expression; a message of
several lines is one slice of the buffer. The clock is the node's own: without an offset `time` stays null.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block, Ints, views
from analyzer.ingest.carry import whole
from analyzer.ingest.values import rejects
from analyzer.model import Batch
from analyzer.names import INFO, MESSAGE, SEVERITY

Flags = npt.NDArray[np.bool_]

_HEAD = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{4}(?: [+-]\d\d:\d\d)? +(?:\d{1,18} +)?\d{1,18} +[A-Z]+(?= |\r?$)"
HEAD = re.compile(_HEAD)
LINE = re.compile(rb"^" + _HEAD + rb" *(?P<message>[^\r\n]*)", re.MULTILINE)
STAMP = 24  # bytes of 2021-02-09 06:30:00.0103
MARKS = {4: "-", 7: "-", 10: " ", 13: ":", 16: ":", 19: "."}
DIGITS = np.array([at for at in range(STAMP) if at not in MARKS])
AFTER_STAMP = r"^((?: ([+-][0-9]{2}:[0-9]{2}))? +(?:([0-9]{1,18}) +)?([0-9]{1,18}) +([A-Z]+)(?: +|$))"

CONTINUATION = "continuation of a line that is not in this file"
IMPOSSIBLE = "its date or time does not exist"


@dataclass(frozen=True)
class Heads:
    """First lines of entries, by their rows in the block; `begin` is where the message begins in the buffer."""

    rows: Ints
    begin: Ints
    wall: Ints
    real: Flags  # the date and time exist
    fields: pl.DataFrame  # offset, process, thread, level as text


def looks_like_nlog(head: bytes) -> bool:
    """Whether at least one whole line of the layout is there."""
    return LINE.search(head) is not None


def messages(head: bytes) -> Iterator[bytes]:
    """First lines of the messages in a head, for recognising whose log it is."""
    return (match["message"] for match in LINE.finditer(head))


def read(blocks: Iterable[Block]) -> Iterator[Batch]:
    """EVENTS without task, and REJECTS."""
    for block in whole(blocks, _last_head):
        heads = find_heads(block)
        stops = np.append(heads.rows[1:], len(block))
        spans = [(0, int(heads.rows[0]) if len(heads.rows) else len(block), CONTINUATION)]
        bad = np.flatnonzero(~heads.real)
        spans += [(int(heads.rows[at]), int(stops[at]), IMPOSSIBLE) for at in bad]
        refused = rejects(block, [span for span in spans if span[1] > span[0]])
        yield Batch(events=_events(block, heads, stops), rejects=refused)


def _last_head(block: Block) -> int | None:
    """Searched from the end, where it mostly is."""
    return next((row for row in reversed(range(len(block))) if HEAD.match(block.raw(row))), None)


def find_heads(block: Block) -> Heads:
    """The lines of a block that begin an entry."""
    octets = np.frombuffer(block.data, np.uint8)
    rows = np.flatnonzero(block.ends - block.starts > STAMP)
    stamp = octets[block.starts[rows, None] + np.arange(STAMP)]
    shaped = np.ones(len(rows), bool)
    for place, mark in MARKS.items():
        shaped &= stamp[:, place] == ord(mark)
    digits = stamp[:, DIGITS] - ord("0")  # unsigned: what is below "0" wraps around and is no digit either
    shaped &= (digits < 10).all(axis=1)
    rows, digits = rows[shaped], digits[shaped].T.astype(np.int64)
    starts = block.starts[rows] + STAMP
    rest = pl.Series(pl.from_arrow(views(block.data, starts, block.ends[rows])))
    fields = rest.str.extract_groups(AFTER_STAMP).struct.unnest()
    fields.columns = ["prefix", "offset", "process", "thread", "level"]
    matched = fields["prefix"].is_not_null().to_numpy()
    wall, real = _wall(digits[:, matched])
    fields = fields.filter(pl.col("prefix").is_not_null())
    begin = starts[matched] + fields["prefix"].str.len_bytes().cast(pl.Int64).to_numpy()
    return Heads(rows[matched], begin, wall, real, fields)


def _wall(digits: Ints) -> tuple[Ints, Flags]:
    """Local microseconds since 1970 of the 18 digits of each stamp, and whether there is such a time."""
    year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    month, day, hour, minute, second = (digits[at] * 10 + digits[at + 1] for at in range(4, 14, 2))
    fraction = digits[14] * 1000 + digits[15] * 100 + digits[16] * 10 + digits[17]
    months = (np.clip(year, 1, 9999) - 1970) * 12 + np.clip(month, 1, 12) - 1
    first, following = (_day(months), _day(months + 1))
    real = (year > 0) & (month > 0) & (month < 13) & (day > 0) & (day <= following - first)
    real &= (hour < 24) & (minute < 60) & (second < 60)
    seconds = ((first + day - 1) * 24 + hour) * 3600 + minute * 60 + second
    return seconds * 1_000_000 + fraction * 100, real


def _day(months: Ints) -> Ints:
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _events(block: Block, heads: Heads, stops: Ints) -> pa.Table:
    keep = heads.real
    rows, fields = heads.rows[keep], heads.fields.filter(pl.Series(keep))
    text = pl.Series(pl.from_arrow(views(block.data, heads.begin[keep], block.ends[stops[keep] - 1])))
    if b"\r" in block.data:
        text = text.str.replace_all("\r\n", "\n", literal=True)
    wall, shift = pl.Series(heads.wall[keep]), _shift(fields["offset"])
    clock = shift.is_null().replace_strict({True: "local", False: "offset"}, return_dtype=pl.String)
    columns = {
        "source": block.source,
        "line": block.lines[rows],
        "lines": stops[keep] - rows,
        "offset": block.offsets[rows],
        "level": fields["level"].to_arrow(),
        "severity": fields["level"].replace_strict(SEVERITY, default=INFO, return_dtype=pl.Int64).to_arrow(),
        "kind": MESSAGE,
        "time": (wall - shift * 60_000_000).to_arrow().cast(schema.TIME),
        "tick": 0,  # the layout's fourth decimal is 100 microseconds
        "wall": wall.to_arrow(),
        "clock": clock.to_arrow(),
        "process": fields["process"].cast(pl.Int64).to_arrow(),
        "thread": fields["thread"].cast(pl.Int64).to_arrow(),
        "message": text.to_arrow(),
    }
    return schema.build(schema.EVENTS, len(rows), columns)


def _shift(zone: pl.Series) -> pl.Series:
    """Minutes from UTC of offsets such as -09:30; null where there is none, or none that exists on Earth."""
    hours, minutes = zone.str.slice(1, 2).cast(pl.Int64), zone.str.slice(4, 2).cast(pl.Int64)
    size = hours * 60 + minutes
    sign = zone.str.starts_with("-").cast(pl.Int64) * -2 + 1
    return pl.select(pl.when((size <= 14 * 60) & (minutes < 60)).then(size * sign)).to_series()
