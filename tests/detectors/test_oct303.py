from __future__ import annotations

import pytest

from tests.detectors.bundle import FAILED, HEALTHY, task

WARNED = HEALTHY.replace("1/a  VBS 2     Stopping", "1/a  WRN 2     slow")
TINY = ". INF 0 Apply retention policies\n. FIN 5"


@pytest.mark.parametrize(
    "script", [HEALTHY, WARNED, TINY], ids=["nothing but good news", "a warning is no failure", "tiny"]
)
def test_failed_over_a_clean_log(bundle, script):
    bundle.raw(script)
    bundle.csv(task(state="Failed", completed="8"))
    finding = bundle.audit().one("OCT303")
    assert finding.severity == "warning"
    assert {place.source for place in finding.evidence} == {"ServerTask.csv", "TaskLogs/servertasks-7_aaaa.txt"}


def test_the_api_says_failed_and_gives_a_reason_that_the_log_denies(bundle):
    bundle.raw(HEALTHY)
    bundle.api(task(state="Failed", completed="8", ErrorMessage="One or more steps failed"))
    assert "'One or more steps failed'" in bundle.audit().one("OCT303").summary


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(FAILED, id="a step failed"),
        pytest.param(HEALTHY.replace("1/a  VBS 2", "1/a  ERR 2"), id="an error"),
        pytest.param(HEALTHY.split("    .    FIN")[0], id="the log has no end"),
        pytest.param(HEALTHY.replace("1/a  FIN 3", '!7T12:00:05","INF","copying","",0]\n    1/a  FIN 3'), id="torn"),
    ],
)
def test_innocent(bundle, script):
    bundle.raw(script)
    bundle.csv(task(state="Failed", completed="8"))
    assert not bundle.audit().of("OCT303")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"ErrorMessage": "The Octopus server was shutdown"}, id="the node went away"),
        pytest.param({"completed": "2d+0"}, id="another completion than the log's"),
    ],
)
def test_a_reason_outside_the_log(bundle, more):
    bundle.raw(HEALTHY)
    bundle.csv(task(**{"state": "Failed", "completed": "8", **more}))
    assert not bundle.audit().of("OCT303")


def test_two_executions_in_the_log(bundle):
    bundle.raw(TINY + "\n. INF 9000 Apply retention policies\n. FIN 9005")
    bundle.csv(task(state="Failed", completed="9006"))
    assert not bundle.audit().of("OCT303")


def test_without_a_status_the_question_stays_open(bundle):
    bundle.raw(HEALTHY)
    assert bundle.audit().open("OCT303")
