from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import polars as pl
import pytest

import analyzer
from analyzer.detectors.coverage import gaps
from analyzer.report.answer import answer
from analyzer.report.summary import clean, split, summary
from tests.detectors.bundle import FAILED, HEALTHY, LOCKED, MIXED, moment, task

SAMPLES = Path(__file__).parents[2] / "sample_logs"
MACHINE = "    .    VBS 0.2   MachineName: {}, HostProcessName: Octopus.Server\n"
CHATTER = "\n".join(f"{minute}:00 INFO Still here" for minute in range(-230, 300) if not 110 < minute < 270)
"""A line a minute, but none from 1:51:00 to 4:29:00 past noon."""
TIED = "5 INFO 'DeploymentTaskController|ServerTasks-7-5b1f0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3b|T81'"


def at(script: str, time: str) -> str:
    """The same log, begun later."""
    later = []
    for line in script.strip().splitlines():
        path, category, second, *rest = line.split(None, 3)
        late = (moment(time) - moment("0")).total_seconds() + float(second.split(":")[-1])
        later.append(" ".join([path, category, f"{late:.3f}", *rest]))
    return "\n".join(later)


def told(bundle) -> tuple[str, dict, list]:
    audit = bundle.audit().audit
    return " ".join(answer(audit)), summary(audit), [one for one in audit.not_judged if one.code == "OCT101"]


def owned(node: str, number: int = 7, **more):
    return task(number, completed="8", started="0", **more) | {"ServerNode": node, "ServerNodeId": node}


def test_a_whole_log_alone_is_clean_and_asks_no_question_of_its_own(bundle):
    bundle.raw(HEALTHY)
    text, figures, open_ = told(bundle)
    assert not open_
    assert (figures["clean"], figures["not_judged_tasks"]) == (1, 0)
    assert "Clean for 1 task." in text
    assert "Collect next: OctopusServer.txt" in text


def test_a_whole_log_with_the_server_logs_of_all_nodes_is_clean(bundle):
    bundle.raw(HEALTHY)
    bundle.raw(HEALTHY, task=8, log="BBBB")
    bundle.csv(owned("EAST"), owned("WEST", 8))
    for node in ("EAST", "WEST"):
        bundle.server(node, CHATTER)
    text, figures, open_ = told(bundle)
    assert not open_
    assert figures["clean"] == 2
    assert "Clean for all 2 tasks." in text


def test_tasks_of_a_cluster_without_one_nodes_log_are_one_question(bundle):
    bundle.raw(HEALTHY)
    bundle.raw(HEALTHY, task=8, log="BBBB")
    bundle.csv(owned("EAST"), owned("WEST", 8))
    bundle.server("EAST", CHATTER)
    text, figures, (one,) = told(bundle)
    assert (one.task, one.tasks) == (None, ("ServerTasks-7", "ServerTasks-8"))
    assert one.reason == "2 tasks were judged by task logs alone: the server log of WEST is not in the input"
    assert (figures["clean"], figures["not_judged_tasks"]) == (0, 2)
    assert "Clean for 0 of 2 tasks; 2 could not be judged in every respect" in text
    assert "Collect next: OctopusServer.txt with its archives (OctopusServer.0.txt, ...) of WEST" in text


def test_only_the_tasks_in_a_silence_of_the_log_are_not_judged(bundle):
    for number, time in ((7, "0"), (8, "3:00:00"), (9, "-60")):
        bundle.raw(at(HEALTHY, time), task=number, log="AAAA")
    bundle.csv(owned("EAST"), owned("WEST", 8))
    bundle.server("EAST", "\n".join(f"{minute}:00 INFO Here" for minute in range(-230, 300)), zone="+00:00")
    bundle.server("WEST", CHATTER, zone="+00:00")
    text, figures, (one,) = told(bundle)
    assert one.tasks == ("ServerTasks-8",)
    assert "the server log of WEST is missing 2023-09-18 13:50 to 16:30" in one.reason
    assert figures["clean"] == 2
    assert "Clean for 2 of 3 tasks; 1 could not be judged" in text


@pytest.mark.parametrize(("begin", "end", "kind"), [(-230, -60, "after"), (60, 200, "before")])
def test_a_log_that_begins_or_ends_beside_the_task(bundle, begin, end, kind):
    bundle.raw(HEALTHY)
    bundle.csv(owned("EAST"), owned("WEST", 8))
    lines = [f"{minute}:00 INFO Here" for minute in range(begin, end)]
    path = bundle.server("WEST", "\n".join(lines), zone="+00:00")
    first, *rest = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*rest, first.replace("08:00", f"{(moment(f'{end}:00')):%H:%M}")]))
    bundle.server("EAST", CHATTER, zone="+00:00")
    _, _, open_ = told(bundle)
    assert [one.reason for one in open_ if f"WEST is missing {kind} 2023-09-18" in one.reason]


