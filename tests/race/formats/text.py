"""The text download of a task log: a header, then every activity depth first, its own messages before its children."""

from __future__ import annotations

from datetime import datetime, timedelta

from .resource import Resource, long_date
from .tree import LEVELS, Activity

BLANK = " " * 20


def download(resource: Resource, root: Activity, version: str, offset_minutes: int) -> str:
    """The file that `/api/tasks/N/raw` gives."""
    lines = [*_header(resource, version, offset_minutes), ""]
    for depth, activity in root.walk():
        status = activity.status(resource.state == "Canceled")
        shown = f"{status}: {activity.name}"
        lines.append(f"{BLANK}| {'  ' * depth}{f'== {shown} ==' if depth < 3 else shown}")
        for row in activity.messages:
            lines += _message(row.time, LEVELS[row.category], row.message, depth, offset_minutes)
        lines.append(f"{BLANK}| {'  ' * depth}")
    return "\n".join(lines) + "\n"


def _message(time: str, level: str, message: str, depth: int, offset_minutes: int) -> list[str]:
    """A message; further lines of it have no time."""
    local = datetime.fromisoformat(time[:19]) + timedelta(minutes=offset_minutes)
    indent = "  " * (depth + 1)
    first, *more = message.splitlines() or [""]
    return [f"{local:%H:%M:%S}   {level:<8} | {indent}{first}", *(f"{BLANK}| {indent}{line}" for line in more)]


def _header(resource: Resource, version: str, offset_minutes: int) -> list[str]:
    recipe = resource.recipe
    fields = {
        "Task ID": recipe.id,
        "Related IDs": f"Deployments-{recipe.number // 3}, Projects-{recipe.project}, Spaces-1, Environments-1",
        "Task status": resource.state,
        "Task queued": long_date(resource.queued, offset_minutes),
        "Task started": long_date(resource.started, offset_minutes) if resource.started else "",
        "Task completed": long_date(resource.completed, offset_minutes) if resource.completed else "",
        "Task duration": resource.duration if resource.done else "",
        "Server version": f"{version}+Branch.release",
        "Server node": resource.node,
    }
    return [f"{name + ':':<16}{value}" for name, value in fields.items() if value]
