from __future__ import annotations

import pytest

from tests.detectors.bundle import FAILED, HEALTHY, MIXED, node, task

SPLIT = MIXED.replace(
    ".    INF 9     The deployment completed successfully.",
    ".    FAT 9     The deployment failed because one or more steps failed.",
)
TAKEN = """
    .    INF 0.0   Apply retention policies
    1    PLN 0.1   Step 1: Clean up
    1/a  INF 0.2   web-01
    1/a  VBS 0.3   Environment Information: MachineName: EAST HostProcessName: Octopus.Server
    1/a  FIN 0.5
    1    FIN 0.6
    .    VBS 0.8   Done
    .    FIN 0.9
"""
BLOCK = """
                        |
                        |   == Success: Step 1: Copy ==
    12:00:{0}   Info     |     copied
                        |
                        |   == Success: Step 2: Start ==
    12:00:{0}   Info     |     started"""
TWICE = (
    """
                        | == Success: Deploy Shop ==
    12:00:00   Info     |   Deploy Shop begins
    12:00:05   Info     |   Deploy Shop begins
    12:00:02   Verbose  |   Guided failure is not enabled for this task
    {}
{}"""
    + BLOCK.format("03")
    + BLOCK.format("06")
)
SECOND_DONE = "    12:00:20   Info     |   The deployment completed successfully."
THEN_FAILED = (
    SECOND_DONE
    + """
    12:01:00   Info     |   Deploy Shop begins
    12:01:09   Fatal    |   The deployment failed."""
    + BLOCK.format("59")
)
TREE = """
                        | == {root}: Deploy Shop ==
    12:00:00   Info     |   Begin
                        |
                        |   == {root}: Step 1: Copy ==
    12:00:40   Info     |     copied
"""


def test_two_executions_that_ended_differently(bundle):
    bundle.raw(SPLIT)
    bundle.csv(task(completed="9.6"))
    finding = bundle.audit().one("OCT301")
    assert (finding.verdict, finding.severity) == ("proved", "error")
    assert "one execution failed while the other succeeded; the database says Success" in finding.summary
    assert [place.line for place in finding.evidence] == [21, 17, 2]


CLOSES = ".    INF {0}     The deployment completed successfully."
FAILS = ".    FAT {0}     The deployment failed because one or more steps failed."
STOPS = ".    FAT {0}     The task was canceled"


def closed(first: str, second: str) -> str:
    """MIXED with other last words."""
    return MIXED.replace(CLOSES.format(7), first.format(7)).replace(CLOSES.format(9), second.format(9))


def test_one_was_canceled_and_the_other_failed(bundle):
    bundle.raw(closed(STOPS, FAILS))
    bundle.csv(task(state="Failed", completed="9.6"))
    finding = bundle.audit().one("OCT301")
    assert "one execution failed while the other was canceled; the database says Failed" in finding.summary
    assert [place.line for place in finding.evidence] == [21, 17, 2]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(closed(STOPS, STOPS), id="both were canceled"),
        pytest.param(closed(FAILS, FAILS), id="both failed"),
        pytest.param(closed(STOPS, FAILS + "\n    " + STOPS), id="a step had failed when both were canceled"),
    ],
)
def test_a_double_run_of_which_both_ended_alike(bundle, script):
    bundle.raw(script)
    answer = bundle.audit()
    assert answer.of("OCT101")
    assert not answer.of("OCT301")


WAITS = """
    .    INF 0     Deploy Shop release 1.0 to Test
    x    PLN 0.1   Step 1: Stop
    y    PLN 0.1   Step 2: Approve
    z    PLN 0.1   Step 3: Clean up
    x/a  INF 1     web-01
    .    INF 1.5   Deploy Shop release 1.0 to Test
    1    PLN 1.6   Step 1: Stop
    2    PLN 1.6   Step 2: Approve
    3    PLN 1.6   Step 3: Clean up
    1/a  INF 1.7   web-01
    x/a  {0} 2.0   {1}
    x/a  FIN 2.1
    1/a  FIN 2.2
    1    FIN 2.3
    2    INF 2.4   Please approve
    2    VBS 2.5   Approve completed
    x    {0} 2.5   {1}
    x    FIN 2.6
    y    ABN 2.7
    z/b  INF 2.8   web-01
    z/b  FIN 2.9
    z    FIN 3
    .    {0} 3.1   {2}
    .    FIN 3.2
    2    VBS 60    Resuming after completion
    2    FIN 61
    3    ABN 62
    .    INF 62.1  The deployment completed successfully.
    .    FIN 62.2
    2    VBS 63    Resuming after completion
    2    FIN 64
    3    ABN 65
    2    VBS 66    Resuming after completion
    .    INF 66.1  The deployment completed successfully.
    2    FIN 67
    3    ABN 68
    .    FIN 68.1
    .    INF 72    The deployment completed successfully.
    .    FIN 73
"""


