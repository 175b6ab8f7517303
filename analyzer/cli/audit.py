"""`analyzer audit`: judge logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer import arguments
from analyzer.cli import options, outputs, reading
from analyzer.cli.app import CLEAN, FOUND, PARTIAL
from analyzer.cli.terminal import Voice
from analyzer.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.case import Audit
    from analyzer.config import Config


def audit(
    paths: options.Paths,
    node: options.Nodes = [],
    utc_offset: options.Offsets = [],
    task: options.Tasks = [],
    since: options.Since = "",
    until: options.Until = "",
    each: Annotated[bool, typer.Option("--each", help="Every PATH is a customer of its own.")] = False,
    fail_on: Annotated[options.SEVERITIES, typer.Option(help="Least severity that makes the exit code 1.")] = "warning",
    json: outputs.Json = "",
    html: outputs.Html = "",
    sarif: outputs.Sarif = "",
    csv: outputs.Csv = "",
    timesketch: outputs.Timesketch = "",
    clef: outputs.Clef = "",
    parquet: outputs.Parquet = "",
    form: outputs.Format = "table",
    baseline: outputs.BaselineFile = "",
    certificates: Annotated[
        str, typer.Option(metavar="DIR", help="Write a certificate for every proved double run, with its verify.py.")
    ] = "",
    config: options.Settings = "",
    workers: options.Workers = 0,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Find double runs, disorder, contradictions.

    Say which tasks ran on more than one node, whether at the same time, how sure that is and which lines prove it.

    \b
    Examples:
      analyzer audit bundle.zip
      analyzer audit logs --node OCTO-A=logs/a --json out.json
      analyzer audit customers/*.zip --each
    """
    voice = Voice(quiet, verbose)
    files = {"json": json, "html": html, "sarif": sarif, "csv": csv, "timesketch": timesketch, "clef": clef}
    wanted = outputs.checked(files, form, parquet, baseline)
    known = options.configured(config)
    if known.path:
        voice.detail(f"configuration {known.path}")
    narrowed = options.narrowed(paths, node, utc_offset, task, since, until, known=known, workers=workers)
    customers = arguments.customers(paths, list(narrowed["nodes"])) if each else {}
    folder = arguments.certificates_folder(certificates, paths) if certificates else None
    from analyzer import pipeline
    from analyzer.model import Severity

    with voice.meter(lambda: arguments.size(paths)) as meter:
        narrowed["progress"] = meter
        if each:
            audits = [_judged(path, {**narrowed, "customer": name}, known, voice) for path, name in customers.items()]
            answer = pipeline.merge(audits)
        else:
            answer = _judged(paths, narrowed, known, voice)
            audits = [answer]
    with voice.timed("reporting"):
        changes = outputs.compared(answer, wanted)
        outputs.write(answer, changes, wanted, each=each, voice=voice)
    cases = [one.case for one in audits]
    reading.tell_problems(voice, *cases)
    if folder:
        _certify(audits, folder, voice)
    counted = [one.finding for one in changes.changes if one.worse] if changes else answer.findings
    if any(finding.severity.rank >= Severity(fail_on).rank for finding in counted):
        raise typer.Exit(FOUND)
    raise typer.Exit(PARTIAL if reading.problems(*cases) else CLEAN)


def _judged(paths: str | list[str], narrowed: dict[str, Any], known: Config, voice: Voice) -> Audit:
    from analyzer import pipeline
    from analyzer.suppressing import suppress

    case = pipeline.read(paths, **narrowed)
    with voice.timed("reading"):
        case.table("sources")
    reading.told(case, voice)
    narrowed["progress"].stage("judging")
    with voice.timed("judging"):
        answer, remarks = suppress(pipeline.audit(case), known.suppressions)
    for remark in remarks:
        voice.talk(remark)
    return answer


def _certify(audits: list[Audit], folder: Path, voice: Voice) -> None:
    """Certificates, and which proved findings have none."""
    from analyzer.report import certificates
    from analyzer.report.plain import count, visible

    try:
        written = certificates.write(audits, folder)
    except OSError as error:
        raise UsageError(f"cannot write certificates into {folder}: {error.strerror or error}") from None
    voice.talk(f"{count(len(written.folders), 'certificate')} in {folder}")
    for finding, why in written.without:
        voice.talk(visible(f"no certificate for {finding.code} {finding.task}: {why}"))
