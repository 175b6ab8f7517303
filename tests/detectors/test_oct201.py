from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, MIXED, RETRIED, node


def test_a_line_stamped_before_the_one_above_it(bundle):
    bundle.raw("""
        .    INF 0      Deploy Shop
        1    INF 1      Step 1
        1    INF 40     copied
        1    INF 20     copying
        1    FIN 41
        .    FIN 42
    """)
    finding = bundle.audit().one("OCT201")
    assert (finding.verdict, finding.task, finding.log) == ("proved", "ServerTasks-7", "AAAA")
    assert [place.line for place in finding.evidence] == [3, 4]
    assert finding.detail["largest_seconds"] == 20
    assert "tolerance of this log: 1.0 s" in finding.summary


def test_a_moved_block_is_named(bundle):
    bundle.raw("""
        .    INF 0      Deploy Shop
        1    INF 1      Step 1
        1    INF 2      one
        1    INF 30     four
        1    INF 31     five
        1    INF 10     two
        1    INF 20     three
        1    FIN 41
        .    FIN 42
    """)
    finding = bundle.audit().one("OCT201")
    assert finding.detail["cause"] == "block moved"
    assert "lines 6 to 7 would be in order in front of line 4" in finding.summary


def test_a_clock_that_was_set_back_is_not_called_a_moved_block(bundle):
    lines = "\n".join(f"1 INF {at} line" for at in [*range(1, 30), *range(10, 40)])
    bundle.raw(f". INF 0 Deploy Shop\n{lines}\n1 FIN 41\n. FIN 42")
    finding = bundle.audit().one("OCT201")
    assert finding.detail["cause"] == "unknown"
    assert finding.detail["largest_seconds"] == 19


def test_the_roots_lines_may_be_those_of_an_execution_whose_start_is_lost(bundle):
    bundle.raw("""
        .    INF 0      Check health
        .    INF 1      Checking
        .    INF 2      Checking
        .    INF 10:30  Checking
        .    INF 1.5    Checking
        .    INF 2.5    Checking
        .    FIN 10:31
    """)
    finding = bundle.audit().one("OCT201")
    assert finding.verdict == "possible"
    assert "or another node wrote one of them" in finding.summary


def test_an_append_is_not_tried_again_for_minutes(bundle):
    bundle.raw("""
        .    INF 0      Deploy Shop
        1    INF 1      Step 1
        1    INF 1:00   one
        1    INF 4:00   two
        1    INF 50     three
        1    INF 1:10   four
        1    FIN 4:01
        .    FIN 4:02
    """)
    bundle.server("EAST", RETRIED.format("it is being used by another process"))
    assert bundle.audit().one("OCT201").detail["cause"] == "unknown"


def test_one_finding_per_execution_whatever_the_number_of_steps_back(bundle):
    bundle.raw("""
        .    INF 0      Deploy Shop
        1    INF 50     one
        1    INF 10     two
        1    INF 60     three
        1    INF 20     four
        1    FIN 71
        .    FIN 72
    """)
    assert bundle.audit().one("OCT201").detail["steps_back"] == 2


def test_a_text_download_that_goes_back_by_seconds_inside_a_block(bundle):
    bundle.text("""
                            | == Success: Deploy Shop ==
        12:00:00   Info     |   Begin
                            |
                            |   == Success: Step 1: Copy ==
        12:00:40   Info     |     copied
        12:00:10   Info     |     copying
        12:00:50   Info     |     done
    """)
    assert [place.line for place in bundle.audit().one("OCT201").evidence] == [8, 9]


def test_details_are_judged_inside_an_activity(bundle):
    lines = "1 Info one\n30 Info three\n20 Info two"
    bundle.details(
        node(".", "Deploy Shop", "Success", node("1", "Step 1", lines=lines), lines="0 Info begin\n40 Info end")
    )
    assert bundle.audit().one("OCT201").detail["largest_seconds"] == 10


def test_lines_of_the_root_that_may_be_another_executions(bundle):
    """The lines of 2 s, by a clock that is behind, are the second execution's; the third one has one like them."""
    bundle.raw("""
        .    INF 6      Send Telemetry
        .    INF 6.2    Sending
        .    FIN 6.5
        .    INF 2      Send Telemetry
        .    INF 8      Send Telemetry
        .    INF 2.5    Sending
        .    INF 8.2    Sending
        .    FIN 8.3
        .    FIN 2.7
    """)
    finding = bundle.audit().one("OCT201")
    assert (finding.verdict, finding.detail["cause"]) == ("possible", "two executions not told apart")


