"""`python -m tests.bench MODE`: what the analyzer costs, beside others, on the same files. POSIX only.

The files are written once into --corpus (1 GB and more; `--size 0.01` for a quick look). Whole processes are compared,
each in turn in every round: the least CPU time (user and system, of the process and its children) of all rounds, the
least wall time, the most memory. DuckDB and orjson take part where `pip install duckdb orjson` was run.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from .contenders import missing
from .corpora import FOLDER, Shape, corpus
from .measure import Failed
from .modes import MODES, Bench, names
from .tables import Table, aligned, markdown

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- begin bench -->", "<!-- end bench -->"
CORPORA = ("raw", "small", "server", "text", "zip")


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    choices = (*MODES, "all")
    parser.add_argument("modes", nargs="+", choices=choices, metavar="MODE", help=", ".join(choices))
    parser.add_argument("--corpus", type=Path, default=FOLDER, help=f"where the files are kept (default {FOLDER})")
    parser.add_argument("--size", type=float, default=1.0, help="of all corpora; 1 is the README's")
    parser.add_argument("--guilty", type=float, default=0.01, help="share of the tasks that ran twice")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds after which another program is left out")
    parser.add_argument("--workers", type=int, default=None, help="given to the analyzer; default: its own default")
    parser.add_argument("--generate", action="store_true", help="only write the files of all modes")
    parser.add_argument("--readme", action="store_true", help="write the tables into README.md")
    return parser


def main() -> int:
    """Write what is not there yet, run, print."""
    args = arguments().parse_args()
    if not hasattr(os, "wait4"):
        print("needs a POSIX system: the CPU time of a process and its children is taken from wait4", file=sys.stderr)
        return 2
    if args.generate:
        return generate(args)
    if absent := missing("rg", "unzip", "find", "sh"):
        print(f"not installed: {', '.join(absent)}", file=sys.stderr)
        return 2
    options = () if args.workers is None else ("--workers", str(args.workers))
    tables = []
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(args.corpus, Path(work), args.size, args.guilty, args.rounds, args.timeout, options)
        try:
            for mode in names(args.modes):
                tables.append(MODES[mode](bench))
                print(aligned(tables[-1]), flush=True)
        except Failed as error:
            print(error, file=sys.stderr)
            return 1
    if args.readme:
        write_readme(tables, args)
    return 0


def generate(args: argparse.Namespace) -> int:
    """Write the corpora, and say what they are."""
    for name in CORPORA:
        share = corpus(Shape(name, args.size, args.guilty), args.corpus)
        print(f"{share.path}: {share.files:,} files, {share.bytes:,} bytes, {len(share.planted)} ran twice", flush=True)
    return 0


def write_readme(tables: list[Table], args: argparse.Namespace) -> None:
    """Put the tables between their markers."""
    text = README.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    if not tail:
        raise SystemExit(f"{README} has no {BEGIN} and {END}")
    words = f"{os.cpu_count()} cores; the least of {args.rounds} interleaved rounds."
    body = "\n\n".join([words, *map(markdown, tables)])
    README.write_text(f"{head}{BEGIN}\n{body}\n{END}{tail}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