def test_a_silence_that_is_the_logs_own_rhythm_is_none(bundle):
    bundle.raw(at(HEALTHY, "3:00:00"))
    bundle.csv(owned("EAST"), owned("WEST", 8))
    for node in ("EAST", "WEST"):
        bundle.server(node, "\n".join(f"{minute}:00 INFO Here" for minute in range(-230, 300, 20)), zone="+00:00")
    _, _, open_ = told(bundle)
    assert [one.tasks for one in open_] == [("ServerTasks-8",)]  # which has no log


def test_a_log_that_lost_lines_is_named_with_its_node(bundle):
    bundle.raw(HEALTHY.replace("1/a  FIN 3", '!7T12:00:05.0000000+00:00","copying","",0]\n    1/a  FIN 3'))
    bundle.csv(owned("WEST"))
    bundle.server("EAST", CHATTER)
    _, _, (one,) = told(bundle)
    assert one.task == "ServerTasks-7"
    assert one.reason.startswith("clean as far as the log goes, but it lost lines")
    assert one.reason.endswith("the server log of WEST is not in the input")


@pytest.mark.parametrize(
    "script", [HEALTHY.split("    2/b")[0], HEALTHY.replace("    1    PLN 0.1", "    !torn\n    1    PLN 0.1")]
)
def test_a_log_without_end_and_no_server_log(bundle, script):
    bundle.raw(script.replace("!torn", '!7T12:00:05.0000000+00:00","copying","",0]'))
    _, figures, (one,) = told(bundle)
    assert one.task == "ServerTasks-7"
    assert one.reason.endswith("no server log is in the input")
    assert figures["clean"] == 0


def test_damage_is_no_question_where_every_node_is_there(bundle):
    bundle.raw(HEALTHY)
    bundle.csv(owned("EAST"))
    bundle.server("EAST", CHATTER + "\n" + LOCKED.format("5", "ServerTasks-7_AAAA", "servertasks-7_aaaa"))
    text, figures, open_ = told(bundle)
    assert not open_
    assert figures["clean"] == 0
    assert "Clean for 0 of 1 task." in text


def test_tasks_without_a_log_are_one_question_and_queued_ones_none(bundle):
    bundle.raw(HEALTHY)
    bundle.api(*(task(number, completed="8") for number in (7, 8, 9)), task(10, state="Queued"))
    _, figures, (one,) = told(bundle)
    assert one.tasks == ("ServerTasks-8", "ServerTasks-9")
    assert "no task log" in one.reason
    assert (figures["clean"], figures["tasks"]) == (2, 4)


def test_a_text_download_is_judged_with_less(bundle):
    bundle.text("""
                        | == Success: Deploy Shop release 1.0 to Test ==
        12:00:00   Info     |   Deploying
    """)
    _, figures, (one,) = told(bundle)
    assert (one.tasks, figures["clean"]) == (("ServerTasks-7",), 0)
    assert "no append order" in one.reason


def test_the_node_that_another_nodes_log_names_is_missed(bundle):
    bundle.raw(HEALTHY)
    bundle.server("EAST", CHATTER + "\n5 INFO Updating node to become leader: WEST")
    _, _, (one,) = told(bundle)
    assert "the server log of WEST is not in the input" in one.reason


def test_machines_of_containers_are_no_nodes(bundle):
    bundle.raw(HEALTHY.replace("    1    PLN", MACHINE.format("pod-5f7c") + "    1    PLN", 1))
    bundle.csv(owned("EAST"))
    bundle.server("EAST", CHATTER + "\n" + TIED)
    assert not told(bundle)[2]


def test_a_log_of_an_unknown_node_is_told(bundle):
    bundle.raw(HEALTHY)
    bundle.csv(owned("EAST"), owned("WEST", 8))
    bundle.server("EAST", CHATTER)
    path = bundle.server("node-b", CHATTER)
    path.write_text(path.read_text().split("\n", 1)[1])
    assert any("whose is node-b/Logs/OctopusServer.txt? --node NAME=PATH" in one.reason for one in told(bundle)[2])


@pytest.mark.parametrize("script", [MIXED, FAILED])
def test_findings_keep_a_task_from_being_clean_or_not_as_they_should(bundle, script):
    bundle.raw(script)
    _, figures, open_ = told(bundle)
    assert not open_
    assert figures["clean"] == (0 if script is MIXED else 1)


def _removed() -> list[tuple[str, str]]:
    folders = [
        path.parent for name in ("double-run", "segments", "hand-over") for path in (SAMPLES / name).glob("*/*/Logs")
    ]
    return sorted((folder.parts[-3], folder.name) for folder in folders)


