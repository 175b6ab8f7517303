"""The `analyzer` command: arguments, printing and exit codes. It decides nothing.

Nothing heavy is imported above: `analyzer --help` answers at once.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

import analyzer
from analyzer import arguments, startup
from analyzer.errors import AnalyzerError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.model import Audit, Case
    from analyzer.report.progress import Meter

CLEAN, FOUND, USAGE, PARTIAL = 0, 1, 2, 3
EXIT_CODES = f"""Exit codes: {CLEAN} nothing at or above --fail-on; {FOUND} something; {USAGE} wrong usage or a
missing PATH; {PARTIAL} something could not be read and nothing else reached --fail-on."""
TABLES = ("sources", "events", "states", "executions", "rejects")
PROBLEMS_SHOWN = 20
SEVERITIES = Literal["note", "warning", "error"]


class Commands(TyperGroup):
    """Turns what a user can act on into a sentence on stderr and an exit code, whatever command is running."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except AnalyzerError as error:
            _talk(f"analyzer: {error}")
            raise typer.Exit(USAGE if isinstance(error, UsageError) else PARTIAL) from None


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

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


def _version(wanted: bool) -> None:
    if wanted:
        _print(f"analyzer {analyzer.__version__}\n")
        raise typer.Exit


@app.callback(epilog=EXIT_CODES)
def about(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it.")] = False,
) -> None:
    """Say which Octopus Deploy ServerTasks ran on more than one node, and which lines prove it."""


@app.command(epilog=EXIT_CODES)
def audit(
    paths: Paths,
    json: Annotated[str, typer.Option("--json", metavar="FILE", help="Write the JSON document; - is stdout.")] = "",
    node: Nodes = [],
    utc_offset: Offsets = [],
    fail_on: Annotated[SEVERITIES, typer.Option(help="Least severity that makes the exit code 1.")] = "warning",
    task: Tasks = [],
    since: Since = "",
    until: Until = "",
    each: Annotated[bool, typer.Option("--each", help="Every PATH is a customer of its own.")] = False,
    certificates: Annotated[
        str, typer.Option(metavar="DIR", help="Write a certificate for every proved double run, with its verify.py.")
    ] = "",
) -> None:
    """Judge logs: double runs, disorder, contradictions."""
    arguments.output_file(json)
    narrowed = _narrowed(paths, node, utc_offset, task, since, until)
    customers = arguments.customers(paths, node) if each else {}
    folder = arguments.certificates_folder(certificates, paths) if certificates else None
    from analyzer import pipeline

    with _meter(paths) as meter:
        narrowed["progress"] = meter
        if each:
            audits = [
                pipeline.audit(pipeline.read(path, **narrowed, customer=name)) for path, name in customers.items()
            ]
            answer = pipeline.merge(audits)
        else:
            answer = pipeline.audit(pipeline.read(paths, **narrowed))
            audits = [answer]
    _report(answer, json, each=each)
    if folder:
        _certify(audits, folder)
    raise typer.Exit(_exit_code(answer, fail_on))


@app.command(epilog=f"Exit codes: {CLEAN} shown; {USAGE} the task is in no source, wrong usage or a missing PATH.")
def show(
    task: Annotated[str, typer.Argument(metavar="TASK", help="48211 or ServerTasks-48211.")],
    paths: Paths,
    node: Nodes = [],
    utc_offset: Offsets = [],
) -> None:
    """Tell one task's story: what happened, the proof, the timeline."""
    (wanted,) = arguments.task_ids([task])
    # Everything is read and judged: other tasks bound the nodes' clocks, and the answer must be that of `audit`.
    options = _narrowed(paths, node, utc_offset, [], "", "")
    from analyzer import pipeline
    from analyzer.report import show as story

    with _meter(paths) as meter:
        answer = pipeline.audit(pipeline.read(paths, **options, progress=meter))
    _print(story.render(answer, wanted, _width(), colour=_colour()))
    _tell_problems(answer.case)


