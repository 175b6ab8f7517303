r"""`task-log`: the task log as Octopus Server keeps it on disk, one JSON array a line (formats document, sections 1, 2).

    ["ServerTasks-733_K2JD81MNQA","INF","2023-09-18T09:14:02.1180427+00:00","Deploy Ledger release 4.1.0","",0]
    ["ServerTasks-733_K2JD81MNQA/5f0c...e1","UPD","2023-09-18T09:14:09.0012800+00:00","Uploading package","",40]

Six fields: correlation id (task, suffix, ids of the activities below), category, time, message, detail, percentage.
Both disk layouts: one file `servertasks-N_xxx.txt`, or several `servertasks-N_xxx/*.tl.txt`, where a file is a segment.

Regular lines are decoded as columns: with the positions of all unescaped quotes of a block at hand, a line with
exactly ten of them whose punctuation stands at the expected distances is a row of a matrix, and its strings are slices
of the buffer. All other lines take the exact path (`task_log_lines`), one by one: several arrays on a line, arrays
over several lines, torn lines. What that refuses is rejected with a reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.blocks import Block, Ints, views
from analyzer.ingest.task_log_lines import Entry, Fragment, read_lines
from analyzer.model import Batch
from analyzer.names import CORRELATION, INFO, KIND, MESSAGE, SEVERITY

NAME = "task-log"
TITLE = "task log on disk: servertasks-N_xxx.txt, or servertasks-N_xxx/*.tl.txt"
SAMPLE = r"""
["ServerTasks-733_K2JD81MNQA","INF","2023-09-18T09:14:02.1180427+00:00","Deploy Ledger release 4.1.0 to Test","",0]
["ServerTasks-733_K2JD81MNQA/5f0c2b9d71e84e0f9a5d3c1b2a4f6e80","PLN","2023-09-18T09:14:02.3310020+00:00","Step 1: Say \u0027hi\u0027","",0]
["ServerTasks-733_K2JD81MNQA/5f0c2b9d71e84e0f9a5d3c1b2a4f6e80","UPD","2023-09-18T09:14:03.0000001+00:00","C:\\Work\tdone","",40]
["ServerTasks-733_K2JD81MNQA","FIN","2023-09-18T09:14:04.0000000+00:00","Finished","",0]
"""
PACKED = True

_FILE = re.compile(r"(?:^|/)(servertasks-\d+)(?:_([a-z0-9]+))?(?:\.txt$|/([^/]+)\.tl\.txt$)", re.IGNORECASE)
_STARTS = re.compile(rb'(?:^|\n)\s*\["(?:ServerTasks-\d|ScheduledTasks?_)')

_STAMP = 33  # yyyy-MM-ddTHH:mm:ss.fffffff+00:00
_DIGITS = np.array([i for i in range(_STAMP) if i not in (4, 7, 10, 13, 16, 19, 27, 30)])
_FIXED = {4: b"-", 7: b"-", 10: b"T", 13: b":", 16: b":", 19: b".", 30: b":"}
_MONTH_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def recognises(head: bytes, name: str) -> bool:
    """By its lines, or by its name where damage left no whole line at the beginning."""
    return bool(_STARTS.search(head)) or (bool(_FILE.search(name)) and not head.lstrip().startswith((b"<", b"{")))


def parse(blocks: Iterable[Block]) -> Iterator[Batch]:
    """Decode blocks of one or several task logs."""
    for block in blocks:
        yield decode(block)


def decode(block: Block) -> Batch:
    """EVENTS and REJECTS of one block; blank lines are structure."""
    fields = _fields(block)
    regular = np.flatnonzero(fields.regular)
    table, kept = _columns(block, fields, regular)
    rest = np.setdiff1d(np.arange(len(block)), regular[kept])
    if not len(rest):
        return Batch(events=table)
    read = read_lines(block, rest)
    rows = regular[kept]
    if read.entries:
        table = pa.concat_tables([table, _from_entries(block, read.entries)])
        order = np.argsort(np.concatenate((rows, [entry.row for entry in read.entries])), kind="stable")
        table = table.take(pa.array(order))
    structure = Counter(block.sources[block.which[row]] for row in read.blank)
    return Batch(events=table, rejects=_rejects(block, read.fragments), structure=structure)


class _Fields:
    """Positions of the ten quotes of every line that has ten, and whether the line is regular."""

    def __init__(self, block: Block, octets: npt.NDArray[np.uint8], quotes: Ints, bad: Ints, escapes: Ints) -> None:
        starts, ends = block.starts, block.ends
        first = np.searchsorted(quotes, starts)
        ten = np.searchsorted(quotes, ends) - first == 10
        padded = np.append(quotes, np.zeros(10, np.int64))
        self.at = padded[np.where(ten, first, 0)[:, None] + np.arange(10)]
        self.octets = octets
        at = self.at
        last = np.maximum(ends - 1, 0)
        regular = ten & (at[:, 0] == starts + 1)
        for left in (1, 3, 5, 7):
            regular &= at[:, left + 1] == at[:, left] + 2
        regular &= at[:, 5] - at[:, 4] == _STAMP + 1
        category = at[:, 3] - at[:, 2] - 1
        regular &= (category >= 2) & (category <= 4)
        digits = last - at[:, 9] - 2
        regular &= (digits >= 1) & (digits <= 3)
        regular[_lines_of(bad, starts)] = False
        row = np.flatnonzero(regular)
        comma = octets[at[row][:, [1, 3, 5, 7, 9]] + 1] == ord(",")
        ok = comma.all(axis=1) & (octets[starts[row]] == ord("[")) & (octets[last[row]] == ord("]"))
        regular[row[~ok]] = False
        self.regular = regular
        self.escapes = escapes


def _lines_of(positions: Ints, starts: Ints) -> Ints:
    lines: Ints = np.searchsorted(starts, positions, "right").astype(np.int64) - 1
    return lines


def _fields(block: Block) -> _Fields:
    octets = np.frombuffer(block.data, np.uint8)
    quotes = np.flatnonzero(octets == ord('"'))
    slashes = np.flatnonzero(octets == ord("\\"))
    if not len(slashes):
        return _Fields(block, octets, quotes, slashes, slashes)
    # In a run of backslashes every first of two escapes the second: only those at even places begin an escape.
    run_starts = np.concatenate(([True], np.diff(slashes) != 1))
    place = np.arange(len(slashes)) - np.maximum.accumulate(np.where(run_starts, np.arange(len(slashes)), 0))
    escapes = slashes[place % 2 == 0]
    escaped = np.zeros(len(octets) + 1, bool)
    escaped[escapes + 1] = True
    after = octets[np.minimum(escapes + 1, len(octets) - 1)]
    bad = escapes[~np.isin(after, np.frombuffer(b'"\\/bfnrtu', np.uint8))]
    return _Fields(block, octets, quotes[~escaped[quotes]], np.concatenate((bad, _bad_unicode(octets, escapes, after))), escapes)


def _bad_unicode(octets: npt.NDArray[np.uint8], escapes: Ints, after: npt.NDArray[np.uint8]) -> Ints:
    r"""Places of \uXXXX that are not four hexadecimal digits, or are half of a surrogate pair (exact path)."""
    at = escapes[after == ord("u")]
    if not len(at):
        return at
    code = octets[np.minimum(at[:, None] + np.arange(2, 6), len(octets) - 1)]
    hexadecimal = (code - 48 < 10) | ((code | 32) - 97 < 6)  # unsigned: smaller codes wrap to large numbers
    surrogate = ((code[:, 0] | 32) == ord("d")) & ~np.isin(code[:, 1], np.frombuffer(b"01234567", np.uint8))
    return at[~hexadecimal.all(axis=1) | surrogate]


def _columns(block: Block, fields: _Fields, rows: Ints) -> tuple[pa.Table, npt.NDArray[np.bool_]]:
    """EVENTS of the regular rows, and which of them hold (a bad time, id or percentage makes a row irregular)."""
    at = fields.at[rows]
    wall, tick, zone, good = _times(fields.octets, at[:, 4] + 1)
    percentage, whole = _numbers(fields.octets, at[:, 9] + 2, block.ends[rows] - 1)
    ids = views(block.data, at[:, 0] + 1, at[:, 1]).cast(pa.string()).dictionary_encode()
    known = [CORRELATION.fullmatch(name) for name in ids.dictionary.to_pylist()]
    index = np.asarray(ids.indices)
    kept = good & whole & np.array([match is not None for match in known], bool)[index] if len(rows) else good
    rows, at, index = rows[kept], at[kept], index[kept]
    parts = [match.groupdict() if match else {} for match in known]
    suffixes = _suffixes(block.sources)
    logs = pa.array([part.get("log") for part in parts], pa.string()).take(pa.array(index))
    if logs.null_count:
        logs = pc.coalesce(logs, _of_source(suffixes, block, rows))
    levels = views(block.data, at[:, 2] + 1, at[:, 3]).cast(pa.string()).dictionary_encode()
    names = levels.dictionary.to_pylist()
    columns = {
        "source": block.source_column(rows),
        "line": block.lines[rows],
        "lines": 1,
        "offset": block.offsets[rows],
        "task": pa.array([part.get("task") for part in parts], pa.string()).take(pa.array(index)),
        "log": logs,
        "segment": _of_source(_segments(block.sources), block, rows),
        "activity": pa.array([part.get("activity") or "" for part in parts], pa.string()).take(pa.array(index)),
        "level": levels.cast(pa.string()),
        "severity": pa.array([SEVERITY.get(name, INFO) for name in names], pa.int64()).take(levels.indices),
        "kind": pa.array([KIND.get(name, MESSAGE) for name in names], pa.string()).take(levels.indices),
        "time": pa.array(wall[kept] - zone[kept], pa.int64()).cast(schema.TIME),
        "tick": tick[kept],
        "wall": wall[kept],
        "clock": pa.array(np.where(zone[kept] == 0, "utc", "offset")),
        "message": _strings(block, fields, rows, 6),
        "detail": _strings(block, fields, rows, 8),
        "percentage": percentage[kept],
    }
    return schema.build(schema.EVENTS, len(rows), columns), kept


def _times(octets: npt.NDArray[np.uint8], at: Ints) -> tuple[Ints, Ints, Ints, npt.NDArray[np.bool_]]:
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
    zone = (number[:, 21:23] @ np.array([600, 60]) + number[:, 23:25] @ np.array([10, 1])) * 60_000_000
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    month_days = _MONTH_DAYS[np.clip(month, 0, 12)] - ((month == 2) & ~leap)
    good &= (month >= 1) & (month <= 12) & (day >= 1) & (day <= month_days) & (year >= 1)
    good &= (hour < 24) & (minute < 60) & (second < 60)
    seconds = ((_days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    return seconds * 1_000_000 + micro, number[:, 20], np.where(stamp[:, 27] == ord("-"), -zone, zone), good


def _days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Days since 1970-01-01 in the Gregorian calendar (years that begin in March put the leap day last)."""
    year = year - (month <= 2)
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def _numbers(octets: npt.NDArray[np.uint8], starts: Ints, ends: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    value = np.zeros(len(starts), np.int64)
    good = np.ones(len(starts), bool)
    for place in range(3):
        at = starts + place
        used = at < ends
        digit = octets[np.minimum(at, len(octets) - 1)] - 48
        good &= ~used | (digit < 10)
        value = np.where(used, value * 10 + digit, value)
    return value, good


def _strings(block: Block, fields: _Fields, rows: Ints, quote: int) -> pa.Array:
    """The strings between quotes `quote` and `quote + 1`, escapes resolved."""
    starts, ends = fields.at[rows, quote] + 1, fields.at[rows, quote + 1]
    text = views(block.data, starts, ends).cast(pa.string())
    escaped = np.searchsorted(fields.escapes, ends) > np.searchsorted(fields.escapes, starts)
    if not escaped.any():
        return text
    at = np.flatnonzero(escaped)
    quoted = pl.from_arrow(views(block.data, starts[at] - 1, ends[at] + 1))
    assert isinstance(quoted, pl.Series)
    plain = quoted.str.json_decode(pl.String).to_arrow().cast(pa.string())
    index = np.arange(len(rows))
    index[at] = len(rows) + np.arange(len(at))
    return pa.concat_arrays([text, plain]).take(pa.array(index))


def _of_source(values: list[str | None], block: Block, rows: Ints) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(block.which[rows]))


