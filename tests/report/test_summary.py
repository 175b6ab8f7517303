from __future__ import annotations

from analyzer.model import NotJudged
from analyzer.report import summary
from tests.report.cases import audit, case, finding, source


def test_figures_of_a_plain_audit():
    sources = [source("a", node="OCTO-A"), source("b", rejects=2, problem="cut off"), source("c", lines=None)]
    answer = audit(case(sources, [1, 2]), [finding("OCT101", 1), finding("OCT103", 1), finding("OCT101", 2)])
    assert summary.summary(answer) == {
        "sources": 3,
        "lines": 20,
        "events": 27,
        "rejects": 2,
        "tasks": 2,
        "nodes": ["OCTO-A"],
        "by_code": {"OCT101": 2, "OCT103": 1},
        "by_severity": {"error": 2, "note": 1},
        "suppressed": 0,
        "undecided": 0,
        "not_judged": 0,
        "clean": 0,
        "not_judged_tasks": 0,
        "problems": 1,
    }


def test_tasks_are_counted_once_and_scheduled_work_is_no_task():
    states = [{"customer": "", "task": task} for task in ("ServerTasks-2", "ServerTasks-3", None)]
    events = [{"customer": "", "task": task} for task in ("ServerTasks-2", "ScheduledTasks_Retention", None)]
    assert summary.tasks(case(events=events, states=states)) == {("", "ServerTasks-2"), ("", "ServerTasks-3")}


def test_the_same_task_number_of_two_customers_is_two_tasks():
    events = [{"customer": name, "task": "ServerTasks-1000"} for name in ("contoso", "fabrikam")]
    answer = audit(case([source("a", "contoso"), source("a", "fabrikam")], events=events))
    figures = summary.summary(answer)
    assert figures["tasks"] == 2
    assert [(row["customer"], row["tasks"]) for row in figures["customers"]] == [("contoso", 1), ("fabrikam", 1)]


def test_node_names_are_told_apart_without_case():
    assert summary.distinct_nodes(["octo-b", "OCTO-A", "OCTO-B", "octo-a"]) == ["OCTO-A", "OCTO-B"]


def test_a_task_is_undecided_once_however_many_detectors_say_so():
    questions = [NotJudged(code, "undecided: a second run", "ServerTasks-1") for code in ("OCT102", "OCT301")]
    questions += [NotJudged("OCT301", "no database status", "ServerTasks-2"), NotJudged("OCT301", "undecided: nothing")]
    assert summary.undecided(questions) == {("", "ServerTasks-1")}


def test_tasks_stand_by_number():
    assert sorted(["ServerTasks-10", "ServerTasks-9", "", "a"], key=summary.natural) == [
        "",
        "ServerTasks-9",
        "ServerTasks-10",
        "a",
    ]
