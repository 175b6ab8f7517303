from __future__ import annotations

from random import Random

import pytest

from analyzer.blocks import Text, together
from analyzer.ingest import server_log
from tests.server_logs import TELLING

GUID = "07e808db-26c8-4868-be73-72b906841bec"
OTHER = "5b1f0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3b"

ODD = (
    "in 'éTaskController|ServerTasks-{task}-" + GUID + "|T1'",
    "in 'TaskController|ServerTasks-{task}-" + GUID + "|T1'",
    "in 'ATaskController|ServerTasks-{task}-" + GUID + "|T'",
    "in 'ATaskController|ServerTasks-{task}-" + GUID[:-1] + "|T1'",
    "in 'ATaskController|ServerTasks-{task}-" + GUID + "|T1' attempt #1",
)
"""Transactions that are none, or not as they mostly stand."""


def line(message: str, second: int = 0, level: str = "ERROR") -> str:
    return f"2021-02-09 06:30:{second:02}.0103   7012     44 {level:>5}  {message}\n"


@pytest.mark.parametrize(
    ("message", "task", "log", "detail"),
    [
        (
            f"Error while executing SQL in transaction 'DeploymentTaskController|ServerTasks-73-{GUID}|T81': x",
            "ServerTasks-73",
            None,
            f"tie=transaction; guid={GUID}",
        ),
        (
            f"Unhandled error\nSystem.Exception: in 'UpgradeTaskController|ServerTasks-9-{GUID}|T4': x\n   at A.B()",
            "ServerTasks-9",
            None,
            f"tie=transaction; guid={GUID}",
        ),
        (
            "Exception appending to log with correlationId ServerTasks-1_X2Y\n"
            "System.IO.IOException: The process cannot access the file "
            "'\\\\nas\\octo\\TaskLogs\\servertasks-1_x2y.txt' because it is being used by another process.",
            "ServerTasks-1",
            "X2Y",
            "tie=append-failure; file=servertasks-1_x2y.txt; reason=being used by another process",
        ),
        (
            "Exception appending to log with correlationId ServerTasks-1_X2Y/5f0c/11aa\n"
            "System.IO.IOException: The process cannot access the file "
            "'C:\\Octopus\\TaskLogs\\servertasks-1_x2y\\ab.tl.txt' because it is being used by another process.",
            "ServerTasks-1",
            "X2Y",
            "tie=append-failure; file=servertasks-1_x2y/ab.tl.txt; reason=being used by another process",
        ),
        (
            "Failed to append the following log entry:\nCategory: Info\nCorrelationId: ServerTasks-728\nMessage: x\n"
            "System.ObjectDisposedException: Cannot access a closed file.",
            "ServerTasks-728",
            None,
            "tie=append-failure; reason=Cannot access a closed file",
        ),
        (
            "Append log entry to ServerTasks-141_ZLM/84aa/73ca attempt #2 faulted, retrying in 00:00:02: "
            "The handle is invalid. ",
            "ServerTasks-141",
            "ZLM",
            "tie=append-retry; attempt=2; reason=The handle is invalid",
        ),
        (
            "[ServerTasks-124] [RunningScript] [Read Lock] [no locks] Trying to acquire lock",
            "ServerTasks-124",
            None,
            "tie=script-lock",
        ),
        ("Unable to mark task ServerTasks-206 as complete", "ServerTasks-206", None, "tie=unable-to-complete"),
    ],
)
def test_phrases_of_the_executing_node(parse, message, task, log, detail):
    parsed = parse(server_log, line("before") + line(message) + line("after"))
    assert parsed.pick("events", "task", "log", "detail")[1] == (task, log, detail)
    assert parsed.pick("events", "task")[::2] == [None, None]


@pytest.mark.parametrize(
    "message",
    [
        "Request took 59ms: GET http://octopus/api/tasks/ServerTasks-306571/details 38f1b92930a84c31a7aa0e1068887a12",
        "Reader took 1ms in transaction 'http://octopus/api/tasks/ServerTasks-5 38f1b92930a84c31': SELECT *",
        "Deleted: ServerTasks-1453",
        "Marking the task Deploy (ServerTasks-7) as canceled because the node B went offline and was unable",
        "Waiting for the script in task [ServerTasks-1234](~/app#/tasks/ServerTasks-1234) to finish as that script",
        "Exception appending to log with correlationId ScheduledTasks_ProcessSubscriptions\n"
        "System.IO.IOException: The process cannot access the file "
        "'\\\\NAS\\TaskLogs\\scheduledtasks_processsubscriptions.txt' because it is being used by another process.",
        'Executing task "Check target health for Default Machine Policy" "abandoned" after 290ms.',
        "Text that quotes [ServerTasks-124] [RunningScript]",
    ],
)
def test_an_id_elsewhere_does_not_tie_this_node_to_the_task(parse, message):
    assert parse(server_log, line(message)).pick("events", "task", "detail") == [(None, None)]


