"""What the command prints and how it exits, with a stand-in for the pipeline."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from analyzer import cli, model
from analyzer.case import Audit
from analyzer.cli import options
from analyzer.errors import UnreadableSource, UsageError
from tests.report.cases import DAWN, audit, case, finding, source

SAMPLES = Path(__file__).parent.parent / "sample_logs"


class Stage(SimpleNamespace):
    """A pipeline whose answer is given and which remembers what it was asked."""

    def __init__(self, answer: Audit) -> None:
        super().__init__(answer=answer, asked=[])

    def read(self, paths, **options):
        self.asked.append((paths, options))
        options["progress"]("a.txt", 1)
        return self.answer.case

    def audit(self, given):
        assert given is self.answer.case
        return self.answer

    def merge(self, audits):
        assert len(audits) == len(self.asked)
        return self.answer


@pytest.fixture
def stage(monkeypatch):
    def stand(answer: Audit) -> Stage:
        made = Stage(answer)
        monkeypatch.setitem(sys.modules, "analyzer.pipeline", made)
        monkeypatch.setattr("analyzer.pipeline", made, raising=False)
        return made

    return stand


def run(*words: object):
    result = CliRunner().invoke(cli.app, [str(word) for word in words], prog_name="analyzer")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize(
    ("code", "fail_on", "expected"),
    [
        (None, "note", 0),
        ("OCT103", "warning", 0),
        ("OCT103", "note", 1),
        ("OCT201", "warning", 1),
        ("OCT201", "error", 0),
        ("OCT101", "error", 1),
    ],
)
def test_exit_code_by_severity(stage, tmp_path, code, fail_on, expected):
    stage(audit(findings=[finding(code, 1)] if code else []))
    assert run("audit", tmp_path, "--fail-on", fail_on).exit_code == expected


def test_the_default_is_to_fail_on_warnings(stage, tmp_path):
    stage(audit(findings=[finding("OCT201", 1)]))
    assert run("audit", tmp_path).exit_code == 1


@pytest.mark.parametrize(("findings", "expected"), [([], 3), ([finding("OCT103", 1)], 3), ([finding("OCT101", 1)], 1)])
def test_a_partial_read_never_passes_for_clean(stage, tmp_path, findings, expected):
    stage(audit(case([source("a\x1b[2J.txt", problem="cut off")], [1]), findings))
    result = run("audit", tmp_path, "--json", tmp_path / "out.json")
    assert result.exit_code == expected
    assert "analyzer: a\\x1b[2J.txt: cut off" in result.stderr
    assert json.loads((tmp_path / "out.json").read_bytes())["summary"]["problems"] == 1


@pytest.mark.parametrize("code", [None, "OCT101"])
def test_the_document_is_written_whatever_was_found(stage, tmp_path, code):
    stage(audit(findings=[finding(code, 1)] if code else []))
    result = run("audit", tmp_path, "--json", tmp_path / "out.json")
    assert len(json.loads((tmp_path / "out.json").read_bytes())["findings"]) == result.exit_code
    assert "tasks" in result.stdout


def test_the_document_alone_on_stdout(stage, tmp_path):
    stage(audit(findings=[finding("OCT101", 1)]))
    assert json.loads(run("audit", tmp_path, "--json", "-").stdout)["schema"] == "analyzer/1"


def test_text_goes_to_stdout_and_without_a_terminal_it_is_plain(stage, tmp_path):
    stage(audit(findings=[finding("OCT101", 1)]))
    result = run("audit", tmp_path)
    assert result.stdout.startswith("1 of 3 tasks ran on two nodes at the same time")
    assert "\x1b" not in result.stdout
    assert result.stderr == ""


def test_options_reach_the_pipeline(stage, tmp_path):
    made = stage(audit())
    words = (
        "--node",
        "A=x",
        "--utc-offset",
        "A=+10:00",
        "--task",
        "7",
        "--since",
        "2023-09-18",
        "--until",
        "2023-09-19",
    )
    run("audit", tmp_path, *words)
    ((paths, options),) = made.asked
    assert paths == [str(tmp_path)]
    assert options["nodes"] == {"A": "x"}
    assert options["utc_offsets"] == {"A": "+10:00"}
    assert options["tasks"] == ["ServerTasks-7"]
    assert (options["since"].isoformat(), options["until"].isoformat()) == (
        "2023-09-18T00:00:00+00:00",
        "2023-09-20T00:00:00+00:00",
    )


def test_each_path_is_a_customer_with_a_row(stage, tmp_path):
    sources = [source("a", "contoso"), source("a", "fabrikam")]
    made = stage(audit(case(sources), [finding("OCT101", 1, customer="contoso")]))
    for name in ("contoso", "fabrikam"):
        (tmp_path / name).mkdir()
    result = run("audit", tmp_path / "fabrikam", tmp_path / "contoso", "--each")
    assert sorted(options["customer"] for _, options in made.asked) == ["contoso", "fabrikam"]
    assert [line.split()[-1] for line in result.stdout.splitlines()[-3:]] == ["customer", "contoso", "fabrikam"]
    assert result.exit_code == 1


def test_ingest_writes_five_tables(stage, tmp_path):
    from pyarrow import parquet

    from analyzer import schema

    stage(audit(case([source("a.txt")], [1, 2])))
    result = run("ingest", tmp_path, "--out", tmp_path / "new" / "tables")
    assert result.exit_code == 0
    written = {path.stem: parquet.read_table(path) for path in (tmp_path / "new" / "tables").iterdir()}
    assert set(written) == {"sources", "events", "states", "executions", "rejects"}
    assert all(table.schema.equals(schema.TABLES[name]) for name, table in written.items())
    assert written["events"].num_rows == 2


def test_ingest_writes_the_same_bytes_with_one_worker_and_with_several(tmp_path, monkeypatch):
    from analyzer.reading import workers

    monkeypatch.setattr(workers, "LARGE", dict.fromkeys(workers.LARGE, 1))
    monkeypatch.setattr(workers, "SHARE", 10_000)
    written = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        assert run("ingest", SAMPLES / "healthy", "--out", folder, "--workers", number).exit_code == 0
        written.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert len(written[0]["events.parquet"]) > 10_000
    assert written[0] == written[1]


def test_ingest_of_a_partial_read_says_so(stage, tmp_path):
    stage(audit(case([source("a.txt", problem="cut off")])))
    result = run("ingest", tmp_path, "--out", tmp_path / "tables")
    assert (result.exit_code, result.stderr) == (3, "analyzer: a.txt: cut off\n")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("audit",),
        ("audit", "/no/such/path"),
        ("audit", ".", "--fail-on", "fatal"),
        ("audit", ".", "--utc-offset", "A=10"),
        ("audit", ".", "--since", "yesterday"),
        ("audit", ".", "--task", "x"),
        ("audit", ".", "--node", "A"),
        ("audit", ".", "--json", "/no/such/folder/out.json"),
        ("audit", ".", "--html", "/no/such/folder/out.html"),
        ("audit", ".", "--each", "--node", "A=b"),
        ("ingest", "."),
        ("explain",),
        ("nonsense",),
    ],
)
def test_wrong_usage_exits_2_with_a_sentence(words):
    result = run(*words)
    assert result.exit_code == 2
    assert result.stderr or result.stdout.startswith("Usage")
    assert "Traceback" not in result.output


@pytest.mark.parametrize(("error", "expected"), [(UsageError("no such node"), 2), (UnreadableSource("a", "cut"), 3)])
def test_errors_of_the_pipeline_are_sentences(stage, tmp_path, error, expected):
    made = stage(audit())

    def broken(_case):
        raise error

    made.audit = broken
    result = run("audit", tmp_path)
    assert (result.exit_code, result.stderr) == (expected, f"analyzer: {error}\n")


def test_interrupting_exits_130(stage, tmp_path):
    made = stage(audit())

    def interrupted(_case):
        raise KeyboardInterrupt

    made.audit = interrupted
    assert run("audit", tmp_path).exit_code == 130


@pytest.mark.parametrize("command", ["detectors", "formats"])
def test_catalogues_are_listed(command):
    from analyzer import detectors, ingest

    names = {"detectors": [one.CODE for one in detectors.CATALOGUE], "formats": [one.NAME for one in ingest.FORMATS]}
    result = run(command)
    assert result.exit_code == 0
    assert sorted(line.split()[0] for line in result.stdout.splitlines() if line[0] != " ") == sorted(names[command])


def test_explain_prints_the_documentation():
    result = run("explain", "oct101")
    assert result.exit_code == 0
    assert "What a clean result does not prove" in result.stdout
    assert run("explain", "OCT999").exit_code == 2


def test_the_document_is_the_same_for_every_order_of_paths_and_every_process(tmp_path):
    samples = [str(path) for path in sorted(SAMPLES.iterdir()) if path.is_dir()]
    written = []
    for seed, paths in (("1", samples), ("2", samples[::-1])):
        out = tmp_path / seed
        command = [sys.executable, "-m", "analyzer", "audit", *paths, "--json", str(out)]
        done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (1, b"")
        written.append(out.read_bytes())
    assert written[0] == written[1]


def test_customers_with_the_same_logs_are_judged_alike(tmp_path):
    for name in ("contoso", "fabrikam"):
        shutil.copytree(SAMPLES / "double-run" / "bundle", tmp_path / name)
    assert (
        run("audit", tmp_path / "fabrikam", tmp_path / "contoso", "--each", "--json", tmp_path / "a.json").exit_code
        == 1
    )
    found = json.loads((tmp_path / "a.json").read_bytes())
    one, other = found["summary"]["customers"]
    assert (one.pop("customer"), other.pop("customer")) == ("contoso", "fabrikam")
    assert one == other
    assert found["summary"]["tasks"] == 2 * one["tasks"]
    assert all(row["sha256"] for row in found["sources"] if row["source"] in cited(found, row["customer"]))


def cited(found, customer):
    findings = [one for one in found["findings"] if one["customer"] == customer]
    return {evidence["source"] for one in findings for evidence in one["evidence"]}


def test_fail_on_knows_every_severity():
    assert [str(one) for one in model.Severity] == list(options.SEVERITIES.__args__)


def test_version():
    assert run("--version").stdout.startswith("analyzer 0.")


def test_a_reader_that_goes_away_changes_nothing():
    script = "from analyzer.cli import main; import sys; sys.argv = ['analyzer', '--version']; main()"
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run([sys.executable, "-c", script], stdout=gone, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_python_m_analyzer():
    done = subprocess.run([sys.executable, "-m", "analyzer", "audit", "/no/such"], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"analyzer: no such file or folder: /no/such\n")


def test_quiet_leaves_the_answer_alone(stage, tmp_path):
    stage(audit(case([source("a.txt", problem="cut off")], [1]), [finding("OCT101", 1)]))
    result = run("audit", tmp_path, "--quiet")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.startswith("1 of 1 task ran on two nodes at the same time")
    assert "NOT read" in result.stdout
    assert "OCT101 concurrent-execution" not in result.stdout


def test_verbose_says_what_was_read_as_what_and_how_long_it_took(stage, tmp_path):
    stage(audit(case([source("b/\x1b.txt", node="OCTO-A"), source("a.csv", format="unknown", lines=1)], [1])))
    lines = run("audit", tmp_path, "-v").stderr.splitlines()
    assert lines[1:3] == ["analyzer: a.csv: unknown, 1 line", "analyzer: b/\\x1b.txt: task-log of OCTO-A, 10 lines"]
    assert [line.split()[1] for line in lines[:1] + lines[3:]] == ["reading", "judging", "reporting"]


def test_quiet_and_verbose_exclude_one_another(tmp_path):
    assert run("show", "7", tmp_path, "-q", "-v").exit_code == 2


def test_the_configuration_of_the_working_directory(stage, tmp_path, monkeypatch):
    made = stage(audit(case([source("a.txt", last=DAWN)], [1]), [finding("OCT101", 1)]))
    monkeypatch.chdir(tmp_path)
    entry = "[[suppress]]\ncode = 'OCT101'\nreason = 'known'\nexpires = {}\n[utc-offsets]\nA = '+10:00'\nB = '+09:00'\n"
    (tmp_path / "analyzer.toml").write_text(entry.format("2023-09-18"), encoding="utf-8")
    result = run("audit", ".", "--utc-offset", "a=+11:00")
    assert (result.exit_code, result.stderr) == (0, "")
    assert made.asked[-1][1]["utc_offsets"] == {"a": "+11:00", "B": "+09:00"}
    (tmp_path / "other.toml").write_text(entry.format("2023-09-17"), encoding="utf-8")
    result = run("audit", ".", "--config", "other.toml")
    assert result.exit_code == 1
    assert result.stderr.startswith("analyzer: other.toml, line 1: expired on 2023-09-17")
    assert run("audit", ".", "--config", "none.toml").exit_code == 2


def test_doctor_says_what_is_there_and_judges_nothing(stage, tmp_path):
    stage(audit(case([source("a.txt")], [1]), [finding("OCT101", 1)]))
    result = run("doctor", tmp_path, "--json", tmp_path / "out.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("1 source, 0 B, 10 lines, 0 rejected; 1 task, 0 nodes.")
    assert json.loads((tmp_path / "out.json").read_bytes())["tasks"] == 1
    assert run("doctor", tmp_path, "-q").stdout.count("\n") == 1
    assert json.loads(run("doctor", tmp_path, "--json", "-").stdout)["schema"] == "analyzer-doctor/1"


def test_doctor_of_a_partial_read_exits_3(stage, tmp_path):
    stage(audit(case([source("a.txt", problem="cut off")], [1])))
    result = run("doctor", tmp_path)
    assert (result.exit_code, result.stderr) == (3, "analyzer: a.txt: cut off\n")
