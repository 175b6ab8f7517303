"""Which execution wrote which line. Every case is a log that somebody could send."""

from __future__ import annotations

from analyzer.executions.separate import separate
from tests.executions.script import lines, owners, run_of, separated

DOUBLE = """
    . msg Deploy
    a plan One
    b plan Two
    . msg Deploy
    c plan One
    d plan Two
    a msg working
    c msg working
    a fin
    c fin
    b msg working
    d msg working
    b fin
    d fin
"""


def test_a_plain_log_is_one_execution() -> None:
    assert separated(". msg Deploy\na plan One\na msg working\na fin\n. fin") == "1 1 1 1 1"


def test_two_mixed_executions_are_told_apart_by_their_steps() -> None:
    assert separated(DOUBLE) == "1 1 1 2 2 2 1 2 1 2 1 2 1 2"


def test_names_of_steps_do_not_matter() -> None:
    renamed = DOUBLE.replace("One", "Zwölf").replace("Two", "二").replace("Deploy", "Run the thing")
    assert separated(renamed) == separated(DOUBLE)


def test_a_re_run_stands_behind_the_first_execution() -> None:
    script = ". msg Deploy\na plan One\na fin\n. fin\n. msg Deploy\nb plan One\nb fin\n. fin"
    assert separated(script) == "1 1 1 1 2 2 2 2"


def test_hundred_re_runs_of_one_task_are_hundred_executions() -> None:
    script = "\n".join(f". msg Deploy\ns{i} plan One\ns{i} fin\n. fin" for i in range(100))
    assert separated(script).split() == [str(i) for i in range(1, 101) for _ in range(4)]


def test_a_root_message_that_repeats_is_no_second_execution() -> None:
    assert separated(". msg Waiting\n. msg Waiting\n. msg Waiting\na plan One\na fin\n. fin") == "1 1 1 1 1 1"


def test_a_step_tried_again_under_a_new_id_is_no_second_execution() -> None:
    script = ". msg Deploy\na plan One\nb plan Two\na fat failed\na fin\nc msg One\nc fin\nb fin\n. fin"
    assert set(separated(script).split()) == {"1"}


def test_a_step_that_was_added_while_the_task_ran_is_no_second_execution() -> None:
    script = ". msg Deploy\na plan One\na fin\nz msg Retention\nz/t msg target\nz/t fin\nz fin\n. msg done\n. fin"
    assert set(separated(script).split()) == {"1"}


def test_an_added_step_that_lost_its_beginning_may_be_a_second_execution() -> None:
    script = """
        . msg Deploy
        a plan One
        a/t msg web
        z/t msg working
        a fin
        z/t fin
        z fin
        . msg done
        . fin
    """
    entries, fatal = lines(script)
    separation = separate(entries, {}, fatal)
    assert owners(separation, len(entries)) == "1 1 1 2 1 2 2 ? ?"
    assert separation.unsure == {2}


def test_two_plans_without_a_second_root_are_two_executions() -> None:
    script = DOUBLE.replace(". msg Deploy\n    c plan", "c plan")
    assert separated(script) == "1 1 1 2 2 1 2 1 2 1 2 1 2"


def test_an_execution_whose_beginning_is_lost_shows_by_a_root_that_closed_twice() -> None:
    script = """
        . msg Deploy
        a plan One
        b plan Two
        a/t msg working
        x/y msg lost its beginning
        x fin
        . msg done
        . fin
        b fin
        . msg done
        . fin
    """
    assert separated(script).startswith("1 1 1 1 2 2")


def test_a_re_run_that_lost_its_announcement_and_half_its_plan_begins_behind_the_finish() -> None:
    script = """
        . msg Deploy
        a plan One
        b plan Two
        a/t msg web
        a fin
        b fin
        . msg done
        . fin
        d plan Two
        . msg Guided failure is not enabled
        c/t msg web
        c fin
        d fin
        . msg done
        . fin
    """
    assert separated(script) == "1 1 1 1 1 1 1 1 2 2 2 2 2 2 2"


def test_times_tell_the_owner_of_a_roots_line_where_the_clocks_differ() -> None:
    script = """
        . msg @0 Deploy
        a plan @0.1 One
        . msg @300 Deploy
        b plan @300.1 One
        a msg @5 working
        b msg @305 working
        . msg @306 whose is this
        a fin @7
        b fin @307
    """
    assert separated(script) == "1 1 2 2 1 2 2 1 2"


def test_a_roots_line_that_could_be_either_ones_is_not_guessed() -> None:
    script = DOUBLE + "    . msg done\n    . fin\n    . msg done\n    . fin"
    assert separated(script).split()[-1] in "?12"
    middle = DOUBLE.replace("    b msg working", "    . msg halfway\n    b msg working")
    assert separated(middle).split()[10] == "?"


