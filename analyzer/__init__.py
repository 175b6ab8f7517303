"""Forensic analysis of Octopus Deploy High Availability task logs.

    import analyzer

    case = analyzer.read("bundle.zip")
    case.events                       # one of several pyarrow tables, see analyzer.schema
    audit = analyzer.audit(case)
    audit["ServerTasks-48211"]        # one task, with its proof and picture
    audit.findings.to_pandas()        # or to_polars(), to_arrow()
    print(analyzer.explain("OCT101"))

The names below are fetched when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.case import Case
    from analyzer.errors import AnalyzerError
    from analyzer.model import Evidence, Finding, Incident, NotJudged, Severity, Verdict
    from analyzer.notebook import Audit, Findings, Task, audit, doctor, merge
    from analyzer.pipeline import read
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
    "Task",
    "Verdict",
    "audit",
    "doctor",
    "explain",
    "merge",
    "read",
]

_HOMES = {
    **dict.fromkeys(("Evidence", "Finding", "Incident", "NotJudged", "Severity", "Verdict"), "model"),
    **dict.fromkeys(("Audit", "Findings", "Task", "audit", "doctor", "merge"), "notebook"),
    "Case": "case",
    "read": "pipeline",
    "AnalyzerError": "errors",
    "explain": "report.catalogue",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'analyzer' has no attribute {name!r}")
    return getattr(import_module(f"analyzer.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
