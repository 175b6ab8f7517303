"""Runs one race and writes DIR/bundle and DIR/truth.json.

python -m tests.race --out DIR --seed 7 --layout segments --no-lock
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .config import Evidence, Race, spread
from .make import make


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.race", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="a folder for bundle/ and truth.json")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--layout", choices=("single", "segments"), default="single")
    parser.add_argument("--nodes", type=int, choices=(2, 3, 4), default=3)
    parser.add_argument("--no-lock", action="store_true", help="claim without the write lock")
    parser.add_argument("--skew", type=float, default=0.0, help="clock offsets of up to this many seconds either way")
    parser.add_argument("--lost-writes", action="store_true", help="exclusive file handles: the loser's lines are lost")
    parser.add_argument(
        "--hold", type=float, default=Race.hold, help="seconds a file handle is kept after the last write"
    )
    parser.add_argument(
        "--no-machine", action="store_true", help="no Environment Information of the server in the task logs"
    )
    parser.add_argument("--no-server-logs", action="store_true")
    parser.add_argument("--states", choices=("none", "api", "csv"), default="api")
    parser.add_argument("--details", action="store_true")
    parser.add_argument("--events", action="store_true")
    parser.add_argument("--downloads", choices=("none", "some", "only", "details"), default="none")
    parser.add_argument("--damage", type=int, default=0, metavar="FILES")
    parser.add_argument("--tasks", type=int, default=Race.tasks)
    parser.add_argument("--kinds", nargs="*", default=(), help="one task of each kind named, in this order")
    parser.add_argument("--utc-offsets", nargs="*", type=int, default=(), metavar="MINUTES")
    parser.add_argument("--first-task", type=int, default=Race.first_task)
    parser.add_argument("--scale", type=float, default=Race.scale, help="log seconds in a real second")
    return parser


def race_of(args: argparse.Namespace) -> Race:
    """The race that a command line asks for."""
    evidence = Evidence(not args.no_server_logs, args.states, args.details, args.events, args.downloads, args.damage)
    return Race(
        seed=args.seed,
        layout=args.layout,
        nodes=args.nodes,
        write_lock=not args.no_lock,
        skews=spread(args.seed, args.nodes, args.skew) if args.skew else (),
        lost_writes=args.lost_writes,
        hold=args.hold,
        machine_blocks=not args.no_machine,
        tasks=args.tasks,
        kinds=tuple(args.kinds),
        first_task=args.first_task,
        utc_offsets=tuple(args.utc_offsets),
        scale=args.scale,
        evidence=evidence,
    )


def main() -> int:
    """Run one race and say what it made."""
    args = arguments().parse_args()
    truth = make(race_of(args), args.out)
    for name, task in truth["tasks"].items():
        runs = ", ".join(
            f"{run['node']} {run['outcome']} ({run['trace']['lines']} lines)" for run in task["executions"]
        )
        print(f"{name} {task['kind']:<12} {'RAN TWICE' if task['ran_twice'] else task['innocent']:<10} {runs}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
