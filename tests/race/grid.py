"""The races that are scored, and how one is run: each race once, its bundle with several kinds of evidence."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import TypeVar, get_args

from .auditing import Outcome, judged
from .config import Evidence, Layout, Race, drawn, spread
from .make import render
from .world import run_race

T = TypeVar("T")
R = TypeVar("R")
SKEWS = (0.0, 2.0, 30.0, 300.0, 1800.0)
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
VERSIONS = {"single": "2023.3.12936", "segments": "2025.3.4711"}
DATABASE_SKEWS = (0.0, 0.0, 4.0, -45.0, 700.0)
WEIGHTS = {"restart": 0.3, "big": 0.5, "deploy": 4, "rerun": 4, "intervention": 3} | dict.fromkeys(
    ("parallel", "rolling", "retry", "skip", "failing", "guided", "cancel", "health", "tiny", "runbook"), 1.3
)
"""How often a kind of task is drawn."""
EVIDENCES = (
    Evidence(True, "csv"),
    Evidence(False, "none"),
    Evidence(True, "none"),
    Evidence(False, "api"),
    Evidence(False, downloads="only"),
    Evidence(True, "api", events=True),
    Evidence(False, "csv"),
    Evidence(True, "api", damage=3),
    Evidence(False, downloads="details"),
)


@dataclass(frozen=True)
class Point:
    """One race of the grid and the evidence it is audited with."""

    race: Race
    skew: float
    evidences: tuple[Evidence, ...]

    @property
    def name(self) -> str:
        """`single-300-seed7`."""
        return f"{self.race.layout}-{self.skew:g}-seed{self.race.seed}"


def race_of(seed: int, layout: Layout, skew: float, tasks: int) -> Race:
    """The race of one point of the grid; what the grid does not vary, the seed does."""
    rng = random.Random(f"grid {seed} {layout} {skew:g}")
    nodes = rng.choice((2, 3, 4))
    return Race(
        seed=seed,
        layout=layout,
        version=VERSIONS[layout],
        nodes=nodes,
        tasks=tasks,
        skews=spread(seed, nodes, skew) if skew else (),
        drift_ppm=rng.choice((0.0, 20.0, 80.0)),
        database_skew=rng.choice(DATABASE_SKEWS),
        write_lock=rng.random() < 0.25,
        lost_writes=rng.random() < 0.5,
        hold=rng.choice((3.0, 10.0, 60.0)),
        poll=5.0,
        think=rng.choice((3.0, 6.0, 9.0)),
        luck=0.25,
        kinds=tuple(rng.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()), k=tasks)),
        machine_blocks=rng.random() < 0.65,
        separate_block_lines=rng.random() < 0.15,
        segment_per=rng.choice(("node", "execution")),
        big_lines=rng.choice((300, 300, 2000)),
    )


def points(seeds: range, tasks: int, each: int) -> list[Point]:
    """All points; each race is audited with `each` kinds of evidence, others in the next one."""
    made = []
    for number, (block, skew, layout) in enumerate(product(seeds, SKEWS, LAYOUTS)):
        seed = 100 * block + number % 10
        chosen = [EVIDENCES[(number * each + at) % len(EVIDENCES)] for at in range(min(each, len(EVIDENCES)))]
        made.append(Point(race_of(seed, layout, skew, tasks), skew, tuple(chosen)))
    return made


def gate() -> list[Point]:
    """Eight races for the test suite; most without the write lock, so that there is something to find."""
    return [
        replace(point, race=replace(point.race, write_lock=number in (2, 5)))
        for number, point in enumerate(points(range(90, 91), tasks=7, each=2)[:8])
    ]


def label(evidence: Evidence) -> str:
    """`server logs + api`, `task logs alone`."""
    if not evidence.raw:
        return "text downloads" if evidence.downloads == "only" else "/details"
    parts = [
        *(["server logs"] if evidence.server_logs else []),
        *([] if evidence.states == "none" else [evidence.states]),
        *(["damage"] if evidence.damage else []),
    ]
    return " + ".join(parts) or "task logs alone"


@dataclass(frozen=True)
class Result:
    """One bundle, audited."""

    point: Point
    evidence: str
    outcome: Outcome
    kept: str
    """Where the bundle is, if something was wrong with the audit of it."""


def run_point(point: Point, keep: Path) -> list[Result]:
    """One race, and one audit for each kind of evidence; nothing when the machine was too busy for the race to end."""
    race = drawn(point.race)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        try:
            run_race(race, run)
        except TimeoutError as late:
            print(f"\n{point.name}: {late}", file=sys.stderr)
            return []
        return [
            _audit(point, replace(race, evidence=one), run, Path(folder) / f"b{at}", keep)
            for at, one in enumerate(point.evidences)
        ]


def _audit(point: Point, race: Race, run: Path, out: Path, keep: Path) -> Result:
    """The score of one bundle; a bundle on which the audit failed is kept."""
    out.mkdir()
    truth = render(race, run, out)
    outcome = judged(json.loads(json.dumps(truth)), out / "bundle")
    evidence = label(race.evidence)
    kept = ""
    if not outcome.score.good or outcome.shares.bad or outcome.alarms or any(mark.wrong for mark in outcome.marks):
        home = keep / f"{point.name}-{evidence.replace(' + ', '-').replace(' ', '-').replace('/', '')}"
        (out / "audit.json").write_text(json.dumps(outcome.document, indent=1), encoding="utf-8")
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(out, home)
        kept = str(home)
    shutil.rmtree(out)
    return Result(point, evidence, replace(outcome, document={}), kept)


def run_points(chosen: Sequence[Point], jobs: int, keep: Path) -> Iterator[list[Result]]:
    """All points, several at a time: a race mostly sleeps."""
    yield from run_all(partial(run_point, keep=keep), chosen, jobs)


def run_all(work: Callable[[T], R], items: Sequence[T], jobs: int) -> Iterator[R]:
    """`work` on each item, in order, in processes of their own."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(work, items)
