"""What an incident's own text says looks like it, and is not it."""

from __future__ import annotations

import re

import pytest

from analyzer import pipeline
from tests.detectors.bundle import HEALTHY, MIXED, RETRIED, TITLE, task
from tests.incidents.samples import BLOCK, LEADER, locked, named, raw, run, started
from tests.test_readme import ROOT

PAUSED = f"""
    .    INF 0     {TITLE}
    1    PLN 0.1   Step 1: Approve
    2    PLN 0.1   Step 2: Stop the site
    1/a  INF 1     Octopus Server
    1/a  VBS 1.1   {BLOCK.format("EAST")}
    1/a  FIN 2
    1    VBS 3     waiting for a person
    1    INF 30:00 Resuming after completion
    1    FIN 30:01
    2/a  INF 30:02 web-01
    2/a  VBS 30:03 {BLOCK.format("WEST")}
    2/a  FIN 30:04
    2    FIN 30:05
    .    INF 30:06 The deployment completed successfully.
    .    FIN 30:07
"""


def statuses(bundle) -> dict[str, str]:
    return {one.id: str(one.status) for one in bundle.audit().audit.incidents}


def found(bundle) -> set[str]:
    return {known for known, status in statuses(bundle).items() if status != "excluded"}


def test_a_lock_error_alone_is_no_double_run(bundle):
    bundle.raw(HEALTHY)
    bundle.server("EAST", started("2023.3.12936"))
    bundle.server("WEST", started("2023.3.12936") + locked("5", "ServerTasks-7_AAAA"))
    assert not found(bundle) & {"8356", "3273", "6522"}


def test_a_pause_resumed_on_another_node(bundle):
    raw(bundle, PAUSED)
    for node in ("EAST", "WEST"):
        bundle.server(node, started("2023.3.12936"))
    assert found(bundle) == set()


def test_a_re_run_long_after_the_end_loses_nothing(bundle):
    raw(bundle, run(0, "1", 1, "EAST") + run(5, "x", 2, "WEST"))
    for node in ("EAST", "WEST"):
        bundle.server(node, started("2022.2.6729"))
    assert found(bundle) == set()


def test_a_lock_error_of_a_task_without_its_log_cannot_be_told(bundle):
    bundle.raw(HEALTHY)
    bundle.server("EAST", started("2022.2.6729") + locked("45", "ServerTasks-9_BBBB"))
    assert statuses(bundle)["6748"] == "possible"


def test_two_re_runs_are_not_yet_a_growing_log(bundle):
    raw(bundle, run(0, "1", 1, "EAST") + run(20, "x", 2, "EAST"))
    assert "9539" not in found(bundle)


def test_several_parts_in_one_folder_are_the_newer_layout(bundle):
    raw(bundle, run(0, "1", 1, "EAST"), segment="aa")
    raw(bundle, run(30, "x", 2, "EAST"), segment="zz")
    bundle.server("EAST", started("2022.4.8401"))
    assert "8599" not in found(bundle)


def test_a_leader_after_each_start(bundle):
    for node in ("EAST", "WEST"):
        script = [line for at in (10, 20, 30) for line in (started("3.11.2", str(at)), LEADER.format(at + 1, node))]
        bundle.server(node, "\n".join(script))
    assert "3258" not in found(bundle)


def test_a_leader_who_takes_it_back_while_the_other_log_is_missing(bundle):
    raw(bundle, PAUSED)
    bundle.server("EAST", "\n".join([started("3.11.2"), LEADER.format("5", "EAST"), LEADER.format("9", "EAST")]))
    assert statuses(bundle)["3258"] == "possible"


def test_a_cancellation_that_arrives_when_all_is_done(bundle):
    bundle.raw(HEALTHY)
    bundle.api(task(state="Canceled", StartTime="0", CompletedTime="30"))
    bundle.server("EAST", started("2022.4.8401"))
    assert statuses(bundle)["7903"] == "excluded"


def test_a_held_file_is_no_broken_handle(bundle):
    bundle.raw(HEALTHY)
    held = RETRIED.format("it is being used by another process")
    bundle.server("EAST", started("3.11.2") + "\n" + held)
    assert "3273" not in found(bundle)


def test_folders_with_the_same_logs_are_one_folder(bundle):
    for number in (7, 8, 9):
        for node in ("EAST", "WEST"):
            bundle.raw(HEALTHY, number, folder=f"{node}/TaskLogs")
            bundle.server(node, started("2023.2.13151"))
    assert "5355" not in found(bundle)


