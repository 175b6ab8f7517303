"""One real race, and the committed sample logs: formats, truth and the promises of each scenario."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from .config import Race, drawn
from .formats import task_log
from .formats.tree import tree
from .pen import Place
from .samples import HOME
from .scenarios import SCENARIOS, Scenario
from .script import write_script
from .task import recipes

RAW = re.compile(
    r'^\["(?:ServerTasks-\d+_[A-Z0-9]{10}|ScheduledTasks_\w+)(?:/[0-9a-f]{32})*","[A-Z]{3}",'
    r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00","'
)
SERVER = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{4} +\d+ +\d+ +(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) +\S")
TEXT = re.compile(r"^(?:\d\d:\d\d:\d\d   \w+ *| {20})\| ")


def truth_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return found


def check_lines(bundle: Path, truth: dict[str, Any]) -> None:
    """Every line has its format, and no execution's clock goes back."""
    hurt = {injury["file"] for injury in truth["damage"]}
    for path in bundle.rglob("*.txt"):
        name = path.relative_to(bundle).as_posix()
        lines = path.read_bytes().decode().split("\n")
        if name in hurt:
            continue
        assert lines.pop() == "", name
        if "/TaskLogs/" in name:
            assert all(RAW.match(line) and len(json.loads(line)) == 6 for line in lines), name
            check_times(lines, truth["files"].get(name, [None] * len(lines)))
        elif name.startswith("downloads/"):
            assert all(TEXT.match(line) for line in lines[lines.index("") + 1 :]), name
        else:
            assert all(SERVER.match(line) for line in lines if re.match(r"\d{4}-", line)), name


def check_times(lines: list[str], authors: list[int | None]) -> None:
    """Each line has an author, and each author's lines are in the order of its clock."""
    assert len(lines) == len(authors)
    said = defaultdict(list)
    for line, author in zip(lines, authors, strict=True):
        said[author].append(json.loads(line)[2])
    assert all(times == sorted(times) for author, times in said.items() if author is not None)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_sample_shows_what_it_promises(scenario: Scenario) -> None:
    folder = HOME / scenario.name
    truth = truth_of(folder)
    assert scenario.shows(truth)
    check_lines(folder / "bundle", truth)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size < 900_000


def test_samples_share_no_task_and_no_node() -> None:
    truths = [truth_of(HOME / scenario.name) for scenario in SCENARIOS]
    tasks = [task for truth in truths for task in truth["tasks"]]
    nodes = [node["name"] for truth in truths for node in truth["nodes"]]
    assert len(tasks) == len(set(tasks))
    assert len(nodes) == len(set(nodes))


@pytest.mark.parametrize("options", ["--layout segments --skew 30", "--layout single --lost-writes --downloads some"])
def test_a_race_without_the_lock_ends_and_knows_its_truth(tmp_path: Path, options: str) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.race",
        "--out",
        str(tmp_path),
        "--no-lock",
        "--details",
        "--events",
        "--kinds",
    ]
    kinds = ["deploy", "deploy", "tiny", "health", "intervention"]
    subprocess.run([*command, *kinds, *options.split()], cwd=HOME.parent, check=True, timeout=120)
    truth = truth_of(tmp_path)
    check_lines(tmp_path / "bundle", truth)
    assert len(truth["tasks"]) == 5
    assert all(task["executions"] for task in truth["tasks"].values())


def test_what_an_execution_says_is_a_whole_tree() -> None:
    race = drawn(Race(kinds=("deploy", "failing", "parallel", "big", "retry", "health", "tiny")))
    for recipe in recipes(race):
        script = write_script(recipe, Place("HOST", "2023.3"), 1, "", 0.0)
        rows = [task_log.Row(recipe.root + s.path, s.category, "", s.message, s.percentage) for s in script.lines]
        root = tree(rows)
        assert root is not None
        assert root.name == recipe.description
        assert {activity.status() for _, activity in root.walk()} <= {
            "Success",
            "Failed",
            "Skipped",
            "SuccessWithWarning",
        }
        assert [say.at for say in script.lines] == sorted(say.at for say in script.lines)


def test_messages_are_escaped_as_octopus_does() -> None:
    line = task_log.line("ServerTasks-1_ABCDEFGHIJ", "INF", 0, 'it\'s <a> & "b"\\\u2028\n\t\x01é')
    assert '"it\\u0027s \\u003ca\\u003e \\u0026 \\"b\\"\\\\\\u2028\\n\\t\\u0001é"' in line
    assert json.loads(line)[3] == 'it\'s <a> & "b"\\\u2028\n\t\x01é'
