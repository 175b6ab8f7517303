"""One race from its configuration to a bundle and its truth."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .bundle import write_bundle
from .config import Race, drawn
from .truth import Fact, dump, write_truth
from .world import run_race


def make(race: Race, out: Path) -> Fact:
    """Run a race and write its bundle and its truth."""
    race = drawn(race)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run_race(race, run)
        return render(race, run, out)


def render(race: Race, run: Path, out: Path) -> Fact:
    """Write the bundle and the truth of a (drawn) race that has been run."""
    truth = write_truth(race, run, write_bundle(race, run, out / "bundle"))
    (out / "truth.json").write_text(dump(truth), encoding="utf-8", newline="")
    return truth
