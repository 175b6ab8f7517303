"""The traps of formats.md, section 10, one test each: what only looks like a fault raises no warning."""

from __future__ import annotations

import pytest

from tests.detectors.bundle import FAILED, HEALTHY, LOCKED, MIXED, RETRIED, TITLE, Bundle, node, task

MACHINE = "{} VBS {} Environment Information: MachineName: {} HostProcessName: Octopus.Server"
AGAIN = "\n".join(
    f"    {line.split()[0].replace('1', 'x').replace('2', 'y')} {line.split(None, 1)[1]}"
    for line in HEALTHY.strip().splitlines()
)


def on(script: str, machine: str, at: str) -> str:
    """The script with the block that names its machine, inside its first target."""
    lines = script.strip("\n").splitlines()
    place = next(i for i, line in enumerate(lines) if "web-01" in line)
    return "\n".join(
        [*lines[: place + 1], "    " + MACHINE.format(lines[place].split()[0], at, machine), *lines[place + 1 :]]
    )


def later(script: str, days: str) -> str:
    """The script some days later."""
    lines = [line.split(None, 3) for line in script.strip().splitlines()]
    return "\n".join(
        "    " + " ".join([path, category, f"{days}d+{time}", *rest]) for path, category, time, *rest in lines
    )


def quiet(bundle: Bundle) -> None:
    """Nothing at warning or above."""
    assert bundle.audit().loud() == []


def test_trap_01_parents_printed_before_children(bundle):
    bundle.text("""
                            | == Success: Deploy Shop ==
        13:51:05   Verbose  |   Guided failure is not enabled for this task
        13:57:38   Info     |   The deployment completed successfully.
                            |
                            |   == Success: Step 1: Script 1 ==
        13:51:12   Verbose  |     Script 1 completed
                            |
                            |     Success: web-01
        13:51:05   Verbose  |       Octopus Server version: 3.3.16
    """)
    quiet(bundle)


def test_trap_02_duplicate_rows_and_a_second_finish(bundle):
    twice = "1/a  VBS 2     Stopping\n    1/a  VBS 2     Stopping"
    bundle.raw(
        HEALTHY.replace("1/a  VBS 2     Stopping", twice).replace(
            "1    FIN 3.2", "1    FIN 3\n    1    VBS 3.1 done\n    1    FIN 3.2"
        )
    )
    quiet(bundle)


@pytest.mark.parametrize("back", ["30", "2d+0"], ids=["a clock that is behind", "days later"])
def test_trap_03_a_pause_resumed_on_another_node(bundle, back):
    bundle.raw(f"""
        .    INF 0      {TITLE}
        1    PLN 0.1    Step 1: Approve
        2    PLN 0.1    Step 2: Copy
        1/a  INF 0.5    Octopus Server
        {MACHINE.format("1/a", "1", "EAST")}
        1/a  FIN 2
        1    INF 100    Please approve
        1    VBS {back}    Resuming after completion
        1    INF {back}.1  Submitted by: Ann
        1    FIN {back}.2
        2/b  INF {back}.3  web-01
        {MACHINE.format("2/b", back + ".3", "WEST")}
        2/b  FIN {back}.4
        2    FIN {back}.5
        .    FIN {back}.6
    """)
    quiet(bundle)


def test_trap_04_a_re_run_under_the_same_id_on_another_node(bundle):
    bundle.raw(on(HEALTHY, "EAST", "1.5") + "\n" + later(on(AGAIN, "WEST", "1.5"), "2"))
    bundle.csv(task(completed="2d+8"))
    quiet(bundle)


def test_trap_04_its_lock_error_is_lost_lines_and_no_more(bundle):
    bundle.raw(on(HEALTHY, "EAST", "1.5") + "\n" + later(on(AGAIN, "WEST", "1.5"), "2"))
    bundle.server("WEST", LOCKED.format("2d+2", "ServerTasks-7_AAAA", "servertasks-7_aaaa"), zone="+00:00")
    assert bundle.audit().loud() == ["OCT204"]


def test_trap_05_canceled_because_its_node_went_away(bundle):
    bundle.raw(HEALTHY.split("    2/b")[0])
    bundle.api(
        task(state="Canceled", completed="2:00:00", ErrorMessage="the node went offline"), task(8, completed="5:00:00")
    )
    bundle.server("WEST", "7200 WARN Marking the task ServerTasks-7 as canceled because the node EAST went offline")
    quiet(bundle)


