from __future__ import annotations

import pytest

from analyzer.model import Evidence, NotJudged, Verdict
from analyzer.report.answer import answer
from tests.report.cases import audit, case, finding, source

UNDECIDED = "undecided: a second run that the evidence cannot tell from a re-run"


def told(findings=(), questions=(), tasks=(1, 2, 3), **more):
    return " ".join(answer(audit(case([source("TaskLogs/a.txt", **more)], tasks), findings, questions)))


def test_the_only_double_run_is_said_first_and_with_its_proof():
    text = told([finding("OCT103", 2), finding("OCT101", 2)])
    assert text.startswith(
        "1 of 3 tasks ran on two nodes at the same time: ServerTasks-2 (proved by TaskLogs/a.txt, line 9)."
    )


def test_the_proof_is_every_line_of_the_first_source():
    lines = [Evidence(name, line, 0, "") for name, line in (("a", 1), ("a", 168), ("b", 7), ("a", 173))]
    assert "(proved by a, lines 1, 168 and 173)" in told([finding("OCT101", 2, evidence=tuple(lines))])


def test_many_double_runs_are_counted_and_a_few_named():
    text = told([finding("OCT101", task) for task in range(1, 6)], tasks=range(1, 2001))
    named = "ServerTasks-1, ServerTasks-2, ServerTasks-3 and 2 more."
    assert text.startswith(f"5 of 2,000 tasks ran on two nodes at the same time: {named}")


def test_a_task_is_told_in_its_strongest_class_only():
    possible = finding("OCT101", 2, verdict=Verdict.POSSIBLE)
    findings = [finding("OCT101", 1), finding("OCT102", 1), possible, finding("OCT102", 2), finding("OCT102", 3)]
    text = told(findings, [NotJudged("OCT102", UNDECIDED, "ServerTasks-1")])
    assert "1 more may have: ServerTasks-2." in text
    assert "1 more ran twice, overlap not shown: ServerTasks-3." in text
    assert "undecided" not in text


@pytest.mark.parametrize("nodes", [(), ("OCTO-A",)])
def test_nodes_that_are_not_known_are_not_claimed(nodes):
    assert told([finding("OCT101", 1, nodes=nodes)]).startswith("1 of 3 tasks ran twice at the same time")


def test_nothing_found_is_said_with_what_stayed_open():
    questions = [NotJudged("OCT102", UNDECIDED, "ServerTasks-2"), NotJudged("OCT301", "no status in the input")]
    text = told((), [*questions, NotJudged("OCT303", "the log is not complete", "ServerTasks-3")])
    assert text.startswith("None of 3 tasks was shown to run on two nodes at the same time.")
    assert "time. 1 ran again, undecided whether as a re-run: ServerTasks-2." in text
    assert "Clean for 1 of 3 tasks; 1 could not be judged in every respect (ServerTasks-3): OCT303 stays open." in text
    assert "Not judged at all: OCT301." in text


def test_what_is_missing_is_counted_part_by_part_and_asked_for_once():
    """Tasks lack the same logs in many combinations."""
    lacking = ["the log of A is missing; the log of B is missing", "the log of A is missing; the log of C is missing"]
    questions = [
        NotJudged("OCT101", "open", tasks=(f"ServerTasks-{at}",), lacking=one, ask=f"OctopusServer.txt of A and {at}")
        for at, one in enumerate([*lacking, "the log of D is missing"], 1)
    ]
    text = told((), questions)
    assert "the log of A is missing (2), the log of B is missing (1), the log of C is missing (1) and 1 more." in text
    assert "Collect next: OctopusServer.txt of A and 1. Read" in text


def test_an_input_without_tasks_is_not_called_clean():
    text = told(questions=[NotJudged("OCT201", "no task log is in the input", ask="the raw task logs")], tasks=())
    assert text.startswith("No ServerTask was found")
    assert "Not judged" not in text
    assert "Collect next: the raw task logs." in text


def test_a_single_task():
    text = told(tasks=[7])
    assert text.startswith("The only task was not shown to run on two nodes at the same time. Clean for 1 task.")


def test_what_was_read_and_what_was_not():
    assert told(lines=2_140_000, rejects=12).endswith("Read 1 source, 2.1 M lines, 12 rejected.")
    assert "1 source NOT read or only in part" in told(problem="cut off")
    assert "1 file of no known format" in told(format="unknown")


def test_other_errors_and_warnings_are_counted():
    text = told([finding("OCT301", 1), finding("OCT201", 1), finding("OCT201", 2), finding("OCT103", 1)])
    assert "Also found: 1 conflicting-final-status (OCT301) and 2 time-went-back (OCT201)." in text


def test_a_handover_is_told_as_legitimate():
    assert "1 went from one node to another legitimately: ServerTasks-3." in told([finding("OCT104", 3)])


def test_what_is_missing_is_told_once_and_asked_for_the_most_useful_first():
    whole = {"lacking": "the server log of C is missing 14:00 to 16:30", "ask": "OctopusServer.txt of C"}
    tasks = tuple(f"ServerTasks-{task}" for task in range(10, 34))
    questions = [
        NotJudged("OCT301", "no status", ask="dbo.ServerTask"),
        NotJudged("OCT101", "judged by their task logs alone", tasks=tasks, **whole),
        NotJudged("OCT101", "it lost lines", "ServerTasks-34", **whole),
        NotJudged("OCT101", "no log", tasks=("ServerTasks-35",), lacking="no task log", ask="the raw logs"),
    ]
    text = told((), questions, range(10, 400))
    assert (
        "Clean for 364 of 390 tasks; 26 could not be judged in every respect: the server log of C is missing 14:00 to "
        "16:30 (25) and no task log (1)." in text
    )
    assert "Not judged at all: OCT301. Collect next: OctopusServer.txt of C; the raw logs; dbo.ServerTask." in text
