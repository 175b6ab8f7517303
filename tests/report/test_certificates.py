"""Certificates: verify.py accepts what was audited in every form, and nothing else."""

from __future__ import annotations

import ast
import copy
import importlib.util
import io
import json
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from analyzer import cli, clocks
from analyzer.executions import by_clocks, by_order, constraints
from analyzer.report.certificates.checker import bounds, names, order
from analyzer.report.certificates.checker.verify import KINDS
from analyzer.report.certificates.citing import places
from analyzer.report.certificates.script import script
from analyzer.sources import members
from tests.detectors.bundle import Bundle
from tests.report.certified import CASES, OPTIONS, SAMPLES, certify, packed

SCENARIOS = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())
FILES = {"README.txt", "certificate.json", "cited.txt", "verify.py"}


@dataclass(frozen=True)
class Certified:
    """A certificate, and the folder that it is about."""

    folder: Path
    path: Path

    @property
    def document(self) -> Any:
        return json.loads((self.folder / "certificate.json").read_bytes())

    def lines(self) -> list[Any]:
        return self.document["lines"]


@pytest.fixture(scope="module")
def verify(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The very file that certificates carry."""
    path = tmp_path_factory.mktemp("script") / "verify.py"
    path.write_bytes(script())
    spec = importlib.util.spec_from_file_location("certificate_verify", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certified]:
    """One certificate of each small case."""
    found = {}
    for name, make in CASES.items():
        out = tmp_path_factory.mktemp("case")
        bundle = Bundle(out / "bundle")
        make(bundle)
        _, folders = certify(bundle.folder, out / "certificates", **OPTIONS.get(name, {}))
        found[name] = Certified(folders[0], bundle.folder)
    return found


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest, cases: dict[str, Certified]) -> Certified:
    return cases[request.param]


@pytest.fixture
def own(case: Certified, tmp_path: Path) -> Certified:
    """A case whose files may be changed."""
    return Certified(
        Path(shutil.copytree(case.folder, tmp_path / "certificate")),
        Path(shutil.copytree(case.path, tmp_path / "logs")),
    )


def run(folder: Path, *paths: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", folder / "verify.py", *paths]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def holds(verify: ModuleType, one: Certified, document: Any = None) -> bool:
    """Whether verify.py accepts, in this process; a document instead of the certificate's own."""
    try:
        verify.check(copy.deepcopy(document or one.document), [one.path])
    except (verify.Refuted, *verify.UNFIT):
        return False
    return True


def test_every_kind_of_argument_is_tried(cases):
    kinds = {one.document["argument"]["kind"] for one in cases.values()}
    assert kinds == set(KINDS)


def test_a_small_case_is_accepted(case):
    done = run(case.folder, case.path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("It holds.\n")
    assert {path.name for path in case.folder.iterdir()} == FILES


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_samples_are_accepted_as_folder_zip_and_tar(scenario, tmp_path):
    audit, folders = certify(SAMPLES / scenario, tmp_path / "certificates")
    proved = [one for one in audit.findings if one.code in ("OCT101", "OCT102") and one.verdict == "proved"]
    assert len(folders) == len(proved)
    for kind in ("folder", "zip", "tar") if folders else ():
        path = packed(SAMPLES / scenario, kind, tmp_path)
        for folder in folders:
            done = run(folder, path)
            assert (done.returncode, done.stderr) == (0, ""), (kind, folder.name)


def test_all_samples_together(tmp_path):
    paths = [SAMPLES / name for name in SCENARIOS]
    _, folders = certify(paths, tmp_path / "certificates")
    assert folders
    for folder in folders:
        assert run(folder, *reversed(paths)).returncode == 0
        assert run(folder, *paths[1:]).returncode == 2


def test_all_evidence_is_cited_with_its_bytes(cases):
    for one in cases.values():
        lines = {(line["source"], line["line"]): line for line in one.lines()}
        assert {(place["source"], place["line"]) for place in one.document["argument"]["evidence"]} <= set(lines)
        shown = (one.folder / "cited.txt").read_bytes()
        for line in lines.values():
            stored = (one.path / line["source"]).read_bytes()
            raw = stored[line["offset"] : line["offset"] + line["bytes"]]
            assert raw in shown
            assert not raw.endswith(b"\r")


def changed(one: Certified, line: Any, at: int, value: int) -> Callable[[], None]:
    """Change a byte of a cited line; calling the result takes it back."""
    path = one.path / line["source"]
    stored = path.read_bytes()
    spot = line["offset"] + at
    path.write_bytes(stored[:spot] + bytes([value]) + stored[spot + 1 :])
    return lambda: path.write_bytes(stored) and None


def test_any_other_byte_in_a_cited_line_is_refused(own, verify):
    chance = random.Random(1)
    lines = [line for line in own.lines() if line["bytes"]]
    chosen = chance.choice(lines)
    bytes_of = [(chosen, at) for at in range(chosen["bytes"])]
    bytes_of += [(line, chance.randrange(line["bytes"])) for line in lines for _ in range(3)]
    for line, at in bytes_of:
        old = (own.path / line["source"]).read_bytes()[line["offset"] + at]
        back = changed(own, line, at, chance.choice([value for value in range(256) if value != old]))
        assert not holds(verify, own), (line, at)
        back()
    assert holds(verify, own)


def test_another_byte_is_refused_by_the_command(own):
    line = own.lines()[-1]
    changed(own, line, line["bytes"] // 2, 0x21)
    done = run(own.folder, own.path)
    assert done.returncode == 1
    assert f"{line['source']} line {line['line']}: its bytes are not the cited ones" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_byte_that_is_not_cited_may_change(cases, tmp_path):
    one = cases["clock bounds, CSV"]
    logs = Path(shutil.copytree(one.path, tmp_path / "logs"))
    with (logs / "ServerTask.csv").open("ab") as table:
        table.write(b"a row more\n")
    done = run(one.folder, logs)
    assert done.returncode == 0
    assert "Note: ServerTask.csv has changed since the audit" in done.stdout


@pytest.mark.parametrize("damage", ["shifted", "truncated", "deleted", "joined"])
def test_damaged_files_are_refused(own, damage):
    line = own.lines()[-1]
    path = own.path / line["source"]
    stored = path.read_bytes()
    if damage == "shifted":
        path.write_bytes(b"a line more\n" + stored)
    elif damage == "truncated":
        path.write_bytes(stored[: line["offset"] + line["bytes"] - 1])
    elif damage == "joined":
        end = line["offset"] + line["bytes"]
        path.write_bytes(stored[:end] + stored[end:].lstrip(b"\r\n\0").rjust(1, b" "))
    else:
        path.unlink()
    assert run(own.folder, own.path).returncode == 1


def spots(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the numbers of an argument stand, but for what an execution is called."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from spots(value, (*path, key))
    elif isinstance(node, int) and path[-1] not in ("number", "execution"):
        yield path


def test_no_number_of_an_argument_can_be_forged(case, verify):
    unused = ("evidence", "zones")  # evidence is cited, but only the argument is derived from
    for path in spots({name: part for name, part in case.document["argument"].items() if name not in unused}):
        document = case.document
        node = document["argument"]
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] += 1
        assert not holds(verify, case, document), path


def test_a_zone_cannot_be_forged(cases, verify):
    one = cases["server log, zone given"]
    for minutes in (15, 7, 900, None):
        document = one.document
        document["argument"]["zones"]["WEST/Logs/OctopusServer.txt"] = minutes
        assert not holds(verify, one, document)


def test_a_bound_cannot_be_dropped(cases, verify):
    one = cases["clock bounds, CSV"]
    for at in range(len(one.document["argument"]["constraints"])):
        document = one.document
        del document["argument"]["constraints"][at]
        assert not holds(verify, one, document)
        document["argument"]["offset"] = document["argument"]["overlap_between"]
        assert not holds(verify, one, document)


def test_a_bound_cannot_be_narrowed(cases, verify):
    one = cases["clock bounds, API"]
    for name, value in (("slack", 0), ("bound", 1), ("reason", "because"), ("before", "west"), ("earlier", 5)):
        document = one.document
        document["argument"]["constraints"][0][name] = value
        assert not holds(verify, one, document), name


@pytest.mark.parametrize("name", ["lines", "sources", "argument", "finding", "prefixes"])
def test_a_certificate_without_a_part_is_refused(own, name):
    document = own.document
    del document[name]
    (own.folder / "certificate.json").write_text(json.dumps(document))
    done = run(own.folder, own.path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_line_that_is_no_longer_cited_cannot_be_used(cases, verify):
    for one in cases.values():
        used = {(one["source"], one["line"]) for one in used_lines(one.document["argument"])}
        for at, line in enumerate(one.lines()):
            document = one.document
            del document["lines"][at]
            if (line["source"], line["line"]) in used:
                assert not holds(verify, one, document), line


def used_lines(argument: Any) -> list[Any]:
    """Places that the derivation reads: all but those of the finding's own evidence."""
    return list(places({name: value for name, value in argument.items() if name != "evidence"}))


def test_another_kind_of_argument_is_refused(cases, verify):
    for one in cases.values():
        for kind in KINDS:
            document = one.document
            if {kind, document["argument"]["kind"]} in ({"clock bounds", "one clock"}, {kind}):
                continue
            document["argument"]["kind"] = kind
            assert not holds(verify, one, document), kind


def test_another_task_is_refused(cases, verify):
    for name, one in cases.items():
        document = one.document
        document["finding"]["task"] = "ServerTasks-70"
        assert not holds(verify, one, document), name


@pytest.mark.parametrize("name", ["logs.7z", "logs.rar", "logs.zip.zst"])
def test_what_python_cannot_read_is_to_be_unpacked(cases, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(64))
    done = run(cases["mixed"].folder, path)
    assert done.returncode == 2
    assert "unpack it and give the folder" in done.stderr


@pytest.mark.parametrize(("at", "in_index", "value"), [(6, 8, 1), (8, 10, 93)], ids=["encrypted", "zstandard"])
def test_a_zip_that_python_cannot_read_is_to_be_unpacked(cases, tmp_path, at, in_index, value):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for path in sorted(path for path in cases["mixed"].path.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(cases["mixed"].path).as_posix())
    data = bytearray(held.getvalue())
    for mark, place in ((b"PK\x03\x04", at), (b"PK\x01\x02", in_index)):
        data[data.index(mark) + place] = value
    path = tmp_path / "logs.zip"
    path.write_bytes(data)
    done = run(cases["mixed"].folder, path)
    assert done.returncode == 2
    assert "unpack it and give the folder" in done.stderr


def test_wrong_usage_exits_2(cases, tmp_path):
    folder = cases["mixed"].folder
    for paths in ([], [tmp_path / "nowhere"], [tmp_path, tmp_path]):
        done = run(folder, *paths)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr


def test_an_archive_that_is_cut_off_is_refused(cases, tmp_path):
    path = packed(cases["mixed"].path, "zip", tmp_path)
    path.write_bytes(path.read_bytes()[:-30])
    assert run(cases["mixed"].folder, path).returncode == 1


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_every_form_of_a_small_case(case, tmp_path, kind):
    assert run(case.folder, packed(case.path, kind, tmp_path)).returncode == 0


def test_several_paths_in_any_order_and_form(cases, tmp_path):
    logs = cases["clock bounds, CSV"].path
    paths = [logs / "TaskLogs", logs / "ServerTask.csv"]
    _, (folder,) = certify(paths, tmp_path / "certificates")
    assert run(folder, *paths).returncode == run(folder, *paths[::-1]).returncode == 0
    archive = shutil.make_archive(str(tmp_path / "TaskLogs"), "zip", paths[0])
    assert run(folder, Path(archive), paths[1]).returncode == 0
    assert run(folder, paths[0]).returncode == 2


def test_a_single_file_is_a_path(cases, tmp_path):
    (log,) = cases["mixed"].path.rglob("*.txt")
    _, (folder,) = certify(log, tmp_path / "certificates")
    assert run(folder, log).returncode == 0


def test_sources_are_named_as_the_analyzer_names_them(tmp_path):
    folder = tmp_path / "bundle"
    for name in ("a.txt", "b/a.txt", "b c/ä.txt", "b.txt", "b/c/d.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    inner = shutil.make_archive(str(tmp_path / "inner"), "zip", folder, "b")
    shutil.copy(inner, folder / "nested.zip")
    shutil.copy(shutil.make_archive(str(tmp_path / "deep"), "gztar", folder), folder / "deep.tar.gz")
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
        for name in ("x\\y.txt", "./x/y.txt", "z.txt"):
            archive.writestr(name, name)
    forms = [folder, *(packed(folder, kind, tmp_path) for kind in ("zip", "tar")), tmp_path / "twice.zip"]
    for path in forms:
        expected = [member.name for member in members(path)]
        assert [name for name, _ in names.sources_of(path, "", lambda _: True)] == expected, path
        assert [name for name, _ in names.sources_of(path, "p", lambda _: True)] == [m.name for m in members(path, "p")]


def test_two_runs_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        certify(SAMPLES / "double-run", tmp_path / name)
    one, two = (
        {path.relative_to(top): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        for top in (tmp_path / "one", tmp_path / "two")
    )
    assert one
    assert one == two


def test_the_parts_of_the_script_do_not_hide_one_another():
    body = ast.parse(script()).body
    defined = [one.name for one in body if isinstance(one, ast.FunctionDef | ast.ClassDef)]
    defined += [one.targets[0].id for one in body if isinstance(one, ast.Assign)]
    assert len(defined) == len(set(defined))
    assert ast.parse(script(), feature_version=(3, 8))
    imported = {name for one in body if isinstance(one, ast.Import) for name in (alias.name for alias in one.names)}
    imported |= {str(one.module).split(".")[0] for one in body if isinstance(one, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names


def test_the_checker_knows_the_constants_of_the_analyzer():
    assert (bounds.DRIFT, bounds.UNKNOWN_SKEW) == (clocks.DRIFT, clocks.UNKNOWN_SKEW)
    assert (bounds.RESOLUTION, bounds.WRITING) == (constraints.RESOLUTION, constraints.WRITING)
    assert (by_clocks.ONE_CLOCK.low, by_clocks.ONE_CLOCK.high) == (-bounds.ONE_CLOCK, bounds.ONE_CLOCK)
    assert (bounds.DATABASE, order.JITTER) == (constraints.DATABASE, by_order.JITTER)


def test_the_command_writes_them_and_says_so(tmp_path):
    done = audit(SAMPLES / "double-run", tmp_path / "new" / "folder")
    assert done.exit_code == 1
    folders = sorted(path.name for path in (tmp_path / "new" / "folder").iterdir())
    assert folders
    assert all(name.startswith("ServerTasks-") and name.endswith("-OCT101") for name in folders)
    assert f"{len(folders)} certificates in" in done.stderr
    again = audit(SAMPLES / "double-run", tmp_path / "new" / "folder")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "is not empty" in again.stderr


def test_certificates_inside_of_what_is_audited_would_be_read_as_logs(tmp_path):
    logs = Path(shutil.copytree(SAMPLES / "healthy", tmp_path / "logs"))
    done = audit(logs, logs / "certificates")
    assert done.exit_code == 2
    assert "would read it as logs" in done.stderr


def test_nothing_proved_nothing_written(tmp_path):
    done = audit(SAMPLES / "healthy", tmp_path / "certificates")
    assert list((tmp_path / "certificates").iterdir()) == []
    assert "0 certificates in" in done.stderr


def test_each_customer_has_its_own(tmp_path):
    for name in ("con.toso", "Fabrikam & Söhne"):
        shutil.copytree(SAMPLES / "double-run" / "bundle", tmp_path / name)
    paths = [str(tmp_path / name) for name in ("con.toso", "Fabrikam & Söhne")]
    words = ["audit", *paths, "--each", "--certificates", str(tmp_path / "certificates")]
    assert CliRunner().invoke(cli.app, words).exit_code == 1
    folders = sorted((tmp_path / "certificates").iterdir())
    customers = {json.loads((one / "certificate.json").read_bytes())["finding"]["customer"] for one in folders}
    assert customers == {"con.toso", "Fabrikam & Söhne"}
    assert {one.name.partition("-ServerTasks")[0] for one in folders} == {"con_toso", "Fabrikam_Söhne"}
    for one in folders:
        assert run(one, Path(paths[0])).returncode == 0


def audit(path: Path, folder: Path):
    return CliRunner().invoke(cli.app, ["audit", str(path), "--certificates", str(folder)])
