"""The header of a downloaded task log (formats document, section 3.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from analyzer.ingest.values import clean
from analyzer.names import ACTIVE_STATES, FINAL_STATES, node_name

KEYS = frozenset((
    "Task ID", "Related IDs", "Task status", "Task queued", "Task started", "Task completed", "Task duration",
    "Server version", "Server node",
))  # fmt: skip
LINE = re.compile(r"[A-Za-z][A-Za-z ]*:(?: +.*)?")
"""A key and its value."""
TASK_ID = re.compile(r"Task ID: +(?P<task>ServerTasks-\d+)\s*")
STATES = FINAL_STATES | ACTIVE_STATES | {"Queued"}

_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
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
        text = text.rstrip()
        key, colon, rest = text.partition(":")
        if not (colon and rest[:1] in ("", " ") and key in KEYS) and not (self.values and LINE.fullmatch(text)):
            return None
        self.values.setdefault(key, rest.lstrip(" "))
        return key

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
    said = (text or "").replace("\u202f", " ").strip()
    match = DATES[0].fullmatch(said) or DATES[1].fullmatch(said)
    if match is None:
        return None
    names = ("year", "month", "day", "hour", "minute", "second", "half", "offset")
    year, month, day, hours, minute, second, half, offset = match.group(*names)
    hour = int(hours)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "PM" else 0)
    clock = f"{hour:02}:{minute}:{second or '00'}{offset}"
    try:
        return datetime.fromisoformat(f"{year}-{MONTHS[month]:02}-{int(day):02}T{clock}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
