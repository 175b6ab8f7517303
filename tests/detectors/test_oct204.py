from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, LOCKED, RETRIED, node, task

TORN = '!7T12:00:05.0000000+00:00","copying","",0]'
REFUSED = LOCKED.format("5", "ServerTasks-7_AAAA", "servertasks-7_aaaa")


def test_a_line_that_begins_in_its_middle(bundle):
    bundle.raw(HEALTHY.replace("1/a  FIN 3", TORN + "\n    1/a  FIN 3"))
    finding = bundle.audit().one("OCT204")
    assert (finding.verdict, finding.task, finding.detail["at_least"]) == ("proved", "ServerTasks-7", 1)
    assert "servertasks-7_aaaa.txt line 6" in finding.summary


def test_two_halves_on_one_line(bundle):
    """Behind a cut or moved block the half of one entry is followed by the half of another."""
    half = '!["ServerTasks-7_AAAA","INF","2023-09-18T12:0' + TORN[1:]
    bundle.raw(HEALTHY.replace("1/a  FIN 3", half + "\n    1/a  FIN 3"))
    assert bundle.audit().one("OCT204").detail["causes"] == ["torn entries"]


def test_an_append_that_a_node_gave_up(bundle):
    bundle.raw(HEALTHY)
    bundle.server("EAST", REFUSED)
    finding = bundle.audit().one("OCT204")
    assert finding.nodes == ("EAST",)
    assert "an append on EAST failed for good" in finding.summary


def test_children_of_a_step_without_a_line(bundle):
    bundle.raw("""
        .    INF 0      Deploy Shop
        1/a  INF 1      web-01
        1/a  FIN 10
        .    FIN 11
    """)
    assert bundle.audit().one("OCT204").detail["causes"] == ["activities without start"]


def test_a_log_without_its_first_lines(bundle):
    bundle.raw("""
        1    INF 1      Step 1: Copy
        1    FIN 10
        .    INF 11     The deployment completed successfully.
        .    FIN 11
    """)
    assert bundle.audit().one("OCT204").detail["causes"] == ["log without its start"]


def test_a_second_execution_whose_beginning_is_lost(bundle):
    again = HEALTHY.strip().splitlines()[2:]
    again = [f"    {line.split()[0].replace('1', 'x').replace('2', 'y')} {line.split(None, 1)[1]}" for line in again]
    again = [" ".join([*line.split()[:2], "2d+" + line.split()[2], *line.split()[3:]]) for line in again]
    bundle.raw(HEALTHY + "    x PLN 2d+0  Step 1: Stop the site\n" + "\n".join("    " + line for line in again))
    assert bundle.audit().one("OCT204").detail["causes"] == ["part without its start"]


def test_lines_that_only_details_still_have(bundle):
    bundle.raw(HEALTHY.replace("    1/a  VBS 2     Stopping\n", ""))
    inside = node("1/a", "web-01", lines="1 Info web-01\n2 Verbose Stopping")
    bundle.details(node(".", "Deploy Shop", "Success", node("1", "Step 1", "Success", inside), lines="0 Info Deploy"))
    assert bundle.audit().one("OCT204").detail["causes"] == ["missing beside /details"]


def test_a_log_without_its_end(bundle):
    bundle.raw(HEALTHY.split("    2/b")[0])
    bundle.raw(HEALTHY.replace(" INF 0 ", " INF 2:00:00 ").replace(" FIN 7.5", " FIN 2:00:01"), task=8, log="BBBB")
    bundle.api(task(completed="8"))
    assert bundle.audit().one("OCT204").detail["causes"] == ["log without its end"]


def test_a_pause_that_the_node_whose_own_execution_failed_resumed(bundle):
    """What resumes a pause announces no root, in whatever part of the log it stands."""
    begins = """
        .    INF {0}:00   Deploy Shop
        {1}  PLN {0}:01   Step 1: Approve
        {2}  PLN {0}:01   Step 2: Copy
    """
    goes_on = """
        1    VBS {0}:30   Resuming after completion
        1    FIN {0}:31
        2/a  INF {0}:32   web-01
        2/a  FIN {0}:33
        2    FIN {0}:34
        .    INF {0}:35   The deployment completed successfully.
        .    FIN {0}:36
    """
    failed = """
        x    FAT 1:06     The step failed
        x    FIN 1:07
        y    ABN 1:08
        .    FAT 1:09     The deployment failed because one or more steps failed.
        .    FIN 1:10
    """
    bundle.raw(begins.format(1, "x", "y") + failed + goes_on.format(1), segment="west")
    bundle.raw(
        begins.format(59, "1", "2") + "        1 INF 59:02 Please approve\n" + goes_on.format(59), segment="east"
    )
    assert not bundle.audit().of("OCT204")


