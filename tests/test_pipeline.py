"""From paths to an audit: the same answer however the files came."""

from __future__ import annotations

import multiprocessing
import os
import random
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

import analyzer
from analyzer import pipeline, schema
from analyzer.errors import PathMissing, UsageError
from analyzer.report import json
from tests.bundles import account, folder, raw, server, tarred, zipped

SAMPLES = Path(__file__).parent.parent / "sample_logs"
DOUBLE = SAMPLES / "double-run" / "bundle"
TABLES = [name for name in schema.TABLES if name != "findings"]


def files(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def document(*paths: Path, **options) -> bytes:
    return json.document(pipeline.audit(pipeline.read(paths, **options)))


def shuffled(named: dict[str, bytes], seed: int) -> dict[str, bytes]:
    names = list(named)
    random.Random(seed).shuffle(names)
    return {name: named[name] for name in names}


@pytest.fixture(scope="module")
def expected() -> bytes:
    return document(DOUBLE)


# Names and order


def test_every_line_of_the_samples_is_accounted_for():
    case = pipeline.read(SAMPLES)
    account({name: case.table(name) for name in ("sources", "events", "states", "rejects")})
    assert {row["problem"] for row in case.sources.to_pylist()} == {None}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", ["bundle.zip", "bundle.tar.gz"])
@pytest.mark.parametrize("inside", ["", "bundle/"])
def test_an_archive_gives_the_document_of_its_folder(tmp_path, expected, name, inside, seed):
    packed = shuffled({inside + name: data for name, data in files(DOUBLE).items()}, seed)
    assert document((zipped if name.endswith("zip") else tarred)(tmp_path / name, packed)) == expected


def test_the_order_of_files_on_disk_means_nothing(tmp_path, expected, monkeypatch):
    scan = os.scandir

    @contextmanager
    def backwards(place):
        with scan(place) as entries:
            yield reversed([*entries])

    monkeypatch.setattr(os, "scandir", backwards)
    assert document(DOUBLE) == expected


def test_the_order_of_paths_means_nothing_and_twice_is_once():
    paths = [SAMPLES / name / "bundle" for name in ("healthy", "hand-over", "segments")]
    case = pipeline.read(paths)
    again = pipeline.read([paths[2], paths[0] / "../bundle", *paths])
    for name in TABLES:
        assert case.table(name) == again.table(name), name
    assert document(*paths) == document(*paths[::-1], paths[1])
    prefixes = {source.partition("/bundle/")[0] for source in case.sources["source"].to_pylist()}
    assert prefixes == {"healthy", "hand-over", "segments"}


def test_a_path_below_another_one_counts_once():
    assert document(DOUBLE, DOUBLE / "shared") == document(DOUBLE)


def _document(path: str) -> bytes:
    return document(Path(path))


def test_the_audit_runs_in_a_spawned_process(expected):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_document, [str(DOUBLE)]) == expected


def test_windows_paths_and_unc_names_inside_logs(tmp_path):
    paths = [r"C:\\Octopus\\Work\\20230918\\a.ps1", r"\\\\nas\\share\\TaskLogs\\servertasks-7_abc.txt"]
    bundle = {"TaskLogs/servertasks-7_abc.txt": raw(7, *paths, log="ABC"), "node-a/S.txt": server(r"\\nas\x 'D:\y'")}
    case = pipeline.read(folder(tmp_path, bundle))
    assert case.events["message"].to_pylist() == [
        r"C:\Octopus\Work\20230918\a.ps1",
        r"\\nas\share\TaskLogs\servertasks-7_abc.txt",
        "Finished",
        r"\\nas\x 'D:\y'",
    ]
    assert not pipeline.audit(case).findings


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_text_reach_the_document(tmp_path):
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/n\xff"))
    folder(place, files(DOUBLE))
    assert b"n\\\\udcff/" in document(tmp_path)


# The question


def test_arguments_are_checked_at_once(tmp_path):
    with pytest.raises(UsageError, match="no PATH"):
        pipeline.read([])
    with pytest.raises(PathMissing):
        pipeline.read([tmp_path, tmp_path / "none"])
    with pytest.raises(UsageError, match="not an offset"):
        pipeline.read(tmp_path, utc_offsets={"A": "ten"})
    case = pipeline.read(tmp_path, nodes={"A": "none"})
    with pytest.raises(UsageError, match="node A=none"):
        _ = case.sources


def test_an_empty_folder_is_an_empty_case(tmp_path):
    case = pipeline.read(tmp_path)
    assert [len(case.table(name)) for name in TABLES] == [0] * len(TABLES)
    assert pipeline.audit(case).findings == ()


@pytest.mark.parametrize(("text", "minutes"), [("+10:00", 600), ("-05:30", -330), ("+0:00", 0), (" +0930 ", 570)])
def test_utc_offsets(text, minutes):
    assert pipeline.utc_offset(text).total_seconds() == minutes * 60


