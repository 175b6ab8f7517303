"""`analyzer explain`, `detectors` and `formats`: what the analyzer says of itself."""

from __future__ import annotations

from typing import Annotated

import typer

from analyzer.cli import terminal


def explain(code: Annotated[str, typer.Argument(metavar="CODE", help="A code or its name.")]) -> None:
    """Say what a code means and how it is judged."""
    from analyzer.report import catalogue

    terminal.results(catalogue.explain(code) + "\n")


def detectors() -> None:
    """List what can be found."""
    from analyzer.report import catalogue

    terminal.results(catalogue.columns(catalogue.codes(), terminal.width()))


def formats() -> None:
    """List what can be read."""
    from analyzer.report import catalogue

    terminal.results(catalogue.columns(catalogue.formats(), terminal.width()))
