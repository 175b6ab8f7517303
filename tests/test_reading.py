"""Every member of every path becomes rows and a row in SOURCES."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import UsageError
from analyzer.ingest import FORMATS, api_tasks, server_log, task_log
from analyzer.reading import Options, packs, read_tables
from analyzer.sources import encoding
from tests.bundles import account, folder, raw, server, tarred, zip_bytes, zipped

FILES = {
    "shared/TaskLogs/servertasks-1_abcde12345.txt": raw(1, "Deploy A"),
    "shared/TaskLogs/servertasks-2_abcde12345/q1.tl.txt": raw(2, "Deploy B"),
    "node-a/Logs/OctopusServer.txt": server("Listening", "Draining"),
    "node-b/Logs/OctopusServer.txt": server("Listening", "Polling"),
    "api/tasks.json": api_tasks.SAMPLE.strip().encode(),
    "readme.md": b"# not a log\n",
}


def tables(path: Path, **options):
    found = read_tables([path], Options(**options))
    account(found)
    return found


def sources(found, *columns: str) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in columns) for row in found["sources"].to_pylist()]


def test_sources_of_a_bundle(tmp_path):
    found = tables(folder(tmp_path, FILES), customer="acme")
    assert sources(found, "source", "format", "node", "node_basis", "lines", "events", "problem") == [
        ("api/tasks.json", "api-tasks", None, None, api_tasks.SAMPLE.strip().count("\n") + 1, 0, None),
        ("node-a/Logs/OctopusServer.txt", "server-log", "node-a", "folder", 2, 2, None),
        ("node-b/Logs/OctopusServer.txt", "server-log", "node-b", "folder", 2, 2, None),
        ("readme.md", "unknown", None, None, 0, 0, None),
        ("shared/TaskLogs/servertasks-1_abcde12345.txt", "task-log", None, None, 2, 2, None),
        ("shared/TaskLogs/servertasks-2_abcde12345/q1.tl.txt", "task-log", None, None, 2, 2, None),
    ]
    for table in found.values():
        assert set(table["customer"].to_pylist()) <= {"acme"}


@pytest.mark.parametrize("name", ["b.zip", "b.tar", "b.tar.gz", "b.tgz"])
@pytest.mark.parametrize("inside", ["", "b/", "./"])
def test_an_archive_of_a_folder_is_the_folder(tmp_path, name, inside):
    files = {inside + name: data for name, data in reversed(FILES.items())}
    pack = zipped if name == "b.zip" else tarred
    assert tables(pack(tmp_path / name, files)) == tables(folder(tmp_path / "x", FILES))


def test_several_paths_in_any_order_and_twice(tmp_path):
    paths = [zipped(tmp_path / f"node-{one}.zip", {"Logs/OctopusServer.txt": server(one)}) for one in "abc"]
    expected = read_tables(paths, Options())
    assert sources(expected, "source", "node") == [
        (f"node-{one}.zip/Logs/OctopusServer.txt", f"node-{one}") for one in "abc"
    ]
    assert read_tables([*paths[::-1], paths[0], tmp_path / "x/../node-b.zip"], Options()) == expected


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("empty.txt", b"", ("unknown", 0, "it is empty")),
        ("zeros.txt", bytes(3000), ("unknown", 0, "no known format")),
        ("servertasks-1_a.txt", b"", ("task-log", 0, None)),
        ("servertasks-1_a.txt", bytes(3000), ("task-log", 1, None)),
        ("prose.txt", b"hello\n", ("unknown", 0, "no known format")),
        ("prose.gz", gzip.compress(b"hello\n"), ("unknown", 0, "no known format")),
        ("log.gz", gzip.compress(raw(1, "x")), ("task-log", 2, None)),
        ("broken.zip", zip_bytes(FILES)[:-9], ("unknown", 0, "BadZipFile: File is not a zip file")),
        ("utf16.txt", raw(1, "ä").decode().encode("utf-16"), ("task-log", 2, None)),
        ("cp1252.txt", raw(1, "ä").decode().encode("cp1252"), ("task-log", 2, None)),
    ],
    ids=range(10),
)
def test_a_single_file(tmp_path, name, data, expected):
    assert sources(tables(folder(tmp_path, {name: data}) / name), "source", "format", "lines", "problem") == [
        (name, *expected)
    ]


def test_a_file_that_breaks_off_gives_what_stands_before(tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "PIECE", 200)
    for name, data in (("OctopusServer.txt", server(*map(str, range(60)))), ("tasks.json", api_tasks.SAMPLE.encode())):
        whole = gzip.compress(data, 0)
        path = folder(tmp_path, {f"{name}.gz": whole[: len(whole) * 2 // 3]}) / f"{name}.gz"
        found = tables(path)
        ((lines, problem),) = sources(found, "lines", "problem")
        assert lines > 1
        assert problem.startswith("could not be read to the end: EOFError")


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_text_reach_the_tables(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/servertasks-1_\xff.txt"))
    path.write_bytes(raw(1, "x"))
    assert tables(tmp_path)["events"]["source"].to_pylist() == ["servertasks-1_\\udcff.txt"] * 2


# Every line once

wounds = st.lists(
    st.tuples(
        st.sampled_from(["cut", "flip", "twice", "splice", "swap", "cp1252"]),
        st.integers(0, 4000),
        st.integers(0, 300),
    ),
    min_size=1,
    max_size=5,
)


def damaged(data: bytes, wounds: list[tuple[str, int, int]]) -> bytes:
    for kind, at, size in wounds:
        at %= len(data) + 1
        lines = data.splitlines(keepends=True)
        if kind == "cut":
            data = data[:at] + data[at + size :]
        elif kind == "flip":
            data = data[:at] + bytes(byte ^ (1 << size % 8) for byte in data[at : at + 1]) + data[at + 1 :]
        elif kind == "twice":
            data = data[: at + size] + data[at:]
        elif kind == "splice":
            data = data[:at] + data[size:] + data[at : at + size]
        elif kind == "swap" and lines:
            data = b"".join(lines[at % len(lines) :] + lines[: at % len(lines)])
        else:
            data = data[:at] + b"\xe4\x81" + data[at:]
    return data


@pytest.mark.parametrize("form", [pytest.param(form, id=form.NAME) for form in FORMATS])
@settings(deadline=None, max_examples=40)
@given(wounds=wounds, code=st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_damaged_logs_never_raise_and_every_line_counts_once(tmp_path_factory, form, wounds, code):
    path = tmp_path_factory.getbasetemp() / "damaged.txt"
    path.write_bytes(damaged(form.SAMPLE.encode(code, "replace"), wounds))
    problems = {problem for (problem,) in sources(tables(path), "problem")}
    assert problems <= {None, "no known format", "it is empty"}


def test_a_format_that_fails_costs_its_source_and_nothing_else(tmp_path, monkeypatch):
    def failing(blocks):
        for block in blocks:
            yield from ()
            if b"POISON" in block.data:
                raise IndexError("oops")
            yield from parse(iter([block]))

    path = folder(tmp_path, {**FILES, "a/servertasks-3.txt": raw(3, "POISON"), "node-c/S.txt": server("a", "POISON")})
    for form in (task_log, server_log):
        parse = form.parse
        monkeypatch.setattr(form, "parse", failing)
        found = tables(path)
        monkeypatch.undo()
        poisoned = [row for row in sources(found, "source", "lines", "reject_lines", "problem") if row[3]]
        name = "a/servertasks-3.txt" if form is task_log else "node-c/S.txt"
        assert poisoned == [(name, 2, 2, "the analyzer failed on it: IndexError: oops")]


def test_small_sources_share_blocks_and_large_ones_do_not_wait(tmp_path, monkeypatch):
    folder(tmp_path, {f"servertasks-{task}_abcde12345.txt": raw(task, "x" * 60) for task in range(1, 20)})
    expected = tables(tmp_path)
    for size in (1, 700, 10_000):
        monkeypatch.setattr(packs, "PACK", size)
        assert tables(tmp_path) == expected


def test_progress_counts_every_byte_once(tmp_path):
    seen: dict[str, int] = {}
    files = {"a.txt": raw(1, "x" * 3000), "b.txt": server("x")}
    tables(folder(tmp_path, files), progress=lambda name, size: seen.update({name: seen.get(name, 0) + size}))
    assert seen == {name: len(data) for name, data in files.items()}


# Whose log it is


def nodes(path: Path | list[Path], **given: str) -> dict[str, tuple[str | None, str | None]]:
    found = read_tables(path if isinstance(path, list) else [path], Options(nodes=given))
    events = {row["source"]: row["node"] for row in found["events"].to_pylist()}
    result = {source: (node, basis) for source, node, basis in sources(found, "source", "node", "node_basis")}
    assert all(result[source][0] == node for source, node in events.items())
    return result


@pytest.fixture
def said(monkeypatch):
    """Logs whose first message is `I am NAME` say whose they are."""
    parse = server_log.parse

    def saying(blocks):
        blocks = list(blocks)
        for batch in parse(iter(blocks)):
            name = blocks[0].data.partition(b"I am ")[2].split()[:1]
            yield type(batch)(batch.events, nodes={blocks[0].source: name[0].decode()} if name else {})

    monkeypatch.setattr(server_log, "parse", saying)


def test_start_up_lines_beat_the_folder_and_speak_for_their_neighbours(tmp_path, said):
    files = {
        "a/Logs/OctopusServer.0.txt": server("x"),
        "a/Logs/OctopusServer.txt": server("I am OCTO-1"),
        "a/Logs/Archive/OctopusServer.1.txt": server("y"),
        "b/Logs/OctopusServer.txt": server("z"),
    }
    assert nodes(folder(tmp_path / "f", files)) == {
        "a/Logs/Archive/OctopusServer.1.txt": ("OCTO-1", "log"),
        "a/Logs/OctopusServer.0.txt": ("OCTO-1", "log"),
        "a/Logs/OctopusServer.txt": ("OCTO-1", "log"),
        "b/Logs/OctopusServer.txt": ("b", "folder"),
    }
    shuffled = {name: files[name] for name in reversed(files)}
    assert nodes(tarred(tmp_path / "t.tar", shuffled)) == nodes(tmp_path / "f")


def test_a_folder_of_several_nodes_speaks_for_none(tmp_path, said):
    files = {"acme/1.txt": server("I am A"), "acme/2.txt": server("I am B"), "acme/3.txt": server("x")}
    assert [node for node, _ in nodes(folder(tmp_path, files)).values()] == ["A", "B", None]


def test_names_that_differ_in_case_are_one_node(tmp_path, said):
    files = {"acme/1.txt": server("I am Octo"), "acme/2.txt": server("I am OCTO"), "acme/3.txt": server("x")}
    assert [node for node, _ in nodes(folder(tmp_path, files)).values()] == ["Octo", "OCTO", "Octo"]


TWO = {
    "one/OctopusServer.txt": server("x"),
    "two/OctopusServer.txt": server("y"),
    "in.zip": zip_bytes({"s.txt": server("z")}),
}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("one", "one/OctopusServer.txt"),
        ("one/OctopusServer.txt", "one/OctopusServer.txt"),
        ("one/", "one/OctopusServer.txt"),
        ("one\\OctopusServer.txt", "one/OctopusServer.txt"),
        ("in.zip", "in.zip!/s.txt"),
        ("in.zip!/s.txt", "in.zip!/s.txt"),
        ("{root}/one", "one/OctopusServer.txt"),
        ("{root}/two/OctopusServer.txt", "two/OctopusServer.txt"),
        ("{root}/in.zip", "in.zip!/s.txt"),
        ("{root}/in.zip/s.txt", "in.zip!/s.txt"),
    ],
)
@pytest.mark.parametrize("pack", [folder, zipped], ids=["folder", "zip"])
@pytest.mark.parametrize("alone", [True, False])
def test_node_given_by_source_or_by_path(tmp_path, pack, alone, path, source):
    root = pack(tmp_path / "bundle.zip", TWO)
    paths = [root] if alone else [root, folder(tmp_path / "other", {"s.txt": server("w")})]
    prefix = "" if alone else "bundle.zip/"
    path = path.format(root=root) if "{root}" in path else prefix + path
    found = nodes(paths, ME=path)
    assert [name for name, (node, basis) in found.items() if basis == "given"] == [prefix + source]
    assert found[prefix + source] == ("ME", "given")


@pytest.mark.parametrize("path", ["{root}", "{root}/..", "/"])
def test_node_given_for_everything(tmp_path, path):
    root = folder(tmp_path / "bundle", TWO)
    assert set(nodes(root, ME=path.format(root=root)).values()) == {("ME", "given")}


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_the_closer_path_decides(tmp_path, order):
    wide, close = order
    found = nodes(folder(tmp_path, {"x/1.txt": server("x"), "x/y/2.txt": server("y")}), **{wide: "x", close: "x/y"})
    assert [node for node, _ in found.values()] == [wide, close]


@pytest.mark.parametrize("path", ["three", "OctopusServer.txt", "on", "{root}/three", "one/OctopusServer.txt/x"])
def test_node_given_for_nothing(tmp_path, path):
    with pytest.raises(UsageError, match="no source has this name"):
        nodes(folder(tmp_path, TWO), ME=path.format(root=tmp_path))


# Only some tasks


@pytest.mark.parametrize(
    ("name", "is_read"),
    [
        ("servertasks-7_abc.txt", True),
        ("servertasks-77_abc.txt", False),
        ("TaskLogs/servertasks-8.txt", False),
        ("servertasks-8_abc/q.tl.txt", False),
        ("servertasks-7_abc/q.tl.txt", True),
        ("ServerTasks-8.log.txt", False),
        ("servertasks-8-complaint/OctopusServer.txt", True),
        ("OctopusServer.txt", True),
    ],
)
def test_logs_of_tasks_not_asked_for_are_not_read(tmp_path, name, is_read):
    found = tables(folder(tmp_path, {name: b"x\n"}), tasks=frozenset({"ServerTasks-7"}))
    assert bool(found["sources"].num_rows) is is_read
