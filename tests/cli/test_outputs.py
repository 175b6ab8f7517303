"""The files and the stdout of `audit`, on a small bundle with a double run."""

from __future__ import annotations

import csv
import io
import json
import shutil

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


def test_a_log_that_grew_is_no_new_finding(tmp_path):
    """Lines before and behind the cited ones move every line number; the finding is the same one all the same."""
    file = "TaskLogs/servertasks-7_log7.txt"
    before = raw(TWICE)
    first, rest = before.split("\n", 1)
    more = raw("@0.5 . VBS and one more line")
    last = raw("@30 . VBS written since")
    old = bundle(tmp_path / "old", {file: before})
    new = bundle(tmp_path / "new", {file: f"{first}\n{more}{rest}{last}"})
    (tmp_path / "old.json").write_bytes(run(old, "--json", "-").stdout_bytes)
    result = run(new, "--baseline", tmp_path / "old.json", "--json", tmp_path / "new.json", "--sarif", "-")
    told = json.loads((tmp_path / "new.json").read_bytes())["baseline"]
    (proved,) = [one for one in json.loads(result.stdout)["runs"][0]["results"] if one["ruleId"] == "OCT101"]
    (known,) = [
        one for one in json.loads(run(old, "--sarif", "-").stdout)["runs"][0]["results"] if one["ruleId"] == "OCT101"
    ]
    assert "OCT101" not in [one["code"] for kind in ("new", "gone", "changed") for one in told[kind]]
    assert proved["partialFingerprints"] == known["partialFingerprints"]
    assert proved["baselineState"] == "unchanged"
    assert proved["locations"] != known["locations"] or proved["relatedLocations"] != known["relatedLocations"]


def test_a_baseline_may_be_replaced_by_the_audit_that_it_is_held_against(twice, tmp_path):
    path = tmp_path / "state.json"
    path.write_bytes(run(twice, "--json", "-").stdout_bytes)
    assert [run(twice, "--baseline", path, "--json", path).exit_code for _ in range(2)] == [0, 0]


def test_bytes_do_not_depend_on_how_the_input_came(twice, once, tmp_path):
    packed = {}
    for name, folder in (("one", twice), ("two", once)):
        shutil.copytree(folder, tmp_path / "folders" / name)
        packed[name] = shutil.make_archive(str(tmp_path / name), "zip", tmp_path / "folders" / name)
    made = []
    for number, paths in enumerate(([tmp_path / "folders" / "one", tmp_path / "folders" / "two"], packed.values())):
        place = tmp_path / str(number)
        place.mkdir()
        files = [word for name in FILES for word in (f"--{name}", place / name)]
        for way in (1, -1):
            run(*list(paths)[::way], *files, "--parquet", place / "tables")
            made.append({file.name: file.read_bytes() for file in place.rglob("*") if file.is_file()})
    assert made[0] == made[1]
    assert made[2] == made[3]
    assert len(made[0]) == len(FILES) + 11


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
