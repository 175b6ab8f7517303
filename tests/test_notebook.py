from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import analyzer
from analyzer import pipeline, plots
from analyzer.cli import app
from analyzer.errors import TaskUnknown, UsageError
from analyzer.model import Findings
from analyzer.report import json as document
from tests.report.cases import finding
from tests.report.small import raw

SAMPLES = Path(__file__).parent.parent / "sample_logs"
DOUBLE = SAMPLES / "double-run" / "bundle"
SEGMENTS = SAMPLES / "segments" / "bundle"
HOSTILE = "<img src=x onerror=alert(1)>\u202e"
NOBODY_ELSE = re.compile(r"url\(|@import|<script|\bsrc=\"(?!data:image/svg)|\bhref=", re.IGNORECASE)


@pytest.fixture(scope="module")
def case():
    return analyzer.read(DOUBLE)


@pytest.fixture(scope="module")
def audit(case):
    return analyzer.audit(case)


def test_a_case_gives_arrow_tables_and_either_kind_of_frame(case):
    assert isinstance(case.events, pa.Table)
    assert case.to_polars().equals(pl.DataFrame(case.events))
    assert len(case.to_pandas("executions")) == case.executions.num_rows == case.to_polars("executions").height
    with pytest.raises(UsageError, match="has no table 'tasks'; it has sources, events"):
        case.to_polars("tasks")


def test_a_frame_is_the_users_own(case):
    case.to_polars("pairs").drop_in_place("task")
    assert "task" in case.to_polars("pairs").columns


def test_printing_a_case_reads_nothing():
    case = analyzer.read(DOUBLE)
    assert repr(case) == "<Case of bundle, not read yet>"
    assert case.executions.num_rows
    assert repr(case) == "<Case of bundle: 14 sources, 7 logs, 12 executions>"


def test_an_audit_says_what_the_command_line_says(audit):
    assert list(audit.findings) == list(pipeline.audit(audit.case).findings)
    printed = CliRunner().invoke(app, ["audit", str(DOUBLE), "-q"], env={"COLUMNS": "400"}).stdout
    assert repr(audit).split("\n")[0] in printed
    assert '<p class="headline">3 of 7 tasks ran on two nodes at the same time: ' in audit._repr_html_()
    assert analyzer.doctor(audit.case).startswith("14 sources, ")


def test_findings_are_a_table_in_every_library(audit):
    arrow = audit.findings.to_arrow()
    assert arrow.num_rows == len(audit.findings)
    assert audit.findings.to_polars().equals(pl.DataFrame(arrow))
    assert list(audit.findings.to_pandas()["code"]) == [one.code for one in audit.findings]


def test_findings_are_shown_one_a_line_and_counted_beyond_the_first(audit):
    assert repr(audit.findings).startswith(
        "OCT101 concurrent-execution, proved: ServerTasks-22404 on BRAGOUR-DEP9 and "
    )
    assert repr(audit.findings).count("\n") == len(audit.findings) - 1
    many = replace(audit, findings=Findings([finding("OCT301", task) for task in range(1, 41)]))
    assert repr(many.findings).endswith("\nand 10 more: .to_pandas() has all")
    assert repr(replace(audit, findings=Findings()).findings) == "no findings"


@pytest.mark.parametrize("name", ["ServerTasks-22404", "servertasks-22404", "22404", 22404, ("", 22404)], ids=repr)
def test_a_task_is_found_by_its_id_or_number(audit, name):
    assert audit[name].name == "ServerTasks-22404"


def test_a_task_has_its_rows_its_proof_its_story_and_its_picture(audit):
    task = audit[22404]
    assert {one.task for one in task.findings} == {"ServerTasks-22404"}
    assert {one.code for one in task.findings} == {"OCT101", "OCT103", "OCT204"}
    for table in (task.executions, task.pairs, task.events):
        assert set(table["task"].to_pylist()) == {"ServerTasks-22404"}
    assert task.executions["number"].to_pylist() == [1, 2]
    assert task.pairs["relation"].to_pylist() == ["concurrent"]
    assert task.headline.endswith("at the same time on BRAGOUR-DEP9 and PAIBREAN-OCTO5: proved.")
    assert "opened in line 1 and execution 2 (PAIBREAN-OCTO5) in line 165" in task.proof
    assert repr(task).split("\n")[0] == task.headline
    assert task.story.startswith("ServerTasks-22404 was executed twice at the same time")
    assert "\nTIMELINE\n" in task.story
    assert b"Lines as they stand in servertasks-22404" in plots.render(task.plot(), "svg")
    assert task.clocks() == []


