"""Small files are read to where others wait; whatever does not fit there is read as anything else."""

from __future__ import annotations

import pytest

from analyzer.ingest import api_tasks
from analyzer.reading import packs, reader
from analyzer.reading.harvest import Options
from analyzer.reading.reader import read_all
from analyzer.sources import Place, divided, opened, places, walk
from tests.bundles import folder, raw, tarred, zipped
from tests.mutations import PLAIN, log
from tests.text_mutations import PLAIN as QUIET
from tests.text_mutations import download

FILES = {
    "1.txt": log(PLAIN, 1),
    "2.txt": download(QUIET, 2),
    "3.txt": log(PLAIN, 3).replace(b"web", b"w\xfcb"),
    "4.txt": b"\xef\xbb\xbf" + log(PLAIN, 4),
    "5.txt": log(PLAIN, 5).decode().encode("utf-16"),
    "6.txt": log(PLAIN, 6)[:200] + bytes(20) + log(PLAIN, 6)[200:],
    "7.txt": b"",
    "8.txt": b"hello\n",
    "9.txt": api_tasks.SAMPLE.strip().encode(),
    "a.txt": download(QUIET, 10).rstrip(),
    "b.txt": log(PLAIN, 11),
}


def told(path, triage: bool, listed: list[Place] | None = None):
    """What is known of the sources, and which lines of which source became what."""
    found = read_all(listed or places(path), Options(triage=triage))
    cleared = {source for table in found.cleared for row in table["sources"].to_pylist() for source in row}
    found.unfold()
    rows = [
        (name, row["source"], row["line"])
        for name, tables in found.tables.items()
        for table in tables
        for row in table.to_pylist()
        if row["source"] not in cleared
    ]
    known = {name: (one.format, one.size, one.encoding, one.lines, one.problem) for name, one in found.found.items()}
    return known, cleared, sorted(rows)


@pytest.mark.parametrize("size", [1, 4000, 4 << 20])
def test_small_files_are_read_as_others_are(tmp_path, monkeypatch, size):
    monkeypatch.setattr(packs, "PACK", size)
    path = folder(tmp_path, FILES)
    known, cleared, rows = told(path, triage=True)
    exact, _, every = told(path, triage=False)
    assert known == exact
    assert cleared == {"1.txt", "2.txt", "4.txt", "a.txt", "b.txt"}
    assert rows == [row for row in every if row[1] not in cleared]


@pytest.mark.parametrize("grown", [-30, 30, None], ids=["shorter", "longer", "gone"])
def test_a_file_that_has_changed_since_it_was_listed(tmp_path, grown):
    path = folder(tmp_path, {"1.txt": log(PLAIN, 1), "2.txt": raw(2, "Deploy"), "3.txt": log(PLAIN, 3)})
    listed = places(path)
    file = path / "2.txt"
    data = file.read_bytes()
    file.unlink()
    if grown is not None:
        file.write_bytes(data[:grown] if grown < 0 else data + data[:grown])
    known, cleared, _ = told(path, triage=True, listed=listed)
    assert known == told(path, triage=False, listed=listed)[0]
    assert cleared == {"1.txt", "3.txt"}


def test_where_the_system_cannot_read_into_memory(tmp_path, monkeypatch):
    path = folder(tmp_path, FILES)
    expected = told(path, triage=True)
    monkeypatch.setattr(walk, "_read_into", lambda *_: 0)
    assert told(path, triage=True) == expected


def test_members_and_small_files_are_the_same(tmp_path):
    path = folder(tmp_path, FILES)
    listed = [place._replace(plain=False) for place in places(path)]
    assert [member.name for place in listed for member in opened(place)] == sorted(FILES)
    assert told(path, triage=True, listed=listed) == told(path, triage=True)


@pytest.mark.parametrize("pack", [folder, zipped, tarred])
def test_small_sources_are_looked_at_together(tmp_path, monkeypatch, pack):
    together: list[tuple[str, ...]] = []
    look = reader.TRIAGE["task-log"]
    monkeypatch.setitem(reader.TRIAGE, "task-log", lambda block: together.append(block.sources) or look(block))
    names = [f"{task}.txt" for task in range(10, 30)]
    path = pack(tmp_path / "bundle", {name: log(PLAIN, int(name[:2])) for name in names})
    read_all(divided(*places(path)) if pack is zipped else places(path), Options(triage=True))
    assert [len(sources) for sources in together] == [len(names)]
