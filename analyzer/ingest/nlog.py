"""The NLog layout that `server-log` and `tentacle-log` share (formats document, section 5.1).

    2021-02-09 06:30:00.0103   2749  INFO  since 3.0: local time, thread, level
    2021-02-09 06:30:00.0103   7012    315 ERROR  since 3.15: local time, process, thread, level
    2021-02-09 06:30:00.0103 +10:00   7012    315  WARN  custom layout: local time and its offset to UTC
    System.Exception: lines that do not begin like this belong to the message above

First lines are found as columns (see `nlog_heads`); a message of several lines is one slice of the buffer. The clock
is the node's own: without an offset `time` stays null.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.blocks import Block, Ints, views
from analyzer.ingest.carry import whole
from analyzer.ingest.nlog_heads import NONE, Flags, Heads, find_heads
from analyzer.ingest.values import rejects
from analyzer.model import Batch
from analyzer.names import INFO, MESSAGE, SEVERITY

_HEAD = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{4}(?: [+-]\d\d:\d\d)? +(?:\d{1,18} +)?\d{1,18} +[A-Z]+(?= |\r?$)"
HEAD = re.compile(_HEAD)
LINE = re.compile(rb"^" + _HEAD + rb" *(?P<message>[^\r\n]*)", re.MULTILINE)

CONTINUATION = "continuation of a line that is not in this file"
IMPOSSIBLE = "its date or time does not exist"


def looks_like_nlog(head: bytes) -> bool:
    """Whether at least one whole line of the layout is there."""
    return LINE.search(head) is not None


def messages(head: bytes) -> Iterator[bytes]:
    """First lines of the messages in a head, for recognising whose log it is."""
    return (match["message"] for match in LINE.finditer(head))


def read(blocks: Iterable[Block]) -> Iterator[Batch]:
    """EVENTS without task, and REJECTS."""
    return map(decoded, whole(blocks, _last_head))


def decoded(block: Block) -> Batch:
    """EVENTS and REJECTS of a block of whole entries."""
    heads = find_heads(block)
    refused = rejects(block, no_entries(heads.rows, heads.real, len(block)))
    return Batch(events=_events(block, heads, stops_of(heads.rows, len(block))), rejects=refused)


def stops_of(rows: Ints, count: int) -> Ints:
    """The row after the last line of each of the entries that begin in these rows of a block of `count` lines."""
    return np.append(rows[1:], count)[: len(rows)]


def no_entries(rows: Ints, real: Flags, count: int) -> list[tuple[int, int, str]]:
    """What belongs to no event: first row, row after the last, reason. `real`: the date of the entry exists."""
    before = (0, int(rows[0]) if len(rows) else count, CONTINUATION)
    return [before] * (before[1] > 0) + unreal(rows, stops_of(rows, count), real)


def unreal(rows: Ints, stops: Ints, real: Flags) -> list[tuple[int, int, str]]:
    """The entries whose date does not exist."""
    return [(int(rows[at]), int(stops[at]), IMPOSSIBLE) for at in np.flatnonzero(~real)]


def _last_head(block: Block) -> int | None:
    """Searched from the end, where it mostly is."""
    return next((row for row in reversed(range(len(block))) if HEAD.match(block.raw(row))), None)


def _events(block: Block, heads: Heads, stops: Ints) -> pa.Table:
    stops, heads = stops[heads.real], heads.kept(heads.real)
    level, wall = pa.array(heads.level), pa.array(heads.wall)
    process, shift = (pa.array(column, mask=column == NONE) for column in (heads.process, heads.shift))
    text = views(block.data, heads.begin, block.ends[stops - 1])
    if b"\r" in block.data:
        text = pl.Series(pl.from_arrow(text)).str.replace_all("\r\n", "\n", literal=True).to_arrow()
    columns = {
        "source": block.source_column(heads.rows),
        "line": block.lines[heads.rows],
        "lines": stops - heads.rows,
        "offset": block.offsets[heads.rows],
        "level": pa.array(heads.levels, pa.string()).take(level),
        "severity": pa.array([SEVERITY.get(one, INFO) for one in heads.levels], pa.int64()).take(level),
        "kind": MESSAGE,
        "time": pc.subtract(wall, pc.multiply(shift, 60_000_000)).cast(schema.TIME),
        "tick": 0,  # the layout's fourth decimal is 100 microseconds
        "wall": wall,
        "clock": pa.array(("offset", "local"), pa.string()).take(shift.is_null().cast(pa.int64())),
        "process": process,
        "thread": heads.thread,
        "message": text,
    }
    return schema.build(schema.EVENTS, len(heads.rows), columns)
