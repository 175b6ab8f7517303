from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, task

BLOCK = "1/{0}  VBS {1}  Environment Information: MachineName: {2} HostProcessName: Octopus.Server"
PAUSED = """
    .    INF 0      Deploy Shop
    1    PLN 0.1    Step 1: Approve
    2    PLN 0.1    Step 2: Copy
    1/a  VBS 1      Environment Information: MachineName: {0} HostProcessName: Octopus.Server
    1/a  FIN 2
    1    INF 3      Please approve
    1    VBS {2}    Resuming after completion
    1    FIN {2}.1
    2/b  VBS {2}.2  Environment Information: MachineName: {1} HostProcessName: Octopus.Server
    2/b  FIN {2}.3
    2    FIN {2}.4
    .    FIN {2}.5
"""


@pytest.mark.parametrize("back", ["30", "2:00:00", "2d+0"])
def test_a_pause_that_another_node_resumed(bundle, back):
    bundle.raw(PAUSED.format("EAST", "WEST", back))
    answer = bundle.audit()
    assert (answer.one("OCT104").severity, set(answer.one("OCT104").nodes)) == ("note", {"EAST", "WEST"})
    assert not answer.loud()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(HEALTHY, id="once"),
        pytest.param(PAUSED.format("EAST", "EAST", "30"), id="the same node"),
        pytest.param(PAUSED.format("EAST", "east", "30"), id="the same node, written otherwise"),
    ],
)
def test_innocent(bundle, script):
    bundle.raw(script)
    bundle.api(task())
    assert not bundle.audit().of("OCT104")


TORN = """
    .    INF 0        Deploy Shop
    1    PLN 0.1      Step 1: Stop
    2    PLN 0.1      Step 2: Start
    1/a  VBS 1        Environment Information: MachineName: EAST HostProcessName: Octopus.Server
    1/a  INF 2        web-01
    x/a  VBS {0}:05   Environment Information: MachineName: WEST HostProcessName: Octopus.Server
    x/a  FIN {0}:06
    x    FIN {0}:06
    y/b  INF {0}:07   web-01
    y/b  FIN {0}:08
    y    FIN {0}:08
    .    INF {0}:09   The deployment completed successfully.
    .    FIN {0}:09
"""
"""Of the first execution the end is lost, of the second one the beginning."""


def test_an_execution_that_lost_its_end_before_one_that_lost_its_beginning_an_hour_later(bundle):
    """Both nodes may have written at once: their clocks may be an hour apart."""
    bundle.raw(TORN.format("1:00"))
    answer = bundle.audit()
    assert not answer.of("OCT104")
    assert answer.open("OCT102")[0].reason.startswith("undecided")


def test_an_execution_that_began_later_than_any_error_of_the_clocks(bundle):
    bundle.raw(TORN.format("2d+1:00"))
    assert "begins at least 48.0 h later" in bundle.audit().one("OCT104").summary
