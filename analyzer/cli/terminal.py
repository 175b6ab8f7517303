"""Where words go: results to stdout, talk to stderr. A reader that went away (`| head`) changes nothing else."""

from __future__ import annotations

import errno
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, TextIO

import typer

from analyzer.errors import UsageError

if TYPE_CHECKING:
    from analyzer.report.progress import Meter

GONE = (errno.EPIPE, errno.EINVAL)  # Windows says EINVAL of a pipe that nobody reads any more


def results(text: str | bytes) -> None:
    """To stdout. Raises UsageError where it cannot be written, as on a full disk."""
    try:
        typer.echo(text, nl=False, color=colour())
    except OSError as error:
        _give_up(sys.stdout)
        if error.errno not in GONE:
            raise UsageError(f"cannot write to stdout: {error.strerror or error}") from None


def complain(text: str) -> None:
    """A sentence on stderr that even `--quiet` must not swallow."""
    try:
        typer.echo(text, err=True)
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: TextIO) -> None:
    """What is still to be written to the stream goes nowhere, so that not even the end of the process fails."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def width() -> int:
    """Columns of the terminal: COLUMNS, else what stdout is, else 80."""
    return shutil.get_terminal_size().columns


def colour() -> bool:
    """Whether stdout is a terminal and NO_COLOR is unset or empty, as no-color.org has it."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@dataclass(frozen=True)
class Voice:
    """How much a command says beside its results."""

    quiet: bool = False
    verbose: bool = False

    def __post_init__(self) -> None:
        if self.quiet and self.verbose:
            raise UsageError("--quiet and --verbose exclude one another")

    def talk(self, text: str) -> None:
        """A remark."""
        if not self.quiet:
            complain(f"analyzer: {text}")

    def detail(self, text: str) -> None:
        """What only `--verbose` wants to know."""
        if self.verbose:
            complain(f"analyzer: {text}")

    def meter(self, total: Callable[[], int | None]) -> Meter:
        """Progress on stderr, where that is a terminal."""
        from analyzer.report.progress import Meter

        return Meter(sys.stderr, total, quiet=self.quiet)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """With `--verbose` says how long the stage took."""
        begun = monotonic()
        yield
        self.detail(f"{stage} took {monotonic() - begun:.2f} s")


def forgive_encodings() -> None:
    """Characters that the terminal's code page lacks are written out, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