def _segments(sources: Iterable[str]) -> list[str | None]:
    return [match[3] if (match := _FILE.search(source)) else None for source in sources]


def _suffixes(sources: Iterable[str]) -> list[str | None]:
    """Suffix in the file's name, for logs of before 2015 whose correlation ids have none."""
    found = [_FILE.search(source) for source in sources]
    return [match[2].upper() if match and match[2] else "" for match in found]


def _from_entries(block: Block, entries: list[Entry]) -> pa.Table:
    suffixes, segments = _suffixes(block.sources), _segments(block.sources)
    rows = []
    for entry in entries:
        which = int(block.which[entry.row])
        row = {
            "source": block.sources[which],
            "line": int(block.lines[entry.row]),
            "lines": entry.lines,
            "offset": int(block.offsets[entry.row]) + entry.byte,
            "segment": segments[which],
            "severity": SEVERITY.get(entry.level, INFO),
            "kind": KIND.get(entry.level, MESSAGE),
            "log": entry.log if entry.log is not None else suffixes[which],
        }
        row |= {name: getattr(entry, name) for name in ("task", "activity", "level", "time", "tick", "wall", "clock")}
        row |= {name: getattr(entry, name) for name in ("message", "detail", "percentage")}
        rows.append(row)
    return schema.from_rows(schema.EVENTS, rows)


def _rejects(block: Block, fragments: list[Fragment]) -> pa.Table:
    return schema.from_rows(
        schema.REJECTS,
        (
            {
                "source": block.sources[int(block.which[part.row])],
                "line": int(block.lines[part.row]),
                "lines": part.lines,
                "offset": int(block.offsets[part.row]) + part.byte,
                "bytes": part.bytes,
                "reason": part.reason,
                "excerpt": part.excerpt,
            }
            for part in fragments
        ),
    )
