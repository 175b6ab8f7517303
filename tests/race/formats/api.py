"""REST JSON: pages of /api/tasks, /api/tasks/N/details, pages of /api/events."""

from __future__ import annotations

import json
from typing import Any

from .resource import Resource, links, long_date, milliseconds
from .tree import LEVELS, Activity

PAGE = 30
EVENTS = {"Success": "DeploymentSucceeded", "Failed": "DeploymentFailed", "Canceled": "TaskCanceled"}
STATES = ("Canceled", "Cancelling", "Executing", "Failed", "Queued", "Success", "TimedOut")


def task_pages(resources: list[Resource]) -> list[str]:
    """/api/tasks, newest first, thirty to a page."""
    items = [task(resource) for resource in sorted(resources, key=lambda resource: -resource.queued)]
    counts = {state: sum(item["State"] == state for item in items) for state in STATES}
    counts["Interrupted"] = sum(item["HasPendingInterruptions"] for item in items)
    return [_page("Task", items, start, {"TotalCounts": counts}, "/api/tasks") for start in range(0, len(items), PAGE)]


def task(resource: Resource) -> dict[str, Any]:
    """A TaskResource."""
    recipe = resource.recipe
    completed = long_date(resource.completed) if resource.done and resource.completed else f"{resource.state}..."
    return {
        "Id": recipe.id,
        "SpaceId": "Spaces-1",
        "EstimatedRemainingQueueDurationSeconds": 0,
        "Name": recipe.name,
        "Description": recipe.description,
        "Arguments": {"DeploymentId": f"Deployments-{recipe.number // 3}"},
        "State": resource.state,
        "Completed": completed,
        "QueueTime": milliseconds(resource.queued),
        "QueueTimeExpiry": None,
        "StartTime": milliseconds(resource.started),
        "LastUpdatedTime": milliseconds(resource.completed or resource.started or resource.queued),
        "CompletedTime": milliseconds(resource.completed),
        "ServerNode": f"OctopusServerNodes-{resource.node}" if resource.node else None,
        "Duration": resource.duration,
        "ErrorMessage": resource.error,
        "HasBeenPickedUpByProcessor": resource.started is not None,
        "IsCompleted": resource.done,
        "FinishedSuccessfully": resource.state == "Success",
        "HasPendingInterruptions": resource.pending,
        "CanRerun": False,
        "HasWarningsOrErrors": resource.warned,
        "UnmetPreconditions": None,
        "ProjectId": f"Projects-{recipe.project}",
        "Links": links(recipe.id),
    }


def details(resource: Resource, root: Activity, size: int) -> str:
    """/api/tasks/N/details?verbose=true with every line."""
    logs = [_element(root, resource.state == "Canceled")]
    progress = {"ProgressPercentage": 100 if resource.done else 50, "EstimatedTimeRemaining": None}
    document = {
        "Task": task(resource),
        "ActivityLogs": logs,
        "PhysicalLogSize": size,
        "Progress": progress,
        "Links": links(resource.recipe.id),
    }
    return _text(document)


def event_pages(resources: list[Resource]) -> list[str]:
    """/api/events about deployments: queued, started, ended."""
    moments = []
    for resource in resources:
        if resource.recipe.name != "Deploy":
            continue
        moments.append((resource.queued, "DeploymentQueued", resource))
        if resource.started is not None:
            moments.append((resource.started, "DeploymentStarted", resource))
        if resource.completed is not None and resource.state in EVENTS:
            moments.append((resource.completed, EVENTS[resource.state], resource))
    moments.sort(key=lambda moment: -moment[0])
    items = [_event(9000 - number, *moment) for number, moment in enumerate(moments)]
    return [_page("Event", items, start, {}, "/api/events") for start in range(0, len(items), PAGE)]


def _event(number: int, at: int, category: str, resource: Resource) -> dict[str, Any]:
    recipe = resource.recipe
    message = f"{recipe.description} {category.removeprefix('Deployment').removeprefix('Task').lower()}"
    return {
        "Id": f"Events-{number}",
        "RelatedDocumentIds": [f"Deployments-{recipe.number // 3}", f"Projects-{recipe.project}", recipe.id],
        "Category": category,
        "UserId": "users-system",
        "Username": "system",
        "IsService": False,
        "IdentityEstablishedWith": "",
        "UserAgent": "Server",
        "Occurred": milliseconds(at),
        "Message": message,
        "MessageHtml": message,
        "MessageReferences": [],
        "Comments": None,
        "Details": None,
        "ChangeDetails": {"DocumentContext": None, "Differences": None},
        "IpAddress": None,
        "SpaceId": "Spaces-1",
        "Links": {"Self": f"/api/events/Events-{number}"},
    }


def _element(activity: Activity, canceled: bool) -> dict[str, Any]:
    """One activity with its children and its messages, numbered within itself."""
    lines = [
        {"OccurredAt": _short(row.time), "Category": LEVELS[row.category], "MessageText": row.message, "Number": number}
        for row, number in zip(activity.messages, activity.numbers, strict=True)
    ]
    status = activity.status(canceled)
    return {
        "Id": activity.id,
        "Name": activity.name,
        "Started": _short(activity.first),
        "Ended": None if status in ("Running", "Pending") else _short(activity.last),
        "Status": status,
        "ShowAtSummaryLevel": True,
        "Children": [_element(child, canceled) for child in activity.children],
        "LogElements": lines,
        "ProgressPercentage": 0,
        "ProgressMessage": "",
    }


def _short(time: str) -> str:
    """Seven decimals cut to three."""
    return time[:23] + time[27:]


def _page(sort: str, items: list[dict[str, Any]], start: int, more: dict[str, Any], path: str) -> str:
    last = (len(items) - 1) // PAGE
    head = {
        "ItemType": sort,
        "TotalResults": len(items),
        "ItemsPerPage": PAGE,
        "NumberOfPages": last + 1,
        "LastPageNumber": last,
    }
    document = {
        **head,
        **more,
        "Items": items[start : start + PAGE],
        "Links": {"Self": f"{path}?skip={start}&take={PAGE}"},
    }
    return _text(document)


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