@pytest.mark.parametrize(
    "attempts",
    [
        "1/a WRN 2 Failed. Retry attempt 1\n1/a VBS 2.5 Stopping",
        "1/a FAT 2 Failed\n1/a FIN 2.1\n1/a INF 2.5 Retry attempt 1\n1/a VBS 2.6 Stopping",
        "1/a FAT 2 Failed\n1/a INF 2.1 Guidance received: Retry\n1/a VBS 2.6 Stopping",
        "1/a INF 2 An error occurred communicating with Tentacle. Retries will be performed for up to 147 seconds.",
    ],
    ids=["action", "finished attempt", "guidance", "tentacle"],
)
def test_trap_06_a_step_tried_again(bundle, attempts):
    bundle.raw(HEALTHY.replace("1/a  VBS 2     Stopping", attempts.replace("\n", "\n    ")))
    quiet(bundle)


def test_trap_07_parallel_steps_and_stderr(bundle):
    lines = "\n".join(
        f"    {'1/a' if i % 3 else '2/b'} {'ERR' if i % 5 == 0 else 'VBS'} {2 + i / 100} out {i}" for i in range(60)
    )
    bundle.raw(HEALTHY.replace("    1/a  VBS 2     Stopping", "    2/b  INF 1     web-02\n" + lines))
    quiet(bundle)


def test_trap_08_small_steps_back_between_threads(bundle):
    bundle.raw(HEALTHY.replace("1/a  VBS 2     Stopping", "1/a  VBS 2.9   stdout\n    1/a  VBS 2.1   stderr"))
    bundle.server("EAST", "35.1371 INFO hello\n34.9811 INFO earlier in the same thread")
    quiet(bundle)


def test_trap_09_hours_apart_by_zone(bundle):
    bundle.raw(HEALTHY, zone="+10:00")
    bundle.csv(task(started="0", completed="8"))
    bundle.server("EAST", "36000 INFO ten hours ahead: local time", zone="")
    quiet(bundle)


def test_trap_10_the_same_lines_in_two_bundles(bundle):
    for name in ("OctopusServer.0.txt", "OctopusServer.1.txt"):
        bundle.server("EAST", LOCKED.format("5", "ServerTasks-9_CCCC", "servertasks-9_cccc"), name)
    answer = bundle.audit()
    assert answer.one("OCT103").detail["failures"] == 1
    assert answer.loud() == []


def test_trap_11_scheduled_tasks_run_on_every_node(bundle):
    for name in ("EAST", "WEST"):
        bundle.server(
            name, LOCKED.format("5", "ScheduledTasks_ProcessSubscriptions", "scheduledtasks_processsubscriptions")
        )
    answer = bundle.audit()
    assert not answer.of("OCT103")
    assert answer.loud() == []


def test_trap_12_two_logs_for_one_number(bundle):
    bundle.raw(later(FAILED, "-400"), log="OLD0")
    bundle.raw(HEALTHY, log="NEW0")
    bundle.csv(task(completed="8"))
    quiet(bundle)


def test_trap_13_foreign_lines_in_a_log(bundle):
    bundle.write(
        "TaskLogs/scheduledtasks_processautodeployments.txt",
        '["ScheduledTasks_ProcessAutoDeployments","INF","2023-09-18T12:00:01.0000000+00:00","GET /api/tasks","",0]\n'
        '["ScheduledTasks_ProcessAutoDeployments","FIN","2023-09-18T12:00:00.0000000+00:00","Finished","",0]\n'
        '["ScheduledTasks_ProcessAutoDeployments","INF","2023-09-18T13:00:00.0000000+00:00","GET /api/tasks","",0]\n',
    )
    bundle.raw(HEALTHY)
    quiet(bundle)


@pytest.mark.parametrize(
    ("status", "script"),
    [
        (
            "Success",
            FAILED.replace("1    FAT 3.1", "1/a INF 3 Guidance received: Ignore\n    1    FAT 3.1").replace(
                ".    FAT 7  ", ".    INF 7  "
            ),
        ),
        (
            "Failed",
            FAILED.replace(
                "    2    VBS 3.2", "    3    INF 3.2  Step 3 runs on failure\n    3    FIN 3.3\n    2    VBS 3.2"
            ),
        ),
    ],
    ids=["ignored by guidance", "a green step that runs on failure"],
)
def test_trap_14_status_against_steps(bundle, status, script):
    bundle.raw(script)
    bundle.csv(task(state=status, completed="8", warned=1))
    quiet(bundle)


def test_trap_14_a_state_set_by_hand(bundle):
    bundle.raw(FAILED)
    bundle.csv(task(completed="8"))
    bundle.events(("DeploymentFailed", "8"), ("TaskStateModified", "600"))
    quiet(bundle)


def test_trap_15_a_lock_error_on_one_node(bundle):
    bundle.raw(HEALTHY)
    bundle.server(
        "EAST",
        RETRIED.format("Cannot access a closed file."),
    )
    quiet(bundle)


