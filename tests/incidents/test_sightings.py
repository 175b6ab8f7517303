from __future__ import annotations

import polars as pl

from analyzer.incidents.sightings import COLUMNS, Sightings

ROWS = [
    ("EAST", "2023.3.1", "b.txt", 2, "action", "ServerTasks-7"),
    ("east", "2023.3.2", "a.txt", 9, "start-up", None),
    (None, "2023.3.1", "b.txt", 1, "action", "ServerTasks-70"),
    ("WEST", "2023.3.3", "b.txt", 3, "action", "ServerTasks-7"),
]
TYPES = {"time": pl.Datetime("us", "UTC"), "line": pl.Int64, "offset": pl.Int64, "wall": pl.Int64}


def sightings() -> Sightings:
    columns = ("node", "version", "source", "line", "basis", "task")
    frame = pl.DataFrame(ROWS, schema=columns, orient="row").with_columns(time=None, wall=None, offset=pl.lit(0))
    return Sightings(frame.select(pl.col(name).cast(TYPES.get(name, pl.String)) for name in COLUMNS))


def test_they_stand_by_source_and_line():
    assert [(one.source, one.line) for one in sightings()] == [("a.txt", 9), ("b.txt", 1), ("b.txt", 2), ("b.txt", 3)]
    assert sightings().texts == ["2023.3.2", "2023.3.1", "2023.3.3"]
    assert [one.node for one in sightings().starts] == ["east"]


def test_those_of_a_task_are_not_those_of_a_longer_number():
    assert [one.node for one in sightings().of_task("ServerTasks-7")] == ["EAST", "WEST"]
    assert list(sightings().of_task("ServerTasks-1")) == []


def test_a_node_is_the_same_in_any_spelling():
    assert sightings().of_node("East")["line"].to_list() == [9, 2]
    assert sightings().of_node("")["line"].to_list() == [1]
    assert sightings().of_node("NORTH").is_empty()
    assert len(sightings().of_node(None)) == len(ROWS)
