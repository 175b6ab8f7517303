"""EVENTS that were written down while their sources were read are those that would be decoded."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pytest

from analyzer import pipeline, schema
from analyzer.reading import Options, packs, spool, stream, workers
from analyzer.reading.spool import Spool, Spooled, spool_folder
from analyzer.reading.workers import read_share
from analyzer.sources import places
from tests.bundles import folder, raw, server, tarred, zip_bytes, zipped

SAMPLES = sorted(path for path in Path("sample_logs").iterdir() if path.is_dir())
LOGS = {f"TaskLogs/servertasks-{task}_abcde12345.txt": raw(task, "one", "two") for task in range(1, 30)}
TORN = {"TaskLogs/servertasks-12_abcde12345.txt": raw(12, "one") + b'["ServerTasks-12_ABCDE12345","INF","2023-09'}
FILES = LOGS | TORN | {"TaskLogs/OctopusServer.txt": server("Listening"), "z.txt": raw(99, "last")}


def events(path: Path, spool: str = "", **options: object) -> pa.Table:
    return pa.concat_tables([schema.empty(schema.EVENTS), *pipeline.read(path, spool=spool, **options).stream()])


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What will be read a second time."""
    names: list[str] = []
    read = stream.opened
    monkeypatch.setattr(stream, "opened", lambda place: names.append(place.name) or read(place))
    return names


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("window", [1, 1000])
def test_samples(path, window, tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "WINDOW", window)
    monkeypatch.setattr(packs, "PACK", 5000)
    assert events(path, str(tmp_path)) == events(path)


@pytest.mark.parametrize("make", [zipped, tarred])
def test_members_of_archives_are_read_again_only_where_they_were_not_decoded(make, tmp_path, monkeypatch):
    inner = {"b.zip": zip_bytes(FILES), "b.zip.txt": raw(98, "beside it"), "bb.txt": raw(97, "behind it")}
    for number, files in enumerate((LOGS, FILES, {**inner, **FILES})):
        path, place = make(tmp_path / f"bundle{number}", files), tmp_path / f"spool{number}"
        place.mkdir()
        expected, again = events(path), opened(monkeypatch)
        assert events(path, str(place)) == expected
        assert len(again) == (files is not LOGS)
    path = folder(tmp_path / "folder", {**inner, "c/d.zip": zip_bytes(LOGS)})
    (tmp_path / "spool").mkdir()
    expected, again = events(path), opened(monkeypatch)
    assert events(path, str(tmp_path / "spool")) == expected
    assert again == ["b.zip"]


@pytest.mark.parametrize("short", [1, 1000])
def test_raw_logs_are_not_read_again(short, tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "SHORT", short)
    path = folder(tmp_path / "bundle", FILES)
    expected, again = events(path), opened(monkeypatch)
    with spool_folder() as place:
        assert events(path, place) == expected
        assert again == ["TaskLogs/OctopusServer.txt"]
        again.clear()
        only = {"tasks": ["ServerTasks-12", "ServerTasks-7"]}
        assert events(path, place, **only) == events(path, **only)
    assert not Path(place).exists()


def test_a_long_log_that_is_not_cleared_is_written_down_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("analyzer.sources.encoding.CHUNK", 1000)
    monkeypatch.setattr("analyzer.sources.encoding.HEAD", 1000)
    monkeypatch.setattr(packs, "PACK", 1500)
    path = folder(tmp_path / "bundle", {"servertasks-7_abcde12345.txt": raw(7, *(str(at) for at in range(59))) * 2})
    expected, again = events(path), opened(monkeypatch)
    (tmp_path / "spool").mkdir()
    assert events(path, str(tmp_path / "spool")) == expected
    assert not again


def test_processes_write_beside_one_another_and_a_share_that_is_read_twice_counts_once(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "LARGE", dict.fromkeys(workers.LARGE, 1))
    monkeypatch.setattr(workers, "SHARE", 2000)
    path, place = folder(tmp_path / "bundle", FILES), tmp_path / "spool"
    place.mkdir()
    read_share(Options(triage=True, spool=str(place)), tuple(places(path)[3:9]))
    assert events(path, str(place), workers=2) == events(path)
    assert len(list(place.glob("*.index"))) > 2


def test_what_there_is_no_room_for_is_decoded(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = folder(tmp_path / "bundle", FILES)
    expected = events(path)
    monkeypatch.setattr(pa.ipc, "new_stream", full)
    with spool_folder() as place:
        assert events(path, place) == expected
        assert not list(Path(place).glob("*.index"))


def test_a_folder_that_takes_no_files_is_no_spool(tmp_path):
    for make in (folder, zipped):
        path = make(tmp_path / make.__name__, FILES)
        assert events(path, str(tmp_path / "nowhere")) == events(path)


def test_without_a_temporary_folder_there_is_no_spool(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with spool_folder() as place:
        assert place == ""
    assert "a.txt" not in Spooled(place)


def test_columns_without_values_come_back(tmp_path):
    rows = [{"source": name, "line": line, "message": "m"} for name in ("b", "a") for line in (1, 2)]
    table = schema.from_rows(schema.EVENTS, rows)
    written = Spool(str(tmp_path))
    written.put(table.cast(schema.CODED))
    written.close()
    (piece,) = Spooled(str(tmp_path)).pieces(["a", "b"])
    assert piece.cast(schema.EVENTS).sort_by("source") == table.sort_by("source")
    assert piece["source"].to_pylist() == ["a", "a", "b", "b"]
