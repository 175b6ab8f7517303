from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import analyzer

HEAVY = {"matplotlib", "numpy", "pandas", "polars", "pyarrow", "rich"}
ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("module", ["analyzer", "analyzer.cli"])
def test_nothing_heavy_is_imported_before_it_is_needed(module):
    script = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)
    assert HEAVY.isdisjoint(run.stdout.split())


@pytest.mark.parametrize("name", analyzer.__all__)
def test_every_name_for_notebooks_is_there_and_documented(name):
    assert getattr(analyzer, name).__doc__
    assert name in dir(analyzer)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = analyzer.nonsense


def test_imports_run_downwards_only():
    command = shutil.which("lint-imports", path=Path(sys.executable).parent)
    assert command, "import-linter belongs to the extra `test`"
    run = subprocess.run([command, "--no-logo"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stdout
