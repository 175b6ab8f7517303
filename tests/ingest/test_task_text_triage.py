"""What a first look clears of text downloads, what it doubts and why, and what a cleared one still says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from analyzer.blocks import block, packed
from analyzer.ingest import task_text
from analyzer.ingest.task_text_triage import triage
from analyzer.ingest.triage import Triage
from analyzer.model import Batch
from tests.text_mutations import BARE, FAILED, HEALTHY, MACHINES, PLAIN, download

NAMES = [f"downloads/{number}.txt" for number in range(9)]


def looked(*texts: bytes) -> Triage:
    """A first look at sources that share a block."""
    return triage(packed([block(name, data) for name, data in zip(NAMES, texts, strict=False)]))


def clears(data: bytes) -> bool:
    """Whether a download is cleared between two healthy ones, which are cleared in any case."""
    seen = looked(download(PLAIN, 8), data, download(MACHINES, 9))
    assert {0, 2} <= seen.cleared
    return 1 in seen.cleared


def instead(old: str, new: str, script: str = PLAIN) -> bytes:
    """A healthy download with something else in one place."""
    text = download(script).decode()
    assert text.count(old) == 1
    return text.replace(old, new).encode()


def exactly(script: str, name: str) -> Batch:
    """What the exact path makes of a healthy download of task 733."""
    batches = list(task_text.parse([block(name, download(script, 733))]))
    tables = (pa.concat_tables([getattr(one, kind) for one in batches]) for kind in ("events", "states"))
    structure = sum(one.structure[name] for one in batches)
    return Batch(*tables, structure={name: structure}, versions=batches[-1].versions)


# What is cleared


@pytest.mark.parametrize("script", HEALTHY)
def test_a_plain_complete_and_successful_download_is_cleared(script):
    assert clears(download(script))
    assert clears(download(script).replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("script", HEALTHY)
def test_it_says_what_the_exact_path_says(script):
    """Claims, version, and how many lines are what; of its events the telling ones."""
    told, exact = looked(download(BARE, 1), download(script, 733)).told, exactly(script, NAMES[1])
    assert [row for row in told.states.to_pylist() if row["source"] == NAMES[1]] == exact.states.to_pylist()
    assert told.structure[NAMES[1]] == exact.structure[NAMES[1]]
    assert told.versions == dict.fromkeys(NAMES[:2], exact.versions[NAMES[1]])
    events = [row for row in told.events.to_pylist() if row["source"] == NAMES[1]]
    assert events
    assert all(row in exact.events.to_pylist() for row in events)


@pytest.mark.parametrize("script", HEALTHY)
def test_its_row_of_logs(script):
    seen, events = looked(download(script, 733)), exactly(script, NAMES[0]).events.to_pylist()
    (row,) = seen.logs.to_pylist()
    assert (row["task"], row["log"], row["sources"]) == ("ServerTasks-733", "", [NAMES[0]])
    assert (seen.entries[NAMES[0]], row["lines"]) == (len(events), sum(event["lines"] for event in events))
    assert (row["first_line"], row["first_offset"]) == (events[0]["line"], events[0]["offset"])
    assert (row["last_line"], row["last_offset"]) == (events[-1]["line"], events[-1]["offset"])
    assert (row["first"], row["last"], row["finishes"], row["plans"], row["roots"]) == (None, None, 0, 0, 1)
    assert row["worst"] == max(event["severity"] for event in events)
    assert row["back_steps"] == (2 if script is MACHINES else 0)
    assert row["cleared"]


def test_midnight_is_a_step_back_of_no_weight():
    late = download(PLAIN).replace(b"12:00:01 ", b"23:59:59 ").replace(b"12:00:02 ", b"00:00:02 ")
    assert looked(late).logs["back_steps"].to_pylist() == [1]


def test_a_source_that_begins_with_a_continuation_takes_no_line_of_its_neighbour():
    seen = looked(download(PLAIN, 1), b"                    |     more\n", download(PLAIN, 3))
    assert seen.cleared == {0, 2}
    assert {*seen.logs["lines"].to_pylist()} == {8}


def test_steps_that_say_the_same_are_told_apart_by_their_names():
    alike = instead("Stop the site completed", "Start the site completed")
    assert clears(alike)
    assert not clears(alike.replace(b"Step 1: Stop", b"Step 2: Start"))
    assert clears(instead("Step 1: Stop", "Step 2: Start"))


# What it still tells


def test_machines_versions_and_the_first_and_last_time_are_told():
    messages = looked(download(MACHINES)).told.events["message"].to_pylist()
    assert [text.partition("\n")[0] for text in messages] == [
        "Acquire Packages completed",
        "Octopus Server version: 2023.3.12936+Branch.release",
        "Environment Information:",
        "Environment Information:",
    ]


def test_messages_that_name_a_host_apart_from_its_machine_are_all_told():
    twice = BARE.replace("OperatingSystem: Linux", "MachineName: WEST")
    messages = looked(download(twice)).told.events["message"].to_pylist()
    assert messages.count("MachineName: WEST") == 2
    assert messages[-1].startswith("HostProcessName: Octopus.Server")


# What is doubted


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Task status:    Success", "Task status:    Failed"),
        ("Task status:    Success\n", ""),
        ("ServerTasks-7", "Deployments-7"),
        ("Server node:", "Something else\nServer node:"),
        ("Guided failure is", "The deployment completed successfully.\n12:00:00   Info     |   Guided failure is"),
        ("The deployment completed", "Guided failure is not enabled for this task\n12:00:09   Info     |   The"),
        ("Guided failure is", "The task was canceled"),
        ("Guided failure is not enabled for this task", "Deploy Shop release 1.0 to Test"),
        ("Info     |       started", "Info     |       Resuming after completion"),
        ("Info     |   The", "Error    |   The"),
        ("Info     |       started", "Fatal    |       started"),
        ("Info     |       started", "Highlight |      started"),
        ("12:00:02", "12:00:00"),
        ("12:00:02", "12:00:60"),
        ("12:00:02", "2023-09-18T12:00:02"),
        ("== Success: Deploy", "== Failed: Deploy"),
        ("== Success: Deploy", "== SuccessWithWarning: Deploy"),
        ("== Success: Step 1: Stop the site ==", "== Failed: Step 1: Stop the site =="),
        ("== Success: Step 1: Stop the site ==", "== Running: Step 1: Stop the site =="),
        ("== Success: Step 1: Stop the site ==", "== Success: web-01 =="),
        ("  |   == Success: Step 1", "  | == Success: Step 1"),
        ("  |   == Success: Step 1", "  |    == Success: Step 1"),
        ("  |   == Success: Step 1", "  |       == Success: Step 1"),
        ("|       stopping", "|     stopping"),
        ("                    | == Success: Deploy Shop release 1.0 to Test ==\n", ""),
        ("                    | == Success: Deploy Shop release 1.0 to Test ==\n", "                    | more\n"),
        ("12:00:09 ", "                    | $\n                    | == Success: Another ==\n12:00:09 "),
        ("12:00:02   Info", "12:00:02   Info     |       1\n               | "),
        ("12:00:02   Info", "\n12:00:02   Info"),
        ("Start the site ==\n", "Start the site ==\n                    |     more\n"),
        ("Start the site ==\n", "Start the site ==\n                    |   $\n                    |     more\n"),
        (
            "       stopped\n",
            "       stopped\n                    |     $\n                    |     Success: web-02\n",
        ),
        ("       stopped\n", "       stopped\n                    |       \t\n"),
    ],
)
def test_downloads_that_are_doubted(old, new):
    assert not clears(instead(old, new.replace("$\n", "\n")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Task status:    Failed", "Task status:    Success"),
        ("== Failed: Deploy", "== Success: Deploy"),
        ("Fatal    |   The deployment", "Error    |   The deployment"),
        ("Verbose  |   Guided", "Fatal    |   Guided"),
        ("Verbose  |   Guided", "Error    |   Guided"),
        ("Guided failure is", "The deployment completed successfully.\n12:00:00   Info     |   Guided failure is"),
        ("== Skipped: Step 2", "== Pending: Step 2"),
    ],
)
def test_failures_that_are_doubted(old, new):
    assert not clears(instead(old, new, FAILED))


def test_a_root_without_a_word():
    assert not clears(
        instead("12:00:00   Verbose  |   Guided failure is not enabled for this task\n", "").replace(
            b"12:00:09   Info     |   The deployment completed successfully.\n", b""
        )
    )


def test_messages_of_one_second():
    lines = [line if line[:2] != "12" else f"12:00:00{line[8:]}" for line in PLAIN.splitlines(keepends=True)]
    assert not clears(download("".join(lines)))


def test_another_coding():
    data = download(MACHINES)
    whole = block(NAMES[0], data)
    wide = replace(whole, coding=np.ones(len(whole), np.int64))
    assert not triage(wide).cleared


def test_nothing_to_look_at():
    assert not looked(b"Task ID:        ServerTasks-7\n", download(PLAIN)).cleared - {1}
    assert not looked(b"12:00:00   Info     |   alone").cleared
    assert not looked(b"                    | == Success: alone ==").cleared
