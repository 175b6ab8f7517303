"""The header of a downloaded task log (formats document, section 3.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from analyzer.ingest.values import clean
from analyzer.names import ACTIVE_STATES, FINAL_STATES, node_name

KEYS = (
    "Task ID", "Related IDs", "Task status", "Task queued", "Task started", "Task completed", "Task duration",
    "Server version", "Server node",
)  # fmt: skip
LINE = re.compile(r"(?P<key>[A-Za-z][A-Za-z ]*):(?: +(?P<value>.*))?")
TASK_ID = re.compile(r"Task ID: +(?P<task>ServerTasks-\d+)\s*")
STATES = FINAL_STATES | ACTIVE_STATES | {"Queued"}

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_CLOCK = r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?: (?P<half>AM|PM))? (?P<offset>[+-]\d\d:\d\d)"
# Only dates that name an English month and carry an offset: the server's culture writes all others, too.
DATES = (
    re.compile(rf"(?:[A-Z][a-z]+, )?(?P<day>\d\d?) (?P<month>{'|'.join(MONTHS)}) (?P<year>\d{{4}}),? {_CLOCK}"),
    re.compile(rf"(?:[A-Z][a-z]+, )?(?P<month>{'|'.join(MONTHS)}) (?P<day>\d\d?), (?P<year>\d{{4}}),? {_CLOCK}"),
)


@dataclass
class Header:
    """The header so far; `status_line` says where its one claim stands."""

    values: dict[str, str] = field(default_factory=dict)
    status_row: int | None = None
    status_place: tuple[int, int] = (0, 0)  # line, offset

    def add(self, text: str) -> str | None:
        """Take a line; the key it holds, None if it is no line of a header."""
        match = LINE.fullmatch(text.rstrip())
        if match is None or (match["key"] not in KEYS and not self.values):
            return None
        self.values.setdefault(match["key"], match["value"] or "")
        return match["key"]

    @property
    def task(self) -> str | None:
        """The task, where the header names it."""
        match = TASK_ID.fullmatch(f"Task ID: {self.values.get('Task ID', '')}")
        return match["task"] if match else None

    @property
    def cut(self) -> bool:
        """Whether the header ends in the middle of the status."""
        return next(reversed(self.values), None) == "Task status" and self.values["Task status"] not in STATES

    def claim(self, task: str | None) -> dict[str, object]:
        """What the header says of the task. Its node is the last owner only."""
        said = {name: self.values.get(f"Task {name}") for name in ("queued", "started", "completed")}
        return {
            "task": task,
            "claim": "header",
            "state": clean(self.values.get("Task status")) or None,
            "node": node_name(self.values.get("Server node")),
            "detail": "; ".join(f"{name}={text}" for name, text in said.items() if text) or None,
            **{name: date(text) for name, text in said.items()},
        }


def date(text: str | None) -> datetime | None:
    """The time in UTC of a header's date; None where it has no offset, or its language is not known."""
    match = next(
        (match for one in DATES if (match := one.fullmatch((text or "").replace("\u202f", " ").strip()))), None
    )
    if match is None:
        return None
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"] == "PM" else 0)
    month = MONTHS.index(match["month"]) + 1
    try:
        return datetime.fromisoformat(
            f"{match['year']}-{month:02}-{int(match['day']):02}T{hour:02}:{match['minute']}:{match['second'] or '00'}"
            f"{match['offset']}"
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
