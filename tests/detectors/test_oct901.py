from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, node


@pytest.mark.parametrize(
    ("torn", "reason"),
    [
        pytest.param('!7T12:00:05","INF","copying","",0]', "not a log entry", id="no beginning"),
        pytest.param('!["ServerTasks-7_AAAA","INF","2023-09-', "torn log entry", id="no end"),
        pytest.param('!["ServerTasks-7_AAAA","INF","yesterday","x","",0]', "the time cannot be read", id="no time"),
    ],
)
def test_one_note_per_source_with_its_reasons(bundle, torn, reason):
    bundle.raw(HEALTHY.replace("1/a  FIN 3", f"{torn}\n    1/a  FIN 3"))
    finding = bundle.audit().one("OCT901")
    assert (finding.severity, [place.line for place in finding.evidence]) == ("note", [6])
    assert finding.detail == {"stretches": 1, "lines": 1, "reasons": [reason]}


def test_pieces_of_a_download(bundle):
    bundle.text("...\n                    |   == Success: Step 1 ==\n12:00:00   Info     |     x\n...")
    assert bundle.audit().one("OCT901").detail["lines"] == 2


@pytest.mark.parametrize(
    "script", [HEALTHY, HEALTHY.replace("VBS 2 ", "HLT 2 "), HEALTHY + "    !\n"], ids=["healthy", "unknown", "blank"]
)
def test_innocent(bundle, script):
    bundle.raw(script)
    assert not bundle.audit().of("OCT901")


def test_framing_is_no_loss(bundle):
    bundle.details(node(".", "Deploy Shop", lines="0 Info begin"))
    assert not bundle.audit().of("OCT901")
