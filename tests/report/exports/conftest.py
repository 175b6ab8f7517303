from __future__ import annotations

from pathlib import Path

import pytest

from analyzer import pipeline
from analyzer.model import Evidence
from tests.report.cases import audit, case, finding, source

SAMPLE = Path(__file__).parents[3] / "sample_logs" / "double-run"
HOSTILE = "=cmd|' /C calc'!A0 \x1b[2J \u202e {0} [x](http://e) \r\n\u2028 Zürich"


@pytest.fixture(scope="session")
def double_run():
    """The audit of a sample with findings of every severity, with and without a task."""
    return pipeline.audit(pipeline.read(SAMPLE))


@pytest.fixture
def hostile():
    """Findings of two customers whose every text was chosen by somebody else."""
    sources = [source(HOSTILE, "contoso", bytes=7), source("a b#1%.txt", "=fabrikam", problem=HOSTILE)]
    words = {"summary": HOSTILE, "nodes": (HOSTILE,), "detail": {"x": HOSTILE}}
    evidence = (Evidence(HOSTILE, 3, 30, HOSTILE), Evidence(HOSTILE, 9, 90, ""))
    found = [
        finding("OCT101", 1, customer="contoso", log=HOSTILE, evidence=evidence, **words),
        finding("OCT103", customer="=fabrikam", evidence=(Evidence("a b#1%.txt", 1, 0, "@x"),), **words),
    ]
    return audit(case(sources), found)
