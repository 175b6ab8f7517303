"""Processes that share a large input give what one process gives, and one that dies costs what it died on."""

from __future__ import annotations

import os

import pytest

from analyzer.reading import Options, Reading, workers
from analyzer.reading.workers import DIED, read_places, read_share
from analyzer.sources import places
from tests.bundles import folder, raw, server

FILES = {f"shared/TaskLogs/servertasks-{task}_abcde12345.txt": raw(task, "one", "two") for task in range(1, 8)}
FILES |= {"node-a/OctopusServer.txt": server("Listening"), "notes.md": b"# not a log\n"}


def dies(options, share):
    if any("servertasks-4" in place.name for place in share):
        os._exit(1)
    return read_share(options, share)


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "LARGE", 1)
    monkeypatch.setattr(workers, "SHARE", 200)
    return folder(tmp_path, FILES)


def test_two_read_what_one_reads(bundle):
    seen: dict[str, int] = {}

    def progress(source: str, size: int) -> None:
        seen[source] = size

    two = Reading([bundle], Options(triage=True, workers=2, progress=progress)).tables()
    assert two == Reading([bundle], Options(triage=True)).tables()
    assert sum(seen.values()) == sum(map(len, FILES.values()))
    assert len(seen) > 2


def test_the_source_on_which_a_reader_dies_is_the_only_one_lost(bundle):
    harvest = read_places(places(bundle), Options(triage=True, workers=2), dies)
    harvest.unfold()
    found = harvest.found
    assert {name: one.problem for name, one in found.items() if one.problem} == {
        "shared/TaskLogs/servertasks-4_abcde12345.txt": DIED
    }
    assert sorted(found) == sorted(FILES)


def test_little_is_read_by_one(bundle, monkeypatch):
    monkeypatch.setattr(workers, "LARGE", 1 << 20)
    monkeypatch.setattr(workers, "_pool", None)
    harvest = read_places(places(bundle), Options(triage=True, workers=2))
    harvest.unfold()
    assert sorted(harvest.found) == sorted(FILES)