def test_one_failed_while_three_resumed_the_pause_of_the_other(bundle):
    """Whichever of the three was meant to resume, the pause that they resumed is not that of the one that failed."""
    bundle.raw(WAITS.format("FAT", "The step failed", "The deployment failed because one or more steps failed."))
    finding = bundle.audit().one("OCT301")
    assert [place.line for place in finding.evidence] == [23, 28]


def test_a_pause_that_three_resumed_beside_one_that_succeeded_too(bundle):
    """All ended alike; the failure is another day's."""
    again = FAILED.replace("    1", "    p").replace("    2", "    q")
    bundle.raw(WAITS.format("INF", "Approved", "The deployment completed successfully.") + "".join(_later(again)))
    answer = bundle.audit()
    assert answer.of("OCT101")
    assert not answer.of("OCT301")


def test_a_failed_run_before_a_double_run_that_succeeded_twice(bundle):
    """The two that overlapped ended alike; the failure was another day's."""
    bundle.raw(FAILED.replace("    1", "    p").replace("    2", "    q") + "".join(_later(MIXED)))
    bundle.csv(task(completed="2d+9.6"))
    answer = bundle.audit()
    assert answer.of("OCT101")
    assert not answer.of("OCT301")


def test_a_failed_run_after_a_double_run_that_succeeded_twice(bundle):
    bundle.raw(MIXED + "".join(_later(FAILED.replace("    1", "    p").replace("    2", "    q"))))
    answer = bundle.audit()
    assert answer.of("OCT101")
    assert not answer.of("OCT301")


def test_a_failed_run_before_a_double_run_that_ended_both_ways(bundle):
    bundle.raw(FAILED.replace("    1", "    p").replace("    2", "    q") + "".join(_later(SPLIT)))
    places = bundle.audit().one("OCT301").evidence
    assert [place.line for place in places] == [len(FAILED.strip().splitlines()) + at for at in (21, 17)]


def test_a_double_run_in_a_text_download_that_ended_both_ways(bundle):
    bundle.text(TWICE.format("12:00:10   Fatal    |   The deployment failed.", SECOND_DONE), status="Success")
    finding = bundle.audit().one("OCT301")
    assert "one execution failed while the other succeeded; the text header says Success" in finding.summary


def test_a_failed_run_after_a_double_run_in_a_text_download(bundle):
    """What closes behind a third opening is not of the two that overlapped."""
    bundle.text(TWICE.format("12:00:10   Info     |   The deployment completed successfully.", THEN_FAILED))
    answer = bundle.audit()
    assert answer.of("OCT101")
    assert not answer.of("OCT301")


def test_what_the_database_kept_and_what_the_other_execution_did(bundle):
    """A retention that a second node took when the first had just finished: no trigger runs it again."""
    other = TAKEN.replace("    1", "    x").replace("EAST", "WEST").replace(" 0.", " 5.").replace("VBS 5.8", "FAT 5.8")
    bundle.raw(TAKEN + other)
    bundle.api(task(Name="Retention", completed="6.9"))
    finding = bundle.audit().one("OCT301")
    assert "execution 1 (EAST) ended Success and execution 2 (WEST) ended Failed" in finding.summary
    assert "the API says Success: what execution 2 (WEST) did is not in it" in finding.summary
    assert finding.detail["endings"] == {"1": "Success", "2": "Failed"}


def test_undecided_executions_are_left_open(bundle):
    other = TAKEN.replace("    1", "    x").replace("EAST", "WEST").replace(" 0.", " 5.").replace("VBS 5.8", "FAT 5.8")
    bundle.raw(TAKEN + other)
    bundle.api(task(completed="6.9"))
    answer = bundle.audit()
    assert not answer.of("OCT301")
    assert "undecided" in answer.open("OCT301")[0].reason


def test_database_against_api(bundle):
    bundle.csv(task(completed="8"))
    bundle.api(task(state="Failed", completed="8"))
    finding = bundle.audit().one("OCT301")
    assert finding.detail["claims"] == {"database": "Success", "api": "Failed"}


