"""Timesketch and CLEF, which show one timeline."""

from __future__ import annotations

import json
from datetime import timedelta

import duckdb
import pandas as pd
import polars as pl
import pytest

from analyzer.model import Evidence
from analyzer.report.exports import clef, timesketch
from tests.report.cases import DAWN, audit, case, execution, finding, source

WRITERS = {"timesketch": timesketch.export, "clef": clef.export}
ZONE = "no time zone is known (--utc-offset NODE=+HH:MM gives it)"


def lines(made):
    return [json.loads(line) for line in b"".join(made.content).decode().splitlines()]


def event(line, second=None, **more):
    time = None if second is None else DAWN + timedelta(seconds=second)
    row = {"customer": "", "source": "TaskLogs/a.txt", "task": "ServerTasks-1", "log": "X", "line": line, "offset": 0}
    clock = "utc" if time else "local"
    return row | {"time": time, "clock": clock, "wall": 1, "severity": 9, "message": f"line {line}"} | more


def story(*events, **more):
    return audit(case([source("TaskLogs/a.txt")], events=events, **more), [finding("OCT103", 1, line=2)])


@pytest.fixture(scope="module")
def shown(double_run):
    """What the timeline has to hold: lines with an instant, of tasks with findings, not of copies."""
    events = pl.DataFrame(double_run.case.events)
    tasks = [one.task for one in double_run.findings if one.task]
    return events.filter(pl.col("task").is_in(tasks) & pl.col("time").is_not_null()).sort("source", "line", "task")


def test_duckdb_reads_the_lines_and_the_findings_from_timesketch(tmp_path, double_run, shown):
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"".join(timesketch.export(double_run).content))
    table = f"read_ndjson_auto('{path}', maximum_object_size=10000000)"
    found = duckdb.sql(
        f"select source, line, task, timestamp, message from {table} where data_type = 'octopus:line' order by 1, 2, 3"
    ).fetchall()
    times = shown["time"].dt.timestamp("us").to_list()
    assert found == [
        (row["source"], row["line"], row["task"], time, row["message"])
        for row, time in zip(shown.iter_rows(named=True), times, strict=True)
    ]
    findings = duckdb.sql(f"select code, summary, verdict from {table} where data_type = 'octopus:finding'").fetchall()
    assert sorted(findings) == sorted((one.code, one.summary, one.verdict) for one in double_run.findings)
    rows = duckdb.sql(f"select epoch_us(datetime::timestamptz), timestamp from {table}").fetchall()
    assert [time for time, _ in rows] == [stamp for _, stamp in rows]


