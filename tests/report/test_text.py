from __future__ import annotations

import re

import pytest

from analyzer.model import Evidence, NotJudged
from analyzer.report.text import render, short
from tests.report.cases import DAWN, audit, case, execution, finding, source

LONG = "bundles/customer with spaces/node-a/Logs/archived/OctopusServer-of-a-very-long-folder-name/OctopusServer.0.txt"


def test_a_finding_says_what_where_since_when_how_sure_and_shows_the_line():
    runs = [execution(2, 1, "OCTO-A", 0, 60), execution(2, 2, "OCTO-B", 5, 65)]
    text = render(audit(case([source("TaskLogs/a.txt")], [2], executions=runs), [finding("OCT101", 2, log="X")]))
    assert text.splitlines()[4:] == [
        "",
        "ERRORS: 1",
        "",
        "OCT101 concurrent-execution, proved: ServerTasks-2",
        "  on OCTO-A and OCTO-B, since 2023-09-18 04:18:57 UTC",
        "  what OCT101 says",
        "  TaskLogs/a.txt:9",
        "    excerpt of line 9",
    ]


@pytest.mark.parametrize(
    ("event", "since"),
    [
        ({"time": DAWN, "clock": "utc"}, ", since 2023-09-18 04:18:52 UTC\n"),
        ({"wall": 1_695_046_732_000_000, "clock": "local"}, ", since 2023-09-18 14:18:52 in the log's local time\n"),
        ({"wall": 51_532_000_000, "clock": "none"}, "on OCTO-A and OCTO-B\n"),
    ],
)
def test_other_findings_began_with_their_first_line(event, since):
    place = {"customer": "", "source": "TaskLogs/a.txt", "line": 9}
    assert since in render(audit(case(events=[place | event]), [finding("OCT201", 2)]))


def test_findings_are_grouped_by_severity_worst_first():
    text = render(audit(findings=[finding("OCT103", 1), finding("OCT201", 1), finding("OCT101", 1)]))
    assert re.findall(r"^[A-Z]+S: \d+", text, re.MULTILINE) == ["ERRORS: 1", "WARNINGS: 1", "NOTES: 1"]


def test_long_lists_of_notes_collapse():
    text = render(audit(findings=[finding("OCT103", task) for task in range(15)]))
    assert text.count("log-contention, proved") == 3
    assert "and 12 more OCT103 log-contention: --json FILE writes them all" in text


@pytest.mark.parametrize("width", [60, 80])
def test_nothing_is_lost_at_any_width_and_only_places_may_be_wider(width):
    excerpt = '["ServerTasks-1_X","INF"]' * 20
    summary = "two executions of one task wrote the same log in turn " * 8
    one = finding("OCT101", 1, summary=summary.strip(), evidence=(Evidence(LONG, 123456, 0, excerpt),))
    text = render(audit(findings=[one], questions=[NotJudged("OCT301", "no status in the input " * 9)]), width)
    assert excerpt in text.replace("\n    ", "")
    assert " ".join(summary.split()) in " ".join(text.split())
    assert f"  {LONG}:123456" in text.splitlines()
    assert all("OctopusServer-of-a-very-long" in line for line in text.splitlines() if len(line) > width)


def test_log_text_is_neither_markup_nor_terminal_control():
    excerpt = "[bold red]not markup[/] :smile: \x1b[31mnot red\x1b[0m"
    one = finding("OCT101", 1, nodes=("\x1b]0;x\x07",), evidence=(Evidence("a\x1b[2J", 1, 0, excerpt),))
    for colour in (False, True):
        text = render(audit(findings=[one]), 100, colour=colour)
        assert "[bold red]not markup[/] :smile: \\x1b[31mnot red\\x1b[0m" in text
        assert "\x1b[2J" not in text
        assert "\x1b]0" not in text
    assert "\x1b" not in render(audit(findings=[one]))


def test_open_questions_are_grouped_by_reason():
    questions = [NotJudged("OCT301", "no status", f"ServerTasks-{task}") for task in (6, 7, 8, 9, 10)]
    text = render(audit(questions=[*questions, NotJudged("OCT302", "no log")]))
    assert "OCT301 ServerTasks-6, ServerTasks-7, ServerTasks-8 and 2 more: no status" in text
    assert "OCT302: no log" in text


def test_the_short_report_is_the_answer_alone():
    assert short(audit(findings=[finding("OCT101", 1)])).startswith("1 of 3 tasks")
    assert "ERRORS" not in short(audit(findings=[finding("OCT101", 1)]))
