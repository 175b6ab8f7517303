r"""`task-log`: the task log as Octopus Server keeps it on disk, one JSON array a line (formats document, 1 and 2).

    ["ServerTasks-733_K2JD81MNQA","INF","2023-09-18T09:14:02.1180427+00:00","Deploy Ledger release 4.1.0","",0]
    ["ServerTasks-733_K2JD81MNQA/5f0c...e1","UPD","2023-09-18T09:14:09.0012800+00:00","Uploading package","",40]

Six fields: correlation id (task, suffix, ids of the activities below), category, time, message, detail, percentage.
Both disk layouts: one file `servertasks-N_xxx.txt`, or several `servertasks-N_xxx/*.tl.txt`, where a file is a segment.

Regular lines are decoded as columns: with the positions of all unescaped quotes of a block at hand, a line with
exactly ten of them whose punctuation stands at the expected distances is a row of a matrix, and its strings are slices
of the buffer (`task_log_fields`). All other lines take the exact path (`task_log_lines`), one by one: several arrays on
a line, arrays over several lines, torn lines. What that refuses is rejected with a reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.blocks import Block, Flags, Ints, views, words_of
from analyzer.ingest.fixed_places import instants
from analyzer.ingest.task_log_fields import Fields, find, numbers, times
from analyzer.ingest.task_log_lines import LEVEL, Entry, Fragment, read_lines
from analyzer.model import Batch
from analyzer.names import CORRELATION, INFO, KIND, MESSAGE, SEVERITY

NAME = "task-log"
TITLE = "task log on disk: servertasks-N_xxx.txt, or servertasks-N_xxx/*.tl.txt"
SAMPLE = r"""
["ServerTasks-733_K2JD81MNQA","INF","2023-09-18T09:14:02.1180427+00:00","Deploy Ledger release 4.1.0 to Test","",0]
["ServerTasks-733_K2JD81MNQA/5f0c2b9d71e84e0f9a5d3c1b2a4f6e80","PLN","2023-09-18T09:14:02.3310020+00:00","\u0027hi\u0027","",0]
["ServerTasks-733_K2JD81MNQA/5f0c2b9d71e84e0f9a5d3c1b2a4f6e80","UPD","2023-09-18T09:14:03.0000001+00:00","C:\\Work\tdone","",40]
["ServerTasks-733_K2JD81MNQA","FIN","2023-09-18T09:14:04.0000000+00:00","Finished","",0]
"""
PACKED = True

_FILE = re.compile(r"(?:^|/)(servertasks-\d+)(?:_([a-z0-9]+))?(?:\.txt$|/([^/]+)\.tl\.txt$)", re.IGNORECASE)
STARTS = re.compile(rb'(?:^|\n)\s*\["(?:ServerTasks-\d|ScheduledTasks?_)')


def recognises(head: bytes, name: str) -> bool:
    """By its lines, or by its name where damage left no whole line at the beginning.

    A document that only quotes log lines (JSON, XML) is none, unless it is called like one.
    """
    document = head.lstrip().startswith((b"<", b"{"))
    if _FILE.search(name):
        return not document or _has_lines(head)
    return not document and _has_lines(head)


def _has_lines(head: bytes) -> bool:
    """Whether a line begins like one of a task log; most heads of other formats have no such word, which is seen at
    once.
    """
    return b'["S' in head and STARTS.search(head) is not None


def parse(blocks: Iterable[Block]) -> Iterator[Batch]:
    """Decode blocks of one or several task logs."""
    for block in blocks:
        yield decode(block)


def decode(block: Block, events: pa.Schema = schema.EVENTS) -> Batch:
    """EVENTS (or `schema.CODED`, where these are to be written) and REJECTS of one block; blank lines are structure."""
    fields = find(block)
    regular = np.flatnonzero(fields.regular)
    table, kept = _columns(block, fields, regular, events)
    rows = regular[kept]
    done = np.zeros(len(block), bool)
    done[rows] = True
    rest = np.flatnonzero(~done)
    if not len(rest):
        return Batch(events=table)
    read = read_lines(block, rest)
    if read.entries:
        table = pa.concat_tables([table, _from_entries(block, read.entries).cast(events)])
        order = np.argsort(np.concatenate((rows, [entry.row for entry in read.entries])), kind="stable")
        table = table.take(pa.array(order))
    structure = Counter(block.sources[block.which[row]] for row in read.blank)
    return Batch(events=table, rejects=_rejects(block, read.fragments), structure=structure)


def _columns(block: Block, fields: Fields, rows: Ints, events: pa.Schema) -> tuple[pa.Table, Flags]:
    """EVENTS of the regular rows, and which of them hold (a bad time, id or percentage makes a row irregular)."""
    if not len(rows):
        return schema.empty(events), np.empty(0, bool)
    at = fields.at[rows] if len(rows) < len(fields.at) else fields.at
    wall, tick, zone, good = _times(block, fields, at[:, 4] + 1)
    percentage, whole = numbers(fields.octets, at[:, 9] + 2, block.ends[rows] - 1)
    ids = views(block.data, at[:, 0] + 1, at[:, 1]).cast(pa.string()).dictionary_encode()
    names, level = _levels(block, at)
    known, tasks, suffixes, activities = _parts(ids.dictionary.to_pylist())
    index = np.asarray(ids.indices)
    kept = good & whole & _holds(index, known) & _holds(level, [LEVEL.fullmatch(name) is not None for name in names])
    if not kept.all():
        rows, at, index, level = rows[kept], at[kept], index[kept], level[kept]
        wall, tick, zone, percentage = wall[kept], tick[kept], zone[kept], percentage[kept]
    logs = _repeated(index, suffixes)
    if logs.null_count:
        logs = pc.coalesce(logs.cast(pa.string()), _of_source(_suffixes(block.sources), block, rows).cast(pa.string()))
    columns = {
        "source": _of_source(list(block.sources), block, rows),
        "line": block.lines[rows],
        "lines": 1,
        "offset": block.offsets[rows],
        "task": _repeated(index, tasks),
        "log": logs,
        "segment": _of_source(_segments(block.sources), block, rows),
        "activity": _repeated(index, activities),
        "level": _repeated(level, names),
        "severity": np.array([SEVERITY.get(name, INFO) for name in names], np.int64)[level],
        "kind": _repeated(level, [KIND.get(name, MESSAGE) for name in names]),
        "time": pa.array(wall - zone).cast(schema.TIME),
        "tick": tick,
        "wall": wall,
        "clock": _repeated((zone != 0).astype(np.int32), ["utc", "offset"]),
        "message": _strings(block, fields, rows, at[:, 6] + 1, at[:, 7]),
        "detail": _strings(block, fields, rows, at[:, 8] + 1, at[:, 9]),
        "percentage": percentage,
    }
    return schema.build(events, len(rows), columns), kept


def _times(block: Block, fields: Fields, at: Ints) -> tuple[Ints, Ints, Ints, Flags]:
    """As `times`; most stamps are in UTC, and read faster."""
    instant, good = instants(words_of(block.data), at)
    wall, tick, zone = instant // 10, instant % 10, np.zeros(len(at), np.int64)
    rest = np.flatnonzero(~good)
    if len(rest):
        wall[rest], tick[rest], zone[rest], good[rest] = times(fields.octets, at[rest])
    return wall, tick, zone, good


def _parts(ids: Sequence[str]) -> tuple[list[bool], list[str | None], list[str | None], list[str]]:
    """Which correlation ids are some, and their tasks, suffixes and activities. Many ids begin with the same root."""
    roots: dict[str, re.Match[str] | None] = {}
    known, tasks, suffixes, activities = [], [], [], []
    for name in ids:
        root, _, activity = name.partition("/")
        match = roots[root] if root in roots else roots.setdefault(root, CORRELATION.fullmatch(root))
        known.append(match is not None and "\\" not in name)
        tasks.append(match["task"] if match else None)
        suffixes.append(match["log"] if match else None)
        activities.append(activity)
    return known, tasks, suffixes, activities


def _levels(block: Block, at: Ints) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The levels that there are, of two to four bytes, and the number of each line's."""
    masks = np.array([(1 << 8 * size) - 1 for size in range(5)], np.uint64)
    codes = pa.array(words_of(block.data)[at[:, 2] + 1] & masks[at[:, 3] - at[:, 2] - 1]).dictionary_encode()
    names = [code.to_bytes(4, "little").rstrip(b"\0").decode("latin-1") for code in codes.dictionary.to_pylist()]
    return names, np.asarray(codes.indices)


