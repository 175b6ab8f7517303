"""`python -m tests.race.score --seeds 20`: races over a grid, audits each bundle, prints how well the audit did.

A race is run once for each seed, layout and skew; its bundle is written with and without server logs, and with the
database's, the API's or no states. Exit code 1 when a visible overlap was missed, an innocent task was accused, or
an overlap was proved that there was not. Bundles of which that is true are kept.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import get_args

from .config import Evidence, Layout, Race, States, drawn, spread
from .judge import ANSWERS, INNOCENT, OVERLAPPING, SEQUENTIAL, TRACELESS, Fact, Score, score, total
from .make import render
from .world import run_race

SKEWS = (0.0, 30.0, 300.0)
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
STATES: tuple[States, ...] = get_args(States)
TEXTS = Evidence(server_logs=False, downloads="only")
EVIDENCE = tuple(Evidence(server_logs, states) for server_logs, states in product((True, False), STATES))


@dataclass(frozen=True)
class Cell:
    """A row of the table."""

    layout: str
    skew: float
    evidence: str


@dataclass(frozen=True)
class Result:
    """One bundle, audited."""

    cell: Cell
    seed: int
    score: Score


def race_of(seed: int, layout: Layout, skew: float, tasks: int) -> Race:
    """The race of one point of the grid; what the grid does not vary, the seed does."""
    nodes = 2 + seed % 3
    return Race(
        seed=seed,
        layout=layout,
        nodes=nodes,
        tasks=tasks,
        skews=spread(seed, nodes, skew) if skew else (),
        write_lock=seed % 4 == 0,
        lost_writes=seed % 2 == 1,
        hold=(3.0, 10.0, 60.0)[seed % 3],
        machine_blocks=seed % 5 < 3,
        separate_block_lines=seed % 7 == 0,
        segment_per="node" if seed % 3 == 0 else "execution",
        big_lines=2000 if seed % 6 == 0 else 300,
    )


def label(evidence: Evidence) -> str:
    """`server logs + api`, `nothing else`."""
    if evidence.downloads == "only":
        return "text downloads"
    parts = [
        *(["server logs"] if evidence.server_logs else []),
        *([] if evidence.states == "none" else [evidence.states]),
    ]
    return " + ".join(parts) or "nothing else"


def audit(bundle: Path, document: Path) -> Fact:
    """Run the installed analyzer over a bundle and read its JSON document."""
    command = [sys.executable, "-m", "analyzer", "audit", str(bundle), "--json", str(document)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode not in (0, 1, 3) or not document.exists():
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found: Fact = json.loads(document.read_text(encoding="utf-8"))
    return found


def run_point(race: Race, skew: float, evidences: tuple[Evidence, ...], keep: Path) -> list[Result]:
    """One race, and one audit for each kind of evidence."""
    race = drawn(race)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run_race(race, run)
        return [
            _audited(replace(race, evidence=evidence), skew, run, Path(folder) / f"bundle-{at}", keep)
            for at, evidence in enumerate(evidences)
        ]


def _audited(race: Race, skew: float, run: Path, out: Path, keep: Path) -> Result:
    """The score of one bundle; a bundle on which the audit failed is kept."""
    out.mkdir()
    truth = render(race, run, out)
    document = audit(out / "bundle", out / "audit.json")
    result = Result(Cell(race.layout, skew, label(race.evidence)), race.seed, score(truth, document))
    if not result.score.good:
        shutil.copytree(out, keep / _name(result), dirs_exist_ok=True)
    shutil.rmtree(out)
    return result


def _name(result: Result) -> str:
    cell = result.cell
    return f"{cell.layout}-{cell.skew:g}-{result.seed}-{cell.evidence.replace(' + ', '-').replace(' ', '-')}"


def run_grid(seeds: range, evidences: tuple[Evidence, ...], args: argparse.Namespace, keep: Path) -> Iterator[Result]:
    """All points of the grid; `--quick` audits each race with one kind of evidence, another each time."""
    points = list(product(seeds, LAYOUTS, SKEWS))
    with ThreadPoolExecutor(args.jobs) as pool:
        futures = []
        for number, (seed, layout, skew) in enumerate(points):
            chosen = (evidences[number % len(evidences)],) if args.quick else evidences
            futures.append(pool.submit(run_point, race_of(seed, layout, skew, args.tasks), skew, chosen, keep))
        for number, future in enumerate(futures, 1):
            print(f"\r{number}/{len(futures)} races", end="", file=sys.stderr, flush=True)
            yield from future.result()
    print(file=sys.stderr)


def table(results: list[Result]) -> str:
    """A row for each layout, skew and evidence: how overlapping double runs were answered, and the errors."""
    head = ("layout", "skew", "evidence", "tasks", "overlaps", *ANSWERS, "no trace", "accused", "false proof")
    cells = sorted({result.cell for result in results}, key=lambda cell: (cell.layout, cell.skew, cell.evidence))
    rows = [
        _row(cell.layout, f"{cell.skew:g} s", cell.evidence, total(r.score for r in results if r.cell == cell))
        for cell in cells
    ]
    rows.append(_row("all", "", "", total(result.score for result in results)))
    return _aligned([head, *rows])


def _row(layout: str, skew: str, evidence: str, scored: Score) -> tuple[str, ...]:
    answers = [scored.count(OVERLAPPING, answer) for answer in ANSWERS]
    numbers = (
        len(scored.tasks),
        scored.count(OVERLAPPING),
        *answers,
        scored.count(TRACELESS),
        len(scored.accused),
        len(scored.falsely_proved),
    )
    return (layout, skew, evidence, *(str(number) if number else "." for number in numbers))


def answers(scored: Score) -> str:
    """How sequential double runs and innocents were answered, by what they look like."""
    rows: list[tuple[str, ...]] = [("truth", "looks like", "tasks", *ANSWERS)]
    for truth in (SEQUENTIAL, TRACELESS, INNOCENT):
        for look, tasks in sorted(Counter(task.look for task in scored.tasks if task.truth == truth).items()):
            counts = Counter(task.answer for task in scored.tasks if task.truth == truth and task.look == look)
            rows.append((truth, look, str(tasks), *(str(counts[answer] or ".") for answer in ANSWERS)))
    return _aligned(rows)


def errors(results: list[Result]) -> str:
    """Every error by name."""
    lines = []
    for result in results:
        for what, tasks in (
            ("missed", result.score.missed),
            ("accused", result.score.accused),
            ("false proof", result.score.falsely_proved),
        ):
            lines += [f"{what:<12} {task.task} ({task.look}, {task.answer}) in {_name(result)}" for task in tasks]
    return "\n".join(lines)


def _aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def main() -> int:
    """Run the grid and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.race.score", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--tasks", type=int, default=8, help="tasks in a race")
    parser.add_argument("--quick", action="store_true", help="one kind of evidence for each race, not all six")
    parser.add_argument("--texts", action="store_true", help="also audit the text downloads by themselves")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=None, help="where to keep bundles on which the audit failed")
    args = parser.parse_args()
    keep = args.keep or Path(tempfile.mkdtemp(prefix="race-"))
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    results = list(run_grid(seeds, (*EVIDENCE, TEXTS) if args.texts else EVIDENCE, args, keep))
    scored = total(result.score for result in results)
    print(table(results), answers(scored), sep="\n\n")
    if not scored.good:
        print(f"\n{errors(results)}\n\nbundles in {keep}")
    return 0 if scored.good else 1


if __name__ == "__main__":
    sys.exit(main())
