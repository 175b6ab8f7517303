"""Structures cut into runs where a pause was resumed."""

from __future__ import annotations

from tests.executions.script import run_of, spans

PAUSED = """
    . msg Deploy
    a plan One
    b plan Two
    a fin
    b msg Waiting for approval
    b msg Resuming after completion
    b fin
    . msg done
    . fin
"""


def test_a_resume_begins_a_run() -> None:
    assert spans(run_of(PAUSED)) == [(0, 4, "Paused", "first"), (5, 8, "Success", "resume")]


def test_a_task_that_was_never_paused_is_one_run() -> None:
    assert spans(run_of(". msg Deploy\na plan One\na fin\n. fin")) == [(0, 3, "Success", "first")]


def test_another_machine_in_a_known_step_begins_a_run_without_a_resume_message() -> None:
    script = ". msg Deploy\na plan One\nb plan Two\na msg on A\na fin\nb msg on B\nb fin\n. fin"
    found = run_of(script, {3: "OCTO-A", 5: "OCTO-B"})
    assert spans(found) == [(0, 4, "Paused", "first"), (5, 7, "Success", "resume")]
    assert [run.machine for run in found.runs] == ["OCTO-A", "OCTO-B"]


def test_a_machine_name_in_another_case_is_the_same_machine() -> None:
    script = ". msg Deploy\na plan One\nb plan Two\na msg on A\na fin\nb msg on B\nb fin\n. fin"
    assert len(run_of(script, {3: "OCTO-A", 5: "octo-a"}).runs) == 1


def test_a_machine_that_comes_back_is_no_clean_hand_over() -> None:
    script = ". msg Deploy\na plan One\na msg A\na msg B\na msg A\na fin\n. fin"
    assert len(run_of(script, {2: "OCTO-A", 3: "OCTO-B", 4: "OCTO-A"}).runs) == 1


def test_one_pause_resumed_twice_and_closed_twice_ran_twice_at_once() -> None:
    script = PAUSED.replace("    b fin", "    b msg Resuming after completion\n    b fin") + "    . msg done\n    . fin"
    found = run_of(script)
    assert list(found.together) == [(2, 3)]
    assert [run.relation for run in found.runs] == ["first", "resume", "resume"]


def test_two_pauses_of_one_task_are_resumed_one_after_the_other() -> None:
    script = PAUSED.replace("    b fin", "    b msg Waiting again\n    b msg Resuming after completion\n    b fin")
    found = run_of(script)
    assert not found.together
    assert [run.outcome for run in found.runs] == ["Paused", "Paused", "Success"]


def test_outcomes() -> None:
    assert spans(run_of(". msg Deploy\na plan One\na fat no\na fin\n. fat failed\n. fin"))[0][2] == "Failed"
    assert spans(run_of(". msg Deploy\na plan One\n. fat The task was canceled\n. fin"))[0][2] == "Canceled"
    assert spans(run_of(". msg Deploy\na plan One\na msg working"))[0][2] == "Running"
