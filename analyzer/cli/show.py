"""`analyzer show`: one task's story."""

from __future__ import annotations

from typing import Annotated

import typer

from analyzer import arguments
from analyzer.cli import options, reading, terminal
from analyzer.cli.terminal import Voice


def show(
    task: Annotated[str, typer.Argument(metavar="TASK", help="48211 or ServerTasks-48211.")],
    paths: options.Paths,
    node: options.Nodes = [],
    utc_offset: options.Offsets = [],
    plot: Annotated[
        str, typer.Option(metavar="FILE", help="Draw its executions, their overlap and order: .svg, .png or .pdf.")
    ] = "",
    config: options.Settings = "",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Tell the story of one task, with its proof.

    \b
    Example:
      analyzer show 48211 bundle.zip
    """
    voice = Voice(quiet, verbose)
    (wanted,) = arguments.task_ids([task])
    kind = arguments.picture(plot)
    # Everything is read and judged: other tasks bound the nodes' clocks, and the answer must be that of `audit`.
    narrowed = options.narrowed(paths, node, utc_offset, known=options.configured(config))
    from analyzer import pipeline
    from analyzer.report import show as story

    with voice.meter(lambda: arguments.size(paths)) as meter:
        case = pipeline.read(paths, **narrowed, decode=[wanted], progress=meter)
        reading.told(case, voice)
        answer = pipeline.audit(case)
    terminal.results(story.render(answer, wanted, terminal.width(), colour=terminal.colour()))
    reading.tell_problems(voice, answer.case)
    if plot:
        from analyzer import plots
        from analyzer.report import pictures

        arguments.write(plot, plots.render(pictures.swimlane(answer, wanted), kind))
