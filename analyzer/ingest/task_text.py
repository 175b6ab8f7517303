"""`task-text`: a task log as downloaded from the portal, `ServerTasks-N.log.txt` (formats document, section 3).

    Task ID:        ServerTasks-733
    Task status:    Success

                        | == Success: Deploy Ledger release 4.1.0 to Test ==
    09:14:02   Verbose  |   Guided failure is not enabled for this task
                        |
                        |   == Success: Step 1: Say hello ==
    09:14:03   Info     |     hello
                        |     second line of the same message

A message has a time of day without date and zone, so `clock` is none and `wall` counts from midnight; midnight itself
is not guessed. Every activity prints its own messages before its children's: times run forward only inside one
activity. Activities have no ids here; the path is made of ordinal numbers ("" the root, "1/2" the second child of the
first child). The header is a claim `header`, every activity's own line a claim `tree`.

Pasted pieces are read too: without header, first line without its blanks, lines with an ISO date before the time.
Copies from the portal's page, with time and level on lines of their own, are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block, Ints, views
from analyzer.ingest import nlog
from analyzer.ingest.carry import whole
from analyzer.ingest.task_text_columns import REGULAR, Lines, find_lines
from analyzer.ingest.task_text_lines import Outline, Page
from analyzer.ingest.values import rejects
from analyzer.model import Batch
from analyzer.names import INFO, KIND, MESSAGE, SEVERITY

NAME = "task-text"
TITLE = "task log downloaded as text: ServerTasks-N.log.txt"
PACKED = False
SAMPLE = """\
Task ID:        ServerTasks-733
Related IDs:    Deployments-88, Environments-2
Task status:    Success
Task queued:    Monday, 18 September 2023 9:13:58 AM +10:00
Task started:   Monday, 18 September 2023 9:14:02 AM +10:00
Task completed: Monday, 18 September 2023 9:15:40 AM +10:00
Task duration:  1 minute
Server version: 2023.3.12900+Branch.release
Server node:    SRV-EAST

                    | == Success: Deploy Ledger release 4.1.0 to Test ==
09:14:02   Verbose  |   Guided failure is not enabled for this task
09:15:40   Info     |   The deployment completed successfully.
                    | \n\
                    |   == Success: Step 1: Say hello ==
09:15:39   Verbose  |     Say hello completed
                    |   \n\
                    |     Success: Octopus Server
09:14:03   Verbose  |       Environment Information:
                    |       MachineName: SRV-EAST
                    |       HostProcessName: Octopus.Server
09:14:03   Info     |       hello
                    |     \n\
"""

LIKE_MESSAGE = re.compile(REGULAR.encode(), re.MULTILINE)
LIKE_BLOCK = re.compile(
    rb"^(?: {20}\| *(?:== )?(?:\w+|Success with warning): .+|\| +== (?:\w+|Success with warning): .+ ==\r?)$",
    re.MULTILINE,
)
LIKE_HEADER = re.compile(rb"\s*Task ID: +ServerTasks-\d")
FILE = re.compile(r"(?:^|[^A-Za-z])ServerTasks-(\d+)(?:\.log)?(?: ?\(\d+\))?\.txt$", re.IGNORECASE)


def recognises(head: bytes, name: str) -> bool:
    """By one regular line of a message or an activity, or by the header; another log may quote such lines, though."""
    begin = head.lstrip()
    if begin.startswith((b'["', b"{", b"<")) or nlog.looks_like_nlog(begin.partition(b"\n")[0]):
        return False
    return any(like.search(head) for like in (LIKE_MESSAGE, LIKE_BLOCK)) or LIKE_HEADER.match(head) is not None


def parse(blocks: Iterable[Block]) -> Iterator[Batch]:
    """EVENTS of the messages, STATES of header and activities."""
    outline: Outline | None = None
    for block in whole(blocks, _border):
        outline = outline or Outline(_named(block.source))
        yield _read(block, outline)


def _named(source: str) -> str | None:
    match = FILE.search(source)
    return f"ServerTasks-{match[1]}" if match else None


def _border(block: Block) -> int | None:
    """The last message that follows a message directly: whatever is between others is judged by both of them."""
    following = False
    for row in reversed(range(len(block))):
        regular = LIKE_MESSAGE.match(block.raw(row)) is not None
        if regular and following:
            return row + 1
        following = regular
    return None


def _read(block: Block, outline: Outline) -> Batch:
    lines = find_lines(block)
    page = Page(block, outline, lines)
    page.read()
    return Batch(
        events=_events(block, page, lines),
        states=schema.from_rows(schema.STATES, page.states),
        rejects=rejects(block, page.refused),
        structure={block.source: page.structure},
        versions={block.source: outline.version} if outline.version else {},
    )


def _events(block: Block, page: Page, lines: Lines) -> pa.Table:
    rows = np.flatnonzero(lines.regular)
    context = page.contexts_of(rows)
    own = np.array([one.indent for one in page.contexts], np.int64)[context]
    indents = lines.indents[rows]
    cut = np.where(own < 0, indents, np.minimum(own, indents))
    counts, text = _messages(block, page, rows, cut)
    level = lines.level[rows]
    columns = {
        "source": block.source,
        "line": block.lines[rows],
        "lines": counts,
        "offset": block.offsets[rows],
        "task": pa.array([one.task for one in page.contexts], pa.string()).take(pa.array(context)),
        "activity": pa.array([one.activity for one in page.contexts], pa.string()).take(pa.array(context)),
        "level": pa.array(lines.levels, pa.string()).take(pa.array(level)),
        "severity": pa.array([SEVERITY.get(one, INFO) for one in lines.levels], pa.int64()).take(pa.array(level)),
        "kind": pa.array([KIND.get(one, MESSAGE) for one in lines.levels], pa.string()).take(pa.array(level)),
        "tick": 0,
        "wall": (lines.days[rows] * 86400 + lines.seconds[rows]) * 1_000_000,
        "clock": pa.array(("none", "local"), pa.string()).take(pa.array(lines.dated[rows].astype(np.int64))),
        "message": text,
    }
    return schema.build(schema.EVENTS, len(rows), columns)


def _messages(block: Block, page: Page, rows: Ints, cut: Ints) -> tuple[Ints, pa.Array]:
    """How many lines each message has, and its text: a slice of the buffer, or of what is put behind it."""
    starts = page.lines.begins[rows] - (page.lines.indents[rows] - cut)
    ends = block.ends[rows]
    counts = np.ones(len(rows), np.int64)
    if not page.continued:
        return counts, views(block.data, starts, ends)
    index = np.searchsorted(rows, np.fromiter(page.continued, np.int64))
    texts = [
        b"\n".join([block.data[begin:end], *page.continuation(row, indent)])
        for row, begin, end, indent in zip(
            page.continued, starts[index].tolist(), ends[index].tolist(), cut[index].tolist(), strict=True
        )
    ]
    counts[index] += [len(more) for more in page.continued.values()]
    stops = len(block.data) + np.cumsum([len(text) for text in texts])
    starts[index], ends[index] = np.concatenate(([len(block.data)], stops[:-1])), stops
    return counts, views(block.data + b"".join(texts), starts, ends)
