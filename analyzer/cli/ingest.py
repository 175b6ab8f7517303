"""`analyzer ingest`: what was read, as tables."""

from __future__ import annotations

from typing import Annotated

import typer

from analyzer import arguments
from analyzer.cli import options, reading, terminal
from analyzer.cli.app import CLEAN, PARTIAL
from analyzer.cli.terminal import Voice

TABLES = ("sources", "events", "states", "executions", "rejects")


def ingest(
    paths: options.Paths,
    out: Annotated[str, typer.Option(metavar="DIR", help="Folder for the tables; it is made where it is missing.")],
    node: options.Nodes = [],
    utc_offset: options.Offsets = [],
    task: options.Tasks = [],
    since: options.Since = "",
    until: options.Until = "",
    config: options.Settings = "",
    workers: options.Workers = 0,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write what was read as Parquet tables."""
    voice = Voice(quiet, verbose)
    narrowed = options.narrowed(
        paths, node, utc_offset, task, since, until, known=options.configured(config), workers=workers
    )
    folder = arguments.output_folder(out)
    from analyzer import pipeline
    from analyzer.reading.spool import spool_folder
    from analyzer.report.exports import parquet

    with voice.meter(lambda: arguments.size(paths)) as meter, spool_folder() as spool:
        case = pipeline.read(paths, **narrowed, spool=spool, progress=meter)
        reading.told(case, voice)
        rows = {name: parquet.write_one(case, name, folder) for name in TABLES}
    told = ", ".join(f"{count:,} {name}" for name, count in rows.items())
    terminal.results(f"{told} in {folder}\n")
    reading.tell_problems(voice, case)
    raise typer.Exit(PARTIAL if reading.problems(case) else CLEAN)
