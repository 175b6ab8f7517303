"""What commands load, counted and not timed: on a quiet machine `--help` takes 0.1 s and a small audit 0.8 s."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer import startup

ROOT = Path(__file__).parent.parent
BUNDLE = "sample_logs/double-run"
DRAWING = {"jinja2", "matplotlib", "IPython"}
UNUSED = {"pyarrow.dataset", "pyarrow.parquet", "polars.testing", "asyncio", "multiprocessing", "unittest"}
NEVER = DRAWING | UNUSED | {"pandas", "rich"}
ENGINES = {"numpy", "polars", "pyarrow", "sqlite3"}
STARTED = """
import sys
from analyzer.cli import main
sys.argv = ["analyzer", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    print(end.code, *sys.modules, file=sys.stderr)
"""

READ = """
import sys
from pathlib import Path
from analyzer.startup import lightly
lightly()
from analyzer.reading import Options
from analyzer.reading.workers import read_share
from analyzer.sources import places
harvest = read_share(Options(triage=True), tuple(places(Path(sys.argv[1]))))
print(len(harvest.untold), type(sys.modules["polars"]).__name__)
"""


def loaded(*words: str) -> tuple[int, set[str]]:
    """Exit code and the modules loaded when a command ends."""
    done = subprocess.run(
        [sys.executable, "-c", STARTED, *words], capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=True
    )
    code, *modules = done.stderr.splitlines()[-1].split()
    return int(code), set(modules)


def test_an_audit_looks_for_garbage_only_a_few_times_behind_its_start():
    counted = STARTED.replace("*sys.modules", "gc.get_stats()[1]['collections'] + gc.get_stats()[2]['collections']")
    done = subprocess.run(
        [sys.executable, "-c", f"import gc{counted}", "audit", BUNDLE],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert int(done.stderr.split()[-1]) < 10


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("audit", "--help"), ("nonsense",)])
def test_a_word_about_itself_loads_no_engine(words):
    _, modules = loaded(*words)
    assert (NEVER | ENGINES) & modules == set()


def test_the_first_page_does_without_the_checks_of_options():
    assert {"pydantic", "zipfile", "analyzer.model"} & loaded("--help")[1] == set()


def test_a_small_audit_loads_only_what_judges():
    code, modules = loaded("audit", BUNDLE)
    assert code == 1
    assert {"polars", "pyarrow"} <= modules  # else the names below prove nothing
    assert NEVER & modules == set()


@pytest.mark.parametrize("words", [("show", "22404", BUNDLE), ("detectors",), ("formats",), ("explain", "OCT101")])
def test_other_commands_draw_nothing(words):
    code, modules = loaded(*words)
    assert code == 0
    assert (DRAWING | {"pandas", "rich"}) & modules == set()


@pytest.mark.parametrize(("given", "used"), [(None, "1"), ("4", "4")])
def test_no_threads_are_started_for_what_is_not_computed(monkeypatch, given, used):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", given or "")
    if given is None:
        monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    startup.lightly()
    assert os.environ["OPENBLAS_NUM_THREADS"] == used


def test_pandas_can_still_be_had():
    script = (
        "from analyzer import startup; startup.without_pandas(); import pyarrow as pa, sys;"
        "t = pa.table({'a': [1, None]}); assert 'pandas' not in sys.modules;"
        "assert t.to_pandas()['a'].sum() == 1 and pa.Table.from_pandas(t.to_pandas()).num_rows == 2"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_processes_that_read_server_logs_load_no_polars(tmp_path):
    line = "2023-09-18 09:14:02.1180   7012     31  INFO  Octopus.Server version 2023.3.12936 (2023.3.12936)\n"
    (tmp_path / "OctopusServer.txt").write_text(20 * line, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.split() == ["1", "_Later"]