def test_a_step_whose_pause_two_nodes_resumed_at_once(bundle):
    """Both go on in one activity, by clocks ten minutes apart; one left no line at its end."""
    bundle.raw("""
        .    INF 0        Deploy Shop
        1    PLN 0.1      Step 1: Approve
        2    PLN 0.1      Step 2: Copy
        1    INF 1        Please approve
        1    VBS 10:01    Resuming after completion
        1    INF 10:02    Submitted by: Ann
        1    VBS 20:00    Resuming after completion
        1    INF 20:01    Submitted by: Ann
        1    VBS 20:02    Approve completed
        1    VBS 10:03    Approve completed
        1    FIN 20:02.5
        1    FIN 10:03.5
        2/a  INF 20:04    web-01
        2/b  INF 10:04.5  web-01
        2/a  FIN 20:05
        2/b  FIN 10:06
        2    FIN 20:05.5
        2    FIN 10:06.5
        .    INF 20:07    The deployment completed successfully.
        .    FIN 20:07.1
    """)
    assert bundle.audit().one("OCT201").verdict == "possible"


@pytest.mark.parametrize("script", [HEALTHY, MIXED], ids=["healthy", "two executions mixed line by line"])
def test_order_inside_each_execution_is_fine(bundle, script):
    bundle.raw(script)
    assert not bundle.audit().of("OCT201")


def test_the_tolerance_is_measured_from_the_log(bundle):
    """Threads that are seconds apart all the time: a step back of the same size inside an activity means nothing."""
    lines = [". INF 0 Deploy Shop"]
    lines += [f"{'ab'[i % 2]} INF {10 * i + (4 if i % 2 == 0 else -9)} out" for i in range(1, 60)]
    lines += ["a INF 603 out", "a INF 597 out", "a FIN 604", "b FIN 604", ". FIN 605"]
    bundle.raw("\n".join(lines))
    assert not bundle.audit().of("OCT201")


def test_a_resume_on_a_node_whose_clock_is_behind_starts_afresh(bundle):
    bundle.raw("""
        .    INF 0      Deploy Shop
        1    PLN 0.1    Step 1: Approve
        1    INF 100    Please approve
        1    VBS 30     Resuming after completion
        1    INF 31     Submitted by: Ann
        1    FIN 32
        .    FIN 33
    """)
    assert not bundle.audit().of("OCT201")


RESUMED_ELSEWHERE = node(
    ".",
    "Deploy Shop",
    "Success",
    node("1", "Step 1: Approve", "Success", lines="50:00 Info Please approve\n2:00 Verbose Resuming after completion"),
    lines="49:00 Info Deploy Shop\n3:00 Info The deployment completed successfully.",
)
RUN_AGAIN = node(
    ".",
    "Deploy Shop",
    "Success",
    node("1", "Step 1: Copy", "Failed", lines="49:10 Fatal The script failed"),
    node("2", "Step 1: Copy", "Success", lines="2:10 Info copied"),
    lines="49:00 Info Guided failure is not enabled\n49:20 Fatal The deployment failed.\n"
    "2:00 Info Guided failure is not enabled\n2:20 Info The deployment completed successfully.",
)
OTHER_STEPS_AGAIN = node(
    ".",
    "Deploy Shop",
    "Success",
    node("1", "Step 1: Copy", "Success", lines="49:10 Info copied"),
    node("2", "Step 2: Start", "Success", lines="2:10 Info started"),
    lines="49:00 Info Deploy\n49:20 Info The deployment completed successfully.\n2:00 Info Deploy again",
)


@pytest.mark.parametrize(
    "tree", [RESUMED_ELSEWHERE, RUN_AGAIN, OTHER_STEPS_AGAIN], ids=["resumed", "run again", "run again, other steps"]
)
def test_what_two_nodes_wrote_into_one_activity_of_details(bundle, tree):
    """The second node's clock is behind: its lines in the root are no step back of one execution."""
    bundle.details(tree)
    assert not bundle.audit().of("OCT201")


def test_a_text_download_of_a_task_that_was_run_again(bundle):
    bundle.text("""
                            | == Success: Deploy Shop ==
        12:00:00   Info     |   Deploy Shop
        12:05:00   Fatal    |   The deployment failed because one or more steps failed.
        12:01:00   Info     |   Deploy Shop to other machines
        12:02:00   Info     |   The deployment completed successfully.
                            |
                            |   == Failed: Step 1: Copy ==
        12:04:00   Fatal    |     failed
    """)
    assert not bundle.audit().of("OCT201")


def test_a_root_of_details_that_goes_back_before_it_closes(bundle):
    lines = "0 Info begin\n30 Info skipped\n20 Info skipped\n40 Info The deployment completed successfully."
    bundle.details(node(".", "Deploy Shop", "Success", lines=lines))
    assert bundle.audit().one("OCT201").detail["largest_seconds"] == 10


def test_hours_back_in_a_text_download_are_left_open(bundle):
    bundle.text("""
                            | == Success: Deploy Shop ==
        18:00:00   Info     |   Begin
        14:00:00   Info     |   End
    """)
    answer = bundle.audit()
    assert not answer.of("OCT201")
    assert "silence of almost a day" in answer.open("OCT201")[0].reason


def test_without_a_task_log_nothing_is_judged(bundle):
    bundle.server("A", "0 INFO hello\n-0.156 INFO an earlier line of the same thread")
    answer = bundle.audit()
    assert not answer.of("OCT201")
    assert answer.open("OCT201")[0].reason == "no task log is in the input"
