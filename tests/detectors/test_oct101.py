from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, MIXED, task

HEALTH = """
    .    INF 0     Check web-01 health
    1    INF 1     Check deployment target: web-01
    .    INF 1.5   Check web-01 health
    x    INF 2.5   Check deployment target: web-01
    2    INF 3     Check deployment target: web-02
    y    INF 3.5   Check deployment target: web-02
    1    FIN 4
    x    FIN 5
    2    FIN 5.1
    y    FIN 5.2
    .    FIN 6
    .    FIN 7
"""
TREE = """
                        | == Success: Deploy Shop ==
    12:00:00   Info     |   Deploy Shop
    12:00:05   Info     |   Deploy Shop
    12:00:40   Info     |   The deployment completed successfully.
    12:00:50   Info     |   The deployment completed successfully.
                        |
                        |   == Success: Step 1: Copy ==
    12:00:01   Info     |     copying
                        |
                        |   == Success: Step 2: Start ==
    12:00:11   Info     |     starting
                        |
                        |   == Success: Step 1: Copy ==
    12:00:06   Info     |     copying
                        |
                        |   == Success: Step 2: Start ==
    12:00:16   Info     |     starting
"""


@pytest.mark.parametrize("script", [MIXED, HEALTH], ids=["a deployment", "a health check"])
def test_lines_of_two_executions_mixed_in_one_file(bundle, script):
    bundle.raw(script)
    assert bundle.audit().one("OCT101").verdict == "proved"


def test_a_root_that_opened_twice_before_it_closed_in_a_download(bundle):
    bundle.text(TREE, **{"Server version": "2019.4.1"})
    assert bundle.audit().one("OCT101").verdict == "proved"


def test_a_download_that_may_have_been_stitched_together_by_time_proves_nothing(bundle):
    bundle.text(TREE, **{"Server version": "2023.3.12936"})
    assert bundle.audit().one("OCT101").verdict == "possible"


def test_a_download_of_an_unknown_version_is_undecided(bundle):
    bundle.text(TREE)
    audit = bundle.audit()
    assert not audit.of("OCT101")
    assert audit.open("OCT102")


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(HEALTHY, id="healthy"),
        pytest.param(
            HEALTHY.replace("1/a  VBS 2     Stopping", ".    INF 2     Deploy Shop release 1.0 to Test"),
            id="a line said twice",
        ),
        pytest.param(
            HEALTHY.replace("    2/b  INF 4", "    2/c  INF 4   web-02\n    2/b  INF 4"), id="parallel targets"
        ),
    ],
)
def test_one_execution(bundle, script):
    bundle.raw(script)
    bundle.api(task(completed="8", started="0"))
    assert not bundle.audit().of("OCT101")


def test_no_log_nothing_judged(bundle):
    bundle.api(task())
    assert bundle.audit().open("OCT101")
