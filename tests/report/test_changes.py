from __future__ import annotations

import json

import pytest

from analyzer import __version__
from analyzer.errors import UsageError
from analyzer.model import Evidence, NotJudged, Severity, Verdict
from analyzer.report import baseline, comparison
from analyzer.report.changes import Baseline, compare
from analyzer.report.json import document
from tests.report.cases import audit, case, finding, source


def held(before, now, *, then=(), sources=(), tasks=(1, 2, 3), version=__version__):
    """The changes from some findings to others."""
    known = {(row["customer"], row["source"]): {"lines": 10, "bytes": 100, "problem": None} | row for row in then}
    rows = [{"bytes": 100} | row for row in sources]
    return compare(Baseline(version, tuple(before), known), audit(case(rows, tasks), now))


def told(changes):
    return [(str(one.kind), one.finding.code, one.finding.task, one.worse) for one in changes.changes]


def test_nothing_changed():
    both = [finding("OCT101", 1), finding("OCT301", 2)]
    changes = held(both, both)
    assert (changes.changes, changes.unchanged) == ((), 2)


def test_new_and_gone():
    changes = held([finding("OCT101", 1)], [finding("OCT101", 2)])
    assert told(changes) == [("new", "OCT101", "ServerTasks-2", True), ("gone", "OCT101", "ServerTasks-1", False)]


def test_appended_lines_change_nothing():
    before = finding("OCT103", 1, line=9)
    now = finding("OCT103", 1, line=700, summary="failed 90 times", detail={"failures": 90})
    assert held([before], [now]).unchanged == 1


@pytest.mark.parametrize(
    ("before", "now", "worse", "reason"),
    [
        ({"verdict": Verdict.POSSIBLE}, {}, True, "verdict was possible, is proved"),
        ({}, {"verdict": Verdict.POSSIBLE}, False, "verdict was proved, is possible"),
        ({"nodes": ()}, {}, False, "nodes were not known, are OCTO-A and OCTO-B"),
        ({"nodes": ("octo-a",)}, {}, True, "nodes were octo-a, are OCTO-A and OCTO-B"),
        ({}, {"nodes": ("OCTO-A",)}, False, "nodes were OCTO-A and OCTO-B, are OCTO-A"),
        ({}, {"log": "X"}, False, "log was not known, is X"),
    ],
)
def test_a_changed_finding_is_the_same_one(before, now, worse, reason):
    (change,) = held([finding("OCT101", 1, **before)], [finding("OCT101", 1, **now)]).changes
    assert (change.kind, change.worse) == ("changed", worse)
    assert change.reason.startswith(reason + "; ")


def test_a_higher_severity_is_worse():
    now = finding("OCT104", 1)
    before = type(now)(**{**vars(now), "severity": Severity.ERROR})
    assert [one.worse for one in held([now], [before]).changes] == [True]
    assert [one.worse for one in held([before], [now]).changes] == [False]


@pytest.mark.parametrize(
    "other",
    [{"log": "Y"}, {"nodes": ("OCTO-C", "OCTO-A")}, {"customer": "contoso"}],
    ids=lambda other: next(iter(other)),
)
def test_another_log_node_or_customer_is_another_finding(other):
    changes = held([finding("OCT101", 1, log="X")], [finding("OCT101", 1, **{"log": "X"} | other)])
    assert [one.kind for one in changes.changes] == ["new", "gone"]


def test_findings_of_each_node_find_their_own_again():
    """Of several about one task those of the same nodes belong together, whatever the order."""
    one, two, none = (finding("OCT103", 1, nodes=nodes) for nodes in (("A",), ("B",), ()))
    assert held([none, one, two], [two, one, none]).unchanged == 3
    (change,) = held([none, one], [two, one]).changes
    assert (change.reason.partition(";")[0], change.worse) == ("nodes were not known, are B", False)


def test_findings_about_a_source_are_told_by_it():
    places = [(Evidence(name, 1, 0, ""),) for name in ("a", "b")]
    first, second = (finding("OCT103", evidence=place) for place in places)
    assert told(held([first], [second])) == [("new", "OCT103", None, True), ("gone", "OCT103", None, False)]


def test_the_reason_is_what_happened_to_the_cited_source():
    name = "TaskLogs/a.txt"
    new = held([], [finding("OCT101", 1)], sources=[source(name)])
    assert new.changes[0].reason == f"{name} is new in the input"
    grown = held([], [finding("OCT101", 1)], then=[source(name)], sources=[source(name, lines=12, bytes=120)])
    assert grown.changes[0].reason == f"{name} had 10 lines (100 bytes), has 12 lines (120 bytes)"
    gone = held([finding("OCT101", 1)], [], then=[source(name)])
    assert gone.changes[0].reason == f"{name} is no longer in the input"


