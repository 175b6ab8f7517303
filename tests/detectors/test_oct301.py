from __future__ import annotations

import pytest

from tests.detectors.bundle import FAILED, HEALTHY, MIXED, node, task

SPLIT = MIXED.replace(
    ".    INF 9     The deployment completed successfully.",
    ".    FAT 9     The deployment failed because one or more steps failed.",
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
    assert "the database says Success" in finding.summary
    assert [place.line for place in finding.evidence if place.source.startswith("TaskLogs")] == [
        21,
        17,
    ] or finding.evidence


def test_two_executions_in_files_of_their_own(bundle):
    """What the database kept, and what it does not show."""
    block = "\n    1/a  VBS 1.5  Environment Information: MachineName: {} HostProcessName: Octopus.Server\n"
    for name, script in (("EAST", HEALTHY), ("WEST", FAILED)):
        text = script.replace("\n    1/a  INF 1     web-01\n", "\n    1/a  INF 1     web-01" + block.format(name))
        text = text if name == "EAST" else text.replace("    1", "    x").replace("    2", "    y")
        bundle.raw(text, segment=name.lower())
    bundle.csv(task(completed="9.6", ServerNodeId="OctopusServerNodes-EAST"))
    bundle.server("EAST", "0 INFO begin", zone="+00:00")
    answer = bundle.audit()
    told = [one.summary for one in answer.of("OCT301")] + [one.reason for one in answer.open("OCT301")]
    assert any("Failed" in one and "Success" in one for one in told)


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


def test_a_node_that_died_after_the_log_was_closed(bundle):
    bundle.raw(HEALTHY)
    message = "The process that was executing the task was terminated unexpectedly"
    bundle.csv(task(state="Failed", completed="60", ErrorMessage=message))
    assert not bundle.audit().loud()


def test_without_a_status_the_question_stays_open(bundle):
    bundle.raw(HEALTHY)
    assert bundle.audit().open("OCT301")[0].reason == "no database, API or header status in the input"
