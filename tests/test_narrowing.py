"""Narrowing a case to tasks and to a time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analyzer import schema
from analyzer.narrowing import Question, narrowed


def at(hour: int | None) -> datetime | None:
    return None if hour is None else datetime(2023, 9, 18, hour, tzinfo=UTC)


def run(task: str, started: int | None, ended: int | None) -> dict[str, object]:
    return {"task": task, "started": at(started), "ended": at(ended)}


def claim(task: str | None, queued: int | None, started: int | None, completed: int | None) -> dict[str, object]:
    return {"task": task, "queued": at(queued), "started": at(started), "completed": at(completed)}


TABLES = {
    "sources": schema.from_rows(schema.SOURCES, [{"source": "x"}]),
    "events": schema.from_rows(schema.EVENTS, [{"task": task} for task in ("A", "B", "C", "D", None)]),
    "rejects": schema.from_rows(schema.REJECTS, [{"source": "x"}]),
    "executions": schema.from_rows(
        schema.EXECUTIONS, [run("A", 1, 2), run("A", 8, 9), run("B", 3, 4), run("C", 3, None)]
    ),
    "states": schema.from_rows(schema.STATES, [claim("D", 5, 6, 7), claim("E", 1, None, None), claim(None, 1, 1, 1)]),
}


@pytest.mark.parametrize(
    ("tasks", "since", "until", "expected"),
    [
        ((), None, None, "A B C D -"),
        (("A",), None, None, "A -"),
        (("A", "Z"), None, None, "A -"),
        (("Z",), None, None, "-"),
        ((), 5, None, "A C D -"),
        ((), 8, None, "A C -"),
        ((), None, 2, "A C -"),
        ((), 3, 4, "B C -"),
        ((), 2, 2, "A C -"),
        ((), 7, 7, "C D -"),
        (("A", "B"), 3, 4, "B -"),
    ],
)
def test_tasks_active_in_that_time(tasks, since, until, expected):
    found = narrowed(TABLES, Question(frozenset(tasks), at(since), at(until)))
    assert " ".join(task or "-" for task in found["events"]["task"].to_pylist()) == expected
    assert {name: table.schema for name, table in found.items()} == {name: schema.TABLES[name] for name in TABLES}
    assert found["sources"] == TABLES["sources"]
    assert found["rejects"] == TABLES["rejects"]


def test_a_task_of_which_only_its_queueing_is_known_counts_from_then():
    assert narrowed(TABLES, Question(until=at(1)))["states"]["task"].to_pylist() == ["E", None]
    assert narrowed(TABLES, Question(since=at(2)))["states"]["task"].to_pylist() == ["D", None]


def test_nothing_asked_is_everything():
    assert narrowed(TABLES, Question()) == TABLES
