"""README promises; this holds it to them. `python -m tests.test_readme` rewrites the parts between its markers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer import cli, schema
from analyzer.report import catalogue

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SHOWN = 20


def table(headings: str, rows: list[tuple[str, ...]]) -> str:
    lines = [headings, re.sub(r"[^|]+", "---", headings)]
    lines += [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def codes() -> str:
    return table("| code | name | severity | says |", list(catalogue.codes()))


def formats() -> str:
    return table("| format | what it is |", [(f"`{name}`", title) for name, title in catalogue.formats()])


def incidents() -> str:
    return table("| issue | what happens | versions | what looks like it |", list(catalogue.known_incidents()))


def output() -> str:
    result = CliRunner().invoke(cli.app, ["audit", str(ROOT / "sample_logs" / "double-run")], env={"COLUMNS": "100"})
    assert result.exit_code == cli.FOUND, result.exception
    return "```text\n" + "\n".join([*result.stdout.splitlines()[:SHOWN], "..."]) + "\n```\n"


SECTIONS = {"codes": codes, "formats": formats, "incidents": incidents, "output": output}


def section(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- begin {name} -->\n).*?(?=<!-- end {name} -->)", re.DOTALL)


def commands() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", SECTIONS)
def test_generated_parts_are_current(name):
    (written,) = section(name).findall(README.read_text(encoding="utf-8"))
    assert written == SECTIONS[name](), "run: python -m tests.test_readme"


def test_there_are_two_commands_of_one_line_each():
    audit, test = commands()
    assert audit.count("\n") == test.count("\n") == 1
    assert audit.strip().endswith("analyzer audit sample_logs")
    assert "pip install" in audit
    assert '".[test]"' in test
    assert test.strip().endswith("pytest -q")


def test_ci_runs_the_test_command_as_it_is_written():
    assert commands()[1].strip() in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command", [command.name or command.callback.__name__ for command in cli.app.registered_commands]
)
def test_every_command_and_option_is_told(command):
    text = README.read_text(encoding="utf-8")
    assert f"`analyzer {command}" in text
    for option in re.findall(r"--[a-z-]+", CliRunner().invoke(cli.app, [command, "--help"]).stdout):
        assert option in text or option == "--help", option


def test_every_column_of_events_has_its_opentelemetry_name():
    text = README.read_text(encoding="utf-8").split("## Tables and OpenTelemetry")[1]
    told = re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `")))
    assert told == schema.EVENTS.names


def rewrite() -> None:
    text = README.read_text(encoding="utf-8")
    for name, make in SECTIONS.items():
        made = make()
        text = section(name).sub(lambda _, made=made: made, text)
    README.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    rewrite()
