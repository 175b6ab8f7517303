"""Which column of a dbo.ServerTask export is which: by the header, else by what stands in a row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analyzer.ingest.values import STAMP

SEPARATORS = (",", ";", "\t", "|")
TASK = re.compile(r"ServerTasks-\d+")
NODE = re.compile(r"OctopusServerNodes?-.+", re.IGNORECASE)
STATES = frozenset(
    {"Queued", "Executing", "Failed", "Canceled", "Cancelled", "TimedOut", "Success", "Cancelling", "Interrupted"}
)
NULL = "NULL"

# The columns of the table in its own order (3.16; later versions add some behind State).
ORDER = (
    "id", "name", "description", "queuetime", "starttime", "completedtime", "errormessage", "concurrencytag", "state",
    "haspendinginterruptions", "haswarningsorerrors", "servernodeid",
)  # fmt: skip
OLD_NAMES = {"servernode": "servernodeid"}  # before 3.16


@dataclass(frozen=True)
class Columns:
    """Column numbers by name; `width` is null where rows without a header may differ in length."""

    at: Mapping[str, int]
    header: bool
    width: int | None = None
    open_end: bool = False  # the last column is JSON, whose commas are often not quoted

    def fits(self, row: Sequence[str]) -> bool:
        """Whether a row has this shape: its length, a task id and a state in their places."""
        if self.width is not None and len(row) != self.width and not (self.open_end and len(row) > self.width):
            return False
        return bool(TASK.fullmatch(self.value(row, "id") or "")) and self.value(row, "state") in STATES

    def value(self, row: Sequence[str], name: str) -> str | None:
        """A field of a row; None for a missing column, an empty field or NULL."""
        at = self.at.get(name)
        text = row[at].strip() if at is not None and at < len(row) else ""
        return None if text in ("", NULL) else text


def find(fields: Sequence[str]) -> Columns | None:
    """The columns, if the fields are a header or a first row of the table."""
    return from_header(fields) or from_content(fields)


def from_header(fields: Sequence[str]) -> Columns | None:
    """By the names in a header line."""
    names = [field.strip(' []"').casefold() for field in fields]
    at = {OLD_NAMES.get(name, name): number for number, name in enumerate(names)}
    if not {"id", "state"} <= set(at) or len(set(at) & set(ORDER)) < 4:
        return None
    return Columns(at, header=True, width=len(names), open_end=names[-1] == "json")


def from_content(fields: Sequence[str]) -> Columns | None:
    """By a task id, a state word and the shape of times; the names of the rest follow from the table's own order."""
    texts = [field.strip() for field in fields]
    task = next((at for at, text in enumerate(texts) if TASK.fullmatch(text)), None)
    state = next((at for at, text in enumerate(texts) if text in STATES and task is not None and at > task), None)
    queued = next((at for at, text in enumerate(texts) if STAMP.fullmatch(text)), None)
    if task is None or state is None or queued is None:
        return None
    if (queued - task, state - task) == (ORDER.index("queuetime"), ORDER.index("state")):
        return Columns({name: task + at for at, name in enumerate(ORDER)}, header=False)
    at = {"id": task, "state": state, "queuetime": queued}
    times = zip(("starttime", "completedtime"), range(queued + 1, len(texts)), strict=False)
    at |= {name: number for name, number in times if texts[number] == NULL or STAMP.fullmatch(texts[number])}
    node = next((number for number, text in enumerate(texts) if NODE.fullmatch(text)), None)
    return Columns(at if node is None else {**at, "servernodeid": node}, header=False)
