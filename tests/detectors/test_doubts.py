"""What may be a trace of a second execution keeps a task from being called clean; what only looks like one does not."""

from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, LOCKED, TITLE, node, task

BLOCK = "    .    VBS 0.2   MachineName: {}, HostProcessName: Octopus.Server\n"
TRANSACTION = "{0} INFO 'DeploymentTaskController|ServerTasks-7-5b1f0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3{1}|T81'"
TINY = """
    .    INF 0     Apply retention policies
    .    INF 1     Nothing to delete
    .    FIN 1.1
"""
PAUSED = f"""
    .    INF 0     {TITLE}
    1    PLN 0.1   Step 1: Approve
    2    PLN 0.1   Step 2: Install
    1    INF 1     Waiting for manual intervention
    1    VBS 20:00 Resuming after completion
    1    FIN 20:01
    2/a  INF 20:02 web-01
    2/a  VBS 20:04 Installing
    2/b  INF 20:05 web-02
    2/b  FIN 20:06
    2/a  FIN 20:06
    2    FIN 20:07
    .    INF 20:08 The deployment completed successfully.
    .    FIN 20:09
"""


def doubted(bundle) -> str:
    """Why the task is not clean; "" where nothing says so. It must never be accused."""
    answer = bundle.audit()
    assert not answer.of("OCT101")
    assert not answer.of("OCT102")
    found = [one.reason for one in answer.open("OCT101") if one.task == "ServerTasks-7"]
    return found[0] if found and "cannot be excluded" in found[0] else ""


def held(second: str) -> str:
    return LOCKED.format(second, "ServerTasks-7_AAAA", "servertasks-7_aaaa")


@pytest.mark.parametrize(
    ("machine", "writers", "doubt"),
    [
        pytest.param("EAST", ("WEST",), True, id="the log names one node, another one could not write"),
        pytest.param("", ("EAST", "WEST"), True, id="two nodes could not write, one run"),
        pytest.param("EAST", ("EAST",), False, id="the node itself: a virus scanner"),
        pytest.param("", ("WEST",), False, id="one node, which the log does not name"),
        pytest.param("pod-7", ("WEST",), False, id="a container, which may be the node's"),
    ],
)
def test_nodes_that_could_not_append(bundle, machine, writers, doubt):
    lines = HEALTHY.splitlines(keepends=True)
    bundle.raw("".join([*lines[:2], BLOCK.format(machine) if machine else "", *lines[2:]]))
    for name in ("EAST", "WEST"):
        bundle.server(name, held("3") if name in writers else "3 INFO Here")
    assert bool(doubted(bundle)) is doubt


@pytest.mark.parametrize(("nodes", "doubt"), [(("EAST", "WEST"), False), (("EAST", "WEST", "NORTH"), True)])
def test_more_nodes_at_work_than_runs(bundle, nodes, doubt):
    """Two may have shared a paused task, three may not have shared its two runs."""
    bundle.raw(PAUSED)
    for at, name in enumerate(nodes):
        bundle.server(name, TRANSACTION.format("5" if name == "EAST" else "20:03", at), zone="+00:00")
    assert bool(doubted(bundle) or bundle.audit().open("OCT102")) is doubt


@pytest.mark.parametrize(
    ("guids", "others", "doubt"),
    [
        pytest.param("1", "1", False, id="one guid"),
        pytest.param("12", "1", True, id="one more than runs, where an execution has one"),
        pytest.param("12", "12", False, id="where an execution has several"),
    ],
)
def test_more_guids_than_runs(bundle, guids, others, doubt):
    said = []
    for number in (7, 8, 9, 10):
        bundle.raw(HEALTHY, task=number)
        names = guids if number == 7 else others
        said += [TRANSACTION.format(at, name).replace("-7-", f"-{number}-") for name in names for at in (2, 5)]
    bundle.server("EAST", "\n".join(said), zone="+00:00")
    assert bool(doubted(bundle)) is doubt


def test_that_an_execution_has_one_guid_is_told_by_tasks_of_several_runs_too(bundle):
    bundle.raw(HEALTHY, task=7)
    said = {"EAST": [TRANSACTION.format(at, name) for name in "12" for at in (2, 5)], "WEST": []}
    for number in (8, 9, 10):
        bundle.raw(PAUSED, task=number)
        said["EAST"] += [TRANSACTION.format(at, 3).replace("-7-", f"-{number}-") for at in (5, 6)]
        said["WEST"] += [TRANSACTION.format(f"20:0{at}", 4).replace("-7-", f"-{number}-") for at in (3, 4)]
    for name, lines in said.items():
        bundle.server(name, "\n".join(lines), zone="+00:00")
    assert doubted(bundle)


@pytest.mark.parametrize(("owner", "doubt"), [("EAST", False), ("WEST", True)])
def test_a_last_owner_of_whom_the_log_has_no_run(bundle, owner, doubt):
    lines = HEALTHY.splitlines(keepends=True)
    bundle.raw("".join([*lines[:2], BLOCK.format("EAST"), *lines[2:]]))
    rows = [task(number) | {"ServerNodeId": f"OctopusServerNodes-{name}"} for number, name in ((8, "EAST"), (7, owner))]
    bundle.csv(*rows)
    assert bool(doubted(bundle)) is doubt


