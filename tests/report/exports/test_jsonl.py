from __future__ import annotations

import json

import duckdb
import pandas as pd

from analyzer.report.changes import Baseline, compare
from analyzer.report.exports.jsonl import export
from analyzer.report.json import document
from tests.report.cases import audit, finding


def test_the_lines_are_the_findings_of_the_document(tmp_path, double_run):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(export(double_run).content))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == json.loads(document(double_run))["findings"]
    codes = [one.code for one in double_run.findings]
    assert pd.read_json(path, lines=True)["code"].to_list() == codes
    assert duckdb.sql(f"select code from read_ndjson_auto('{path}')").fetchall() == [(code,) for code in codes]


def test_no_text_breaks_a_line(hostile):
    text = b"".join(export(hostile).content).decode()
    assert len(text.splitlines()) == len(hostile.findings)
    assert json.loads(text.splitlines()[0])["summary"] == hostile.findings[0].summary


def test_with_a_baseline_each_line_says_how_it_changed():
    old, now = finding("OCT101", 1, nodes=("A",)), finding("OCT101", 1, nodes=("A", "B"))
    answer = audit(findings=[now, finding("OCT103", 2)])
    lines = [json.loads(line) for line in export(answer, compare(Baseline("0", (old,), {}), answer)).content]
    assert [(one["change"], one["worse"]) for one in lines] == [("changed", True), ("new", True)]
    assert lines[0]["before"] == {"severity": "error", "verdict": "proved", "nodes": ["A"]}
    assert "before" not in lines[1]
