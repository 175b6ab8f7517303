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
import polars as pl
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block, Ints
from analyzer.ingest import nlog
from analyzer.ingest.carry import whole
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

# date, time, level, indentation, text
REGULAR = r"^(?:([0-9]{4}-[0-9]{2}-[0-9]{2})T)?((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]) +([^ \t|]+) *\| ?( *)(.*)$"
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


def _fields(block: Block) -> pl.DataFrame:
    """Date, time, level, indentation and text of all lines; null where a line is not a regular message."""
    fields = pl.Series(pl.from_arrow(block.texts())).str.extract_groups(REGULAR).struct.unnest()
    fields.columns = ["date", "time", "level", "indent", "text"]
    real = pl.col("date").is_null() | pl.col("date").str.to_date(strict=False).is_not_null()
    return fields.with_columns(pl.when(real).then(pl.col(name)).alias(name) for name in fields.columns)


def _read(block: Block, outline: Outline) -> Batch:
    fields = _fields(block)
    regular = fields["time"].is_not_null().to_numpy()
    indents = fields["indent"].str.len_bytes().fill_null(0).to_numpy().astype(np.int64)
    page = Page(block, outline, regular, indents)
    page.read()
    versions = {block.source: outline.version} if outline.version else {}
    return Batch(
        events=_events(block, page, fields, np.flatnonzero(regular)),
        states=schema.from_rows(schema.STATES, page.states),
        rejects=rejects(block, page.refused),
        structure={block.source: page.structure},
        versions=versions,
    )


def _events(block: Block, page: Page, fields: pl.DataFrame, rows: Ints) -> pa.Table:
    context = page.contexts_of(rows)
    own = np.array([one.indent for one in page.contexts], np.int64)[context]
    cut = np.where(own < 0, page.indents[rows], np.minimum(own, page.indents[rows]))
    fields = fields.filter(pl.col("time").is_not_null()).with_columns(cut=pl.Series(cut))
    text = fields.select((pl.col("indent") + pl.col("text")).str.slice(pl.col("cut"))).to_series()
    lines = np.ones(len(rows), np.int64)
    if page.continued:
        index = np.searchsorted(rows, list(page.continued))
        more = [page.continuation(row, int(cut[at])) for row, at in zip(page.continued, index.tolist(), strict=True)]
        lines[index] += [len(page.continued[row]) for row in page.continued]
        text = text.scatter(
            index.tolist(), [f"{text[at]}\n{rest}" for at, rest in zip(index.tolist(), more, strict=True)]
        )
    day = fields["date"].str.to_date().cast(pl.Int64).fill_null(0) * 86400
    time = fields["time"].str
    seconds = sum((time.slice(at, 2).cast(pl.Int64) * unit for at, unit in ((0, 3600), (3, 60), (6, 1))), day)
    columns = {
        "source": block.source,
        "line": block.lines[rows],
        "lines": lines,
        "offset": block.offsets[rows],
        "task": pa.array([one.task for one in page.contexts], pa.string()).take(pa.array(context)),
        "activity": pa.array([one.activity for one in page.contexts], pa.string()).take(pa.array(context)),
        "level": fields["level"].to_arrow(),
        "severity": fields["level"].replace_strict(SEVERITY, default=INFO, return_dtype=pl.Int64).to_arrow(),
        "kind": fields["level"].replace_strict(KIND, default=MESSAGE, return_dtype=pl.String).to_arrow(),
        "tick": 0,
        "wall": (seconds * 1_000_000).to_arrow(),
        "clock": pa.array(np.where(fields["date"].is_null().to_numpy(), "none", "local")),
        "message": text.to_arrow(),
    }
    return schema.build(schema.EVENTS, len(rows), columns)
