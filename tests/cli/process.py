"""The command as a process of its own, in surroundings that are the same everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "analyzer", *map(str, words)]


def environment(**more: str) -> dict[str, str]:
    """Without what the surroundings say about terminals."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "TERM": "xterm-256color"} | more


def run(*words: object, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command(*words), capture_output=True, env=environment(**more), cwd=cwd, check=False)