@app.command()
def ingest(
    paths: Paths,
    out: Annotated[str, typer.Option(metavar="DIR", help="Folder for the tables; it is made where it is missing.")],
    node: Nodes = [],
    utc_offset: Offsets = [],
    task: Tasks = [],
    since: Since = "",
    until: Until = "",
) -> None:
    """Write what was read as Parquet tables."""
    narrowed = _narrowed(paths, node, utc_offset, task, since, until)
    folder = arguments.output_folder(out)
    from pyarrow import parquet

    from analyzer import pipeline

    with _meter(paths) as meter:
        case = pipeline.read(paths, **narrowed, progress=meter)
        for name in TABLES:
            parquet.write_table(case.table(name), folder / f"{name}.parquet", compression="zstd")
    rows = ", ".join(f"{len(case.table(name)):,} {name}" for name in TABLES)
    _print(f"{rows} in {folder}\n")
    _tell_problems(case)
    raise typer.Exit(PARTIAL if _problems(case) else CLEAN)


@app.command()
def explain(code: Annotated[str, typer.Argument(metavar="CODE", help="A code or its name.")]) -> None:
    """Say what a code means and how it is judged."""
    from analyzer.report import catalogue

    _print(catalogue.explain(code) + "\n")


@app.command()
def detectors() -> None:
    """List what can be found."""
    from analyzer.report import catalogue

    _print(catalogue.columns(catalogue.codes(), _width()))


@app.command()
def formats() -> None:
    """List what can be read."""
    from analyzer.report import catalogue

    _print(catalogue.columns(catalogue.formats(), _width()))


def _narrowed(
    paths: list[str], node: list[str], utc_offset: list[str], task: list[str], since: str, until: str
) -> dict[str, Any]:
    """The options that all reading commands share, as arguments of `pipeline.read`."""
    arguments.existing(paths)
    first, last = arguments.period(since, until)
    startup.without_pandas()
    return {
        "nodes": arguments.pairs("--node", "NAME=PATH", node),
        "utc_offsets": arguments.utc_offsets(utc_offset),
        "tasks": arguments.task_ids(task),
        "since": first,
        "until": last,
    }


def _meter(paths: list[str]) -> Meter:
    from analyzer.report.progress import Meter

    return Meter(sys.stderr, lambda: arguments.size(paths))


def _report(answer: Audit, json: str, *, each: bool) -> None:
    """The document where it was asked for; the text on stdout unless the document is there."""
    from analyzer.report import json as document
    from analyzer.report import rollup, text

    if json == "-":
        _print(document.document(answer))
    elif each:
        _print(text.short(answer, _width(), colour=_colour()) + "\n" + rollup.table(answer))
    else:
        _print(text.render(answer, _width(), colour=_colour()))
    if json not in ("", "-"):
        arguments.write(json, document.document(answer))
    _tell_problems(answer.case)


def _certify(audits: list[Audit], folder: Path) -> None:
    """Certificates, and which proved findings have none."""
    from analyzer.report import certificates
    from analyzer.report.plain import count, visible

    try:
        written = certificates.write(audits, folder)
    except OSError as error:
        raise UsageError(f"cannot write certificates into {folder}: {error.strerror or error}") from None
    _talk(f"analyzer: {count(len(written.folders), 'certificate')} in {folder}")
    for finding, why in written.without:
        _talk(visible(f"analyzer: no certificate for {finding.code} {finding.task}: {why}"))


def _tell_problems(case: Case) -> None:
    from analyzer.report.plain import visible

    problems = _problems(case)
    for customer, source, problem in problems[:PROBLEMS_SHOWN]:
        _talk(f"analyzer: {visible(' '.join(filter(None, [customer, source])))}: {visible(problem)}")
    if len(problems) > PROBLEMS_SHOWN:
        _talk(f"analyzer: and {len(problems) - PROBLEMS_SHOWN:,} more sources were not read or only in part")


def _problems(case: Case) -> list[tuple[str, str, str]]:
    rows = case.sources.select(["customer", "source", "problem"]).to_pylist()
    return sorted((row["customer"], row["source"], row["problem"]) for row in rows if row["problem"] is not None)


def _exit_code(answer: Audit, fail_on: str) -> int:
    from analyzer.model import Severity

    if any(finding.severity.rank >= Severity(fail_on).rank for finding in answer.findings):
        return FOUND
    return PARTIAL if _problems(answer.case) else CLEAN


def _print(text: str | bytes) -> None:
    """To stdout. A reader that went away (`| head`) changes neither the exit code nor anything else."""
    try:
        typer.echo(text, nl=False, color=_colour())
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _talk(text: str) -> None:
    typer.echo(text, err=True)


def _width() -> int:
    return shutil.get_terminal_size().columns


def _colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def main() -> None:
    """The `analyzer` command. Characters that the terminal's encoding lacks are written out, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()
