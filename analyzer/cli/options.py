"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from analyzer import arguments, startup

if TYPE_CHECKING:
    from analyzer.config import Config

SEVERITIES = Literal["note", "warning", "error"]
Paths = Annotated[list[str], typer.Argument(metavar="PATH", help="Folders, archives or single files.")]
Nodes = Annotated[
    list[str], typer.Option("--node", metavar="NAME=PATH", help="PATH is the log, or the logs, of node NAME.")
]
Offsets = Annotated[
    list[str],
    typer.Option("--utc-offset", metavar="NODE=+HH:MM", help="Zone of NODE's own logs, which are in local time."),
]
Tasks = Annotated[list[str], typer.Option("--task", metavar="ID", help="Only this task: 48211 or ServerTasks-48211.")]
Since = Annotated[str, typer.Option(metavar="TIME", help="Only from this ISO date or time on; UTC unless it says.")]
Until = Annotated[str, typer.Option(metavar="TIME", help="Only up to this ISO date (included) or time; UTC likewise.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only the answer: no progress, no remarks.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say on stderr what was read as what, and how fast.")]

Workers = Annotated[
    int, typer.Option("--workers", metavar="N", min=0, help="Processes that read a large input; 0: one per processor.")
]
Settings = Annotated[
    str, typer.Option("--config", metavar="FILE", help="Nodes, zones, suppressions; default: analyzer.toml, if there.")
]


def narrowed(
    paths: list[str],
    node: list[str],
    utc_offset: list[str],
    task: Sequence[str] = (),
    since: str = "",
    until: str = "",
    *,
    known: Config,
    workers: int = 0,
) -> dict[str, Any]:
    """The options that all reading commands share, as arguments of `pipeline.read`. Raises UsageError.

    What the command line says of a node goes before what the configuration says.
    """
    arguments.existing(paths)
    first, last = arguments.period(since, until)
    return {
        "nodes": arguments.override(known.nodes, arguments.pairs("--node", "NAME=PATH", node)),
        "utc_offsets": arguments.override(known.utc_offsets, arguments.utc_offsets(utc_offset)),
        "tasks": arguments.task_ids(task),
        "since": first,
        "until": last,
        "workers": workers or os.cpu_count() or 1,
    }


def configured(file: str) -> Config:
    """The configuration, and everything made ready for a command that reads. Raises UsageError."""
    startup.lightly()
    from analyzer import config

    return config.load(file)
