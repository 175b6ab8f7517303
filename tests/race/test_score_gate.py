"""Eight real races, audited: what must hold of every race whatever its timing. `score` prints how much more does."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

KEEP = Path(tempfile.gettempdir()) / "race-gate"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def printed() -> str:
    command = [sys.executable, "-m", "tests.race.score", "--gate", "--keep", str(KEEP)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.mark.parametrize("way", ["accused", "false proof"])
def test_no_race_is_answered_wrongly(printed: str, way: str) -> None:
    wrong = [line for line in printed.splitlines() if line.startswith(f"{way} ") and "ServerTasks-" in line]
    codes = [line for line in wrong if " OCT" in line.split("ServerTasks-")[0]]
    assert wrong == codes, "\n".join(["kept, with the seed in the name:", *wrong])


def test_the_races_have_something_to_find(printed: str) -> None:
    layouts = printed.split("\nlayout ", 1)[1].splitlines()
    (row,) = [line.split() for line in layouts[:6] if line.startswith("all ")]
    assert int(row[2]) > 0, printed  # overlaps, by the truth


def test_nearly_all_overlaps_that_the_input_shows_are_proved_and_none_is_passed_over(printed: str) -> None:
    """Which races come out is a matter of timing: one in ten and one more may be missed; `score` measures how many."""
    rows = [line[24:].split() for line in printed.splitlines() if line.startswith("overlap, shown by")]
    counts = [[int(word) if word.isdigit() else 0 for word in row[-8:]] for row in rows]
    shown, proved, lacking, clean = (sum(row[at] for row in counts) for at in (0, 1, 5, 6))
    assert proved >= shown - 1 - shown // 10, printed
    assert lacking + clean == 0, printed
