"""EVENTS made piece by piece are those that are made at once, whatever holds the sources; no temporary file stays."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from analyzer import pipeline, schema
from analyzer.errors import UsageError
from analyzer.ingest import recognise
from analyzer.reading import Options, stream, stream_events
from analyzer.reading.stream import decoded
from analyzer.sources import places
from tests.bundles import folder, raw, server, tarred, zip_bytes, zipped

SAMPLES = sorted(path for path in Path("sample_logs").iterdir() if path.is_dir())
TASKS = {f"shared/TaskLogs/servertasks-{task}_abcde12345.txt": raw(task, "one", "two") for task in (3, 1, 2)}
FILES = TASKS | {"z/OctopusServer.txt": server("Listening", "Stopping"), "a/OctopusServer.txt": server("Listening")}
NESTED = {"b.zip": zip_bytes(TASKS), "b.zip.txt": raw(9, "nine"), "a.txt": raw(8, "eight"), "c/x.txt": raw(7, "seven")}


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory, monkeypatch):
    """The temporary folder, which has to be empty again."""
    place = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert list(place.iterdir()) == []


def at_once(path: Path, **options: object) -> pa.Table:
    return pipeline.read(path, **options)._load(False)["events"]


def streamed(path: Path, **options: object) -> pa.Table:
    """EVENTS as they are made where a first look has cleared something."""
    case = pipeline.read(path, **options)
    case._events = None
    pieces = list(case._decode(case, set(case.sources["source"].to_pylist())))
    assert {piece.schema for piece in pieces} <= {schema.CODED}
    return pa.concat_tables([schema.empty(schema.EVENTS), *(piece.cast(schema.EVENTS) for piece in pieces)])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples_are_streamed_as_they_are_read(path, tmp_path):
    expected = at_once(path)
    assert len(expected)
    assert streamed(path) == expected
    for form in ("zip", "tar", "gztar"):
        packed = Path(shutil.make_archive(str(tmp_path / "packed"), form, path))
        assert streamed(packed) == expected, form


@pytest.mark.parametrize("make", [folder, zipped, tarred])
@pytest.mark.parametrize("files", [FILES, NESTED])
def test_the_order_is_that_of_names_whatever_holds_them(make, files, tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "PACK", 300)
    path = make(tmp_path / "bundle", files)
    expected = at_once(path)
    assert streamed(path) == expected
    assert expected["source"].to_pylist() == sorted(expected["source"].to_pylist())


def test_a_narrowed_question_streams_what_it_asks_for(tmp_path):
    path = folder(tmp_path, FILES)
    options = {"tasks": ["ServerTasks-1"], "utc_offsets": {"OCTO-A": "+02:00"}, "nodes": {"OCTO-A": "a"}}
    expected = at_once(path, **options)
    assert set(expected["clock"].to_pylist()) == {"utc", "offset", "local"}
    assert streamed(path, **options) == expected
    since = {"since": pipeline.datetime(2030, 1, 1)}
    assert streamed(path, **since) == at_once(path, **since)


def test_a_defect_costs_the_same_lines_as_when_all_is_read_at_once(tmp_path, monkeypatch):
    form = recognise(raw(1, "one"), "servertasks-1.txt")
    decode = form.decode

    def breaks(block, *more):
        if any("servertasks-2" in source for source in block.sources):
            raise ValueError
        return decode(block, *more)

    monkeypatch.setattr(form, "decode", breaks)
    path = folder(tmp_path, FILES)
    expected = at_once(path)
    assert "ServerTasks-2" not in expected["task"].to_pylist()
    assert streamed(path) == expected


@pytest.mark.parametrize("end", [StopIteration, ValueError, KeyboardInterrupt])
def test_the_temporary_file_goes_when_the_reader_stops(end, tmp_path, temporary):
    path = tarred(tmp_path / "bundle", FILES)
    pieces = decoded(places(path), Options(), dict.fromkeys(FILES))
    next(pieces)
    assert len(list(temporary.iterdir())) == 1
    if end is StopIteration:
        pieces.close()
    else:
        with pytest.raises(end):
            pieces.throw(end())


def test_the_temporary_file_goes_when_it_cannot_be_filled(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pa, "OSFile", full)
    pieces = decoded(places(tarred(tmp_path / "bundle", FILES)), Options(), dict.fromkeys(FILES))
    with pytest.raises(UsageError, match=r"cannot write into the folder .*: No space left on device"):
        next(pieces)


def test_only_what_is_asked_for_is_read(tmp_path):
    path = folder(tmp_path, FILES)
    wanted = "shared/TaskLogs/servertasks-2_abcde12345.txt"
    pieces = list(stream_events([path], Options(customer="contoso"), {wanted: "OCTO-B"}))
    assert {(row["customer"], row["source"], row["node"]) for piece in pieces for row in piece.to_pylist()} == {
        ("contoso", wanted, "OCTO-B")
    }


@pytest.mark.parametrize("make", [folder, tarred])
def test_a_scan_gives_what_the_table_gives(make, tmp_path):
    case = pipeline.read(make(tmp_path / "bundle", FILES))
    assert case.logs["cleared"].to_pylist() == [True] * 3
    scan = case.scan()
    assert scan.collect().equals(pl.DataFrame(at_once(case.paths[0])))
    assert scan.filter(pl.col("task") == "ServerTasks-2").select("message").collect()["message"].to_list() == [
        row["message"] for row in case.events.to_pylist() if row["task"] == "ServerTasks-2"
    ]
    assert scan.head(2).collect().height == 2
    assert scan.select(pl.len()).collect().item() == len(case.events)
