"""Where an audit goes: the files that it is written to, and what stands on stdout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from analyzer import arguments
from analyzer.cli import terminal
from analyzer.cli.terminal import Voice

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.case import Audit
    from analyzer.report.changes import Baseline, Changes

FORMATS = Literal["table", "json", "jsonl", "csv"]


def _file(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(f"--{name}", metavar="FILE", help=what)
    return option


Json = Annotated[str, _file("json", "Write the JSON document; - is stdout, here and below.")]
Html = Annotated[str, _file("html", "Write a report to forward: one page, with pictures.")]
Sarif = Annotated[str, _file("sarif", "Write SARIF 2.1.0, for code-scanning views.")]
Csv = Annotated[str, _file("csv", "Write findings as CSV, for spreadsheets.")]
Timesketch = Annotated[str, _file("timesketch", "Write the tasks with findings as JSONL for Timesketch.")]
Clef = Annotated[str, _file("clef", "Write the tasks with findings as CLEF, for Seq.")]
Parquet = Annotated[str, typer.Option(metavar="DIR", help="Write all tables as Parquet.")]
Format = Annotated[FORMATS, typer.Option("--format", help="What stands on stdout; all but table are for pipes.")]
BaselineFile = Annotated[
    str, typer.Option("--baseline", metavar="FILE", help="Show and count only what changed since this JSON document.")
]


@dataclass(frozen=True)
class Outputs:
    """What was asked for, checked before anything is read."""

    files: Mapping[str, str]  # option without dashes -> FILE
    printed: str  # one of FORMATS, or the option whose FILE is "-"
    folder: Path | None
    baseline: Baseline | None


def checked(files: Mapping[str, str], form: str, parquet: str, baseline: str) -> Outputs:
    """Raises UsageError: what cannot be written, two results in one place, a baseline that cannot be read."""
    on_stdout = arguments.output_files(files, form)
    folder = arguments.output_folder(parquet) if parquet else None
    if not baseline:
        return Outputs(files, on_stdout, folder, None)
    from analyzer.report import baseline as earlier

    return Outputs(files, on_stdout, folder, earlier.read(baseline))


def compared(answer: Audit, outputs: Outputs) -> Changes | None:
    """What changed since the baseline; None where there is none."""
    if outputs.baseline is None:
        return None
    from analyzer.report import changes

    return changes.compare(outputs.baseline, answer)


def write(answer: Audit, changes: Changes | None, outputs: Outputs, *, each: bool, voice: Voice) -> None:
    """Stdout first, then the files."""
    from analyzer.report import exports

    if outputs.printed == "table":
        terminal.results(_table(answer, changes, each=each, quiet=voice.quiet))
    else:
        made = {**exports.FILES, **exports.FORMATS}[outputs.printed](answer, changes)
        for part in made.content:
            terminal.results(part)
        _note(made.notes, voice)
    for name, target in outputs.files.items():
        if target not in ("", "-"):
            made = exports.FILES[name](answer, changes)
            arguments.write(target, made.content)
            _note((f"{target}: {note}" for note in made.notes), voice)
    if outputs.folder:
        from analyzer.report.exports import parquet

        parquet.write(answer, outputs.folder)


def _table(answer: Audit, changes: Changes | None, *, each: bool, quiet: bool) -> str:
    """Today's text: the answer, then findings, customers, or what changed."""
    from analyzer.report import text

    width, colour = terminal.width(), terminal.colour()
    if not (changes or quiet or each):
        return text.render(answer, width, colour=colour)
    short = text.short(answer, width, colour=colour)
    if changes:
        from analyzer.report import comparison

        since = comparison.counts(changes) + "\n" if quiet else comparison.render(changes, width, colour=colour)
        return f"{short}\n{since}"
    if quiet:
        return short
    from analyzer.report import rollup

    return f"{short}\n{rollup.table(answer)}"


def _note(notes: Iterable[str], voice: Voice) -> None:
    from analyzer.report.plain import visible

    for note in notes:
        voice.talk(visible(note))