def _repeated(index: npt.NDArray[np.signedinteger[Any]], values: Sequence[str | None]) -> pa.DictionaryArray:
    """The values at these places, each of them held once."""
    coded = pa.array(values, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(coded.indices.take(pa.array(index)), coded.dictionary)


def _holds(index: npt.NDArray[np.int32], known: Sequence[bool]) -> Flags:
    """Which rows have a value that is known."""
    return np.ones(len(index), bool) if all(known) else np.array(known, bool)[index]


def _strings(block: Block, fields: Fields, rows: Ints, starts: Ints, ends: Ints) -> pa.Array | str:
    """The strings in these places, escapes resolved."""
    if (starts == ends).all():
        return ""
    escaped = np.searchsorted(fields.escapes, ends) > np.searchsorted(fields.escapes, starts)
    if not escaped.any():
        return views(block.data, starts, ends).cast(pa.string())
    at = np.flatnonzero(escaped)
    quoted = pl.from_arrow(views(block.data, starts[at] - 1, ends[at] + 1))
    assert isinstance(quoted, pl.Series)
    plain = quoted.str.json_decode(pl.String).to_arrow().cast(pa.string())
    return views(block.data, starts, ends, at, plain).cast(pa.string())


def _of_source(values: Sequence[str | None], block: Block, rows: Ints) -> pa.DictionaryArray:
    return _repeated(block.which[rows], values)


def _segments(sources: Iterable[str]) -> list[str | None]:
    return [_segment(source) if source.lower().endswith(".tl.txt") else None for source in sources]


def _segment(source: str) -> str | None:
    match = _FILE.search(source)
    return match[3] if match else None


def _suffixes(sources: Iterable[str]) -> list[str | None]:
    """Suffix in the file's name, for logs of before 2015 whose correlation ids have none."""
    found = [_FILE.search(source) for source in sources]
    return [match[2].upper() if match and match[2] else "" for match in found]


def _from_entries(block: Block, entries: list[Entry]) -> pa.Table:
    suffixes, segments = _suffixes(block.sources), _segments(block.sources)
    rows = []
    for entry, offset in zip(entries, _offsets(block, entries), strict=True):
        which = int(block.which[entry.row])
        row = {
            "source": block.sources[which],
            "line": int(block.lines[entry.row]),
            "lines": entry.lines,
            "offset": offset,
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
                "offset": offset,
                "bytes": part.bytes,
                "reason": part.reason,
                "excerpt": part.excerpt,
            }
            for part, offset in zip(fragments, _offsets(block, fragments), strict=True)
        ),
    )


def _offsets(block: Block, parts: Sequence[Entry | Fragment]) -> list[int]:
    places = np.array([(part.row, part.byte) for part in parts], np.int64).reshape(-1, 2)
    offsets: list[int] = block.stored(places[:, 0], places[:, 1]).tolist()
    return offsets
