"""`python -m tests.race.score`: races over a grid, audits each bundle, and prints how well the audits did.

Layout, clock skew up to half an hour and the kind of evidence are varied one by one; nodes, drift, the database's
clock, lost writes and MachineName blocks by the seed. What a bundle can show at all is worked out from the truth (see
`decide`), and which double runs left anything in it (see `remains`). Exit code 1 when an overlap that is shown was not
proved, a double run that left a trace was passed over in silence, an innocent task was accused, or an overlap was
proved that there was not. Bundles of which that is true are kept, with what the audit said.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path

from . import tables
from .grid import Result, gate, points, run_all, run_points
from .judge import total
from .twinning import CASES, run_twin

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- begin score -->", "<!-- end score -->"
LARGE = 16
"""Seeds of `--large`; each is ten races and forty bundles."""


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.race.score", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2, help="how many seeds; each is ten races")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--large", action="store_true", help=f"{LARGE} seeds and every twin: the README's figures")
    parser.add_argument("--gate", action="store_true", help="the eight races of the test suite")
    parser.add_argument("--tasks", type=int, default=8, help="tasks in a race")
    parser.add_argument("--each", type=int, default=4, help="kinds of evidence that each race is audited with")
    parser.add_argument("--jobs", type=int, default=4, help="races at a time")
    parser.add_argument("--keep", type=Path, default=None, help="where to keep bundles on which the audit failed")
    parser.add_argument("--readme", action="store_true", help="write the figures into README.md")
    return parser


def report(results: list[Result]) -> str:
    """All tables."""
    parts = [
        tables.codes(results),
        tables.answers(results),
        tables.lines(results),
        tables.cells(results, lambda result: result.point.race.layout, "layout"),
        tables.cells(results, lambda result: f"{result.point.skew:g} s", "skew"),
        tables.cells(results, lambda result: result.evidence, "evidence"),
        tables.alarms(results),
    ]
    return "\n\n".join(map(tables.aligned, parts))


def write_readme(results: list[Result], twins: str, seconds: float) -> None:
    """Put the figures between their markers."""
    text = README.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    if not tail:
        raise SystemExit(f"{README} has no {BEGIN} and {END}")
    races = len({result.point.name for result in results})
    tasks = total(result.outcome.score for result in results).tasks
    parts = [
        f"{races} races in {len(results)} bundles with {len(tasks)} tasks, {seconds / 60:.0f} minutes; {twins}.",
        *map(tables.markdown, (tables.codes(results), tables.answers(results), tables.lines(results))),
    ]
    body = "\n\n".join(parts)
    README.write_text(f"{head}{BEGIN}\n{body}\n{END}{tail}", encoding="utf-8", newline="\n")


def main() -> int:
    """Run the grid and print the tables."""
    args = arguments().parse_args()
    keep = args.keep or Path(tempfile.mkdtemp(prefix="race-"))
    count = LARGE if args.large else args.seeds
    seeds = range(args.first_seed, args.first_seed + count)
    chosen = gate() if args.gate else points(seeds, args.tasks, args.each)
    began = time.monotonic()
    results: list[Result] = []
    for number, some in enumerate(run_points(chosen, args.jobs, keep), 1):
        results += some
        print(f"\r{number}/{len(chosen)} races", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(report(results))
    scored = total(result.outcome.score for result in results)
    seconds = time.monotonic() - began
    print(f"\n{len(chosen)} races, {len(results)} bundles, {len(scored.tasks)} tasks, {seconds:.0f} s")
    found = tables.errors(results)
    if found:
        print(f"\n{found}")
    accused = list(chain.from_iterable(run_all(run_twin, CASES, args.jobs))) if args.large else []
    twins = f"{len(CASES)} bundles of made twins, accused: {len(accused)}"
    if args.large:
        print(f"\n{twins}", *accused, sep="\n")
    if args.readme:
        write_readme(results, twins, time.monotonic() - began)
    return 0 if scored.good and not accused else 1


if __name__ == "__main__":
    sys.exit(main())
