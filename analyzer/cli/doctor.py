"""`analyzer doctor`: what is in a bundle, before any judgement."""

from __future__ import annotations

from typing import Annotated

import typer

from analyzer import arguments
from analyzer.cli import options, reading, terminal
from analyzer.cli.app import CLEAN, PARTIAL
from analyzer.cli.terminal import Voice


def doctor(
    paths: options.Paths,
    json: Annotated[str, typer.Option("--json", metavar="FILE", help="Write it as JSON; - is stdout.")] = "",
    node: options.Nodes = [],
    utc_offset: options.Offsets = [],
    config: options.Settings = "",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Say what is in a bundle and what is not.

    Formats, nodes, times, versions, gaps; which questions it can answer, and what to ask for. No judgement.

    \b
    Example:
      analyzer doctor bundle.zip
    """
    voice = Voice(quiet, verbose)
    arguments.output_file(json)
    narrowed = options.narrowed(paths, node, utc_offset, known=options.configured(config))
    from analyzer import pipeline
    from analyzer.report import bundle
    from analyzer.report import doctor as report

    with voice.meter(lambda: arguments.size(paths)) as meter:
        case = pipeline.read(paths, **narrowed, progress=meter)
        with voice.timed("reading"):
            reading.told(case, voice)
        found = bundle.examine(pipeline.audit(case))
    if json == "-":
        terminal.results(report.document(found))
    else:
        told = report.short if quiet else report.render
        terminal.results(told(found, terminal.width(), colour=terminal.colour()))
    if json not in ("", "-"):
        arguments.write(json, report.document(found))
    reading.tell_problems(voice, case)
    raise typer.Exit(PARTIAL if reading.problems(case) else CLEAN)