def test_database_against_the_log(bundle):
    bundle.raw(FAILED)
    bundle.csv(task(completed="8"))
    assert "the database says Success, but the log says Failed" in bundle.audit().one("OCT301").summary


def test_header_against_the_tree(bundle):
    bundle.text(TREE.format(root="Success"), status="Failed")
    assert bundle.audit().one("OCT301").detail["claims"] == {"header": "Failed", "tree": "Success"}


def test_two_ends_in_the_audit_without_a_start_between(bundle):
    bundle.events(("DeploymentStarted", "0"), ("DeploymentFailed", "7"), ("DeploymentSucceeded", "9"))
    assert bundle.audit().one("OCT301")


def test_the_same_end_everywhere(bundle):
    bundle.raw(HEALTHY)
    bundle.csv(task(completed="8"))
    bundle.api(task(completed="8"))
    bundle.events(("DeploymentStarted", "0"), ("DeploymentSucceeded", "8"))
    bundle.details(node(".", "Deploy Shop", "SuccessWithWarning", lines="0 Info Deploy"))
    assert not bundle.audit().of("OCT301")


def test_a_re_run_that_ended_differently(bundle):
    bundle.raw(FAILED)
    later = HEALTHY.replace("    1", "    x").replace("    2", "    y")
    bundle.raw(FAILED + "".join(_later(later)))
    bundle.csv(task(completed="2d+8"))
    bundle.events(
        ("DeploymentStarted", "0"),
        ("DeploymentFailed", "8"),
        ("DeploymentStarted", "2d+0"),
        ("DeploymentSucceeded", "2d+8"),
    )
    assert not bundle.audit().loud()


def test_two_ends_in_the_audit_of_a_task_that_its_log_shows_to_have_run_again(bundle):
    """The audit of some versions has no start for a re-run under the same id."""
    bundle.raw(FAILED + HEALTHY.replace("    1", "    x").replace("    2", "    y").replace("   0", "   2:00"))
    bundle.events(("DeploymentStarted", "0"), ("DeploymentFailed", "8"), ("DeploymentSucceeded", "2:08"))
    answer = bundle.audit()
    assert len(answer.audit.case.executions) == 2
    assert not answer.of("OCT301")


def _later(script: str) -> list[str]:
    lines = []
    for line in script.strip("\n").splitlines():
        path, category, time, *rest = line.split(None, 3)
        lines.append(f"    {path} {category} 2d+{time} {' '.join(rest)}\n")
    return lines


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({}, {"state": "Executing"}, id="a page taken while the task ran"),
        pytest.param({}, {"state": "Canceled", "completed": "8"}, id="a cancellation that arrived late"),
        pytest.param({"state": "Failed", "completed": "8"}, {"state": "TimedOut", "completed": "8"}, id="timed out"),
        pytest.param({"completed": "8"}, {"state": "Failed", "completed": "2d+8"}, id="two completions: run again"),
    ],
)
def test_claims_that_do_not_contradict(bundle, one, other):
    bundle.csv(task(**one))
    bundle.api(task(**other))
    assert not bundle.audit().of("OCT301")


def test_a_state_that_was_set_by_hand(bundle):
    bundle.raw(FAILED)
    bundle.csv(task(completed="8"))
    bundle.events(("DeploymentFailed", "8"), ("TaskStateModified", "60"))
    assert not bundle.audit().of("OCT301")


def test_a_page_from_before_a_re_run(bundle):
    """Two ends in the audit, a start between them."""
    bundle.events(
        ("DeploymentStarted", "0"), ("DeploymentFailed", "7"), ("DeploymentStarted", "8"), ("DeploymentSucceeded", "9")
    )
    assert not bundle.audit().of("OCT301")


def test_a_download_that_does_not_tell_its_date(bundle):
    """It may be from before a re-run."""
    bundle.text(TREE.format(root="Failed"), status="Failed")
    bundle.csv(task(completed="2d+8"))
    assert not bundle.audit().of("OCT301")


def test_a_node_that_died_after_the_log_was_closed(bundle):
    bundle.raw(HEALTHY)
    message = "The process that was executing the task was terminated unexpectedly"
    bundle.csv(task(state="Failed", completed="60", ErrorMessage=message))
    assert not bundle.audit().loud()


def test_without_a_status_the_question_stays_open(bundle):
    bundle.raw(HEALTHY)
    assert bundle.audit().open("OCT301")[0].reason == "no database, API or header status in the input"
