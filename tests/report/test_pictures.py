"""`analyzer show --plot`: the swimlane as a file."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from analyzer import cli, pipeline
from analyzer.report import pictures
from tests.plots.drawn import texts
from tests.report.small import TWICE, bundle, raw

LOG = "shared/TaskLogs/servertasks-7_log7.txt"


def show(folder, file):
    return CliRunner().invoke(cli.app, ["show", "7", str(folder), "--plot", str(file)])


@pytest.mark.parametrize(("suffix", "begins"), [("svg", b"<?xml"), ("PNG", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_name_says_the_format(tmp_path, suffix, begins):
    folder, file = bundle(tmp_path / "case", {LOG: raw(TWICE)}), tmp_path / f"seven.{suffix}"
    assert show(folder, file).exit_code == 0
    assert file.read_bytes().startswith(begins)


@pytest.mark.parametrize("name", ["seven.jpeg", "seven", "nowhere/seven.svg", "-"])
def test_a_file_that_cannot_be_is_refused_before_anything_is_read(tmp_path, name):
    folder = bundle(tmp_path / "case", {LOG: raw(TWICE)})
    result = show(folder, tmp_path / name if name != "-" else name)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert not list(tmp_path.glob("seven*"))


def test_steps_are_called_as_the_story_calls_them(tmp_path):
    """The planned line of a step is lost: its name stands in the line that closes it."""
    lost = "\n".join(line for line in TWICE.splitlines() if "one        PLN" not in line)
    audit = pipeline.audit(pipeline.read(bundle(tmp_path, {LOG: raw(lost)})))
    assert any("Copy files" in text for text in texts(pictures.swimlane(audit, "ServerTasks-7")))
