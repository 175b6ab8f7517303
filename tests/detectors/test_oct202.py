from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, task


def test_a_step_that_goes_on_after_its_finish(bundle):
    bundle.raw("""
        .    INF 0      Deploy Shop
        1    PLN 0.1    Step 1: Copy
        1    INF 1      copying
        1    FIN 10
        1    INF 95     still copying
        1    INF 97     still copying
        .    FIN 100
    """)
    finding = bundle.audit().one("OCT202")
    assert finding.verdict == "proved"
    assert [place.line for place in finding.evidence] == [4, 5, 6]
    assert (finding.detail["lines"], finding.detail["longest_seconds"]) == (2, 87)


def test_the_root_goes_on_after_its_finish(bundle):
    bundle.raw(HEALTHY + "    .    INF 60    Retrying the last step\n")
    assert [place.line for place in bundle.audit().one("OCT202").evidence] == [13, 14]


def test_a_step_that_goes_on_after_the_task_has_finished(bundle):
    bundle.raw("""
        .    INF 0      Deploy Shop
        1    PLN 0.1    Step 1: Copy
        1/a  INF 1      web-01
        .    FIN 10
        1/a  INF 95     still copying
        1/a  FIN 96
        1    FIN 97
    """)
    assert bundle.audit().one("OCT202").detail["lines"] == 3


def test_work_after_an_abandon(bundle):
    bundle.raw("""
        .    INF 0      Deploy Shop
        1    PLN 0.1    Step 1: Copy
        1    ABN 1
        1    INF 30     copying
        .    FIN 100
    """)
    assert bundle.audit().one("OCT202")


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(HEALTHY, id="healthy"),
        pytest.param(
            """
            .    INF 0      Deploy Shop
            1    PLN 0.1    Acquire packages
            1    FIN 10
            1    VBS 70     Acquire Packages completed
            1    FIN 71
            .    FIN 100
            """,
            id="a second finish closes it again",
        ),
        pytest.param(
            """
            .    INF 0      Deploy Shop
            1    PLN 0.1    Acquire packages
            1    FIN 10
            1    VBS 10.4   Acquire Packages completed
            .    FIN 100
            """,
            id="a moment later",
        ),
        pytest.param(
            """
            .    INF 0      Deploy Shop
            1    PLN 0.1    Step 1
            1    FIN 10
            1    INF 5      written late
            .    FIN 100
            """,
            id="stamped before the finish",
        ),
        pytest.param(
            """
            .    INF 0      Deploy Shop
            1    PLN 0.1    Step 1
            1/a  INF 1      web-01
            1    FIN 10
            1/a  INF 60     the child goes on
            1/a  FIN 61
            .    FIN 100
            """,
            id="a child's line",
        ),
        pytest.param(
            """
            .    INF 0      Deploy Shop
            1    PLN 0.1    Step 1: Approve
            1    FIN 10
            1    VBS 900    Resuming after completion
            1    INF 901    Submitted by: Ann
            .    FIN 1000
            """,
            id="resumed",
        ),
        pytest.param(
            """
            .    INF 0      Deploy Shop
            1    PLN 0.1    Step 1
            1/a  INF 1      attempt 1
            1/a  FAT 2      failed
            1/a  FIN 3
            1/a  INF 60     attempt 2
            """,
            id="a second attempt of a task that is still running",
        ),
        pytest.param(
            """
            .    INF 0      Deploy Shop
            1    PLN 0.1    Step 1
            1    FIN 2
            .    FIN 3
            .    VBS 30     Guided failure is not enabled for this task
            9    INF 31     Step 1 of a re-run whose first lines are lost
            9    FIN 32
            """,
            id="a re-run without its first lines",
        ),
    ],
)
def test_innocent(bundle, script):
    bundle.raw(script)
    assert not bundle.audit().of("OCT202")


def test_a_canceled_task_whose_script_goes_on(bundle):
    bundle.raw("""
        .    INF 0      Deploy Shop
        1    PLN 0.1    Step 1: Copy
        1/a  INF 1      web-01
        .    FIN 10
        1/a  INF 95     still copying
    """)
    bundle.api(task(state="Canceled"))
    assert not bundle.audit().of("OCT202")


def test_text_downloads_are_not_judged(bundle):
    bundle.text("                    | == Success: Deploy Shop ==\n12:00:00   Info     |   Begin")
    assert bundle.audit().open("OCT202")
