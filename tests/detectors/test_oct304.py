from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, task

LATER = task(8, completed="5:00:00")
SILENT = """
    .    INF 0     Deploy Shop
    1    PLN 0.1   Step 1: Copy
    1/a  INF 1     web-01
    1/a  INF 2     copying
"""


def test_executing_long_after_its_log_finished(bundle):
    bundle.raw(HEALTHY)
    bundle.api(task(state="Executing"), LATER)
    finding = bundle.audit().one("OCT304")
    assert finding.verdict == "proved"
    assert "its log finished at 2023-09-18 12:00:07 UTC" in finding.summary


def test_cancelling_for_ever(bundle):
    bundle.raw(SILENT)
    bundle.csv(task(state="Cancelling"), LATER)
    assert bundle.audit().one("OCT304").detail["state"] == "Cancelling"


def test_silent_inside_a_step_for_a_night(bundle):
    bundle.raw(SILENT)
    bundle.api(task(state="Executing"), task(8, completed="9:00:00"))
    assert bundle.audit().one("OCT304").verdict == "possible"


def test_silent_while_the_logs_beside_it_go_on(bundle):
    bundle.raw(SILENT)
    bundle.raw(". INF 9:00:00 Apply retention policies\n. FIN 9:00:05", task=8, log="BBBB")
    bundle.api(task(state="Executing"))
    assert bundle.audit().one("OCT304").verdict == "possible"


@pytest.mark.parametrize(
    ("script", "page"),
    [
        pytest.param(HEALTHY, [task(), LATER], id="over and said so"),
        pytest.param(SILENT, [task(state="Executing"), LATER], id="silent for some hours"),
        pytest.param(
            SILENT + "    1/a INF 3  Waiting for guidance",
            [task(state="Executing"), task(8, completed="2d+0")],
            id="guidance",
        ),
        pytest.param(
            ". INF 0 Deploy Shop\n1 PLN 0.1 Step 1: Approve\n1 INF 1 Please have a look",
            [task(state="Executing"), task(8, completed="2d+0")],
            id="nothing goes on inside a step: an intervention",
        ),
        pytest.param(SILENT, [task(state="Queued"), task(8, completed="2d+0")], id="queued"),
    ],
)
def test_innocent(bundle, script, page):
    bundle.raw(script)
    bundle.api(*page)
    assert not bundle.audit().of("OCT304")


def test_a_page_that_may_be_older_than_the_end_of_the_log_is_left_open(bundle):
    bundle.raw(HEALTHY)
    bundle.api(task(state="Executing"))
    answer = bundle.audit()
    assert not answer.of("OCT304")
    assert answer.open("OCT304")[0].task == "ServerTasks-7"


def test_a_log_of_an_earlier_run(bundle):
    bundle.raw(HEALTHY)
    bundle.api(task(state="Executing", started="2:00:00"), LATER)
    assert not bundle.audit().of("OCT304")


def test_without_a_log_the_question_stays_open(bundle):
    bundle.api(task(state="Executing"), LATER)
    answer = bundle.audit()
    assert not answer.of("OCT304")
    assert "1 such task has no log" in answer.open("OCT304")[0].reason
