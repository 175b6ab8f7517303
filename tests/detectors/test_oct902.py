from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY

TIES = """
    1 ERROR Timeout in 'DeploymentTaskController|ServerTasks-7-5b1f0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3b|T81'
    4 ERROR Timeout in 'DeploymentTaskController|ServerTasks-7-5b1f0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3b|T82'
"""
OTHER = TIES.replace("5b1f0c9e", "99990c9e").replace("T8", "T9")


def test_an_execution_that_only_a_local_server_log_shows(bundle):
    bundle.server("EAST", TIES)
    bundle.server("WEST", OTHER)
    findings = bundle.audit().of("OCT902")
    assert {node for finding in findings for node in finding.nodes} == {"EAST", "WEST"}
    assert "--utc-offset EAST=+HH:MM" in findings[0].summary


@pytest.mark.parametrize(
    "body",
    [
        "12:00:00   Info     |     one\n11:00:00   Info     |     an hour back at noon",
        "02:59:58   Info     |     one\n02:00:04   Info     |     two",
    ],
)
def test_a_change_to_winter_time_in_a_download(bundle, body):
    bundle.text("                    |   == Success: Step 1 ==\n" + body)
    answer = bundle.audit()
    assert answer.one("OCT902").task == "ServerTasks-7"
    assert not answer.loud()


def test_a_raw_log_without_a_zone(bundle):
    bundle.raw(". INF 0 Deploy Shop\n1 INF 1 one\n1 INF -59:59 two\n1 FIN -59:58\n. FIN -59:57", zone="")
    answer = bundle.audit()
    assert answer.of("OCT902")
    assert not answer.loud()


@pytest.mark.parametrize("zone", ["", "+10:00"])
def test_a_clock_that_does_not_matter(bundle, zone):
    bundle.raw(HEALTHY)
    bundle.server("EAST", TIES, zone=zone)
    assert not bundle.audit().of("OCT902")


def test_an_hour_back_on_a_clock_with_a_zone_is_no_clock_change(bundle):
    bundle.raw(". INF 0 Deploy Shop\n1 INF 1 one\n1 INF -59:59 two\n1 FIN -59:58\n. FIN 2")
    answer = bundle.audit()
    assert answer.of("OCT201")
    assert not answer.of("OCT902")
