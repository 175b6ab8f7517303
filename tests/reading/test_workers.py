"""Processes that share a large input give what one process gives, and one that dies costs what it died on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.reading import Options, Reading, workers
from analyzer.reading.workers import DIED, read_places, read_share
from analyzer.sources import places
from tests.bundles import folder, raw, server, zip_bytes, zipped

FILES = {f"shared/TaskLogs/servertasks-{task}_abcde12345.txt": raw(task, "one", "two") for task in range(1, 8)}
FILES |= {"node-a/OctopusServer.txt": server("Listening"), "notes.md": b"# not a log\n"}

ROOT = Path(__file__).parents[2]
FORKED = """
import sys
from pathlib import Path
from analyzer import startup
startup.lightly()
from analyzer.reading import Options, workers
from analyzer.sources import places
from tests.reading.test_workers import dies
workers.LARGE, workers.SHARE = dict.fromkeys(workers.LARGE, 1), 200
first, seen = workers._start(), []
def meanwhile(): seen.append(workers._start())
harvest = workers.read_places(places(Path(sys.argv[1])), Options(triage=True, workers=2), meanwhile, dies)
harvest.unfold()
print(first, *seen, "polars.dataframe" in sys.modules, *sorted(harvest.found))
print(*(name for name, one in harvest.found.items() if one.problem == workers.DIED))
"""


def dies(options, share):
    if any("servertasks-4" in place.name for place in share):
        os._exit(1)
    return read_share(options, share)


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "LARGE", dict.fromkeys(workers.LARGE, 1))
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


@pytest.mark.parametrize("named", [True, False])
def test_two_read_the_members_of_a_zip(bundle, tmp_path, named):
    zipped(bundle / "inner.zip", FILES)
    place = zipped(tmp_path / "outer.zip", FILES | {"more.zip": zip_bytes(FILES)}) if named else bundle
    seen: list[str] = []
    two = Reading([place], Options(triage=True, workers=2, progress=lambda source, _: seen.append(source))).tables()
    assert two == Reading([place], Options(triage=True)).tables()
    assert len({source for source in seen if "servertasks" in source}) > 2


def test_the_member_of_a_zip_on_which_a_reader_dies_is_the_only_one_lost(bundle, tmp_path):
    files = {f"servertasks-{task}_abcde12345.txt": raw(task, "one") for task in (3, 4)}
    harvest = read_places(places(zipped(tmp_path / "a.zip", files)), Options(triage=True, workers=2), read=dies)
    harvest.unfold()
    assert {name: one.problem for name, one in harvest.found.items()} == dict(zip(files, (None, DIED), strict=True))


@pytest.mark.parametrize("content", [b"", b"PK\3\4 no more"])
def test_a_broken_zip_is_told_of_whoever_reads_it(bundle, content):
    (bundle / "broken.zip").write_bytes(content)
    two = Reading([bundle], Options(triage=True, workers=2)).tables()
    assert two == Reading([bundle], Options(triage=True)).tables()


def test_the_source_on_which_a_reader_dies_is_the_only_one_lost(bundle):
    harvest = read_places(places(bundle), Options(triage=True, workers=2), read=dies)
    harvest.unfold()
    found = harvest.found
    assert {name: one.problem for name, one in found.items() if one.problem} == {
        "shared/TaskLogs/servertasks-4_abcde12345.txt": DIED
    }
    assert sorted(found) == sorted(FILES)


def test_little_is_read_by_one(bundle, monkeypatch):
    monkeypatch.setattr(workers, "LARGE", dict.fromkeys(workers.LARGE, 1 << 20))
    monkeypatch.setattr(workers, "_pool", None)
    harvest = read_places(places(bundle), Options(triage=True, workers=2))
    harvest.unfold()
    assert sorted(harvest.found) == sorted(FILES)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="nothing says how many threads there are")
def test_a_process_that_has_one_thread_forks_its_readers_and_replaces_one_that_dies(tmp_path):
    files = {f"servertasks-{task}_abcde12345.txt": raw(task, "one") for task in (3, 4)}
    done = subprocess.run(
        [sys.executable, "-c", FORKED, folder(tmp_path, files)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    told, died = done.stdout.splitlines()
    assert told.split() == ["fork", "spawn", "False", *sorted(files)]  # by then the pool has a thread of its own
    assert died == "servertasks-4_abcde12345.txt"
