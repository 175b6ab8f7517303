from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from analyzer.ingest import api_events, recognise

OCCURRED = "2023-09-18T09:14:02.140+00:00"
TIME = datetime(2023, 9, 18, 9, 14, 2, 140000, tzinfo=UTC)


def event(category: object, *related: object) -> dict[str, object]:
    return {
        "Id": "Events-1",
        "RelatedDocumentIds": list(related),
        "Category": category,
        "Occurred": OCCURRED,
        "Message": "m",
    }


@pytest.mark.parametrize(
    ("category", "state", "times"),
    [
        ("DeploymentQueued", None, (TIME, None, None)),
        ("DeploymentStarted", None, (None, TIME, None)),
        ("DeploymentResumed", None, (None, TIME, None)),
        ("DeploymentSucceeded", "Success", (None, None, TIME)),
        ("DeploymentFailed", "Failed", (None, None, TIME)),
        ("RunbookRunSucceeded", "Success", (None, None, TIME)),
        ("RunbookRunFailed", "Failed", (None, None, TIME)),
        ("TaskCanceled", "Canceled", (None, None, TIME)),
        ("MachineUnhealthy", None, (None, None, None)),
        ("MachineUpdateFailed", None, (None, None, None)),
        ("ManualInterventionInterruptionRaised", None, (None, None, None)),
    ],
)
def test_category_says_the_state_and_which_time(parse, category, state, times):
    parsed = parse(api_events, json.dumps(event(category, "Deployments-2", "ServerTasks-7")))
    assert parsed.pick("states", "claim", "task", "state", "detail") == [
        ("audit event", "ServerTasks-7", state, category)
    ]
    assert parsed.pick("states", "queued", "started", "completed") == [times]


def test_one_row_for_each_related_task(parse):
    parsed = parse(api_events, json.dumps(event("DeploymentFailed", "ServerTasks-7", "ServerTasks-8", "ServerTasks-7")))
    assert parsed.pick("states", "task", "lines") == [("ServerTasks-7", 1), ("ServerTasks-8", 0)]


@pytest.mark.parametrize("related", [(), ("Machines-1",), (None, 7)])
def test_events_without_a_task_are_structure(parse, related):
    """Trap of 2021.2 (issues 6955, 7208): success events lack the task's id."""
    parsed = parse(
        api_events, json.dumps({"ItemType": "Event", "Items": [event("DeploymentSucceeded", *related)]}, indent=1)
    )
    assert not parsed.states
    assert not parsed.rejects


def test_event_without_category_is_rejected(parse):
    assert parse(api_events, json.dumps([event(None, "ServerTasks-1")])).pick("rejects", "reason") == [
        "an event without a category"
    ]


def test_archive_with_one_event_per_line(parse):
    lines = [json.dumps(event(category, "ServerTasks-7")) for category in ("DeploymentStarted", "DeploymentFailed")]
    parsed = parse(api_events, "\n".join(lines), sizes=[1])
    assert parsed.pick("states", "line", "detail") == [(1, "DeploymentStarted"), (2, "DeploymentFailed")]
    assert recognise(lines[0].encode(), "events-2019-01-01.jsonl") is api_events


def test_page_is_recognised():
    assert recognise(json.dumps({"ItemType": "Event", "Items": []}).encode(), "x") is api_events
    assert recognise(json.dumps([event("LoginFailed")], indent=4).encode(), "x") is api_events
