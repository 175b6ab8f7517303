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

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block
from analyzer.ingest.task_log_columns import FILE, of_fields, segments_of, suffixes_of
from analyzer.ingest.task_log_fields import find
from analyzer.ingest.task_log_lines import Entry, Fragment, read_lines
from analyzer.model import Batch
from analyzer.names import INFO, KIND, MESSAGE, SEVERITY

NAME = "task-log"
TITLE = "task log on disk: servertasks-N_xxx.txt, or servertasks-N_xxx/*.tl.txt"
SAMPLE = r"""
["ServerTasks-733_K2JD81MNQA","INF","2023-09-18T09:14:02.1180427+00:00","Deploy Ledger release 4.1.0 to Test","",0]
["ServerTasks-733_K2JD81MNQA/5f0c2b9d71e84e0f9a5d3c1b2a4f6e80","PLN","2023-09-18T09:14:02.3310020+00:00","\u0027hi\u0027","",0]
["ServerTasks-733_K2JD81MNQA/5f0c2b9d71e84e0f9a5d3c1b2a4f6e80","UPD","2023-09-18T09:14:03.0000001+00:00","C:\\Work\tdone","",40]
["ServerTasks-733_K2JD81MNQA","FIN","2023-09-18T09:14:04.0000000+00:00","Finished","",0]
"""
PACKED = True
STARTS = re.compile(rb'(?:^|\n)\s*\["(?:ServerTasks-\d|ScheduledTasks?_)')


def recognises(head: bytes, name: str) -> bool:
    """By its lines, or by its name where damage left no whole line at the beginning.

    A document that only quotes log lines (JSON, XML) is none, unless it is called like one.
    """
    document = head.lstrip().startswith((b"<", b"{"))
    if FILE.search(name):
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
    table, kept = of_fields(block, fields, regular, events)
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


def _from_entries(block: Block, entries: list[Entry]) -> pa.Table:
    suffixes, segments = suffixes_of(block.sources), segments_of(block.sources)
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
