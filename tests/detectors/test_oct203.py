from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, node, task

OPEN = """
    .    INF 0      Deploy Shop
    1    PLN 0.1    Step 1: Copy
    1/a  INF 1      web-01
    1    FIN 10
    .    FIN 11
"""


def test_a_target_that_never_finished(bundle):
    bundle.raw(OPEN)
    finding = bundle.audit().one("OCT203")
    assert finding.verdict == "proved"
    assert [place.line for place in finding.evidence] == [3, 5]
    assert "'web-01'" in finding.summary


def test_only_the_topmost_activities_are_named(bundle):
    bundle.raw(OPEN.replace("1    FIN 10", "1    INF 10  copying"))
    finding = bundle.audit().one("OCT203")
    assert finding.detail["count"] == 2
    assert "web-01" not in finding.summary


def test_a_planned_step_of_a_success(bundle):
    bundle.raw(HEALTHY.replace("1    PLN", "3    PLN 0.1  Step 3: Tell everybody\n    1    PLN"))
    assert "'Step 3: Tell everybody'" in bundle.audit().one("OCT203").summary


def test_possible_where_lines_are_lost(bundle):
    bundle.raw(OPEN.replace("    1    FIN", '    !7T12:00:05.0000000+00:00","Finished","",0]\n    1    FIN'))
    finding = bundle.audit().one("OCT203")
    assert finding.verdict == "possible"
    assert "OCT204" in finding.summary


def test_an_activity_still_running_in_the_tree_of_a_finished_task(bundle):
    bundle.details(node(".", "Deploy Shop", "Success", node("1", "Step 1: Copy", "Running"), lines="0 Info begin"))
    assert "'Step 1: Copy'" in bundle.audit().one("OCT203").summary


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(HEALTHY, id="healthy"),
        pytest.param(OPEN.replace("    .    FIN 11\n", ""), id="still running"),
        pytest.param(OPEN.replace("1/a  INF 1      web-01", "1/a ABN 1"), id="abandoned"),
        pytest.param(
            """
            .    INF 0      Deploy Shop
            1    PLN 0.1    Step 1: Approve
            1    INF 1      Please approve
            1    VBS 900    Resuming after completion
            1    FIN 901
            .    FIN 1000
            """,
            id="paused and resumed",
        ),
        pytest.param(
            """
            .    INF 0      Deploy Shop
            1    PLN 0.1    Step 1: Copy
            2    PLN 0.1    Step 2: Start
            1    FAT 5      The step failed
            1    FIN 6
            .    FAT 7      The deployment failed because one or more steps failed.
            .    FIN 8
            """,
            id="a planned step that a failed execution never came to",
        ),
        pytest.param(
            OPEN.replace("    .    FIN 11", "    .    INF 10   The task was canceled\n    .    FIN 11"), id="canceled"
        ),
    ],
)
def test_innocent(bundle, script):
    bundle.raw(script)
    assert not bundle.audit().of("OCT203")


def test_details_taken_while_the_task_ran(bundle):
    step = node("1", "Step 1: Copy", "Running", lines="1 Info copying")
    bundle.details(node(".", "Deploy Shop", "Running", step, lines="0 Info begin"), state="Executing")
    assert not bundle.audit().of("OCT203")


def test_a_task_that_the_api_calls_canceled(bundle):
    bundle.raw(OPEN)
    bundle.api(task(state="Canceled"))
    assert not bundle.audit().of("OCT203")


def test_text_downloads_are_not_judged(bundle):
    bundle.text("                    | == Success: Deploy Shop ==\n12:00:00   Info     |   Begin")
    assert bundle.audit().open("OCT203")
