"""Certificates: one folder for each proved double run, with which anybody can check it against the original logs.

    certificate.json   the finding, its argument, and every cited line by source, line, offset and sha256
    cited.txt          the cited lines themselves
    README.txt         the proof in prose, how to check it by hand and what it takes on trust
    verify.py          derives it again from the original files; Python's standard library alone

A cited line is named by its source; its number, counted from 1 over newline bytes; the offset of its first byte in
the source as stored (decompressed, not decoded; the first line begins behind a byte order mark); and the sha256 of its
bytes from that first one up to its newline, or to a carriage return right before the newline. An entry that goes on
over several lines (a task in a JSON page, a row of an export) is cited with all of them; of an export the header line
as well.

A certificate is written only if `verify.py` accepts it. A proof that rests on more than its lines show gets none, and
it is said which and why.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import analyzer
from analyzer.case import Audit
from analyzer.model import Finding, Verdict
from analyzer.report.certificates.arguments import argument
from analyzer.report.certificates.checker.entries import Refuted
from analyzer.report.certificates.checker.lines import Source
from analyzer.report.certificates.checker.verify import derive
from analyzer.report.certificates.citing import Reader, places, read
from analyzer.report.certificates.history import histories
from analyzer.report.certificates.prose import cited_lines, readme
from analyzer.report.certificates.script import script
from analyzer.sources import prefixes

SCHEMA = "analyzer/certificate/1"
CODES = ("OCT101", "OCT102")
NAMED = ("code", "name", "task", "log", "nodes", "customer", "summary")
PLACE = ("source", "line", "offset")
LONGEST = 60  # characters of a customer in a folder's name


@dataclass
class Written:
    """Folders that were written, and proved findings that got none, with the reason."""

    folders: list[Path] = field(default_factory=list)
    without: list[tuple[Finding, str]] = field(default_factory=list)


def write(audits: Iterable[Audit], folder: Path) -> Written:
    """One folder below `folder` for each proved OCT101 and OCT102."""
    written = Written()
    taken: set[str] = set()
    for audit in audits:
        findings = [one for one in audit.findings if one.code in CODES and one.verdict is Verdict.PROVED]
        for finding, made in _made(audit, findings):
            if isinstance(made, str):
                written.without.append((finding, made))
                continue
            place = folder / _name(finding, taken)
            place.mkdir()
            for name, content in made.items():
                (place / name).write_bytes(content)
            written.folders.append(place)
    return written


def _made(audit: Audit, findings: Sequence[Finding]) -> Iterable[tuple[Finding, Mapping[str, bytes] | str]]:
    """Each finding with the files of its certificate, or the reason why it has none."""
    if not findings:
        return
    told = histories(audit.case, findings)
    rows = audit.case.sources.select(["source", "format"]).to_pylist()
    forms = {row["source"]: row["format"] for row in rows}
    arguments: list[dict[str, Any] | str] = []
    for finding in findings:
        try:
            history = told[finding.customer, str(finding.task)]
            evidence = [{name: getattr(one, name) for name in PLACE} for one in finding.evidence]
            arguments.append({**argument(audit.case, finding, history), "evidence": evidence})
        except LookupError as error:
            arguments.append(str(error))
    spots = [
        (one, str(finding.task)) for finding, made in zip(findings, arguments, strict=True) for one in places(made)
    ]
    readers = read(spots, forms, audit.case.paths)
    paths = sorted(prefixes(audit.case.paths).values())
    for finding, made in zip(findings, arguments, strict=True):
        yield finding, made if isinstance(made, str) else _files(finding, made, readers, paths)


def _files(
    finding: Finding, made: dict[str, Any], readers: Mapping[str, Reader], paths: Sequence[str]
) -> Mapping[str, bytes] | str:
    try:
        sources = _sources(made, readers)
        certificate = _certificate(finding, made, readers, sources, paths)
        proof = derive(json.loads(json.dumps(certificate)), sources)
    except (Refuted, LookupError) as error:
        return f"its lines alone do not show it: {error}"
    return {
        "certificate.json": json.dumps(certificate, indent=2, ensure_ascii=False).encode() + b"\n",
        "cited.txt": cited_lines(certificate, sources),
        "README.txt": readme(certificate, proof),
        "verify.py": script(),
    }


def _sources(made: dict[str, Any], readers: Mapping[str, Reader]) -> dict[str, Source]:
    """The sources that an argument cites, each with its own cited lines only. Raises LookupError."""
    found: dict[str, Source] = {}
    for one in places(made):
        name = one["source"]
        if name not in readers or (one["line"], one["offset"]) not in readers[name].lines:
            raise LookupError(f"{name} line {one['line']} could not be read back")
        reader = readers[name]
        source = found.setdefault(name, reader.source.bare())
        numbers = [*reader.lines[one["line"], one["offset"]], *([reader.header["line"]] if reader.header else [])]
        source.lines |= {number: reader.source.lines[number] for number in numbers}
    return found


def _certificate(
    finding: Finding,
    made: dict[str, Any],
    readers: Mapping[str, Reader],
    sources: Mapping[str, Source],
    paths: Sequence[str],
) -> dict[str, Any]:
    said = {name: getattr(finding, name) for name in NAMED}
    return {
        "schema": SCHEMA,
        "version": analyzer.__version__,
        "finding": {**said, "nodes": list(finding.nodes)},
        "prefixes": list(paths),
        "argument": made,
        "lines": [
            {
                "source": name,
                "line": number,
                "offset": offset,
                "bytes": len(raw),
                "sha256": hashlib.sha256(raw).hexdigest(),
            }
            for name in sorted(sources)
            for number, (offset, raw) in sorted(sources[name].lines.items())
        ],
        "sources": [
            {
                "source": name,
                "format": sources[name].form,
                "sha256": sources[name].sha256,
                **({"header": dict(header)} if (header := readers[name].header) else {}),
            }
            for name in sorted(sources)
        ],
    }


def _name(finding: Finding, taken: set[str]) -> str:
    """A folder's name that every file system takes: customer, task, code, and a number where that was there already."""
    customer = re.sub(r"[^\w-]+", "_", finding.customer).strip("_")[:LONGEST]
    plain = name = "-".join(filter(None, [customer, re.sub(r"[^\w-]+", "_", str(finding.task)), finding.code]))
    number = 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(name.casefold())
    return name
