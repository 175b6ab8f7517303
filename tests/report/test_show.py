"""`analyzer show`: the story of a task, on small logs by hand and on every task of the samples."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from textwrap import dedent

import pytest
from typer.testing import CliRunner

from analyzer import cli, pipeline
from analyzer.errors import UsageError
from analyzer.report import show, story
from analyzer.report.blast import is_double
from tests.report.small import DOWNLOAD, ONCE, PAUSED, TWICE, again, api, bundle, raw, told

SAMPLES = Path(__file__).parent.parent.parent / "sample_logs"
LOG = "shared/TaskLogs/servertasks-7_log7.txt"
SUCCESS = {"State": "Success", "ServerNode": "OctopusServerNodes-OCTO-A"}


def section(text: str, title: str) -> str:
    """A section of the story without its heading."""
    found = re.search(rf"^{title}\n(.*?)(?=^[A-Z][A-Z ]+\n|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title} in\n{text}"
    return dedent(found[1]).strip("\n")


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_a_plain_success(tmp_path):
    completed = {"CompletedTime": "2023-09-18T10:00:08.500+00:00"}
    text = told(bundle(tmp_path, {LOG: raw(ONCE), "api.json": api(SUCCESS | completed)}))
    assert text.splitlines()[:4] == [
        "ServerTasks-7 ran once on OCTO-A, and it ended in success.",
        "Deploy shop 1.0",
        "",
        "  - Execution 1: OCTO-A, 2023-09-18 10:00:00 to 10:00:08 UTC, 9 lines",
    ]
    assert one_line(section(text, "CONSIDERED AND CLEARED")).startswith("- The log announces the task once and has one")
    assert section(text, "STATUS").splitlines() == [
        "says         state                    node    where",
        "API          Success at 10:00:08 UTC  OCTO-A  api.json:4",
        "execution 1  Success                  OCTO-A  servertasks-7_log7.txt:9",
    ]
    assert section(text, "TIMELINE").split("\n\n")[1].splitlines() == [
        "line  UTC       OCTO-A",
        "      2023-09-18",
        "   1  10:00:00  begins: Deploy shop 1.0",
        "   2  10:00:01  plans 1 step",
        "   3  10:00:02  Step 1: Copy files begins on WEB-1",
        "   4  10:00:03  its Octopus Server is machine OCTO-A",
        "   7  10:00:06  Step 1: Copy files ends",
        "   8  10:00:07  The deployment completed successfully.",
        "   9  10:00:08  the task's log is closed",
    ]
    assert "EXECUTED TWICE" not in text


def test_a_double_run_is_proved_and_its_damage_listed(tmp_path):
    text = told(bundle(tmp_path, {LOG: raw(TWICE), "api.json": api(SUCCESS)}))
    assert text.startswith("ServerTasks-7 was executed twice at the same time on OCTO-A and OCTO-B: proved.\n")
    how = one_line(section(text, "HOW THAT IS KNOWN"))
    assert "servertasks-7_log7.txt" in how
    assert "shared/" not in how
    assert "whatever clocks the nodes have" in how
    status = one_line(section(text, "STATUS"))
    assert "one of them completed at 10:00:18 - servertasks-7_log7.txt:19" in status
    assert "The API keeps one outcome for all executions: Success, of OCTO-A" in status
    assert "It says nothing of what the other did: execution 2 (OCTO-B) left a step that failed" in status
    assert "one execution failed while the other succeeded; the API says Success." in status
    assert one_line(section(text, "WHAT WAS EXECUTED TWICE")) == (
        "Check this machine first: WEB-1. Shown by lines of both executions (1): "
        "- Step 1: Copy files on WEB-1 (Upload package Shop version 1.0): first execution 1 (OCTO-A) at line 3, "
        "then execution 2 (OCTO-B) at line 7; 10:00:02 to 10:00:15 UTC"
    )


def test_the_timeline_of_a_double_run_stands_in_columns_by_node(tmp_path):
    text = told(bundle(tmp_path, {LOG: raw(TWICE)}), width=100)
    assert section(text, "TIMELINE").split("\n\n")[1].splitlines() == [
        "line  UTC       OCTO-A                                     OCTO-B",
        "      2023-09-18",
        "   1  10:00:00  begins: Deploy shop 1.0",
        "                ^ OCT101 concurrent-execution, proved",
        "   2  10:00:01  plans 1 step",
        "   3  10:00:02  Step 1: Copy files begins on WEB-1",
        "   4  10:00:03  its Octopus Server is machine OCTO-A",
        "   5  10:00:04                                             begins: Deploy shop 1.0",
        "                                                           ^ OCT101",
        "   6  10:00:05                                             plans 1 step",
        "   7  10:00:06                                             Step 1: Copy files begins on WEB-1",
        "   8  10:00:07                                             its Octopus Server is machine OCTO-B",
        "                ... 3 lines ...                            ... 2 lines ...",
        "  14  10:00:13  Step 1: Copy files ends",
        "  15  10:00:14                                             FAILED on WEB-1: The remote script failed",
        "                                                           with exit code 1",
        "  17  10:00:16                                             FAILED: The step failed: Activity Copy",
        "                                                           files on WEB-1 failed with error 'x'.",
        "  18  10:00:17                                             Step 1: Copy files ends",
        "  19  10:00:18  (either) The deployment completed successfully.",
        "                ^ OCT301",
        "  20  10:00:19  (either) the task's log is closed",
        "                ^ OCT101",
        "  21  10:00:20  (either) FAILED: The deployment failed because one or more steps failed.",
        "                ^ OCT301 conflicting-final-status, proved",
        "  22  10:00:21  (either) the task's log is closed",
        "                ^ OCT101",
    ]


def test_a_hand_over_is_cleared_and_says_by_what(tmp_path):
    text = told(bundle(tmp_path, {LOG: raw(PAUSED)}))
    assert one_line(text).startswith(
        "ServerTasks-7 ran on OCTO-A until it paused, was resumed on OCTO-B, and it ended in success: not a double run."
    )
    why = one_line(section(text, "WHAT CLEARED IT"))
    assert "Execution 2 (OCTO-B) goes on with the activities that execution 1 (OCTO-A) began" in why
    assert "It would count as a double run if execution 2 (OCTO-B) had announced the task and its steps again" in why
    rows = section(text, "TIMELINE")
    assert "its lines stop here: the task\n                is paused" in rows
    assert "goes on with the paused task;" in rows
    assert "Submitted by: Sarah" in rows


def test_what_cannot_be_told_is_said_to_be_so_and_what_would_settle_it(tmp_path):
    text = told(bundle(tmp_path, {LOG: raw(ONCE + again(30)), "api.json": api(SUCCESS | {"Name": "Deploy"})}))
    assert one_line(text).startswith(
        "ServerTasks-7 was executed twice, on OCTO-A and then OCTO-B; it cannot be told whether "
        "the second execution was a legitimate re-run under the same id or a double run."
    )
    why = one_line(section(text, "WHY IT CANNOT BE TOLD"))
    assert (
        "A line of execution 1 (OCTO-A) behind the first line of execution 2 (OCTO-B) would show a double run." in why
    )
    assert "/api/events?regarding=ServerTasks-7" in section(text, "WHAT TO COLLECT NEXT")
    assert "EXECUTED TWICE" not in text


def test_a_text_download_alone(tmp_path):
    text = told(bundle(tmp_path, {"ServerTasks-7.log.txt": DOWNLOAD}))
    assert text.startswith("ServerTasks-7 ran once on OCTO-A, and it ended in success.\n")
    assert section(text, "TIMELINE").split("\n\n")[1].splitlines() == [
        "line  time      OCTO-A",
        "   7  23:59:58  begins: Deploy shop 1.0",
        "  14  23:59:59  Step 1: Copy files begins on WEB-1",
        "  11  00:00:06  Step 1: Copy files ends",
        "   8  00:00:08  The deployment completed successfully.",
    ]
    assert "prints parents before children" in one_line(text)
    assert "TaskLogs/servertasks-7_*.txt" in section(text, "WHAT TO COLLECT NEXT")


def test_lost_lines_stand_in_their_place_and_are_not_hidden_by_the_sentence(tmp_path):
    text = told(
        bundle(tmp_path, {LOG: raw(ONCE.replace("@4  one/web    INF  copying", '!T10:00:03+00:00","x","",0]'))})
    )
    assert one_line(text).startswith("ServerTasks-7 ran once on OCTO-A, as far as the lines that are left show, and it")
    assert "cannot be excluded" in one_line(section(text, "CONSIDERED AND CLEARED"))
    lines = section(text, "TIMELINE").split("\n\n")[1].splitlines()
    assert lines[5:9] == [
        "   4  10:00:03  its Octopus Server is machine OCTO-A",
        '   5  10:00:03  unreadable, not a log entry: T10:00:03+00:00","x","",0]',
        "                ^ OCT204 lost-lines, proved",
        "   7  10:00:06  Step 1: Copy files ends",
    ]
    assert "copied from the share itself" in one_line(section(text, "WHAT TO COLLECT NEXT"))


def test_a_task_known_by_its_status_only(tmp_path):
    text = told(bundle(tmp_path, {"api.json": api({"State": "Queued"})}))
    assert "is known only by what is claimed of its status" in one_line(text)
    assert "TIMELINE" not in text


SERVER_LOG = """\
2023-09-18 20:00:00.0000   7012      1  INFO  Defaulting server node name to '"OCTO-A"'.
2023-09-18 20:00:03.5000   7012     44 DEBUG  Reader took 9ms in transaction \
'DeploymentTaskController|ServerTasks-7-5b1f0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3b|T81': done
"""


def test_server_log_lines_stand_in_their_nodes_column_between_its_lines(tmp_path):
    files = {LOG: raw(ONCE), "octo-a/Logs/OctopusServer.txt": SERVER_LOG}
    rows = section(told(bundle(tmp_path, files), utc_offsets={"OCTO-A": "+10:00"}, width=100), "TIMELINE").splitlines()
    at = next(at for at, row in enumerate(rows) if "transaction 5b1f0c9e" in row)
    assert rows[at - 1].split()[:2] == ["a:4", "10:00:03"]
    assert rows[at] == " b:2  10:00:03  Server log: at work on this task, transaction 5b1f0c9e"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_but_places_is_wider_than_the_terminal(tmp_path, width):
    files = {LOG: raw(TWICE), "api.json": api(SUCCESS), "ServerTasks-7.log.txt": DOWNLOAD}
    text = told(bundle(tmp_path, files), width=width)
    assert [line for line in text.splitlines() if len(line) > width] == []
    side_by_side = re.search(r"^line  UTC +OCTO-A +OCTO-B$", text, re.MULTILINE)
    assert bool(side_by_side) == (width >= 80)
    if width < 80:
        assert "OCTO-B: Step 1: Copy files begins on" in one_line(text)


def test_log_text_cannot_control_the_terminal(tmp_path):
    hostile = "Deploy \\u001b[2J\\u202e shop"
    log = raw(TWICE.replace("Deploy shop 1.0", "HOSTILE")).replace("HOSTILE", hostile)
    text = told(bundle(tmp_path, {LOG: log}))
    assert "\\x1b[2J\\u202e shop" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_an_unknown_task_is_refused_with_near_ones(tmp_path):
    bundle(tmp_path, {LOG: raw(ONCE)})
    with pytest.raises(UsageError, match=r"ServerTasks-8 is in none of the sources; did you mean ServerTasks-7\?"):
        told(tmp_path, task=8)


@pytest.mark.parametrize(
    ("task", "code", "said"), [("7", 0, "ran once on"), ("servertasks-7", 0, "ran once"), ("8", 2, "did you mean")]
)
def test_the_command(tmp_path, task, code, said):
    result = CliRunner().invoke(cli.app, ["show", task, str(bundle(tmp_path, {LOG: raw(ONCE)}))])
    assert result.exit_code == code
    assert said in result.output


@pytest.fixture(scope="module")
def samples():
    return pipeline.audit(pipeline.read(SAMPLES))


def test_every_task_of_the_samples_is_told(samples):
    runs, pairs = samples.case.executions.to_pylist(), samples.case.pairs.to_pylist()
    for task in sorted({run["task"] for run in runs}):
        text = show.render(samples, task, 80)
        assert f"{task} " in text.splitlines()[0]
        sentence = one_line(text.split("\n  - Execution 1")[0])
        for pair in pairs:
            if pair["task"] == task and is_double(pair):
                assert all(node in sentence for node in pair["nodes"]), sentence
                assert "WHAT WAS EXECUTED TWICE" in text


def test_the_same_story_is_told_again(samples):
    assert show.render(samples, "ServerTasks-22415") == show.render(samples, "ServerTasks-22415")


def test_every_line_of_a_shown_log_is_told_or_counted(tmp_path):
    text = told(bundle(tmp_path, {LOG: raw(TWICE + "@22 . INF late\n" * 40)}), width=120)
    rows = section(text, "TIMELINE").split("\n\n")[1]
    numbers = [int(number) for number in re.findall(r"^ +(\d+)  \d\d:", rows, re.MULTILINE)]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 62


def test_examples_in_the_docstrings():
    assert doctest.testmod(story).failed == 0
