"""One bundle through the analyzer, in this process, and the result held against the truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import analyzer
from analyzer.report import json as report

from .decide import decidable, imitable
from .judge import Score, score
from .marks import Mark, alarms, marks
from .remains import traced
from .shares import Given, Shares, shares
from .traces import traces
from .truth import Fact


@dataclass(frozen=True)
class Outcome:
    """How well one bundle was audited."""

    score: Score
    marks: tuple[Mark, ...]
    shares: Shares
    alarms: tuple[tuple[str, str], ...]
    document: Fact


def audited(bundle: Path) -> tuple[Fact, Given]:
    """The JSON document of an audit, and the execution that every line of a task log was given to."""
    case = analyzer.read(bundle)
    document: Fact = json.loads(report.document(analyzer.audit(case)))
    columns = (case.assignments[name].to_pylist() for name in ("source", "line", "execution"))
    return document, {(source, line): execution for source, line, execution in zip(*columns, strict=True)}


def judged(truth: Fact, bundle: Path) -> Outcome:
    """Audit a bundle and compare."""
    document, given = audited(bundle)
    found = traces(truth, bundle)
    scored = score(truth, document, decidable(truth, found), imitable(truth, found), traced(truth, found))
    return Outcome(
        scored,
        tuple(marks(truth, document, scored, found)),
        shares(truth, given, found),
        tuple(alarms(truth, document)),
        document,
    )