def test_a_source_that_was_cited_before_counts_for_a_change():
    before, now = (
        finding("OCT101", 1, source=name, verdict=verdict)
        for name, verdict in (("logs/a", Verdict.PROVED), ("logs/b", Verdict.POSSIBLE))
    )
    both = [source("logs/a"), source("logs/b")]
    (change,) = held([before], [now], then=both, sources=both[1:]).changes
    assert change.reason == "verdict was proved, is possible; logs/a is no longer in the input"


def test_the_reason_is_what_happened_to_the_case_where_the_source_is_the_same():
    same = [source("TaskLogs/a.txt")]
    others = held([], [finding("OCT101", 1)], then=same, sources=[*same, source("b")], version="0.0.9")
    assert others.changes[0].reason == (f"the baseline is by analyzer 0.0.9, this is {__version__}, 1 source came in")
    options = held([], [finding("OCT101", 1)], then=same, sources=same)
    assert options.changes[0].reason == "same sources and version: the options differ"


def test_what_was_not_asked_for_is_not_said_to_be_healed():
    (change,) = held([finding("OCT101", 9)], [], tasks=(1,)).changes
    assert change.reason.startswith("ServerTasks-9 is not in what was read or asked for; ")


def test_what_became_undecided_is_not_said_to_be_healed():
    asked = NotJudged("OCT102", "undecided: it looks the same", "ServerTasks-1")
    (change,) = compare(Baseline(__version__, (finding("OCT101", 1),), {}), audit(questions=[asked])).changes
    assert change.reason.startswith("whether ServerTasks-1 ran twice is undecided now; ")


def test_a_document_is_a_baseline_for_itself(tmp_path):
    path = tmp_path / "a.json"
    hostile = finding("OCT101", 1, summary="\x1b \u202e", log="X", customer="contoso", detail={"a": [1]})
    answer = audit(case([source("TaskLogs/a.txt", "contoso", bytes=3)]), [hostile, finding("OCT103")])
    path.write_bytes(document(answer))
    read = baseline.read(str(path))
    assert read.findings == tuple(answer.findings)
    assert compare(read, answer).unchanged == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is damaged, or no JSON document"),
        (b"\xff\xfe", "is damaged, or no JSON document"),
        (b"[" * 100_000, "is damaged, or no JSON document"),
        (b"[]", "names no schema, this version reads analyzer/1"),
        (b'{"schema": 1}', "names no schema"),
        (b'{"schema": "analyzer/9"}', "is of schema analyzer/9, this version reads analyzer/1"),
        (b'{"schema": "analyzer/1"}', "is damaged: KeyError"),
    ],
    ids=range(7),
)
def test_what_is_no_baseline_is_refused(tmp_path, content, said):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"--baseline .*a\.json") as caught:
        baseline.read(str(path))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("findings", 7),
        ("findings", [7]),
        ("sources", [{}]),
        ("version", None),
        ("severity", "fatal"),
        ("verdict", 1),
        ("evidence", [{"source": "a", "line": "9", "offset": 0, "excerpt": ""}]),
        ("task", 48211),
        ("nodes", 3),
        ("detail", "x"),
    ],
    ids=range(10),
)
def test_a_damaged_document_is_refused(tmp_path, key, value):
    path = tmp_path / "a.json"
    whole = json.loads(document(audit(findings=[finding("OCT101", 1)])))
    (whole if key in whole else whole["findings"][0])[key] = value
    path.write_text(json.dumps(whole))
    with pytest.raises(UsageError, match="is damaged: "):
        baseline.read(str(path))


def test_a_missing_baseline_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot read --baseline"):
        baseline.read(str(tmp_path / "none.json"))


def test_the_document_says_what_changed():
    before, now = finding("OCT101", 1, verdict=Verdict.POSSIBLE), finding("OCT101", 1)
    changes = held([before, finding("OCT301", 2)], [now, finding("OCT103", 3)])
    written = json.loads(document(audit(findings=[now]), changes))["baseline"]
    assert (written["version"], written["unchanged"]) == (__version__, 0)
    assert [one["task"] for kind in ("new", "gone", "changed") for one in written[kind]] == [
        "ServerTasks-3",
        "ServerTasks-2",
        "ServerTasks-1",
    ]
    assert written["changed"][0]["before"] == {
        "severity": "error",
        "verdict": "possible",
        "nodes": ["OCTO-A", "OCTO-B"],
    }


def test_the_text_shows_only_what_changed():
    kept = finding("OCT101", 1)
    text = comparison.render(held([kept, finding("OCT301", 2)], [kept, finding("OCT103", 3, summary="\x1b[2J")]))
    assert text.startswith("Since the baseline: 1 new finding, 1 gone, 0 changed, 1 unchanged.\n")
    assert "ServerTasks-1" not in text
    assert text.index("NEW: 1") < text.index("ServerTasks-3") < text.index("GONE: 1") < text.index("ServerTasks-2")
    assert "Why: " in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
