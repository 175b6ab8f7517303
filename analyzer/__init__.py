"""Forensic analysis of Octopus Deploy High Availability task logs.

    import analyzer

    case = analyzer.read("bundle.zip")
    case.events                       # one of several pyarrow tables, see analyzer.schema
    audit = analyzer.audit(case)
    audit.findings.to_arrow().to_pandas()
    print(analyzer.explain("OCT101"))

The names below are fetched when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.errors import AnalyzerError
    from analyzer.model import Audit, Case, Evidence, Finding, Findings, Incident, NotJudged, Severity, Verdict
    from analyzer.pipeline import audit, merge, read
    from analyzer.report.catalogue import explain

__version__ = "0.1.0"

__all__ = [
    "AnalyzerError",
    "Audit",
    "Case",
    "Evidence",
    "Finding",
    "Findings",
    "Incident",
    "NotJudged",
    "Severity",
    "Verdict",
    "audit",
    "explain",
    "merge",
    "read",
]

_HOMES = {
    **dict.fromkeys(
        ("Audit", "Case", "Evidence", "Finding", "Findings", "Incident", "NotJudged", "Severity", "Verdict"), "model"
    ),
    **dict.fromkeys(("audit", "merge", "read"), "pipeline"),
    "AnalyzerError": "errors",
    "explain": "report.catalogue",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'analyzer' has no attribute {name!r}")
    return getattr(import_module(f"analyzer.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
