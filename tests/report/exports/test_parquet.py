from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from analyzer import schema
from analyzer.errors import UsageError
from analyzer.model import NotJudged
from analyzer.report.exports import parquet as exports
from analyzer.report.exports.parquet import write, write_one
from tests.report.cases import DAWN, audit, case, execution, finding, source

NAMES = {"not_judged", *schema.TABLES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, double_run):
    made = tmp_path_factory.mktemp("tables")
    write(double_run, made)
    return made


def test_every_table_has_its_file(folder, double_run):
    assert {one.name for one in folder.iterdir()} == {f"{name}.parquet" for name in NAMES}
    for name in NAMES - {"findings", "not_judged"}:
        table = getattr(double_run.case, name)
        assert parquet.read_schema(folder / f"{name}.parquet").remove_metadata() == schema.TABLES[name]
        assert duckdb.sql(f"select count(*) from '{folder}/{name}.parquet'").fetchall() == [(table.num_rows,)]


def test_readers_see_the_same_findings(folder, double_run):
    path = folder / "findings.parquet"
    expected = [(one.code, one.task, one.summary, list(one.nodes)) for one in double_run.findings]
    columns = ["code", "task", "summary", "nodes"]
    assert [tuple(row) for row in duckdb.sql(f"select {','.join(columns)} from '{path}'").fetchall()] == expected
    assert pl.read_parquet(path, columns=columns).rows() == expected
    frame = pd.read_parquet(path)
    assert frame["summary"].to_list() == [one.summary for one in double_run.findings]
    assert [json.loads(text) for text in frame["detail"]] == [one.detail for one in double_run.findings]
    lines = duckdb.sql(f"select [one.line for one in evidence] from '{path}'").fetchall()
    assert lines == [([at.line for at in one.evidence],) for one in double_run.findings]


def test_a_query_finds_the_lines_of_a_finding(folder):
    """What the export is for: from a finding to the lines of both executions."""
    nodes = duckdb.sql(
        f"""select distinct x.node from '{folder}/findings.parquet' f
        join '{folder}/assignments.parquet' a using (customer, task)
        join '{folder}/events.parquet' e using (customer, source, line)
        join '{folder}/executions.parquet' x on x.task = f.task and x.number = a.execution
        where f.code = 'OCT101' and f.task = 'ServerTasks-22404' order by 1"""
    ).fetchall()
    assert nodes == [("BRAGOUR-DEP9",), ("PAIBREAN-OCTO5",)]


def test_spark_can_read_every_type(folder):
    def plain(kind: pa.DataType) -> bool:
        if pa.types.is_list(kind):
            return plain(kind.value_type)
        if pa.types.is_struct(kind):
            return all(plain(field.type) for field in kind)
        return kind in (pa.string(), pa.int64(), pa.bool_(), pa.float64(), schema.TIME)

    for name in NAMES:
        for field in parquet.read_schema(folder / f"{name}.parquet"):
            assert plain(field.type), (name, field)


def test_rows_stand_in_a_fixed_order_whatever_was_read_first(tmp_path):
    sources = [source("b"), source("a", "contoso"), source("a")]
    lines = [{"customer": "", "source": "a", "line": line, "time": DAWN} for line in (3, 1, 2)]
    runs = [execution(task, number, "A", 0, 1) for task, number in ((2, 1), (1, 2), (1, 1))]
    folders = [tmp_path / "there", tmp_path / "back"]
    for way, made in zip((1, -1), folders, strict=True):
        made.mkdir()
        of = case(sources[::way], events=lines[::way], executions=runs[::way])
        write(audit(of, [finding("OCT101", 1)], [NotJudged("OCT301", "no status", tasks=("ServerTasks-1",))]), made)
    for name in NAMES:
        there, back = ((one / f"{name}.parquet").read_bytes() for one in folders)
        assert there == back, name
    assert pl.read_parquet(folders[0] / "events.parquet")["line"].to_list() == [1, 2, 3]
    assert pl.read_parquet(folders[0] / "executions.parquet")["number"].to_list() == [1, 2, 1]
    assert pl.read_parquet(folders[0] / "not_judged.parquet")["tasks"].to_list() == [["ServerTasks-1"]]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "findings.parquet").mkdir()
    with pytest.raises(UsageError, match=r"cannot write .*findings\.parquet"):
        write(audit(), tmp_path)


def test_events_are_written_as_they_are_made_whatever_the_pieces(tmp_path, monkeypatch):
    lines = [{"customer": "", "source": "a", "line": line, "offset": line, "message": "x" * line} for line in range(40)]
    whole = schema.from_rows(schema.EVENTS, lines)
    monkeypatch.setattr(exports, "ROWS", 16)
    for number, size in enumerate((40, 7, 16)):
        of = case([source("a")], events=lines)
        pieces = [whole.slice(at, size) for at in range(0, 40, size)]
        monkeypatch.setattr(of, "coded", lambda pieces=pieces: iter(pieces))
        folder = tmp_path / str(number)
        folder.mkdir()
        assert write_one(of, "events", folder) == 40
        assert parquet.read_table(folder / "events.parquet") == whole
        file = parquet.ParquetFile(folder / "events.parquet")
        assert [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)] == [16, 16, 8]


def test_heavy_rows_do_not_wait_for_others(tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "HEAVY", 1000)
    of = case([source("a")])
    piece = schema.from_rows(
        schema.EVENTS, [{"customer": "", "source": "a", "line": 1, "offset": 0, "detail": "x" * 999}]
    )
    monkeypatch.setattr(of, "coded", lambda: iter([piece] * 3))
    write_one(of, "events", tmp_path)
    assert parquet.ParquetFile(tmp_path / "events.parquet").num_row_groups == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_told(tmp_path):
    (tmp_path / "events.parquet").symlink_to("/dev/full")
    of = case([source("a")], events=[{"customer": "", "source": "a", "line": 1}])
    with pytest.raises(UsageError, match=r"cannot write .*events\.parquet: .*No space left"):
        write_one(of, "events", tmp_path)


@pytest.mark.parametrize("error", [KeyboardInterrupt, UsageError("no room")])
def test_what_was_written_is_removed_when_decoding_ends_early(error, tmp_path, monkeypatch):
    def pieces():
        yield schema.from_rows(schema.EVENTS, [{"customer": "", "source": "a", "line": 1, "offset": 0}])
        raise error

    of = case([source("a")])
    monkeypatch.setattr(of, "coded", pieces)
    with pytest.raises(type(error) if isinstance(error, Exception) else error):
        write_one(of, "events", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_pieces_leave_no_trace_in_the_bytes(tmp_path, monkeypatch):
    rows = [{"customer": "", "source": f"{at % 3}", "line": at, "offset": at, "message": "x" * at} for at in range(40)]
    whole = schema.from_rows(schema.EVENTS, rows)
    backwards = whole[::-1].cast(schema.CODED)[::-1]  # its dictionaries are in another order
    pieces = [whole[:7], whole[7:8], whole[8:31], whole[31:]]
    written = []
    for given in ([backwards], [piece.cast(schema.CODED) for piece in pieces], [backwards[:9], backwards[9:]]):
        of = case([source("0")])
        monkeypatch.setattr(of, "coded", lambda given=given: iter(given))
        write_one(of, "events", tmp_path)
        written.append((tmp_path / "events.parquet").read_bytes())
    assert written[0] == written[1] == written[2]
