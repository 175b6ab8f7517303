"""dbo.ServerTask as SQL Server Management Studio saves it to CSV: `2016-07-29 04:18:52.0474477 +00:00`, `NULL`."""

from __future__ import annotations

import csv
import io

from ..clock import iso
from .resource import Resource

COLUMNS = (
    "Id",
    "Name",
    "Description",
    "QueueTime",
    "StartTime",
    "CompletedTime",
    "ErrorMessage",
    "ConcurrencyTag",
    "State",
    "HasPendingInterruptions",
    "HasWarningsOrErrors",
    "ServerNodeId",
    "ProjectId",
    "EnvironmentId",
    "TenantId",
    "DurationSeconds",
    "JSON",
)


def server_tasks(resources: list[Resource]) -> str:
    """The whole table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for resource in sorted(resources, key=lambda resource: resource.recipe.number):
        writer.writerow(_row(resource))
    return text.getvalue()


def _row(resource: Resource) -> tuple[object, ...]:
    recipe = resource.recipe
    node = f"OctopusServerNodes-{resource.node}" if resource.node else "NULL"
    return (
        recipe.id,
        recipe.name,
        recipe.description,
        _time(resource.queued),
        _time(resource.started),
        _time(resource.completed),
        resource.error or "NULL",
        recipe.id,
        resource.state,
        int(resource.pending),
        int(resource.warned),
        node,
        f"Projects-{recipe.project}",
        "Environments-1",
        "NULL",
        resource.seconds,
        '{"Arguments":{"Note":"a, ""b"""}}',
    )


def _time(ticks: int | None) -> str:
    return "NULL" if ticks is None else iso(ticks).replace("T", " ").replace("+", " +")
