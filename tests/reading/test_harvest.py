"""What members gave, and what takes its place when a cleared log is read again; blocks of whole sources."""

from __future__ import annotations

from analyzer import schema
from analyzer.blocks import block
from analyzer.reading import reader
from analyzer.reading.harvest import Found, Harvest, Options
from analyzer.reading.reader import read_members
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


def test_a_source_is_looked_at_as_a_whole_or_not_at_all(monkeypatch):
    monkeypatch.setattr(reader, "WHOLE", 30)
    parts = [block("a", b"x" * 9 + b"\n", line, (line - 1) * 10) for line in (1, 2, 3, 4, 5)]
    ((whole, is_whole),) = reader._as_wholes(iter(parts[:3]))
    assert (whole.data, whole.lines.tolist(), whole.offsets.tolist()) == (b"xxxxxxxxx\n" * 3, [1, 2, 3], [0, 10, 20])
    assert is_whole
    assert list(reader._as_wholes(iter(parts))) == [(part, False) for part in parts]
    assert list(reader._as_wholes(iter([]))) == []


def test_what_a_first_look_fails_on_is_decoded(tmp_path, monkeypatch):
    def broken(block):
        raise IndexError("oops")

    path = folder(tmp_path, {"TaskLogs/servertasks-1_aaaa.txt": log(PLAIN, 1)})
    decoded = read_members(members(path), Options())
    monkeypatch.setitem(reader.TRIAGE, "task-log", broken)
    looked = read_members(members(path), Options(triage=True))
    assert rows(looked) == rows(decoded)
    assert looked.found == decoded.found
