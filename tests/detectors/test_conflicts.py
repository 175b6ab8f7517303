"""Executions that overlapped, of which the log does not say for certain how both ended."""

from __future__ import annotations

import pytest

from tests.detectors.bundle import TITLE, Bundle, task

STOPPED = f"""
    .    INF 0       {TITLE}
    1    PLN 0.1     Step 1: Stop the site
    2    PLN 0.1     Step 2: Copy
    3    PLN 0.1     Step 3: Start the site
    1/a  INF 1       web-01
    .    INF 10:01.5 {TITLE}
    x    PLN 10:01.6 Step 1: Stop the site
    y    PLN 10:01.6 Step 2: Copy
    z    PLN 10:01.6 Step 3: Start the site
    x/a  INF 10:01.7 web-01
    1/a  FIN 2
    x/a  FAT 10:02.5 The remote script failed with exit code 1
    x/a  FIN 10:02.6
    1    FIN 2.7
    x    FAT 10:02.8 The step failed: Activity Stop the site on web-01 failed
    x    FIN 10:02.9
    y    ABN 10:03
    2/b  INF 3.5     web-01
    2/b  FIN 4
    2    FIN 4.1
    3/c  INF 4.2     web-01
    3/c  FIN 5
    3    FIN 5.1
    .    INF 6       The deployment completed successfully.
    .    FIN 6.1
"""
"""Two at once, by clocks ten minutes apart: one succeeds; of the other a step fails, then no line more."""


def test_an_execution_that_was_stopped_after_a_failed_step_has_no_final_state(bundle):
    bundle.raw(STOPPED)
    bundle.csv(task(completed="6.2"))
    answer = bundle.audit()
    assert answer.of("OCT101")
    assert not answer.of("OCT301")
    assert "its last lines are not in the log" in answer.open("OCT301")[0].reason


def test_a_failed_execution_of_which_only_the_roots_lines_are_lost(bundle):
    """All its steps are over, so nothing but the end of the task was left to say."""
    bundle.raw(STOPPED.replace("    2/b  INF 3.5", "    z    ABN 10:03.1\n    2/b  INF 3.5"))
    bundle.csv(task(completed="6.2"))
    finding = bundle.audit().one("OCT301")
    assert finding.verdict == "possible"
    assert finding.summary.endswith("not shown: the last lines of an execution")


GOOD, BAD = ("INF", "The deployment completed successfully."), ("FAT", "The deployment failed.")
AHEAD = 600
"""By how many seconds WEST's clock is ahead of EAST's and the database's."""


def transactions(number: int, guid: str, *seconds: float) -> str:
    """What the server log of the node that executes a task says of it."""
    name = f"DeploymentTaskController|ServerTasks-{number}-{guid}-6d3a-4a57-9d0e-0f6f6f1f2a3b|T81"
    return "\n".join(f"{second} INFO '{name}'" for second in seconds)


def cluster(bundle: Bundle, east: str, west: str) -> None:
    """Server logs of both nodes, and two tasks that each of them ran alone, which bound the clocks."""
    rows = []
    for node, ahead, said, numbers in (("EAST", 0, east, (8, 10)), ("WEST", AHEAD, west, (9, 11))):
        script = []
        for number in numbers:
            begin = 40 * number
            bundle.raw(_run(begin + ahead, "s", GOOD), task=number)
            rows.append(task(number, queued=str(begin - 1), started=str(begin - 0.5), completed=str(begin + 20.5)))
            script.append(transactions(number, f"{number:08}", begin + ahead + 5))
        bundle.server(node, "\n".join([*script, said]), zone="+00:00")
    bundle.api(*rows)


def _run(begin: float, step: str, end: tuple[str, str]) -> str:
    """One execution of twenty seconds."""
    category, words = end
    return f"""
        .      INF {begin}         {TITLE}
        {step}    PLN {begin + 0.1}   Step 1: Stop the site
        {step}/a  INF {begin + 1}     web-01
        {step}/a  FIN {begin + 19}
        {step}    {category} {begin + 19.4}  The step is over
        {step}    FIN {begin + 19.5}
        .      {category} {begin + 20}    {words}
        .      FIN {begin + 20}
    """


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        pytest.param(BAD, GOOD, "cannot tell the second one from a re-run", id="the first one failed"),
        pytest.param(GOOD, BAD, "not that it was these two", id="the second one failed"),
    ],
)
def test_two_nodes_that_ran_a_task_again_at_once(bundle, first, second, reason):
    """The server logs show that two executions overlapped; no line says which runs of the task's log they are."""
    bundle.raw(_run(600, "1", first), segment="one")
    bundle.raw(_run(644, "2", second), segment="two")
    bundle.raw(_run(646 + AHEAD, "3", GOOD), segment="three")
    east = transactions(7, "5b1f0c9e", 602, 618) + "\n" + transactions(7, "77aa0c9e", 645, 662)
    cluster(bundle, east, transactions(7, "90cc0c9e", 647 + AHEAD, 664 + AHEAD))
    answer = bundle.audit()
    assert "which runs of the task log they are is not known" in answer.one("OCT101").summary
    assert not answer.of("OCT301")
    assert reason in answer.open("OCT301")[0].reason


def test_two_runs_that_two_server_logs_show_to_have_overlapped(bundle):
    """There are only two, so it does not matter which of them is whose."""
    bundle.raw(_run(644, "2", BAD), segment="two")
    bundle.raw(_run(646 + AHEAD, "3", GOOD), segment="three")
    cluster(bundle, transactions(7, "77aa0c9e", 645, 662), transactions(7, "90cc0c9e", 647 + AHEAD, 664 + AHEAD))
    finding = bundle.audit().one("OCT301")
    assert finding.verdict == "proved"
    assert finding.detail["endings"] == {"1": "Failed", "2": "Success"}
