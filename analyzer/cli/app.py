"""The `analyzer` command itself: its first help page, its version, and errors made into sentences and exit codes."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import analyzer
from analyzer.cli import terminal
from analyzer.errors import AnalyzerError, UsageError

CLEAN, FOUND, USAGE, PARTIAL = 0, 1, 2, 3
INTERRUPTED = 130  # as a shell says it of SIGINT


def exit_codes(**meanings: str) -> str:
    """The last paragraph of a help page, one line for each code that a command can end with."""
    numbers = {"clean": CLEAN, "found": FOUND, "usage": USAGE, "partial": PARTIAL}
    return "\b\nExit codes:\n" + "\n".join(f"  {numbers[name]}  {meaning}" for name, meaning in meanings.items())


WRONG = "wrong usage, or a PATH that does not exist"
UNREAD = "something could not be read, nothing else found"
EXIT_CODES = exit_codes(
    clean="nothing at or above --fail-on", found="something at or above --fail-on", usage=WRONG, partial=UNREAD
)


class Commands(TyperGroup):
    """Turns what a user can act on into a sentence on stderr and an exit code, whatever command is running."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except AnalyzerError as error:
            terminal.complain(f"analyzer: {error}")
            raise typer.Exit(USAGE if isinstance(error, UsageError) else PARTIAL) from None
        except KeyboardInterrupt:
            terminal.complain("analyzer: interrupted")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        terminal.results(f"analyzer {analyzer.__version__}\n")
        raise typer.Exit


@app.callback(epilog=EXIT_CODES)
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Say which Octopus Deploy ServerTasks ran on more than one node, and which lines prove it."""
