from __future__ import annotations

import pytest

from tests.detectors.bundle import FAILED, HEALTHY, node, task

FALSE = FAILED.replace(
    ".    FAT 7     The deployment failed because one or more steps failed.",
    ".    INF 7     The deployment completed successfully.",
)


def test_the_log_ends_as_a_success_over_a_failed_step(bundle):
    bundle.raw(FALSE)
    finding = bundle.audit().one("OCT302")
    assert (finding.verdict, finding.detail["success_by"]) == ("proved", "log")
    assert finding.evidence[0].line == 7
    assert "'Step 1: Stop the site'" in finding.summary


def test_the_database_says_success(bundle):
    bundle.raw(FAILED)
    bundle.csv(task(completed="8"))
    assert bundle.audit().one("OCT302").detail["success_by"] == "database"


def test_a_failed_block_in_a_successful_download(bundle):
    bundle.text("""
                            | == Success: Deploy Shop ==
        12:00:00   Info     |   Begin
                            |
                            |   == Failed: Step 1: Copy ==
        12:00:40   Fatal    |     The step failed
    """)
    assert "'Step 1: Copy'" in bundle.audit().one("OCT302").summary


def test_a_failed_step_in_details(bundle):
    bundle.details(node(".", "Deploy Shop", "Success", node("1", "Step 1: Copy", "Failed"), lines="0 Info begin"))
    assert bundle.audit().one("OCT302")


def test_attempts_before_the_failure_do_not_excuse_it(bundle):
    """Issue 2882: after ten attempts the step is skipped and the task a success."""
    bundle.raw(FALSE.replace("1/a  FAT 2 ", "1/a  WRN 1.5  Retry attempt 10\n    1/a  FAT 2 "))
    assert bundle.audit().one("OCT302")


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(HEALTHY, id="healthy"),
        pytest.param(FAILED, id="failed and said so"),
        pytest.param(
            HEALTHY.replace("1/a  VBS 2     Stopping", "1/a  ERR 2   stderr of a script"), id="error output alone"
        ),
        pytest.param(HEALTHY.replace("1/a  VBS 2     Stopping", "1/a  FAT 2   failed"), id="an optional target"),
        pytest.param(
            FALSE.replace("1    FAT 3.1", "1/a  INF 3     Guidance received: Ignore\n    1    FAT 3.1"),
            id="ignored by guidance",
        ),
        pytest.param(
            FALSE.replace(
                "    1    VBS 3.3", "    1/b  INF 3.2  web-01, second attempt\n    1/b  FIN 3.3\n    1    VBS 3.3"
            ),
            id="tried again and then fine",
        ),
        pytest.param(
            FALSE.replace("    1    VBS 3.3", "    1    WRN 3.2  The step failed. Retry attempt 1\n    1    VBS 3.3"),
            id="tried again by Octopus",
        ),
        pytest.param(
            FALSE.replace("Step 1: Stop the site", "Apply retention policy on Tentacles"), id="the retention step"
        ),
        pytest.param(
            FALSE.replace("    .    INF 7", "    5    INF 5   Step 1: Stop the site\n    5    FIN 6\n    .    INF 7"),
            id="the step under another id",
        ),
    ],
)
def test_innocent(bundle, script):
    bundle.raw(script)
    assert not bundle.audit().of("OCT302")


def test_a_state_that_was_set_by_hand(bundle):
    bundle.raw(FAILED)
    bundle.csv(task(completed="8"))
    bundle.events(("TaskStateModified", "60"))
    assert not bundle.audit().of("OCT302")


def test_a_log_from_before_a_re_installation(bundle):
    """Task numbers begin again; the old log of this number is still there, the new one is not in the input."""
    bundle.raw(FAILED)
    bundle.csv(task(started="30d+0", completed="30d+8"))
    assert not bundle.audit().loud()


def test_without_logs_and_status_the_question_stays_open(bundle):
    bundle.server("EAST", "0 INFO hello")
    assert bundle.audit().open("OCT302")
