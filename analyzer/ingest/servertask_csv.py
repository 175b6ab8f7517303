"""`servertask-csv`: rows of dbo.ServerTask saved from a query window (formats document, section 7).

    Id,Name,Description,QueueTime,...,State,HasPendingInterruptions,HasWarningsOrErrors,ServerNodeId,...
    ServerTasks-733,Deploy,Deploy Ledger,2023-09-18 09:13:58.0110000 +00:00,...,Success,0,0,OctopusServerNodes-A,...

With or without a header line; separated by comma, semicolon, tab or bar; `NULL` for null; quoted fields may hold line
breaks. Each row is a claim `database`. The table has one row per task: a double run leaves no second row, and the node
is the last owner. Times without an offset are not passed off as UTC: they stay null.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from analyzer import schema
from analyzer.blocks import Block
from analyzer.ingest.servertask_columns import SEPARATORS, Columns, find, from_header
from analyzer.ingest.values import EXCERPT, instant
from analyzer.model import Batch
from analyzer.names import node_name

NAME = "servertask-csv"
TITLE = "rows of dbo.ServerTask saved as CSV"
PACKED = False
SAMPLE = """\
Id,Name,Description,QueueTime,StartTime,CompletedTime,ErrorMessage,State,HasWarningsOrErrors,ServerNodeId
ServerTasks-733,Deploy,"Deploy Ledger, release 4.1.0",2023-09-18 09:13:58.0110000 +00:00,\
2023-09-18 09:14:02.1010000 +00:00,2023-09-18 09:15:40.9220000 +00:00,NULL,Success,0,OctopusServerNodes-SRV-EAST
ServerTasks-734,Deploy,Deploy Ledger,2023-09-18 09:20:00.0000000 +00:00,2023-09-18 09:20:05.0000000 +00:00,NULL,\
"The step failed:
exit code 1",Failed,1,OctopusServerNodes-SRV-WEST
(2 rows affected)
"""

FRAMING = re.compile(r"\(\d+ rows?(?:\(s\))? affected\)|sep=.|Completion time: .*", re.IGNORECASE)
ROW_START = re.compile(r'(?:ServerTasks-\d+|"ServerTasks-\d+")[,;\t|]')
LOOK_AHEAD = 20  # lines in which a header or a first row must stand
ROWS = 50_000  # rows to a batch
FLAGS = {"1": True, "0": False, "true": True, "false": False}


def recognises(head: bytes, name: str) -> bool:
    """By a header with the table's columns, or by a first row with a task's id, state and times."""
    lines = head[: 16 * 1024].decode("utf-8", "ignore").splitlines()
    return _separator([line for line in lines if line.strip() and not FRAMING.fullmatch(line)][:1]) is not None


def _separator(lines: Iterable[str]) -> str | None:
    return next((mark for line in lines for mark in SEPARATORS if find(_split(line, mark))), None)


def _split(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return []


@dataclass(frozen=True)
class Line:
    """A line of the source, as the csv module gets it."""

    number: int
    offset: int
    text: str


class Lines:
    """Iterator for the csv module over the lines of all blocks; `used` are those of the current row."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self.source = ""
        self.used: list[Line] = []
        self._again: list[Line] = []
        self._fresh = self._read(blocks)

    def _read(self, blocks: Iterable[Block]) -> Iterator[Line]:
        for block in blocks:
            for row in range(len(block)):
                self.source = block.source
                yield Line(int(block.lines[row]), int(block.offsets[row]), block.text(row))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._fresh)
        self.used.append(line)
        return line.text + "\n"

    def ahead(self, count: int) -> list[str]:
        """The next lines, without using them."""
        texts = [text for text, _ in zip(self, range(count), strict=False)]
        self.back(0)
        return texts

    def back(self, keep: int) -> None:
        """Give all but the first lines of the current row to the next one."""
        self._again += reversed(self.used[keep:])
        del self.used[keep:]


@dataclass
class Tables:
    """Rows on their way into a batch."""

    states: list[dict[str, object]] = field(default_factory=list)
    rejects: list[dict[str, object]] = field(default_factory=list)
    structure: int = 0

    def full(self) -> bool:
        """Whether it is time for a batch."""
        return len(self.states) + len(self.rejects) + self.structure >= ROWS

    def batch(self, source: str) -> Batch:
        """All rows so far."""
        return Batch(
            states=schema.from_rows(schema.STATES, self.states),
            rejects=schema.from_rows(schema.REJECTS, self.rejects),
            structure={source: self.structure},
        )


def parse(blocks: Iterable[Block]) -> Iterator[Batch]:
    """STATES, one for each row."""
    lines = Lines(blocks)
    reader = csv.reader(lines, delimiter=_separator(lines.ahead(LOOK_AHEAD)) or ",")
    columns: Columns | None = None
    tables = Tables()
    while True:
        lines.used.clear()
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            _refuse(tables, lines, f"not CSV: {error}")
            continue
        columns = _take(tables, lines, row, columns)
        if tables.full():
            yield tables.batch(lines.source)
            tables = Tables()
    if lines.source:
        yield tables.batch(lines.source)


def _take(tables: Tables, lines: Lines, row: list[str], columns: Columns | None) -> Columns | None:
    """Put a row where it belongs; returns the columns that hold for the next one."""
    first = lines.used[0].text if lines.used else ""
    if len(lines.used) == 1 and (not first.strip() or FRAMING.fullmatch(first.strip())):
        tables.structure += 1
        return columns
    header = from_header(row)
    if header:
        tables.structure += len(lines.used)
        return header
    columns = columns or find(row)
    if columns is None or not columns.fits(row) or _swallowed(lines):
        _refuse(tables, lines, "no row of the task table: its fields do not fit the columns")
    else:
        tables.states.append(_state(row, columns, lines))
    return columns


def _state(row: list[str], columns: Columns, lines: Lines) -> dict[str, object]:
    def get(name: str) -> str | None:
        return columns.value(row, name)

    return {
        "source": lines.source,
        "line": lines.used[0].number,
        "lines": len(lines.used),
        "offset": lines.used[0].offset,
        "task": get("id"),
        "claim": "database",
        "name": get("description") or get("name"),
        "kind": get("name"),
        "state": get("state"),
        "node": node_name(get("servernodeid")),
        "queued": instant(get("queuetime")),
        "started": instant(get("starttime")),
        "completed": instant(get("completedtime")),
        "warnings": FLAGS.get((get("haswarningsorerrors") or "").casefold()),
        "pending": FLAGS.get((get("haspendinginterruptions") or "").casefold()),
        "detail": get("errormessage"),
    }


def _refuse(tables: Tables, lines: Lines, reason: str) -> None:
    """Reject the current row; where a stray quote swallowed the beginning of other rows, they are given back."""
    swallowed = _swallowed(lines)
    if swallowed:
        lines.back(swallowed)
        reason += "; a quote may be missing"
    tables.rejects.append(
        {
            "source": lines.source,
            "line": lines.used[0].number,
            "lines": len(lines.used),
            "offset": lines.used[0].offset,
            "bytes": sum(len(line.text.encode()) + 1 for line in lines.used) - 1,
            "reason": reason,
            "excerpt": lines.used[0].text[:EXCERPT],
        }
    )


def _swallowed(lines: Lines) -> int | None:
    """Which line of the current row looks like the beginning of another one."""
    return next((at for at, line in enumerate(lines.used) if at and ROW_START.match(line.text)), None)
