"""Given zones, times of sources, and which source is a copy of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from analyzer import schema
from analyzer.stamping import mark_duplicates, stamp_offsets, stamp_times

MOMENT = datetime(2023, 9, 18, 9, tzinfo=UTC)
WALL = int(MOMENT.timestamp() * 1_000_000)


def event(source="x", line=1, node=None, clock="utc", task="ServerTasks-1", message="m") -> dict[str, object]:
    time = MOMENT if clock in ("utc", "offset") else None
    return {
        "source": source, "line": line, "lines": 1, "offset": line * 10, "node": node, "time": time, "clock": clock,
        "tick": 3, "wall": WALL + line, "task": task, "message": message,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("node", "clock", "time", "stamped"),
    [
        ("OCTO-A", "local", MOMENT - timedelta(hours=10), "offset"),
        ("octo-a", "local", MOMENT - timedelta(hours=10), "offset"),
        ("OCTO-B", "local", None, "local"),
        (None, "local", None, "local"),
        ("OCTO-A", "none", None, "none"),
        ("OCTO-A", "utc", MOMENT, "utc"),
    ],
)
def test_given_offsets(node, clock, time, stamped):
    before = {**event(node=node, clock=clock), "wall": WALL}
    (row,) = stamp_offsets(
        schema.from_rows(schema.EVENTS, [before]), {"Octo-A": timedelta(hours=10), "Octo-C": timedelta()}
    ).to_pylist()
    assert row == dict.fromkeys(schema.EVENTS.names) | before | {"time": time, "clock": stamped}


def test_times_of_sources():
    sources = schema.from_rows(schema.SOURCES, [{"source": name, "sha256": "abc"} for name in ("b", "a", "none")])
    events = schema.from_rows(
        schema.EVENTS,
        [
            event("a", 1, clock="local"),
            event("a", 2, clock="local"),
            event("b"),
            event("b") | {"time": MOMENT + timedelta(1)},
        ],
    )
    found = stamp_times(sources, events, schema.empty(schema.LOGS), schema.empty(schema.STRETCHES))
    schema.conform(found, schema.SOURCES)
    assert found.select(["source", "first", "last", "clock", "sha256"]).to_pylist() == [
        {"source": "b", "first": MOMENT, "last": MOMENT + timedelta(1), "clock": "utc", "sha256": "abc"},
        {"source": "a", "first": None, "last": None, "clock": "local", "sha256": "abc"},
        {"source": "none", "first": None, "last": None, "clock": None, "sha256": "abc"},
    ]


def copies(
    logs: Mapping[str, Sequence[str]], states: int = 0, format: str = "task-log", **changes: dict[str, object]
) -> dict[str, str]:
    """Source -> original; a log is written as one letter a line, which is its message."""
    events = [
        event(name, at, message=letter) | changes.get(name, {})
        for name, log in logs.items()
        for at, letter in enumerate(log, 1)
    ]
    sources = [
        {
            "source": name,
            "format": format,
            "bytes": len(log) * 10,
            "events": len(log),
            "states": states,
            "duplicate_of": None,
        }
        for name, log in logs.items()
    ]
    marked = mark_duplicates(schema.from_rows(schema.SOURCES, sources), schema.from_rows(schema.EVENTS, events))
    schema.conform(marked, schema.SOURCES)
    rows = marked.to_pylist()
    assert [row["source"] for row in rows] == list(logs)
    return {row["source"]: row["duplicate_of"] for row in rows if row["duplicate_of"]}


@pytest.mark.parametrize(
    ("logs", "expected"),
    [
        ({"a": "xyz", "b": "xyz", "c": "xyw"}, {"b": "a"}),
        ({"a": "xyz", "b": "xyz", "c": "xyz"}, {"b": "a", "c": "a"}),
        ({"a": "xyz", "b": "xyw"}, {}),
        ({"a": "xyz", "b": "xwz"}, {}),
        ({"a": "x", "b": "x"}, {"b": "a"}),
        ({"a": "xy", "b": "xyz"}, {"a": "b"}),
        ({"a": "xyz", "b": "x", "c": "xy", "d": "xyz"}, {"b": "a", "c": "a", "d": "a"}),
        ({"a": ["x", "y"], "b": ["x", "yes", "z"]}, {"a": "b"}),
        ({"a": ["x", "no"], "b": ["x", "yes", "z"]}, {}),
        ({"a": "Xy", "b": "xyz"}, {}),
        ({"a": "", "b": ""}, {}),
        ({"a": "abc", "b": "xyz"}, {}),
    ],
)
def test_copies(logs, expected):
    assert copies(logs) == expected


@pytest.mark.parametrize(
    "change", [{"task": "ServerTasks-2"}, {"log": "B"}, {"activity": "q"}, {"thread": 4}, {"tick": 9}]
)
def test_logs_that_differ_in_anything_are_no_copies(change):
    assert copies({"a": "xyz", "b": "xyz"}, b=change) == {}


def test_the_node_is_no_difference():
    assert copies({"a": "xyz", "b": "xyz"}, a={"node": "A"}, b={"node": "B"}) == {"b": "a"}


def test_what_claims_a_state_is_only_a_copy_if_it_is_all_the_same():
    assert copies({"a": "xyz", "b": "xy", "c": "xyz"}, states=1) == {"c": "a"}


def test_nothing():
    assert copies({}) == {}