def test_message_that_ties_several_executions(parse):
    names = (f"DeploymentTaskController|ServerTasks-1-{GUID}|T1", f"DeploymentTaskController|ServerTasks-2-{OTHER}|T2")
    dump = "\n".join(("Active transactions:", *names))
    parsed = parse(server_log, line(dump) + line("after"))
    assert parsed.pick("events", "line", "lines", "task", "detail") == [
        (1, 3, "ServerTasks-1", f"tie=transaction; guid={GUID}"),
        (1, 0, "ServerTasks-2", f"tie=transaction; guid={OTHER}"),
        (4, 1, None, None),
    ]


def test_same_transaction_named_twice_is_one_tie(parse):
    name = f"DeploymentTaskController|ServerTasks-1-{GUID}|T1"
    assert len(parse(server_log, line(f"{name}\n{name}")).events) == 1


def test_activity_of_a_failed_append(parse):
    parsed = parse(
        server_log, line("Append log entry to ServerTasks-1_ZLM/84aa/73ca attempt #1 faulted, retrying in 00:00:01: x")
    )
    assert parsed.pick("events", "activity") == ["84aa/73ca"]


START = (
    "2021-02-09 06:29:58.9002   7012      1  INFO  Environment Information:\n  MachineName: {}\n  HostProcessName: {}\n"
)


def test_node_from_the_defaulting_line_even_wrapped(parse):
    parsed = parse(server_log, line("Defaulting server node\n      name to '\"08c3dfcac5a3\"'.", level="INFO"))
    assert parsed.nodes == {"x.txt": "08c3dfcac5a3"}


def test_machine_name_is_a_weaker_fallback(parse):
    named = line("Defaulting server node name to '\"SRV-EAST\"'.")
    assert parse(server_log, START.format("POD-1", "Octopus.Server")).nodes == {"x.txt": "POD-1"}
    for text in (START.format("POD-1", "Octopus.Server") + named, named + START.format("POD-1", "Octopus.Server")):
        assert parse(server_log, text, sizes=[1, 2]).nodes == {"x.txt": "SRV-EAST"}


@pytest.mark.parametrize("host", ["Calamari", "powershell", "Octopus.Server.Tool"])
def test_machine_names_of_others_are_no_nodes(parse, host):
    assert not parse(server_log, START.format("TARGET", host)).nodes


def test_last_version_counts_and_all_stay_readable(parse):
    parsed = parse(
        server_log,
        line("Octopus.Server version 2023.2.1 (2023.2.1) instance A")
        + line("Octopus.Server.exe version 2023.3.2 (2023.3.2) instance A"),
    )
    assert parsed.versions == {"x.txt": "2023.3.2"}
    assert len(parsed.events) == 2


def test_hostile_dump_does_not_multiply_its_text(parse):
    names = "\n".join(f"XTaskController|ServerTasks-{number}-{GUID}|T1" for number in range(500))
    parsed = parse(server_log, line(names))
    assert len(parsed.events) == 500
    assert sum(len(text) for text in parsed.pick("events", "message")) < 3 * len(names)


@pytest.mark.parametrize("seed", range(20))
def test_plain_transactions_are_tied_like_all_others(parse, seed):
    random = Random(seed)
    texts = [random.choice((*TELLING, *ODD)).format(task=random.randrange(9), node="EAST") for _ in range(30)]
    parsed = parse(server_log, "".join(line(text) for text in texts))
    columns = ("task", "log", "activity", "detail")
    expected = [server_log.ties(text) or [dict.fromkeys(columns)] for text in texts]
    assert parsed.pick("events", *columns) == [
        tuple(one[name] for name in columns) for said in expected for one in said
    ]


def test_telling_entries_of_several_logs():
    texts = ["Defaulting server node name to '\"EAST\"'.", "Octopus.Server version 2023.3.1 (x)", "went offline"]
    environment = "Environment Information:\n  MachineName: WEST\n  HostProcessName: Octopus.Server"
    logs = {"a": [*texts, environment], "b": [environment, texts[2]], "c": [texts[2], texts[1].replace("2023", "2022")]}
    page = together([Text(name, "".join(map(line, messages)).encode()) for name, messages in logs.items()])
    (batch, *rest) = server_log.parse([page])
    both = [batch, *rest]
    sources = [source for one in both for source in one.events["source"].to_pylist()]
    assert sources == [name for name, messages in logs.items() for _ in messages]
    assert {**batch.nodes, **rest[0].nodes} == {"a": "EAST", "b": "WEST"}
    assert {**batch.versions, **rest[0].versions} == {"a": "2023.3.1", "c": "2022.3.1"}
