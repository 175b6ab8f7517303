"""What a double run did twice: steps and targets, in which order, how sure."""

from __future__ import annotations

import json

import pytest

from analyzer import pipeline, schema
from analyzer.report.blast import AFFECTED, BLAST, affected, blast_radius
from analyzer.report.json import document
from analyzer.report.text import render
from tests.report.small import ONCE, PAUSED, TWICE, again, bundle, raw

LOG = "shared/TaskLogs/servertasks-7_log7.txt"


def rows(folder, script, **more):
    case = pipeline.read(bundle(folder, {LOG: raw(script), **more}))
    return schema.conform(blast_radius(case), BLAST).to_pylist()


def test_a_step_that_both_executions_name(tmp_path):
    (row,) = rows(tmp_path, TWICE)
    shown = {
        name: row[name] for name in ("task", "step", "target", "work", "executions", "nodes", "lines", "order", "sure")
    }
    assert shown == {
        "task": "ServerTasks-7",
        "step": "Step 1: Copy files",
        "target": "WEB-1",
        "work": ["Upload package Shop version 1.0"],
        "executions": [1, 2],
        "nodes": ["OCTO-A", "OCTO-B"],
        "lines": [3, 7],
        "order": "append order",
        "sure": "shown",
    }
    assert (row["first"].second, row["last"].second) == (2, 15)


@pytest.mark.parametrize("script", [ONCE, PAUSED, ONCE + again(30)], ids=["once", "paused", "undecided"])
def test_what_is_no_double_run_has_no_rows(tmp_path, script):
    assert rows(tmp_path, script) == []


def test_only_one_execution_did_it(tmp_path):
    found = rows(tmp_path, TWICE + "@30 three PLN Step 2: Only here\n@31 three/db INF DB-1\n@32 three/db FIN Finished")
    assert [(row["target"], row["sure"]) for row in found] == [("WEB-1", "shown")]


SERVER_LOG = """\
2023-09-18 10:00:00.0000   7012      1  INFO  Defaulting server node name to '"OCTO-B"'.
2023-09-18 10:00:09.5000   7012     44 FATAL  Exception appending to log with correlationId ServerTasks-7_LOG7
System.IO.IOException: The process cannot access the file 'x\\servertasks-7_log7.txt' because it is being used by \
another process.
"""


def test_where_lines_are_lost_the_other_execution_may_have_done_it_too(tmp_path):
    nameless = TWICE.replace("@6  uno/web    INF  WEB-1\n", "")
    found = rows(tmp_path, nameless, **{"octo-b/Logs/OctopusServer.txt": SERVER_LOG})
    assert [(row["target"], row["executions"], row["others"], row["sure"]) for row in found] == [
        ("WEB-1", [1], [2], "likely")
    ]


def test_a_target_whose_name_is_lost_is_known_by_its_machine(tmp_path):
    nameless = TWICE.replace("@6  uno/web    INF  WEB-1\n", "@6  uno/web  HOST  web-1\n")
    found = rows(tmp_path, nameless, **{"octo-b/Logs/OctopusServer.txt": SERVER_LOG})
    assert [(row["target"], row["executions"], row["sure"]) for row in found] == [("WEB-1", [1, 2], "shown")]


def test_the_whole_case_and_the_machines_to_check_first(tmp_path):
    other = raw(TWICE.replace("WEB-1", "DB-9"), task=8, log="LOG8")
    files = {LOG: raw(TWICE), "shared/TaskLogs/servertasks-8_log8.txt": other}
    case = pipeline.read(bundle(tmp_path, files))
    assert blast_radius(case)["task"].to_pylist() == ["ServerTasks-7", "ServerTasks-8"]
    assert blast_radius(case, "ServerTasks-8")["target"].to_pylist() == ["DB-9"]
    machines = schema.conform(affected(blast_radius(case)), AFFECTED).to_pylist()
    assert [(row["target"], row["shown"], row["tasks"]) for row in machines] == [
        ("DB-9", 1, ["ServerTasks-8"]),
        ("WEB-1", 1, ["ServerTasks-7"]),
    ]
    assert all(row["first"] < row["last"] for row in machines)
    assert [(row["twice"], row["perhaps"]) for row in machines] == [(["Step 1: Copy files"], [])] * 2


def test_the_terminal_lists_the_machines_of_the_whole_case(tmp_path):
    other = raw(TWICE.replace("WEB-1", "DB-9"), task=8, log="LOG8")
    files = {LOG: raw(TWICE), "shared/TaskLogs/servertasks-8_log8.txt": other}
    audit = pipeline.audit(pipeline.read(bundle(tmp_path, files)))
    page = render(audit, 200)
    assert "CHECK THESE MACHINES FIRST: 2" in page
    assert "DB-9   twice: Step 1: Copy files; ServerTasks-8, 2023-09-18 10:00:02 to 10:00:15 UTC" in page
    found = json.loads(document(audit))["blast_radius"]
    assert [row["target"] for row in found["machines"]] == ["DB-9", "WEB-1"]
    assert [(row["task"], row["lines"]) for row in found["work"]] == [
        ("ServerTasks-7", [3, 7]),
        ("ServerTasks-8", [3, 7]),
    ]


@pytest.mark.parametrize("script", [ONCE, PAUSED, ONCE + again(30)], ids=["once", "paused", "undecided"])
def test_without_a_double_run_no_machine_is_named(tmp_path, script):
    audit = pipeline.audit(pipeline.read(bundle(tmp_path, {LOG: raw(script)})))
    assert "CHECK THESE MACHINES" not in render(audit, 80)


def test_the_terminal_lists_the_first_machines_only(tmp_path):
    files = {
        f"shared/TaskLogs/servertasks-{number}_log{number}.txt": raw(
            TWICE.replace("WEB-1", f"WEB-{number}"), task=number, log=f"LOG{number}"
        )
        for number in range(1, 17)
    }
    page = render(pipeline.audit(pipeline.read(bundle(tmp_path, files))), 80)
    assert "CHECK THESE MACHINES FIRST: 16" in page
    assert "and 2 more: --json FILE writes them all" in page