TOOK_OVER = """
    .    INF {0}:00   Deploy Shop
    {1}  PLN {0}:01   Step 1: Approve
    {2}  PLN {0}:01   Step 2: Copy
    {1}  INF {0}:02   Please approve
    {1}  VBS {0}:03   Approve completed
"""
AND_WENT_ON = """
    1    VBS 59:30    Resuming after completion
    1    FIN 59:31
    {0}/a  INF 59:32    web-01
    {0}/a  FIN 59:33
    {0}/b  INF 59:34    web-02
    {0}/b  FIN 59:35
    {0}    VBS 59:36    Copy completed
    {0}    FIN 59:37
    .    INF 59:38    The deployment completed successfully.
    .    FIN 59:39
"""


def test_a_resume_that_takes_over_the_plan_of_the_other_execution(bundle):
    """Both paused; the plan of the steps with which the first part goes on stands in the second one."""
    bundle.raw(TOOK_OVER.format(1, "x", "y") + AND_WENT_ON.format("2"), segment="west")
    bundle.raw(TOOK_OVER.format(3, "1", "2"), segment="east")
    assert not bundle.audit().of("OCT204")


def test_steps_behind_a_resume_that_nobody_planned(bundle):
    bundle.raw(TOOK_OVER.format(1, "x", "y") + AND_WENT_ON.format("q"), segment="west")
    bundle.raw(TOOK_OVER.format(3, "1", "2"), segment="east")
    assert bundle.audit().one("OCT204").detail["causes"] == ["part without its start"]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(HEALTHY, id="healthy"),
        pytest.param(HEALTHY.split("    2/b")[0] + '    !["ServerTasks-7_AAAA/', id="copied while it was written"),
        pytest.param(HEALTHY.replace("VBS 2     Stopping", "UPD 2     Uploading"), id="gaps in progress"),
        pytest.param(HEALTHY.replace("VBS 2     Stopping", "HLT 2     Stopping"), id="an unknown category"),
    ],
)
def test_innocent(bundle, script):
    bundle.raw(script)
    assert not bundle.audit().of("OCT204")


def test_an_append_that_was_tried_again(bundle):
    bundle.raw(HEALTHY)
    bundle.server("EAST", RETRIED.format("The handle is invalid."))
    assert not bundle.audit().of("OCT204")


def test_numbers_of_details_with_filtered_levels(bundle):
    bundle.raw(HEALTHY)
    bundle.details(node(".", "Deploy Shop", "Success", node("1", "Step 1"), lines="0 Info Deploy\n7 Info done"))
    assert not bundle.audit().of("OCT204")


def test_details_of_a_later_run_by_a_node_whose_clock_is_behind(bundle):
    """The raw log was copied before the task ran again; the second node stamps its lines before the first one's end."""
    bundle.raw(HEALTHY.replace(".    FIN 7.5", ".    FIN 1:00:00"))
    first = node("1", "Step 1: Stop the site", lines="3.1 Verbose Stop the site completed")
    again = node("x", "Step 1: Stop the site", lines="30:00 Verbose Stop the site completed")
    bundle.details(node(".", "Deploy Shop", "Success", first, again, lines="0 Info Deploy\n29:00 Info Deploy"))
    assert not bundle.audit().of("OCT204")


def test_a_success_whose_log_was_copied_too_early(bundle):
    bundle.raw(HEALTHY.split("    2/b")[0])
    bundle.api(task(completed="8"))
    assert not bundle.audit().of("OCT204")


def test_a_failed_append_of_a_log_that_is_not_there_is_left_open(bundle):
    bundle.raw(HEALTHY, task=8, log="BBBB")
    bundle.server("EAST", REFUSED)
    answer = bundle.audit()
    assert not answer.of("OCT204")
    assert answer.open("OCT204")[0].task == "ServerTasks-7"