def test_an_audit_that_ends_before_the_task_leaves_its_success_open(bundle):
    bundle.raw(HEALTHY)
    bundle.api(task(StartTime="0", CompletedTime="7.6"))
    bundle.events(("DeploymentQueued", "-5"), ("DeploymentStarted", "0"))
    bundle.server("EAST", started("2021.2.7428"))
    assert statuses(bundle)["7208"] == "possible"


def test_a_double_run_without_names_is_only_possible(bundle):
    bundle.raw(MIXED)
    bundle.server("EAST", started("2023.3.12936"))
    assert statuses(bundle)["8356"] == "possible"


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("2023.2.13151", "excluded"),
        ("2023.3.4000", "matched"),
        ("2023.3.12936-hotfix.1+Branch.release", "matched"),
        ("2023.3.13025", "matched"),
        ("2023.3.13026", "excluded"),
        ("2023.4.100", "excluded"),
        ("0.0.0-local", "possible"),
        ("", "possible"),
    ],
)
def test_the_version_decides_between_two_that_look_the_same(bundle, version, status):
    raw(bundle, named(MIXED, ("1/a", "1.1", "EAST"), ("x/a", "3.55", "WEST")))
    for node in ("EAST", "WEST"):
        bundle.server(node, started(version) if version else "5 INFO hello")
    incident = next(one for one in bundle.audit().audit.incidents if one.id == "8356")
    assert incident.status == status
    assert incident.tasks == ("ServerTasks-7",)
    assert bool(incident.remedy) == (status != "excluded")


def test_the_sentence_that_support_needs(bundle):
    raw(bundle, named(MIXED, ("1/a", "1.1", "EAST"), ("x/a", "3.55", "WEST")))
    bundle.server("EAST", started("2023.2.13151", "-4:00:00"), zone="+00:00")
    both = "\n".join([started("2023.2.13151", "-5:00:00"), started("2023.3.12936", "-3:12:00")])
    bundle.server("WEST", both, zone="+00:00")
    incident = next(one for one in bundle.audit().audit.incidents if one.id == "8356")
    assert incident.status == "matched"
    assert "The first double run (ServerTasks-7) came 3 h 12 min after WEST went to 2023.3.12936." in incident.reason


def test_the_span_is_that_of_the_first_double_run_and_of_the_node_that_changed_last(bundle):
    early = named(MIXED, ("1/a", "1.1", "EAST"), ("x/a", "3.55", "WEST"))
    raw(bundle, early)
    raw(bundle, re.sub(r"(?m)^(\s+\S+\s+[A-Z]{3}\s+)", r"\g<1>2d+", early), task=8, log="BBBB")
    change = "\n".join([started("2023.2.13151", "-9:00:00"), started("2023.3.12936", "{}")])
    bundle.server("EAST", change.format("-6:00:00"), zone="+00:00")
    bundle.server("WEST", change.format("-2:30:00"), zone="+00:00")
    incident = next(one for one in bundle.audit().audit.incidents if one.id == "8356")
    assert "(ServerTasks-7) came 2 h 30 min after WEST went to 2023.3.12936." in incident.reason


def test_only_affected_versions_are_called_affected(bundle):
    """A third node, long upgraded, ran nothing of it."""
    raw(bundle, named(MIXED, ("1/a", "1.1", "EAST"), ("x/a", "3.55", "WEST")))
    for node, version in (("EAST", "2023.3.12936"), ("WEST", "2023.3.12936"), ("NORTH", "2024.1.1234")):
        bundle.server(node, started(version))
    incident = next(one for one in bundle.audit().audit.incidents if one.id == "8356")
    assert "the version is affected (2023.3.12936)." in incident.reason


def test_the_harmless_one_is_told_last(bundle):
    """Even where it is certain and a grave one only possible."""
    bundle.raw(MIXED)
    bundle.server("EAST", started("2023.3.12936") + locked("5", "ScheduledTasks_ProcessAutoDeployments"))
    told = [(one.id, one.status) for one in bundle.audit().audit.incidents if one.status != "excluded"]
    assert told == [("8356", "possible"), ("6522", "matched")]


@pytest.mark.parametrize(("scenario", "status"), [("double-run", "matched"), ("hand-over", "excluded")])
def test_sample_logs(scenario, status):
    incidents = pipeline.audit(pipeline.read(ROOT / "sample_logs" / scenario)).incidents
    assert {one.status for one in incidents if one.id == "8356"} == {status}
