"""The tree of activities that Octopus shows, built from the rows of one task log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .task_log import Row

LEVELS = {"TRA": "Trace", "VBS": "Verbose", "INF": "Info", "WRN": "Warning", "ERR": "Error", "FAT": "Fatal"}


@dataclass
class Activity:
    """One activity: its name is its first row's message, the other rows with a level are its messages."""

    id: str
    name: str
    first: str
    last: str = ""
    messages: list[Row] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    children: list[Activity] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    rows: int = 0

    def status(self, canceled: bool = False) -> str:
        """The status that is derived, since none is stored."""
        if "FAT" in self.seen:
            return "Canceled" if canceled and not self.id.count("/") else "Failed"
        if "FIN" in self.seen:
            return "SuccessWithWarning" if "WRN" in self.seen else "Success"
        if "ABN" in self.seen:
            return "Skipped"
        return "Pending" if self.seen == {"PLN"} else "Running"

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Activity]]:
        """This activity and all below it, depth first."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


def tree(rows: list[Row]) -> Activity | None:
    """The root activity; an activity whose parent never spoke hangs from the root."""
    found: dict[str, Activity] = {}
    root: Activity | None = None
    for row in rows:
        activity = found.get(row.correlation)
        if activity is None:
            activity = found[row.correlation] = Activity(row.correlation, row.message, row.time)
            parent = found.get(row.correlation.rpartition("/")[0], root)
            root = root or activity
            if parent is not None:
                parent.children.append(activity)
        elif row.category in LEVELS:
            activity.messages.append(row)
            activity.numbers.append(activity.rows)
        activity.rows += 1
        activity.seen.add(row.category)
        activity.last = row.time
    return root
