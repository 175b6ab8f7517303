"""Help pages and completion, as a new user meets them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer import cli
from analyzer.cli.app import app

ROOT = Path(__file__).parent.parent.parent
NAMES = [command.__name__ for command, _ in cli.COMMANDS]


def page(*words: str, columns: int) -> str:
    result = CliRunner().invoke(app, [*words, "--help"], prog_name="analyzer", terminal_width=columns)
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("name", ["", *NAMES])
def test_every_page_fits_the_terminal(name, columns):
    text = page(*filter(None, [name]), columns=columns)
    assert max(map(len, text.splitlines())) <= columns
    assert "\x1b" not in text


def test_the_first_page_cuts_no_sentence_and_names_every_command():
    text = page(columns=60)
    assert "..." not in text.replace("[ARGS]...", "")
    assert [line.split()[0] for line in text.split("Commands:\n")[1].split("\n\n")[0].splitlines()] == NAMES


@pytest.mark.parametrize("name", ["audit", "show", "doctor"])
def test_examples_are_shown_as_they_are_typed(name):
    assert f"\n    analyzer {name} " in page(name, columns=60)


@pytest.mark.parametrize("name", ["audit", "show", "doctor", "ingest"])
def test_every_exit_code_has_its_line(name):
    codes = page(name, columns=80).split("Exit codes:\n")[1].splitlines()
    assert [line.split()[0] for line in codes] == {"audit": list("0123"), "show": list("02")}.get(name, list("023"))


def complete(words: str) -> list[str]:
    """What bash would be offered for the last word."""
    script = "import sys; sys.argv[0] = 'analyzer'; from analyzer.cli import main; main()"
    environment = {"_ANALYZER_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("analyzer in", ["ingest"]),
        ("analyzer audit --utc", ["--utc-offset"]),
        ("analyzer audit --fail-on ", ["note", "warning", "error"]),
    ],
)
def test_the_shell_completes(words, offered):
    assert complete(words) == offered
