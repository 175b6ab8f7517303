"""What stands between the messages of a downloaded task log: header, activities, blank lines, continuations.

A line without a time may begin an activity or continue the message above, and the words alone do not tell:

    09:14:03   Info     |     Tests passed: 12
                        |     (blank)
                        |     Failed: 0              the message goes on, although it reads like an activity
    09:14:04   Info     |     done

An activity's line follows a blank one, and what follows it is indented deeper, or blank.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analyzer.blocks import Block, Ints
from analyzer.ingest.task_text_columns import Lines
from analyzer.ingest.task_text_header import TASK_ID, Header
from analyzer.ingest.values import clean

STATUS = "Success|Failed|Running|Pending|Skipped|Canceled|Cancelled|SuccessWithWarning|Success with warning"
ACTIVITY = re.compile(rf"(?:== )?(?P<state>{STATUS}): (?P<name>.*?)(?: ==)?\s*", re.DOTALL)
DEEPEST = 64  # levels of activities; four are known

NO_LINE = "not a line of a task log"
NO_MESSAGE = "continuation of a message that is not in this file"
CUT_HEADER = "the header is cut off"


@dataclass(frozen=True)
class Context:
    """What holds for the messages from some line on; `indent` is theirs, -1 where it is not known."""

    task: str | None
    activity: str | None
    indent: int


@dataclass
class Outline:
    """What is known of a source from the lines so far."""

    task: str | None  # from the file's name, then from the header
    header: Header | None = field(default_factory=Header)  # null once it is over
    version: str | None = None
    ordinals: list[int] = field(default_factory=list)
    begun: bool = False  # a message or an activity was seen
    context: Context = Context(None, None, -1)

    def __post_init__(self) -> None:
        self.context = Context(self.task, None, -1)

    def enter(self, depth: int) -> Context:
        """Begin an activity; ancestors that are missing in a piece of a log count as first children."""
        if depth == 0:
            del self.ordinals[1:]  # a second root goes on counting: its first child is not the first root's
        else:
            self.ordinals += [1] * (depth - 1 - len(self.ordinals))
            self.ordinals[depth - 1 :] = [self.ordinals[depth - 1] + 1 if len(self.ordinals) >= depth else 1]
        path = "/".join(map(str, self.ordinals[:depth]))
        self.context = Context(self.task, path, 2 * (depth + 1))
        return self.context

    def restart(self) -> None:
        """Another log begins in the same file."""
        self.header, self.ordinals, self.begun = Header(), [], False


class Page:
    """Lines of one block, in whole runs between messages."""

    def __init__(self, block: Block, outline: Outline, lines: Lines) -> None:
        self.block = block
        self.outline = outline
        self.lines = lines
        self.contexts = [outline.context]
        self.states: list[dict[str, object]] = []
        self.refused: list[tuple[int, int, str]] = []
        self.continued: dict[int, Sequence[int]] = {}  # row of a message -> rows that continue it
        self.structure = 0
        self._since = [0]
        self._bars, self._blank = lines.bars.tolist(), lines.blank.tolist()
        self._indents, self._begins, self._ends = lines.indents.tolist(), lines.begins.tolist(), block.ends.tolist()

    def contexts_of(self, rows: Ints) -> Ints:
        """Index of the context that holds for each row."""
        return np.searchsorted(np.array(self._since), rows, "right") - 1

    def continuation(self, row: int, indent: int) -> list[bytes]:
        """The lines that continue the message in a row, without its indentation."""
        data = self.block.data
        return [
            bytes(data[self._begins[more] - max(self._indents[more] - indent, 0) : self._ends[more]])
            for more in self.continued[row]
        ]

    def read(self) -> None:
        """Judge all lines that are not messages."""
        irregular = np.flatnonzero(~self.lines.regular)
        if len(irregular):
            breaks = np.flatnonzero(np.diff(irregular, prepend=-2) > 1)
            special = (self.lines.blank | ~self.lines.bars)[irregular]
            simple = ~np.logical_or.reduceat(special, breaks)
            stops = irregular[np.append(breaks[1:], len(irregular)) - 1] + 1
            for first, stop, goes_on in zip(irregular[breaks].tolist(), stops.tolist(), simple.tolist(), strict=True):
                if goes_on and first:
                    self._go_on(first, stop)
                else:
                    self._run(first, stop)
        if self.lines.regular.any():
            self.outline.begun = True

    def _go_on(self, first: int, stop: int) -> None:
        """Lines behind a message with nothing blank among them: no activity begins."""
        self.outline.begun = True
        self.continued[first - 1] = range(first, stop)
        self._end_header()

    def _run(self, first: int, stop: int) -> None:
        message = first - 1 if first else None
        self.outline.begun = self.outline.begun or first > 0
        row = first
        while row < stop:
            if not self._bars[row]:
                self._plain(row)
                message = None
            elif self._blank[row]:
                row = self._blanks(row, stop, message)
                continue
            elif self._is_activity(row, message):
                self._activity(row)
                message = None
            elif message is None:
                self._refuse(row, NO_MESSAGE)
            else:
                self._continue(message, (row,))
            row += 1
        self._end_header()

    def _text(self, row: int) -> str:
        """What follows the bar and its blanks."""
        return self.block.data[self._begins[row] : self._ends[row]].decode("utf-8", "replace")

    def _continue(self, message: int, rows: Sequence[int]) -> None:
        self.continued[message] = [*self.continued.get(message, ()), *rows]

    def _blanks(self, first: int, stop: int, message: int | None) -> int:
        """Blank lines belong to the message if it goes on behind them; returns the row after them."""
        row = first
        while row < stop and self._blank[row]:
            row += 1
        goes_on = row < stop and self._bars[row] and not self._is_activity(row, message)
        if goes_on and message is not None:
            self._continue(message, range(first, row))
        else:
            self.structure += row - first
        return row

    def _is_activity(self, row: int, message: int | None) -> bool:
        own, after = self._indents[row], row + 1
        if own > 2 * DEEPEST or not ACTIVITY.fullmatch(self._text(row)):
            return False
        if message is None or not self.outline.begun:
            return True  # there is nothing it could continue
        if not self._blank[row - 1]:
            return False
        if after < len(self.block) and self.lines.regular[after]:
            return bool(self._indents[after] > own)
        if after == len(self.block) or self._blank[after] or not self._bars[after]:
            before = self._indents[row - 1] + len(self._text(row - 1))
            return bool(not own or before != own or self._indents[message] < own)
        return False

    def _activity(self, row: int) -> None:
        self._end_header()
        self.outline.begun = True
        match = ACTIVITY.fullmatch(self._text(row))
        context = self.outline.enter(self._indents[row] // 2)
        self._begin(row, context)
        claim = {"task": context.task, "claim": "tree", "activity": context.activity}
        if match:
            claim |= {"name": clean(match["name"]), "state": match["state"]}
        self._claim(row, claim)

    def _begin(self, row: int, context: Context) -> None:
        self.outline.context = context
        self.contexts.append(context)
        self._since.append(row)

    def _claim(self, row: int, columns: Mapping[str, object]) -> None:
        place = {
            "source": self.block.source,
            "line": int(self.block.lines[row]),
            "offset": int(self.block.offsets[row]),
        }
        self.states.append({**place, "lines": 1, **columns})

    def _plain(self, row: int) -> None:
        """A line without a bar: of the header, empty, or not of this format."""
        text = self.block.text(row)
        if not text.strip():
            self._end_header()
            self.structure += 1
            return
        if self.outline.header is None and TASK_ID.match(text):
            self.outline.restart()
        header = self.outline.header
        key = None if header is None or self.outline.begun else header.add(text)
        if header is None or key is None:
            self._end_header()
            self._refuse(row, NO_LINE)
        elif key == "Task status" and header.status_row is None:
            header.status_row = row
        else:
            self.structure += 1

    def _end_header(self) -> None:
        header = self.outline.header
        if header is None or not header.values:
            return
        self.outline.header = None
        self.outline.task = header.task or self.outline.task
        self.outline.version = header.values.get("Server version") or self.outline.version
        if header.status_row is not None and header.cut:
            self._refuse(header.status_row, CUT_HEADER)
        elif header.status_row is not None:
            self._claim(header.status_row, header.claim(self.outline.task))
        self._begin(header.status_row or 0, Context(self.outline.task, None, -1))

    def _refuse(self, row: int, reason: str) -> None:
        """Neighbours that are refused for the same reason are one stretch."""
        if self.refused and self.refused[-1][1:] == (row, reason):
            self.refused[-1] = (self.refused[-1][0], row + 1, reason)
        else:
            self.refused.append((row, row + 1, reason))
