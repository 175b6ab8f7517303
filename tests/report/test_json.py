from __future__ import annotations

import json

import pytest

from analyzer import __version__
from analyzer.model import Evidence, NotJudged
from analyzer.report import json as report
from analyzer.report.json import document, indented
from tests.report.cases import DAWN, audit, case, finding, source


def read(answer):
    return json.loads(document(answer))


def test_keys_stand_in_the_order_of_the_contract():
    found = read(audit(findings=[finding("OCT101", 1)], questions=[NotJudged("OCT301", "no status")]))
    assert list(found) == [
        "schema",
        "version",
        "summary",
        "findings",
        "suppressed",
        "not_judged",
        "incidents",
        "blast_radius",
        "sources",
    ]
    assert found["schema"] == "analyzer/1"
    assert found["version"] == __version__
    assert list(found["summary"])[:7] == ["sources", "lines", "events", "rejects", "tasks", "nodes", "by_code"]
    contract = [
        "code",
        "name",
        "severity",
        "verdict",
        "task",
        "log",
        "nodes",
        "summary",
        "customer",
        "evidence",
        "detail",
    ]
    assert list(found["findings"][0]) == contract
    question = {"code": "OCT301", "task": None, "reason": "no status", "customer": "", "tasks": [], "ask": ""}
    assert found["not_judged"] == [question]
    assert list(found["sources"][0])[:7] == ["source", "format", "node", "lines", "events", "rejects", "sha256"]


def test_a_finding_is_written_whole():
    one = finding("OCT101", 48211, log="CF10", detail={"witness": "append order", "at": [1, 2]})
    (written,) = read(audit(findings=[one]))["findings"]
    assert written["severity"] == "error"
    assert written["verdict"] == "proved"
    assert written["task"] == "ServerTasks-48211"
    assert written["nodes"] == ["OCTO-A", "OCTO-B"]
    evidence = {"source": "TaskLogs/a.txt", "line": 9, "offset": 90, "excerpt": "excerpt of line 9"}
    assert written["evidence"] == [evidence]
    assert written["detail"] == {"at": [1, 2], "witness": "append order"}


def test_sources_stand_by_customer_and_name_however_they_were_read():
    rows = [source("b"), source("a", "contoso"), source("a")]
    assert [(one["customer"], one["source"]) for one in read(audit(case(rows)))["sources"]] == [
        ("", "a"),
        ("", "b"),
        ("contoso", "a"),
    ]
    assert document(audit(case(rows))) == document(audit(case(rows[::-1])))


def test_times_are_utc_with_microseconds_and_lines_end_with_newlines_only():
    written = document(audit(case([source("a", first=DAWN)])))
    assert json.loads(written)["sources"][0]["first"] == "2023-09-18T04:18:52.000000Z"
    assert b"\r" not in written
    assert written.endswith(b"}\n")


def test_text_of_a_log_cannot_reach_the_terminal_as_control_characters():
    hostile = "\x1b]0;owned\x07 \x9b2J \u202e Zürich \udc80"
    one = finding("OCT101", 1, evidence=(Evidence("a", 1, 0, hostile),))
    written = document(audit(findings=[one]))
    assert "Zürich".encode() in written
    assert "\x9b".encode() not in written
    assert json.loads(written)["findings"][0]["evidence"][0]["excerpt"] == hostile


def test_each_customer_has_an_entry():
    answer = audit(case([source("a", "contoso"), source("a", "fabrikam")]), [finding("OCT101", 1, customer="contoso")])
    customers = read(answer)["summary"]["customers"]
    assert [(one["customer"], one["by_code"]) for one in customers] == [("contoso", {"OCT101": 1}), ("fabrikam", {})]
    assert [one["customer"] for one in read(answer)["sources"]] == ["contoso", "fabrikam"]


def test_indented_json_is_that_of_the_standard_library():
    values = {
        "texts": ["a", 'quo"te', "back\\slash", "line\nbreak", "sänger", ""],
        "scalars": [0, -7, 1.5, True, None],
        "empty": {"list": [], "tuple": (), "dict": {}},
        "deep": [{"rows": [{"a": [[1], {"b": ("c",)}]}]}],
    }
    for value in (values, [], {}, [values, values], "text"):
        assert indented(value).decode() == json.dumps(value, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(("text", "written"), [("del\x7f", b"del\\u007f"), ("\u202eover ascii", b"\\u202eover ascii")])
def test_what_a_terminal_obeys_is_escaped(text, written):
    assert written in indented([text])
    assert json.loads(indented([text])) == [text]


def test_sources_are_written_in_pieces_that_make_one_document(monkeypatch):
    answer = audit(case([source(f"{number}.txt") for number in range(7)]))
    whole = document(answer)
    monkeypatch.setattr(report, "PIECE", 3)
    assert len(list(report.pieces(answer))) == 1 + 3 + 1
    assert document(answer) == whole
    assert [one["source"] for one in json.loads(whole)["sources"]] == [f"{number}.txt" for number in range(7)]
