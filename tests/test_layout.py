"""The top level of the project: nothing a program left behind there."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
FIXED = {"analyzer", "notebooks", "sample_logs", "tests", "pyproject.toml", "README.md", "LICENSE"}
MADE = {"build", "dist", "__pycache__", "octopus_task_log_analyzer.egg-info"}


def test_the_top_level_is_fixed():
    assert {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - MADE == FIXED
