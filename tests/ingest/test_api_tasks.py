from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from analyzer.ingest import api_tasks, recognise

TASK = {
    "Id": "ServerTasks-733",
    "SpaceId": "Spaces-1",
    "Name": "Deploy",
    "Description": "Deploy Ledger",
    "State": "Executing",
    "QueueTime": "2023-09-18T09:13:58.0110000+10:00",
    "StartTime": "2023-09-18T09:14:02",
    "CompletedTime": None,
    "ServerNode": "OctopusServerNodes-SRV-EAST",
    "ErrorMessage": "",
    "HasWarningsOrErrors": False,
}


def test_task_is_a_claim(parse):
    (state,) = parse(api_tasks, json.dumps(TASK)).states
    assert {name: value for name, value in state.items() if value is not None} == {
        "source": "x.txt",
        "line": 1,
        "lines": 1,
        "offset": 0,
        "task": "ServerTasks-733",
        "claim": "api",
        "kind": "Deploy",
        "name": "Deploy Ledger",
        "state": "Executing",
        "node": "SRV-EAST",
        "queued": datetime(2023, 9, 17, 23, 13, 58, 11000, tzinfo=UTC),
        "warnings": False,
    }  # StartTime has no offset: no time in UTC


@pytest.mark.parametrize(
    ("node", "name"),
    [
        ("DEMO", "DEMO"),
        ("OctopusServerNode-A", "A"),
        ("octopusservernodes-b", "b"),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_node_without_its_prefix(parse, node, name):
    assert parse(api_tasks, json.dumps({**TASK, "ServerNode": node})).pick("states", "node") == [name]


@pytest.mark.parametrize("wrong", [{"Id": "Deployments-1"}, {"Id": None}, {"Id": 733}, {"Id": "ServerTasks-"}])
def test_what_is_no_task_on_a_page_is_rejected(parse, wrong):
    parsed = parse(api_tasks, json.dumps({"ItemType": "Task", "Items": [{**TASK, **wrong}, TASK, None, "x"]}))
    assert parsed.pick("states", "task") == ["ServerTasks-733"]
    assert parsed.pick("rejects", "reason") == [
        "a task whose Id is not ServerTasks-N",
        "not a JSON object",
        "not a JSON object",
    ]


@pytest.mark.parametrize(
    "odd",
    [
        {"State": 6},
        {"QueueTime": "yesterday"},
        {"QueueTime": "2023-02-30T00:00:00Z"},
        {"HasWarningsOrErrors": "true"},
        {"Description": ["x"]},
    ],
)
def test_odd_fields_are_null(parse, odd):
    assert len(parse(api_tasks, json.dumps({**TASK, **odd})).states) == 1


@pytest.mark.parametrize(
    "document",
    [
        {"ItemType": "Task", "TotalResults": 0, "Items": []},
        {"TotalResults": 1, "Items": [TASK], "Links": {}},
        [TASK],
        TASK,
        {"ItemType": "Task", "Items": [{**TASK, "ErrorMessage": "x" * 100_000}]},
    ],
)
def test_shapes_that_are_recognised(document):
    assert recognise(json.dumps(document).encode()[: 64 << 10], "tasks.json") is api_tasks
    assert recognise(json.dumps(document, indent=2).encode()[: 64 << 10], "tasks.json") is api_tasks