@pytest.mark.parametrize(("answer", "doubt"), [("Resuming after completion", False), ("Approved", True)])
def test_a_view_of_a_task_that_two_nodes_shared(bundle, answer, doubt):
    block = "0 Verbose MachineName: EAST, HostProcessName: Octopus.Server\n"
    bundle.details(node(".", TITLE, lines=f"{block}1 Info Waiting\n 60 Verbose {answer}"))
    bundle.csv(task(8) | {"ServerNodeId": "EAST"}, task() | {"ServerNodeId": "WEST"})
    assert bool(doubted(bundle)) is doubt


def test_the_machine_of_a_container_is_no_other_owner(bundle):
    lines = HEALTHY.splitlines(keepends=True)
    bundle.raw("".join([*lines[:2], BLOCK.format("pod-7"), *lines[2:]]))
    bundle.csv(task() | {"ServerNodeId": "OctopusServerNodes-EAST"})
    assert not doubted(bundle)


@pytest.mark.parametrize(
    ("more", "doubt"),
    [
        pytest.param("", False, id="once"),
        pytest.param("    .    FIN 1.2", False, id="a second finish alone"),
        pytest.param("    .    INF 7     Nothing is left\n    .    FIN 7.1", True, id="closed again"),
    ],
)
def test_a_root_that_closes_again(bundle, more, doubt):
    bundle.raw(TINY + more)
    assert bool(doubted(bundle)) is doubt


@pytest.mark.parametrize(
    ("lines", "doubt"),
    [
        pytest.param("0 Info Looking\n 1 Info Nothing to delete", False, id="once"),
        pytest.param("0 Info Retention\n 1 Info Looking", False, id="a view that prints its name first"),
        pytest.param("0 Info Looking\n 4 Info Retention\n 5 Info Looking", True, id="announced again"),
        pytest.param("60 Info Looking\n 4 Info Nothing to delete", True, id="time goes back"),
        pytest.param("60 Info Looking\n 59.5 Info Nothing to delete", False, id="threads"),
    ],
)
def test_the_root_of_a_view(bundle, lines, doubt):
    bundle.details(node(".", "Retention", lines=lines))
    assert bool(doubted(bundle)) is doubt


@pytest.mark.parametrize(("second", "doubt"), [("12:20:00.3", True), ("12:25:00.1", False)])
def test_an_answer_that_resumes_twice(bundle, second, doubt):
    """The clocks of the two nodes are an hour apart; a pause that somebody answered again is another one."""
    said = "Verbose Resuming after completion\n {0} Info Submitted by: Ada (Ops) at 2023-09-18T{1}"
    lines = "\n ".join([f"{time} {said.format(time, at)}" for time, at in (("60", "12:20:00.3"), ("1:00:00", second))])
    bundle.details(node(".", TITLE, "Success", node("1", "Approve", lines=lines)))
    assert bool(doubted(bundle)) is doubt


@pytest.mark.parametrize(("step", "doubt"), [("1", False), ("9", True)])
def test_a_pause_that_no_plan_knows(bundle, step, doubt):
    bundle.raw(PAUSED.replace("    1    VBS 20:00", f"    {step}    VBS 20:00"))
    assert bool(doubted(bundle)) is doubt


@pytest.mark.parametrize(
    ("time", "doubt"),
    [
        pytest.param("20:05", False, id="in order"),
        pytest.param("20:02.5", False, id="a line of another thread, written late"),
        pytest.param("19:40", True, id="a clock that is behind"),
    ],
)
def test_time_that_goes_back_across_the_activities_of_a_resumed_run(bundle, time, doubt):
    bundle.raw(PAUSED.replace("    2/b  INF 20:05", f"    2/b  INF {time}"))
    assert bool(doubted(bundle)) is doubt


@pytest.mark.parametrize(
    ("lost", "doubt"), [("    2/a  FIN 20:06\n", True), ("    2/b  FIN 20:06\n", True), ("", False)]
)
def test_what_a_resumed_run_leaves_open(bundle, lost, doubt):
    bundle.raw(PAUSED.replace(lost, ""))
    assert bool(doubted(bundle)) is doubt


@pytest.mark.parametrize("end", ["The task was canceled", "The deployment completed successfully."])
def test_a_cancellation_and_a_run_that_was_not_resumed_may_leave_something_open(bundle, end):
    script = PAUSED if end.startswith("The task") else PAUSED.replace("Resuming after completion", "Approved")
    bundle.raw(script.replace("    2/a  FIN 20:06\n", "").replace("The deployment completed successfully.", end))
    assert not doubted(bundle)


def test_a_node_that_resumes_with_a_clock_behind_the_other_ones(bundle):
    """Each run has a clock of its own."""
    before, after = PAUSED.replace("20:0", "0:0").split("    1    VBS", 1)
    bundle.raw(before.replace("INF 1 ", "INF 9:00 ") + "    1    VBS" + after)
    assert not doubted(bundle)


def test_a_block_that_the_storage_moved(bundle):
    """It leaves torn lines, and time goes back where it stands."""
    lines = PAUSED.strip("\n").splitlines()
    moved = [*lines[:9], *lines[10:12], '!["ServerTasks-7_AAAA/1","INF","2023-09-18T12:2', lines[9], *lines[12:]]
    bundle.raw("\n".join(moved).replace("2/b  INF 20:05", "2/b  INF 19:05"))
    assert not doubted(bundle)