def test_trap_16_steps_in_odd_order(bundle):
    steps = [f"{n} PLN 0.{n} Step {n}: Copy {n}" for n in (1, 10, 2, 3)]
    done = [f"{n} INF {n} copying\n{n} FIN {n}.5" for n in (3, 1, 10, 2)]
    bundle.raw(
        "\n".join([". INF 0 Deploy Shop", *steps, *sorted(done, key=lambda one: float(one.split()[2])), ". FIN 20"])
    )
    quiet(bundle)


def test_trap_17_the_header_names_another_node(bundle):
    bundle.text(
        """
                            | == Success: Deploy Shop ==
        12:00:00   Info     |   Begin
                            |
                            |   == Success: Step 1: Copy ==
        12:00:01   Verbose  |     Environment Information:
                            |     MachineName: EAST
                            |     HostProcessName: Octopus.Server
        """,
        **{"Server node": "WEST"},
    )
    bundle.csv(task(ServerNodeId="OctopusServerNodes-NORTH", completed="8"))
    quiet(bundle)


def test_trap_18_machine_names_of_targets(bundle):
    blocks = [
        f"1/{n} INF 1 web-0{n}\n    1/{n} VBS 1 MachineName: WEB-0{n} HostProcessName: Calamari\n    1/{n} FIN 2"
        for n in (1, 2)
    ]
    bundle.raw(
        HEALTHY.replace("    1/a  INF 1     web-01", "    " + "\n    ".join(blocks) + "\n    1/a  INF 2  web-01")
    )
    answer = bundle.audit()
    assert answer.loud() == []
    assert not answer.of("OCT104")


def test_trap_19_a_pod_that_came_back_under_another_name(bundle):
    script = on(HEALTHY, "octopus-6fcece", "1.5").replace(
        "    2/b  INF 4     web-01", "    2/b  INF 4     web-01\n    " + MACHINE.format("2/b", "4.5", "octopus-879fn")
    )
    bundle.raw(script)
    bundle.csv(task(ServerNodeId="OctopusServerNodes-MAIN", completed="8"))
    quiet(bundle)


def test_trap_20_queued_days_before_its_start(bundle):
    bundle.raw(later(HEALTHY, "3"))
    bundle.csv(task(queued="0", started="3d+0", completed="3d+8"))
    quiet(bundle)


@pytest.mark.parametrize("begin", ["15:13:26", "23:59:50"], ids=["resumed the next day", "midnight"])
def test_trap_21_hours_back_in_a_download(bundle, begin):
    body = f"""
                            |   == Success: Step 1: Backup the database ==
        {begin}   Verbose  |     Backup the database completed
        13:21:28   Verbose  |     Resuming after completion
        13:21:28   Info     |     Submitted by: Sarah (DBA)
    """
    bundle.text(
        body
        if begin < "20"
        else body.replace("13:21:28   Verbose  |     Resuming after completion", "00:00:10   Info     |     done")
    )
    quiet(bundle)


def test_trap_22_the_id_in_another_nodes_server_log(bundle):
    bundle.raw(on(HEALTHY, "EAST", "1.5"))
    bundle.server(
        "WEST",
        "5 INFO GET /api/tasks/ServerTasks-7/details\n6 INFO Deleted: ServerTasks-7\n7 INFO Waiting for ServerTasks-7",
    )
    quiet(bundle)


@pytest.mark.parametrize(
    "script", [HEALTHY, HEALTHY.split("    .    INF 7")[0], FAILED], ids=["to its end", "stopped", "failed"]
)
def test_trap_23_canceled_although_the_steps_finished(bundle, script):
    bundle.raw(script)
    bundle.csv(task(state="Canceled", completed="5"))
    quiet(bundle)


def test_trap_24_a_success_without_a_log_on_this_node(bundle):
    bundle.raw(HEALTHY, task=8, log="BBBB")
    bundle.csv(task(completed="8"), task(8, completed="8"))
    quiet(bundle)


def test_trap_25_root_running_header_failed(bundle):
    bundle.text(
        """
                            | == Running: Deploy Shop ==
        16:05:22   Verbose  |   Guided failure is not enabled for this task
        16:05:51   Error    |   The deployment failed because one or more steps failed.
                            |
                            |   == Failed: Step 1: Create cloud service ==
        16:05:22   Verbose  |     Using account
        """,
        status="Failed",
    )
    quiet(bundle)


def test_every_trap_has_its_test():
    """Section 10 has 25 of them."""
    assert {name[10:12] for name in globals() if name.startswith("test_trap_")} == {f"{n:02}" for n in range(1, 26)}


def test_a_double_run_is_no_trap(bundle):
    """The same logs, but mixed: this one is guilty."""
    bundle.raw(MIXED)
    bundle.details(node(".", TITLE, lines="0 Info Deploy"))
    assert "OCT101" in bundle.audit().loud()
