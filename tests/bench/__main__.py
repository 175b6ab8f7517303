"""`python -m tests.bench MODE`: what the analyzer costs, beside others, on the same files. POSIX only.

The files are written once into --corpus (1 GB and more; `--size 0.01` for a quick look). Whole processes are compared,
each in turn in every round: the least CPU time (user and system, of the process and its children) of all rounds, the
least wall time, the most memory.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from . import contenders, tables
from .corpora import FOLDER, Corpus, Shape, corpus
from .measure import Failed, best

MODES = {
    "audit": "raw",
    "small": "small",
    "server": "server",
    "text": "text",
    "zip": "zip",
}


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("modes", nargs="+", choices=(*MODES, "all"), metavar="MODE", help=", ".join((*MODES, "all")))
    parser.add_argument("--corpus", type=Path, default=FOLDER, help=f"where the files are kept (default {FOLDER})")
    parser.add_argument("--size", type=float, default=1.0, help="of all corpora; 1 is the README's")
    parser.add_argument("--guilty", type=float, default=0.01, help="share of the tasks that ran twice")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=None, help="given to the analyzer; default: its own default")
    parser.add_argument("--generate", action="store_true", help="only write the files")
    return parser


def compare(mode: str, args: argparse.Namespace, work: Path) -> tables.Table:
    """The analyzer and the others on one corpus."""
    kind = MODES[mode]
    share = corpus(Shape(kind, args.size, args.guilty), args.corpus)
    options = () if args.workers is None else ("--workers", str(args.workers))
    ours, grep = contenders.us(share, work, options), contenders.ripgrep(kind, share, work)
    costs = best([ours, grep], args.rounds)
    verify(share, contenders.named_by_us(work / "analyzer.json"), contenders.US)
    return tables.compared(f"{mode}: {share.files:,} files, {share.bytes / 1e6:,.0f} MB", costs, grep.name)


def verify(share: Corpus, named: set[str], who: str) -> None:
    """A wrong answer is not worth its time. Raises Failed."""
    planted = set(share.planted)
    if named != planted:
        wrong, missed = sorted(named - planted), sorted(planted - named)
        raise Failed(f"{who}: {len(missed)} double runs missed {missed[:3]}, {len(wrong)} tasks accused {wrong[:3]}")


def main() -> int:
    """Write what is not there yet, run, print."""
    args = arguments().parse_args()
    modes = list(MODES) if "all" in args.modes else args.modes
    if not hasattr(os, "wait4"):
        print("needs a POSIX system: the CPU time of a process and its children is taken from wait4", file=sys.stderr)
        return 2
    if absent := contenders.missing("rg", "unzip"):
        print(f"not installed: {', '.join(absent)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as work:
        try:
            for mode in modes:
                if args.generate:
                    share = corpus(Shape(MODES[mode], args.size, args.guilty), args.corpus)
                    print(f"{share.path}: {share.files:,} files, {share.bytes:,} bytes, {len(share.planted)} ran twice")
                else:
                    print(tables.aligned(compare(mode, args, Path(work))), flush=True)
        except Failed as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
