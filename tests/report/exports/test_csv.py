from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analyzer.model import Evidence, NotJudged, Verdict
from analyzer.report.changes import Baseline, compare
from analyzer.report.exports.csv import COLUMNS, export, for_spreadsheets, safe
from analyzer.report.exports.export import Export
from analyzer.report.plain import visible
from tests.report.cases import audit, finding


def content(made: Export) -> bytes:
    return b"".join(made.content)


def by_pandas(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")


def by_polars(path):
    return pl.read_csv(path, infer_schema=False).fill_null("").to_dicts()


def by_duckdb(path):
    read = duckdb.sql(f"select * from read_csv('{path}', all_varchar=true, header=true)").fetchall()
    return [dict(zip(COLUMNS, (cell or "" for cell in row), strict=True)) for row in read]


@pytest.mark.parametrize("reader", [by_pandas, by_polars, by_duckdb])
@pytest.mark.parametrize("writer", [export, for_spreadsheets])
def test_readers_see_the_same_findings(tmp_path, double_run, reader, writer):
    path = tmp_path / "a.csv"
    path.write_bytes(content(writer(double_run)))
    rows = reader(path)
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == len(double_run.findings)
    for row, one in zip(rows, double_run.findings, strict=True):
        assert (row["code"], row["severity"], row["verdict"]) == (one.code, one.severity, one.verdict)
        assert (row["task"] or None, row["nodes"]) == (one.task, ", ".join(one.nodes))
        assert row["summary"] == one.summary
        assert (row["source"], int(row["line"])) == (one.evidence[0].source, one.evidence[0].line)
        assert json.loads(row["evidence"]) == [asdict(at) for at in one.evidence]
        assert json.loads(row["detail"]) == one.detail


def test_a_spreadsheet_learns_that_it_is_utf8_and_a_pipe_does_not(double_run):
    assert content(for_spreadsheets(double_run)) == b"\xef\xbb\xbf" + content(export(double_run))
    assert content(export(double_run)).startswith(b"code,name,severity,")


SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"


@given(st.text(st.sampled_from(SIGNS + "'\t\r\na1 ") | st.characters()))
@example("\t=1")
@example("''=1")
def test_no_cell_is_a_formula_and_the_text_can_be_had_back(text):
    cell = safe(text)
    assert cell.lstrip(" ")[:1] not in set(SIGNS + "\t\r\n")
    guarded = cell.startswith("'") and cell.lstrip("' ")[:1] in set(SIGNS)
    assert (cell[1:] if guarded else cell) == visible(text)


def test_a_row_is_a_line_whatever_the_logs_say(hostile):
    lines = content(export(hostile)).decode().splitlines()
    assert len(lines) == 1 + len(hostile.findings)
    for cells in csv.reader(io.StringIO("\n".join(lines))):
        assert not any(cell[:1] in set("=+-@\t\r") for cell in cells)
    assert "\x1b" not in "".join(lines)
    assert "'=fabrikam" in lines[2]


def test_a_finding_without_evidence_has_empty_places():
    (row,) = csv.DictReader(io.StringIO(content(export(audit(findings=[finding("OCT101", evidence=())]))).decode()))
    assert [row[name] for name in ("source", "line", "offset", "excerpt", "evidence")] == ["", "", "", "", "[]"]


def test_with_a_baseline_only_what_changed_and_why():
    kept, gone = finding("OCT101", 1), finding("OCT101", 2)
    before = finding("OCT102", 3, verdict=Verdict.POSSIBLE)
    answer = audit(findings=[kept, finding("OCT102", 3)])
    changes = compare(Baseline("0", (kept, gone, before), {}), answer)
    rows = list(csv.DictReader(io.StringIO(content(export(answer, changes)).decode())))
    assert [(row["task"], row["change"], row["worse"]) for row in rows] == [
        ("ServerTasks-3", "changed", "true"),
        ("ServerTasks-2", "gone", "false"),
    ]
    assert rows[0]["reason"].startswith("verdict was possible, is proved; ")


def test_a_list_of_findings_is_not_all_there_is_to_say():
    answer = audit(findings=[finding("OCT101", 1, evidence=(Evidence("a", 1, 0, "x"),))])
    assert export(answer).notes == ()
    asked = audit(questions=[NotJudged("OCT301", "no status")])
    assert export(asked).notes == ("1 question could not be judged: --json FILE writes them",)
