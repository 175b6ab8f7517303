from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from analyzer.ingest import api_details, recognise

TASK = {"Id": "ServerTasks-733", "State": "Success", "ServerNode": "A"}
ROOT = "ServerTasks-733_K2JD81MNQA"


def node(
    id_: str, name: str, status: str = "Success", children: object = (), elements: object = ()
) -> dict[str, object]:
    return {"Id": id_, "Name": name, "Status": status, "Children": children, "LogElements": elements}


def element(text: str, category: str = "Info", at: str = "2023-09-18T09:14:02.1180000+00:00") -> dict[str, object]:
    return {"OccurredAt": at, "Category": category, "MessageText": text, "Detail": "", "Number": 3}


LEAF = node(f"{ROOT}/5f0c/11aa", "web-1", elements=[element("no", "Fatal")])
STEP = node(f"{ROOT}/5f0c", "Step 1", "Failed", children=[LEAF])
TREE = node(ROOT, "Deploy", elements=[element("done")], children=[STEP])
DETAILS = {"Task": TASK, "ActivityLogs": [TREE], "Progress": {"ProgressPercentage": 0}}


def test_task_and_activities_are_claims(parse):
    parsed = parse(api_details, json.dumps(DETAILS))
    assert parsed.pick("states", "claim", "log", "activity", "name", "state") == [
        ("api", None, None, None, "Success"),
        ("tree", "K2JD81MNQA", "", "Deploy", "Success"),
        ("tree", "K2JD81MNQA", "5f0c", "Step 1", "Failed"),
        ("tree", "K2JD81MNQA", "5f0c/11aa", "web-1", "Success"),
    ]
    assert set(parsed.pick("states", "task")) == {"ServerTasks-733"}


def test_log_elements_are_events(parse):
    parsed = parse(api_details, json.dumps(DETAILS))
    assert parsed.pick("events", "activity", "level", "severity", "message", "detail") == [
        ("", "Info", 9, "done", None),
        ("5f0c/11aa", "Fatal", 21, "no", None),
    ]
    assert parsed.pick("events", "time", "clock")[0] == (datetime(2023, 9, 18, 9, 14, 2, 118000, tzinfo=UTC), "utc")


def test_each_event_stands_on_its_own_lines(parse):
    text = json.dumps(DETAILS, indent=1)
    parsed = parse(api_details, text)
    for event, message in zip(parsed.events, ("done", "no"), strict=True):
        assert text.splitlines()[event["line"] - 1].strip() == "{"
        assert event["lines"] == 7
        assert f'"{message}"' in text[event["offset"] :].split("}")[0]


def test_old_shape_with_one_root(parse):
    """Issue 2254: before 3.4 `ActivityLog` was one object, and Canceled was a new word."""
    parsed = parse(api_details, json.dumps({"Task": TASK, "ActivityLog": node(ROOT, "Deploy", "Canceled")}))
    assert parsed.pick("states", "claim", "state") == [("api", "Success"), ("tree", "Canceled")]


def test_two_roots(parse):
    parsed = parse(api_details, json.dumps({"Task": TASK, "ActivityLogs": [TREE, TREE]}))
    assert parsed.pick("states", "activity").count("") == 2


def test_ids_that_are_no_correlation_ids(parse):
    parsed = parse(
        api_details,
        json.dumps({"Task": TASK, "ActivityLogs": [node("root", "R", children=[node("a/b", "C"), node(None, "D")])]}),
    )
    assert parsed.pick("states", "task", "activity")[1:] == [
        ("ServerTasks-733", ""),
        ("ServerTasks-733", "b"),
        ("ServerTasks-733", "?"),
    ]


@pytest.mark.parametrize(
    ("at", "clock"),
    [("2023-09-18T09:14:02.118+02:00", "offset"), ("2023-09-18T09:14:02", "local"), ("soon", "none"), (None, "none")],
)
def test_clock_of_an_element(parse, at, clock):
    text = json.dumps({"Task": TASK, "ActivityLogs": [node(ROOT, "Deploy", elements=[element("x", at=at)])]})
    assert parse(api_details, text).pick("events", "clock") == [clock]


def test_missing_lists_and_nulls(parse):
    text = json.dumps({"Task": TASK, "ActivityLogs": [{"Id": ROOT, "Children": None}, None, 7]})
    assert parse(api_details, text).pick("states", "activity", "state") == [(None, "Success"), ("", None)]


def test_document_that_is_cut_off_is_one_reject(parse):
    text = json.dumps(DETAILS, indent=1)[:-40]
    parsed = parse(api_details, text)
    assert not parsed.states
    assert parsed.pick("rejects", "line", "lines") == [(1, len(text.splitlines()))]


def test_tree_without_end_is_a_reject(parse):
    text = '{"Task": {"Id": "ServerTasks-1", "State": "Success"}, "ActivityLogs": [' + '{"Children": [' * 20_000
    assert recognise(text.encode(), "x.json") is api_details
    assert parse(api_details, text).pick("rejects", "reason") == ["nested too deeply"]


def test_tree_before_the_task():
    text = json.dumps({"ActivityLogs": [TREE], "Task": TASK})
    assert recognise(text.encode(), "x.json") is api_details