@pytest.mark.parametrize(("sample", "node"), _removed())
def test_without_one_nodes_log_no_task_that_needs_it_is_clean(tmp_path, sample, node):
    """Whatever rested on that node's log is still found or an open question, and the reason names the node."""
    needed = {"OCT101", "OCT102", "OCT103", "OCT104", "OCT204"}
    whole = analyzer.audit(analyzer.read(SAMPLES / sample / "bundle"))
    shutil.copytree(
        SAMPLES / sample / "bundle",
        tmp_path / "bundle",
        ignore=lambda path, _: ["Logs"] if Path(path).name == node else [],
    )
    part = analyzer.audit(analyzer.read(tmp_path / "bundle"))
    still = {(one.task, one.code) for one in part.findings}
    open_ = {key[1]: one for one in part.not_judged for key in one.about}
    for one in whole.findings:
        if one.code in needed and (one.task, one.code) not in still:
            assert one.task in open_, (one.code, one.task)
    undecided = {one.task for one in whole.not_judged if one.task}
    accused = {one.task for one in whole.findings if one.code in ("OCT101", "OCT102")} | undecided
    assert all(name in open_ or {(name, "OCT101"), (name, "OCT102")} & still for name in accused)
    assert any(node in open_question.reason for open_question in open_.values())


STARTED = """
    -229:00 INFO Environment Information:
      MachineName: octopus-7f9c
      HostProcessName: Octopus.Server
"""


def test_a_container_whose_node_says_its_name_is_no_node_without_a_log(bundle):
    """NORTH names its machine like itself, EAST runs in a container, as its own log says when it starts."""
    bundle.raw(HEALTHY.replace("    1/a  INF 1 ", MACHINE.format("octopus-7f9c") + "    1/a  INF 1 "))
    bundle.raw(HEALTHY.replace("    1/a  INF 1 ", MACHINE.format("NORTH") + "    1/a  INF 1 "), task=8)
    calm = "\n".join(f"{minute}:00 INFO Still here" for minute in range(-228, 300))
    bundle.server("EAST", STARTED + calm, zone="+00:00")
    bundle.server("NORTH", calm, zone="+00:00")
    assert not told(bundle)[2]
    assert pl.DataFrame(analyzer.read(bundle.folder).executions)["node"].to_list() == ["EAST", "NORTH"]


def test_a_machine_that_no_server_log_knows_is_still_missed_beside_one_that_is(bundle):
    bundle.raw(HEALTHY.replace("    1/a  INF 1 ", MACHINE.format("EAST") + "    1/a  INF 1 "))
    bundle.raw(HEALTHY.replace("    1/a  INF 1 ", MACHINE.format("WEST") + "    1/a  INF 1 "), task=8)
    calm = "\n".join(f"{minute}:00 INFO Still here" for minute in range(-228, 300))
    bundle.server("EAST", STARTED.replace("octopus-7f9c", "EAST") + calm, zone="+00:00")
    assert "the server log of WEST is not in the input" in " ".join(told(bundle)[0].split())


def _sources() -> list[tuple[str, str]]:
    roots = [SAMPLES / name / "bundle" for name in ("double-run", "segments", "hand-over")]
    files = [(root, path) for root in roots for path in sorted(root.rglob("*.*")) if path.parent.name != "Logs"]
    return [
        (root.parent.name, path.relative_to(root).as_posix()) for root, path in files if "scheduled" not in path.name
    ]


@cache
def _accused(sample: str) -> set[str | None]:
    """Tasks of which the whole bundle says that they ran twice, may have, or that it is undecided."""
    audit = analyzer.audit(analyzer.read(SAMPLES / sample / "bundle"))
    found = {one.task for one in audit.findings if one.code in ("OCT101", "OCT102")}
    return found | {one.task for one in audit.not_judged if one.task}


@pytest.mark.parametrize(("sample", "source"), _sources())
def test_without_any_one_log_or_page_no_accused_task_is_clean(tmp_path, sample, source):
    shutil.copytree(SAMPLES / sample / "bundle", tmp_path / "bundle")
    (tmp_path / "bundle" / source).unlink()
    audit = analyzer.audit(analyzer.read(tmp_path / "bundle"))
    (part,) = split(audit).values()
    assert _accused(sample)
    assert not _accused(sample) & clean(part)


def test_gaps_are_told_with_and_without_tasks(bundle):
    bundle.raw(HEALTHY)
    bundle.csv(owned("EAST"), owned("SOUTH", 8))
    bundle.server("EAST", CHATTER)
    bundle.server("WEST", CHATTER.replace("\n".join(f"{minute}:00 INFO Still here" for minute in range(60, 91)), ""))
    found = gaps(bundle.audit().audit.case)
    assert found["the server log of SOUTH is not in the input"] == {("", "ServerTasks-7")}
    silence = "the server log of WEST is missing 2023-09-18 12:59 to 13:31"
    assert {reason: tasks for reason, tasks in found.items() if "WEST" in reason} == {silence: set()}
