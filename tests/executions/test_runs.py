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


def resumed(*times: str) -> str:
    """The pause of PAUSED, resumed several times; `r` resumes, `c` closes the root."""
    head = PAUSED.split("    b msg Resuming")[0]
    words = {"r": "    b msg Resuming after completion\n", "c": "    . fat failed\n    . fin\n"}
    return head + "".join(words[one] for one in "".join(times))


def test_a_third_resume_behind_one_closing_does_not_hide_that_the_first_two_ran_at_once() -> None:
    assert list(run_of(resumed("rrcrcc")).together) == [(2, 3)]
    assert list(run_of(resumed("rrrccc")).together) == [(2, 3), (2, 4), (3, 4)]


def test_resumes_that_each_closed_before_the_next_did_not_run_at_once() -> None:
    assert not run_of(resumed("rcrcrc")).together
    assert not run_of(resumed("rcrc")).together
    assert not run_of(resumed("rrc")).together


TARGETS = """
    . msg Deploy
    a plan One
    b plan Two
    a msg Waiting for approval
    a msg Resuming after completion
    b/x msg web01
    b/y msg web01
"""


def test_one_target_of_a_step_twice_at_once_behind_a_resume_is_doubtful() -> None:
    found = run_of(TARGETS + "b/x msg working\n b/y msg working\n b/x fin\n b/y fin\n . msg done\n . fin")
    assert [run.doubtful for run in found.runs] == [False, True]


def test_targets_of_other_names_at_once_or_a_target_tried_again_are_not() -> None:
    rolling = TARGETS.replace("b/y msg web01", "b/y msg web02")
    again = TARGETS.replace("b/y msg web01", "b/x fin\n    b/y msg web01\n    b/y fin\n    b/z msg web01")
    for script in (rolling + "b/x msg working\n b/y msg working\n b/x fin", again):
        assert not any(run.doubtful for run in run_of(script + "\n . msg done\n . fin").runs)


def test_a_target_of_a_step_begun_again_before_it_finished_is_doubtful() -> None:
    found = run_of(TARGETS + "b/y msg working\n b/y fin\n . msg done\n . fin")
    assert [run.doubtful for run in found.runs] == [False, True]


def test_a_root_that_finished_three_times_is_doubtful_and_one_that_finished_twice_is_not() -> None:
    assert not any(run.doubtful for run in run_of(PAUSED + "    . fin").runs)
    assert any(run.doubtful for run in run_of(PAUSED + "    . fin\n    . fin").runs)
