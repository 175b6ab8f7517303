"""What members gave, and what takes its place when a cleared log is read again; long logs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer import schema
from analyzer.reading import Reading, parts, read_tables, reader
from analyzer.reading.harvest import Found, Harvest, Options
from analyzer.reading.reader import read_members
from analyzer.reading.tables import tables
from analyzer.sources import members
from tests.bundles import folder
from tests.mutations import MACHINES, PLAIN, log


def of(source: str, *, cleared: bool) -> Harvest:
    """What one source of two lines gave."""
    lines = schema.from_rows(schema.EVENTS, [{"source": source, "line": line} for line in (1, 2)])
    made = Harvest({source: Found(source, "task-log", 2, lines=2, problem="cleared" if cleared else None)})
    if cleared:
        made.cleared = [schema.from_rows(schema.LOGS, [{"sources": [source], "lines": 2}])]
        made.telling = [lines.slice(0, 1)]
    else:
        made.tables["events"] = [lines]
    return made


def rows(made: Harvest) -> tuple[list[str], list[str], list[tuple[str, int]]]:
    """Sources of cleared logs, of telling lines, and source and line of events."""
    logs = [source for table in made.cleared for (source,) in table["sources"].to_pylist()]
    telling = [source for table in made.telling for source in table["source"].to_pylist()]
    events = [(row["source"], row["line"]) for table in made.tables["events"] for row in table.to_pylist()]
    return logs, telling, events


def test_events_are_held_once_and_can_be_told_apart_again():
    made = of("a", cleared=True)
    made.add(of("c", cleared=False))
    before = rows(made)
    tables(made, "")
    assert rows(made) == (["a"], [], [])
    made.take_apart()
    assert rows(made) == before


def test_what_is_read_again_takes_the_place_of_what_was_cleared():
    made = of("a", cleared=True)
    for other in (of("b", cleared=True), of("c", cleared=False)):
        made.found |= other.found
        made.cleared += other.cleared
        made.telling += other.telling
        made.tables["events"] += other.tables["events"]
    made.replace(of("a", cleared=False))
    assert rows(made) == (["b"], ["b"], [("c", 1), ("c", 2), ("a", 1), ("a", 2)])
    assert {source: one.problem for source, one in made.found.items()} == {"a": None, "b": "cleared", "c": None}


def test_the_same_lines_are_read_with_and_without_a_first_look(tmp_path):
    files = {f"TaskLogs/servertasks-{task}_aaaa.txt": log(PLAIN, task) for task in (1, 2)}
    path = folder(tmp_path, {**files, "TaskLogs/servertasks-3_aaaa.txt": log(MACHINES, 3)[:-30]})
    looked, decoded = (read_members(members(path), Options(triage=triage)) for triage in (True, False))
    logs, telling, events = rows(looked)
    assert sorted(logs) == sorted(files)
    assert telling == []
    assert {source for source, _ in events} == {"TaskLogs/servertasks-3_aaaa.txt"}
    looked.replace(read_members(members(path, only=files), Options()))
    assert sorted(rows(looked)[2]) == sorted(rows(decoded)[2])
    assert looked.found == decoded.found


@pytest.mark.parametrize("whole", [600, 1 << 20], ids=["too long to be held", "held"])
def test_a_log_of_several_blocks_that_is_not_cleared(tmp_path, monkeypatch, whole):
    """It is decoded at once if its blocks were held, and noted for another reading if not."""
    for name in ("CHUNK", "HEAD"):
        monkeypatch.setattr(f"analyzer.sources.encoding.{name}", 300)
    monkeypatch.setattr(parts, "WHOLE", whole)
    names = [f"TaskLogs/servertasks-{task}_aaaa.txt" for task in (1, 2)]
    data = [log(PLAIN, 1), log(PLAIN, 2).replace(b"FIN", b"INF")]
    path = folder(tmp_path, dict(zip(names, data, strict=True)))
    looked, decoded = (read_members(members(path), Options(triage=triage)) for triage in (True, False))
    logs, _, events = rows(looked)
    assert logs == [names[0]]
    assert events == ([] if whole == 600 else [row for row in rows(decoded)[2] if row[0] == names[1]])
    assert looked.again == ({names[1]} if whole == 600 else set())
    if whole > 600:
        assert looked.found == decoded.found


def test_short_logs_are_listed_as_decoded_ones_are(tmp_path):
    """One of them is not UTF-8, and two are given to a node."""
    files = {f"TaskLogs/servertasks-{task}_aaaa.txt": log(MACHINES, task) for task in (1, 2, 3)}
    files["TaskLogs/servertasks-2_aaaa.txt"] = log(MACHINES, 2).replace(b"web-02", b"web-\xfc2")
    path = folder(tmp_path, {**files, "other/servertasks-4_aaaa.txt": log(PLAIN, 4)})
    options = Options(nodes={"EAST": "TaskLogs"}, triage=True)
    looked = Reading([path], options)
    short = [source for table in looked._harvest.short for source in table["source"].to_pylist()]
    assert sorted(short) == [name for name in sorted([*files, "other/servertasks-4_aaaa.txt"]) if "-2_" not in name]
    sources = looked.tables()["sources"]
    assert sources == Reading([path], replace(options, triage=False)).tables()["sources"]
    assert sources["node"].to_pylist() == ["EAST", "EAST", "EAST", None]
    assert sources["encoding"].to_pylist() == ["utf-8", "cp1252", "utf-8", "utf-8"]


@pytest.mark.parametrize("chunk", [300, 2 << 20], ids=["in blocks", "as a whole"])
def test_what_a_first_look_fails_on_is_decoded(tmp_path, monkeypatch, chunk):
    def broken(block):
        raise IndexError("oops")

    path = folder(tmp_path, {"TaskLogs/servertasks-1_aaaa.txt": log(PLAIN, 1)})
    for looks in (reader.TRIAGE, reader.TRIAGE_LONG):
        monkeypatch.setitem(looks, "task-log", broken)
    for name in ("CHUNK", "HEAD"):
        monkeypatch.setattr(f"analyzer.sources.encoding.{name}", chunk)
    read = {table: made.to_pylist() for table, made in read_tables([path], Options(triage=True)).items()}
    assert read == {table: made.to_pylist() for table, made in read_tables([path], Options()).items()}
    assert read["events"]