def test_pandas_reads_the_lines_and_the_findings_from_clef(tmp_path, double_run, shown):
    path = tmp_path / "c.clef"
    path.write_bytes(b"".join(clef.export(double_run).content))
    frame = pd.read_json(path, lines=True, dtype=False)
    read = frame[frame["Event"] == "Line written"].sort_values(["Source", "Line", "Task"])
    assert read["Source"].to_list() == shown["source"].to_list()
    assert read["Line"].astype(int).to_list() == shown["line"].to_list()
    assert read["@m"].to_list() == shown["message"].to_list()
    findings = frame[frame["@mt"].notna()]
    pairs = zip(findings["Code"], findings["Summary"], strict=True)
    assert sorted(pairs) == sorted((one.code, one.summary) for one in double_run.findings)
    assert frame["@t"].is_monotonic_increasing
    assert frame["@t"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z").all()


def test_every_field_has_one_type(double_run):
    """OpenSearch refuses a row whose field is of another type than before."""
    types = {}
    for row in lines(timesketch.export(double_run)):
        for name, value in row.items():
            types.setdefault(name, set()).add(type(value))
    assert {name: kinds for name, kinds in types.items() if len(kinds) > 1} == {}


@pytest.mark.parametrize("writer", WRITERS, ids=str)
def test_a_clock_without_a_zone_never_passes_for_utc(writer):
    made = WRITERS[writer](story(event(1, 0), event(2), event(3)))
    assert made.notes == (f"2 lines of tasks with findings left out: {ZONE}",)
    assert [one.get("Line", one.get("line")) for one in lines(made)] == [1, 2]  # the second one is the finding


def test_a_copy_is_no_second_run():
    sources = [source("TaskLogs/a.txt"), source("copy.txt", duplicate_of="TaskLogs/a.txt")]
    events = [event(1, 0), event(1, 0, source="copy.txt")]
    made = timesketch.export(audit(case(sources, events=events), [finding("OCT103", 1)]))
    assert made.notes == ("1 line left out: copies of other sources",)
    assert [row["source"] for row in lines(made) if row["data_type"] == "octopus:line"] == ["TaskLogs/a.txt"]


def test_only_tasks_with_findings_are_shown():
    rows = lines(timesketch.export(story(event(1, 0), event(2, 1, task="ServerTasks-2"), event(3, 2, task=None))))
    assert [row["message"] for row in rows if row["data_type"] == "octopus:line"] == ["line 1"]


def test_cited_lines_carry_the_codes_and_lines_their_execution():
    assignments = [{"customer": "", "source": "TaskLogs/a.txt", "line": 2, "execution": 2}]
    first, second, found = lines(timesketch.export(story(event(1, 0), event(2, 1), assignments=assignments)))
    assert "tag" not in first
    assert "execution" not in first
    assert (second["tag"], second["execution"], found["tag"]) == (["OCT103"], 2, ["OCT103"])


@pytest.mark.parametrize(
    ("events", "sources", "runs", "code", "expected"),
    [
        ([event(9, 5), event(1, 1)], [], [], "OCT103", (5, "Finding")),
        ([event(1, 1)], [], [execution(1, 1, "A", 0, 9), execution(1, 2, "B", 3, 9)], "OCT101", (3, "Finding")),
        ([event(9), event(4, 1)], [], [], "OCT103", (1, "Finding, at its task's first line in UTC")),
        ([event(9)], [("TaskLogs/a.txt", 7)], [], "OCT103", (7, "Finding, at its source's first line in UTC")),
        (
            [event(9)],
            [("b", 8)],
            [],
            "OCT103",
            (8, "Finding without a time in UTC, at the first line of the input that has one"),
        ),
    ],
)
def test_a_finding_stands_at_an_instant_and_says_which(events, sources, runs, code, expected):
    known = [source(name, first=DAWN + timedelta(seconds=second)) for name, second in sources]
    answer = audit(case(known, events=events, executions=runs), [finding(code, 1, log="X")])
    (row,) = [row for row in lines(timesketch.export(answer)) if row["data_type"] == "octopus:finding"]
    assert (row["timestamp"] / 1e6 - DAWN.timestamp(), row["timestamp_desc"]) == expected


def test_findings_of_an_input_without_any_instant_are_counted():
    made = clef.export(story(event(2)))
    assert lines(made) == []
    assert made.notes[-1] == "1 finding left out: nothing in the input has a time in UTC"


def test_what_databases_and_audit_events_claim_is_in_it():
    state = {"customer": "", "source": "api/tasks.json", "line": 3, "offset": 9, "task": "ServerTasks-1"}
    states = [
        state | {"claim": "api", "state": "Success", "queued": DAWN, "completed": DAWN + timedelta(seconds=9)},
        state | {"claim": "tree", "state": "Success", "activity": "a", "started": DAWN},
        state | {"claim": "api", "task": "ServerTasks-2", "queued": DAWN},
    ]
    rows = [row for row in lines(clef.export(story(event(1, 1), states=states))) if "Claim" in row]
    assert [(row["@t"], row["Event"], row["@m"]) for row in rows] == [
        ("2023-09-18T04:18:52.0000000Z", "Task queued", "api: ServerTasks-1 is Success"),
        ("2023-09-18T04:19:01.0000000Z", "Task completed", "api: ServerTasks-1 is Success"),
    ]


def test_clef_keeps_all_hundred_nanoseconds_and_the_level():
    levels = {1: "Verbose", 5: "Verbose", 9: "Information", 13: "Warning", 17: "Error", 21: "Fatal"}
    events = [event(number, 0, tick=number % 10, severity=number) for number in levels]
    rows = [row for row in lines(clef.export(story(*events))) if "@m" in row]
    assert {row["Line"]: row["@l"] for row in rows} == levels
    assert {row["@t"] for row in rows if row["Line"] == 13} == {"2023-09-18T04:18:52.0000003Z"}


def test_a_stack_trace_is_the_exception_and_braces_are_braces():
    error = event(1, 0, severity=17, message="It {failed}\nSystem.IO.IOException: held\n   at A.B()")
    block = event(2, 1, message="one\ntwo {0}")
    first, second, found = lines(clef.export(story(error, block)))
    assert (first["@m"], first["@x"]) == ("It {failed}", "System.IO.IOException: held\n   at A.B()")
    assert second["@m"] == "one\ntwo {0}"
    assert "@x" not in second
    assert found["@mt"] == clef.TEMPLATE
    assert not {"@mt"} & (first.keys() | second.keys())
    said = clef.TEMPLATE
    for name in ("Code", "Name", "Verdict", "Summary"):
        said = said.replace(f"{{{name}}}", found[name])
    assert said == "OCT103 log-contention, proved: what OCT103 says"


@pytest.mark.parametrize("writer", WRITERS, ids=str)
def test_no_text_breaks_a_line_or_reaches_a_terminal(writer):
    text = "a\r\nb\u2028c\x1b[2J\u202e\x85"
    evidence = (Evidence("TaskLogs/a.txt", 1, 0, text),)
    answer = audit(
        case([source("TaskLogs/a.txt")], events=[event(1, 0, message=text)]),
        [finding("OCT103", 1, summary=text, evidence=evidence)],
    )
    raw = b"".join(WRITERS[writer](answer).content).decode()
    assert len(raw.splitlines()) == 2
    assert "\x1b" not in raw
    rows = [json.loads(line) for line in raw.splitlines()]
    assert text in (rows[0].get("message"), rows[0].get("@m"))
    assert text in (rows[1].get("summary"), rows[1].get("Summary"))


@pytest.mark.parametrize("writer", WRITERS, ids=str)
def test_bytes_are_the_same_whatever_was_read_first(writer):
    events = [event(line, 0) for line in (1, 2, 3)]
    there, back = (b"".join(WRITERS[writer](story(*way)).content) for way in (events, events[::-1]))
    assert there == back