def test_the_machine_tells_steps_apart_that_were_planned_at_the_same_moment() -> None:
    script = """
        . msg @0 Deploy
        a plan @0.1 One
        . msg @0.2 Deploy
        b plan @0.3 Two
        c plan @0.4 One
        d plan @0.5 Two
        a/t msg @1 machine A
        c/t msg @1.1 machine C
        b/t msg @2 machine B
        d/t msg @2.1 machine D
        a fin @3
        c fin @3.1
        b fin @4
        d fin @4.1
    """
    machines = {6: "OCTO-A", 7: "OCTO-B", 8: "OCTO-A", 9: "OCTO-B"}
    assert separated(script, machines) == "1 1 2 1 2 2 1 2 1 2 1 2 1 2"


def test_files_that_share_an_activity_are_one_structure() -> None:
    script = """
        -- first writer
        . msg Deploy
        a plan One
        b plan Two
        a fin
        -- a resume elsewhere
        b msg Resuming after completion
        b fin
        . fin
    """
    assert set(separated(script).split()) == {"1"}


def test_files_that_each_announce_the_root_are_two_structures() -> None:
    script = "-- one\n. msg Deploy\na plan One\na fin\n. fin\n-- two\n. msg Deploy\nb plan One\nb fin\n. fin"
    assert separated(script) == "1 1 1 1 2 2 2 2"


PAUSED_TWICE = """
    -- first writer
    . msg Deploy
    a plan One
    b plan Two
    a fin
    b msg Waiting for approval
    -- second writer, and then the resume of the first one's pause
    . msg Deploy
    x plan One
    y plan Two
    x fin
    y msg Waiting for approval
    b msg Resuming after completion
    b fin
    . fin
"""


def test_a_node_that_paused_and_then_resumed_the_other_ones_pause_is_two_executions() -> None:
    assert separated(PAUSED_TWICE) == "1 1 1 1 1 2 2 2 2 2 1 1 1"


def test_a_node_whose_clock_is_behind_may_resume_the_other_ones_pause_and_work_on_in_its_plan() -> None:
    script = """
        -- begun first by its own clock; goes on with a plan that stands in the other file
        . msg @1 Deploy
        x plan One
        y plan Two
        z plan Three
        y msg Waiting for approval
        b msg Resuming after completion
        b fin
        c/1 msg web-01
        c fin
        . fin
        -- begun later by its own clock
        . msg @60 Deploy
        a plan One
        b plan Two
        c plan Three
        b msg Waiting for approval
    """
    assert separated(script) == "2 2 2 2 2 1 1 1 1 1 1 1 1 1 1"


def test_a_resume_that_says_the_title_again_or_adds_a_step_is_the_same_execution() -> None:
    said = PAUSED_TWICE.replace("    x plan One\n    y plan Two\n    x fin\n    y msg Waiting for approval\n", "")
    added = PAUSED_TWICE.replace("x plan One", "x plan Three").replace("    y plan Two\n", "")
    added = added.replace("    y msg Waiting for approval\n", "")
    assert {*separated(said).split(), *separated(added).split()} == {"1"}


def test_a_file_with_new_steps_but_no_root_goes_on_with_the_only_structure() -> None:
    script = "-- one\n. msg Deploy\na plan One\na fin\n-- two\nz msg Cleanup\nz fin\n. fin"
    assert set(separated(script).split()) == {"1"}


RE_RUN = """
    . msg Deploy
    a plan One
    b plan Two
    a fin
    b fin
    . msg done
    . fin
"""


def test_a_second_plan_without_a_root_in_a_re_runs_turn_is_a_third_execution() -> None:
    script = RE_RUN + DOUBLE.replace(". msg Deploy\n    c plan", "c plan").replace("    a ", "    e ").replace(
        "    b ", "    f "
    )
    assert separated(script) == "1 1 1 1 1 1 1 2 2 2 3 3 2 3 2 3 2 3 2 3"


def test_plans_that_two_announced_executions_wrote_in_turns_are_two() -> None:
    script = RE_RUN.replace("a fin\n    b fin\n    . msg done\n    . fin", "")
    mixed = script.replace("    a plan", "    . msg Deploy\n    a plan").replace(
        "    b plan", "    c plan One\n    b plan"
    )
    end = "    d plan Two\n    a msg x\n    c msg x\n    b msg x\n    d msg x\n"
    assert set(separated(mixed + end).split()) <= {"1", "2", "?"}


def test_a_beginning_whose_lines_all_turn_out_to_be_the_others_is_none() -> None:
    script = "1/a msg @1 web-01\n2 plan @0.1 Step 2\n1/a fin @3\n1 fin @3.2\n2/b msg @4 web-01"
    assert separated(script) == "1 1 1 1 1"
    assert len(run_of(script).runs) == 1