@pytest.mark.parametrize("text", ["10:00", "+15:00", "+10:60", "+10", "UTC", ""])
def test_no_utc_offsets(text):
    with pytest.raises(UsageError):
        pipeline.utc_offset(text)


def test_a_given_offset_dates_a_server_log(tmp_path):
    bundle = folder(tmp_path, {"OCTO-A/OctopusServer.txt": server("x"), "OCTO-B/OctopusServer.txt": server("x")})
    case = pipeline.read(bundle, utc_offsets={"octo-a": "+10:00"})
    moment = datetime(2023, 9, 17, 23, 14, 0, 10300, UTC)
    assert case.sources.select(["node", "clock", "first", "last"]).to_pylist() == [
        {"node": "OCTO-A", "clock": "offset", "first": moment, "last": moment},
        {"node": "OCTO-B", "clock": "local", "first": None, "last": None},
    ]


def test_one_task_of_many(tmp_path):
    bundle = folder(tmp_path, {f"servertasks-{task}_abcde12345.txt": raw(task, "x") for task in (1, 2, 11)})
    case = pipeline.read(bundle, tasks=["ServerTasks-1"])
    assert set(case.events["task"].to_pylist()) == {"ServerTasks-1"}
    assert case.sources.num_rows == case.executions.num_rows == 1


@pytest.mark.parametrize(
    ("since", "until", "tasks"),
    [
        (None, None, [1, 2]),
        (datetime(2023, 9, 18, 9, 14, 20, tzinfo=UTC), None, [2]),
        (datetime(2023, 9, 18, 9, 14, 20), None, [2]),
        (None, datetime.fromisoformat("2023-09-18T19:14:20+10:00"), [1]),
        (datetime(2023, 9, 18, 9, 14, 10), datetime(2023, 9, 18, 9, 14, 20), []),
    ],
)
def test_tasks_active_in_a_time(tmp_path, since, until, tasks):
    bundle = folder(
        tmp_path, {"servertasks-1_abcde12345.txt": raw(1, "x"), "servertasks-2_abcde12345.txt": raw(2, "x", second=30)}
    )
    case = pipeline.read(bundle, since=since, until=until)
    assert [int(task.split("-")[1]) for task in case.executions["task"].to_pylist()] == tasks


# Copies


def test_a_share_collected_from_two_nodes_is_judged_once(tmp_path):
    bundle = files(DOUBLE)
    shared = {name: data for name, data in bundle.items() if name.startswith("shared/")}
    again = {f"z/{name}": data for name, data in shared.items()}
    once = pipeline.read(folder(tmp_path / "once", bundle))
    twice = pipeline.read(folder(tmp_path / "twice", bundle | again))
    assert twice.executions == once.executions
    copies = {row["source"]: row["duplicate_of"] for row in twice.sources.to_pylist() if row["duplicate_of"]}
    with_events = {row["source"] for row in once.sources.to_pylist() if row["events"]}
    assert copies == {f"z/{name}": name for name in shared if name in with_events}


def test_a_share_collected_again_earlier_is_judged_once(tmp_path):
    log = raw(1, *"abcdefgh")
    once = pipeline.read(folder(tmp_path / "a", {"servertasks-1_abcde12345.txt": log}))
    twice = pipeline.read(
        folder(tmp_path / "b", {"0/servertasks-1_abcde12345.txt": log[:300], "1/servertasks-1_abcde12345.txt": log})
    )
    names = ["task", "number", "node", "lines", "started", "ended", "outcome", "relation"]
    assert twice.executions.select(names) == once.executions.select(names)


def test_a_rolled_archive_under_another_name_is_a_copy(tmp_path):
    bundle = {"node-a/OctopusServer.0.txt": server("x", "y"), "node-a/OctopusServer.1.txt": server("x", "y")}
    sources = pipeline.read(folder(tmp_path, bundle)).sources
    assert sources["duplicate_of"].to_pylist() == [None, "node-a/OctopusServer.0.txt"]


# Customers


def test_several_customers_side_by_side(tmp_path):
    audits = [
        pipeline.audit(pipeline.read(DOUBLE, customer="b")),
        pipeline.audit(pipeline.read(SAMPLES / "healthy" / "bundle", customer="a")),
    ]
    merged = pipeline.merge(audits)
    for name in TABLES:
        table = getattr(merged.case, name)
        assert len(table) == sum(len(getattr(one.case, name)) for one in audits)
        schema.conform(table, schema.TABLES[name])
    assert {finding.customer for finding in merged.findings} <= {"a", "b"}
    assert json.document(merged) == json.document(pipeline.merge(audits[::-1]))


def test_findings_have_hashes_and_excerpts():
    audit = analyzer.audit(analyzer.read(DOUBLE))
    cited = {one.source for finding in audit.findings for one in finding.evidence}
    assert cited
    hashed = {row["source"] for row in audit.case.sources.to_pylist() if row["sha256"]}
    assert hashed == cited
    assert all(one.excerpt for finding in audit.findings for one in finding.evidence)
