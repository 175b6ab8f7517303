from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, node, task

ONE = """
    .    INF 0    Apply retention policies
    1    PLN 1    Step 1: Clean up
    1/a  INF 1    web-01
    1/a  VBS 1.1  Environment Information: MachineName: EAST HostProcessName: Octopus.Server
    1/a  FIN 1.2
    1    FIN 2
    .    FIN 3
"""
AGAIN = """
    .    INF {0}.0    Apply retention policies
    x    PLN {0}.1    Step 1: Clean up
    x/a  INF {0}.1    web-01
    x/a  VBS {0}.2    Environment Information: MachineName: {1} HostProcessName: Octopus.Server
    x/a  FIN {0}.3
    x    FIN {0}.3
    .    FIN {0}.4
"""


@pytest.mark.parametrize("start", ["5", "20", "59"])
def test_work_that_only_a_second_taking_repeats(bundle, start):
    """No trigger runs a retention again under its id: another node took it."""
    bundle.raw(ONE + AGAIN.format(start, "WEST"))
    bundle.api(task(Name="Retention", Description="Apply retention policies", completed="1:05"))
    answer = bundle.audit()
    assert answer.of("OCT102") or answer.open("OCT102"), "found, or said to be undecided: never silence"
    assert not answer.of("OCT101")


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        pytest.param(HEALTHY, "Deploy", id="once"),
        pytest.param(ONE + AGAIN.format("2d+5", "WEST"), "Deploy", id="days later: run again"),
        pytest.param(ONE + AGAIN.format("5", "EAST"), "Deploy", id="the same node: run again"),
        pytest.param(ONE + AGAIN.format("5", "WEST"), "Deploy", id="another node within seconds: undecided at most"),
    ],
)
def test_innocent(bundle, script, kind):
    bundle.raw(script)
    bundle.api(task(Name=kind))
    assert not bundle.audit().loud()


@pytest.mark.parametrize(("state", "undecided"), [("Pending", True), ("Skipped", False)])
def test_a_root_that_closed_over_a_step_that_never_began_is_not_passed_over(bundle, state, undecided):
    said = "0 Info Guided failure is not enabled for this task\n 9 Info The deployment completed successfully."
    steps = [node("1", "Step 1: Stop", lines="1 Info Stopping"), node("2", "Step 2: Start", state)]
    bundle.details(node(".", "Deploy Shop", "Success", *steps, lines=said))
    assert bool(bundle.audit().open("OCT102")) is undecided
