"""A task as the database has it, and the small things that all exports of it share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..clock import iso, moment_of
from ..task import Recipe

DONE = ("Success", "Failed", "Canceled", "TimedOut")


@dataclass(frozen=True)
class Resource:
    """One row of dbo.ServerTask; times are ticks on the database's clock."""

    recipe: Recipe
    state: str
    queued: int
    started: int | None
    completed: int | None
    pending: bool
    warned: bool
    error: str
    node: str

    @property
    def done(self) -> bool:
        """Whether the state is a final one."""
        return self.state in DONE

    @property
    def seconds(self) -> int:
        """Whole seconds from start to completion."""
        return (
            0
            if self.started is None or self.completed is None
            else max(0, (self.completed - self.started) // 10_000_000)
        )

    @property
    def duration(self) -> str:
        """As the API words it."""
        if self.seconds < 90:
            return "1 second" if self.seconds == 1 else f"{self.seconds} seconds"
        return f"{round(self.seconds / 60)} minutes"


def milliseconds(ticks: int | None) -> str | None:
    """`2024-09-23T15:00:19.040+00:00`."""
    return None if ticks is None else iso(ticks, 3)


def long_date(ticks: int, offset_minutes: int = 0) -> str:
    """`Friday, 17 December 2021 10:43:04 AM +10:00`."""
    moment = moment_of(ticks, offset_minutes)
    sign, minutes = "-" if offset_minutes < 0 else "+", abs(offset_minutes)
    clock = f"{moment.hour % 12 or 12}:{moment:%M:%S %p}"
    return f"{moment:%A}, {moment.day:02d} {moment:%B %Y} {clock} {sign}{minutes // 60:02d}:{minutes % 60:02d}"


def links(task: str) -> dict[str, Any]:
    """The links that every task carries."""
    api = f"/api/tasks/{task}"
    return {
        "Self": api,
        "Web": f"/app#/Spaces-1/tasks/{task}",
        "Raw": f"{api}/raw",
        "Rerun": f"/api/tasks/rerun/{task}",
        "Cancel": f"{api}/cancel",
        "State": f"{api}/state",
        "QueuedBehind": f"{api}/queued-behind{{?skip,take}}",
        "Details": f"{api}/details{{?verbose,tail,ranges}}",
    }