def test_a_task_that_ran_once_says_what_cleared_it(audit):
    task = audit[22402]
    assert repr(task) == task.headline == "ServerTasks-22402 ran once on BRAGOUR-DEP9, and it ended in success."
    assert task.proof.startswith("The log announces the task once")
    assert task.events.num_rows > 100, "a first look that cleared the log does not hide its lines"
    assert task.proof in unescape(task._repr_html_())


def test_a_strip_for_each_pair_that_clocks_judge_and_for_no_other():
    task = analyzer.audit(analyzer.read(SEGMENTS))[55108]
    assert task.pairs["relation"].to_pylist() == ["unknown", "possible", "unknown"]
    (strip,) = task.clocks()
    assert b"TACHEAST-DEP7" in plots.render(strip, "svg")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (22405, "ServerTasks-22405 is in none of the sources; did you mean .*ServerTasks-22404"),
        ("nonsense", "a task is named as ServerTasks-48211 or 48211, not 'nonsense'"),
        (("contoso", 22404), "ServerTasks-22404 is in none of the sources"),
    ],
)
def test_an_unknown_task_is_a_key_error_that_names_near_ones(audit, name, said):
    with pytest.raises(KeyError, match=said) as raised:
        audit[name]
    assert isinstance(raised.value, TaskUnknown)
    assert not str(raised.value).startswith(("'", '"'))


def test_of_several_customers_each_has_its_own_task():
    whole = analyzer.merge([analyzer.audit(analyzer.read(DOUBLE, customer=name)) for name in ("contoso", "fabrikam")])
    with pytest.raises(TaskUnknown, match=r'contoso and fabrikam have ServerTasks-22404: audit\["contoso", '):
        whole[22404]
    assert whole["fabrikam", 22404].headline.startswith("fabrikam ServerTasks-22404 was executed twice")
    with pytest.raises(TaskUnknown, match="none of the 2 customers has ServerTasks-1"):
        whole[1]
    table = whole.customers()
    assert list(table.index) == ["contoso", "fabrikam"]
    assert list(table["at once"]) == [3, 3]
    assert "fabrikam" in whole._repr_html_()


def test_an_audit_is_held_against_an_earlier_one_or_its_document(audit, tmp_path):
    before = replace(audit, findings=Findings([one for one in audit.findings if one.task != "ServerTasks-22404"]))
    changed = audit.since(before)
    assert repr(changed).startswith("Since the baseline: 4 new findings, 0 gone, 0 changed, 15 unchanged.")
    assert set(changed.to_pandas()["task"]) == {"ServerTasks-22404"}
    assert list(before.since(audit).to_pandas()["change"].unique()) == ["gone"]
    (tmp_path / "before.json").write_bytes(document.document(before))
    assert repr(audit.since(tmp_path / "before.json")) == repr(changed)
    with pytest.raises(UsageError, match="cannot read"):
        audit.since(tmp_path / "nowhere.json")


def test_what_is_shown_runs_nothing_loads_nothing_and_is_the_same_again(audit):
    for told in (audit, audit[22404], audit[22402]):
        html = told._repr_html_()
        assert not NOBODY_ELSE.search(html)
        assert len(html) < 100_000
        assert html == told._repr_html_()


def test_a_hostile_log_is_escaped_and_made_visible(tmp_path):
    script = f"""
        @0 . INF Deploy {HOSTILE} release 1
        @1 a INF Step {HOSTILE}
        @2 a INF work
        @3 a FIN done
        @4 . FIN done
    """
    (tmp_path / "servertasks-7_LOG7.txt").write_text(raw(script), encoding="utf-8")
    audit = analyzer.audit(analyzer.read(tmp_path))
    for html in (audit._repr_html_(), audit[7]._repr_html_()):
        assert "<img src=x" not in html
        assert "\u202e" not in html
    assert "&lt;img src=x" in audit[7]._repr_html_()
    assert "\u202e" not in repr(audit[7])
