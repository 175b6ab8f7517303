"""The files and the stdout of `audit`, on a small bundle with a double run."""

from __future__ import annotations

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from analyzer import cli
from tests.report.small import ONCE, TWICE, bundle, raw

FILES = ("json", "sarif", "csv", "timesketch", "clef")


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    return bundle(tmp_path_factory.mktemp("bundle"), {"TaskLogs/servertasks-7_log7.txt": raw(TWICE)})


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    return bundle(tmp_path_factory.mktemp("bundle"), {"TaskLogs/servertasks-7_log7.txt": raw(ONCE)})


def run(*words):
    return CliRunner().invoke(cli.app, ["audit", *map(str, words)], prog_name="analyzer")


def document(path, *words):
    return json.loads(run(path, "--json", "-", *words).stdout)


def test_every_output_of_one_run(twice, tmp_path):
    files = [word for name in FILES for word in (f"--{name}", tmp_path / f"a.{name}")]
    result = run(twice, *files, "--parquet", tmp_path / "tables")
    assert result.exit_code == 1
    assert result.stdout.startswith("1 of 1 task ran on two nodes at the same time")
    assert all((tmp_path / f"a.{name}").stat().st_size for name in FILES)
    assert (tmp_path / "tables" / "findings.parquet").is_file()


@pytest.mark.parametrize("name", FILES)
def test_any_file_can_be_stdout(twice, tmp_path, name):
    path = tmp_path / "a"
    alone = run(twice, f"--{name}", "-").stdout_bytes
    run(twice, f"--{name}", path)
    assert alone == path.read_bytes().removeprefix(b"\xef\xbb\xbf")


def test_formats_on_stdout(twice):
    known = document(twice)
    assert json.loads(run(twice, "--format", "json").stdout) == known
    lines = run(twice, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == known["findings"]
    rows = csv.DictReader(io.StringIO(run(twice, "--format", "csv").stdout))
    assert [row["code"] for row in rows] == [one["code"] for one in known["findings"]]
    assert run(twice, "--format", "table").stdout == run(twice).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--json", "-", "--clef", "-"), "--json and --clef both write to stdout"),
        (("--format", "csv", "--json", "-"), "--format csv and --json both write to stdout"),
        (("--sarif", "a", "--json", "../here/a"), "--json and --sarif both write to"),
        (("--clef", "no/such/a"), "cannot write no/such/a: its folder does not exist"),
        (("--csv", "."), "cannot write .: it is a folder"),
        (("--format", "xml"), "xml"),
        (("--baseline", "none.json"), "cannot read --baseline none.json"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_before_anything_is_read(twice, tmp_path, monkeypatch, words, said):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    result = run(twice, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert list((tmp_path / "here").iterdir()) == []


def test_what_is_in_the_baseline_counts_no_more(twice, once, tmp_path):
    (tmp_path / "before.json").write_bytes(run(twice, "--json", "-").stdout_bytes)
    (tmp_path / "clean.json").write_bytes(run(once, "--json", "-").stdout_bytes)
    known = run(twice, "--baseline", tmp_path / "before.json")
    assert known.exit_code == 0
    assert "Since the baseline: 0 new findings, 0 gone, 0 changed" in known.stdout
    assert "OCT101 concurrent-execution" not in known.stdout
    new = run(twice, "--baseline", tmp_path / "clean.json")
    assert new.exit_code == 1
    assert "OCT101 concurrent-execution, proved: ServerTasks-7" in new.stdout
    healed = run(once, "--baseline", tmp_path / "before.json")
    assert healed.exit_code == 0
    assert "GONE:" in healed.stdout
    assert "TaskLogs/servertasks-7_log7.txt had 22 lines" in healed.stdout
    told = document(twice, "--baseline", tmp_path / "clean.json")["baseline"]
    assert [one["code"] for one in told["new"]] == [one["code"] for one in document(twice)["findings"]]


def test_quiet_tells_the_figures_alone(twice, tmp_path):
    (tmp_path / "a.json").write_bytes(run(twice, "--json", "-").stdout_bytes)
    result = run(twice, "--baseline", tmp_path / "a.json", "--quiet")
    assert result.stdout.splitlines()[-1].startswith("Since the baseline: ")
    assert result.stderr == ""


def test_a_pipe_of_findings_says_on_stderr_what_it_leaves_out(twice):
    asked = len(document(twice)["not_judged"])
    assert asked
    assert f"{asked} question" in run(twice, "--format", "jsonl").stderr
    assert run(twice, "--format", "json").stderr == ""
