"""EVENTS made of what a first look saw are those that decoding gives."""

from __future__ import annotations

import pytest

from analyzer import schema
from analyzer.blocks import Block, block, packed
from analyzer.ingest import task_log
from analyzer.ingest.task_log_triage import triage
from tests.mutations import HEALTHY, log
from tests.test_readme import ROOT

SAMPLES = sorted(path for name in ("servertasks-*.txt", "*.tl.txt") for path in (ROOT / "sample_logs").rglob(name))
STEP, OTHER = "5f0c2b9d71e84e0f9a5d3c1b2a4f6e80", "0000000000000000000000000000000A"


def agrees(*parts: Block) -> int:
    """How many logs of a block are cleared, whose EVENTS are those of `decode`."""
    whole = packed(parts)
    seen = triage(whole)
    expected = task_log.decode(whole).events
    sources = [whole.sources[number] for number in sorted(seen.cleared)]
    expected = expected.filter([source in sources for source in expected["source"].to_pylist()])
    assert seen.events is not None
    found = seen.events()
    assert found.schema == schema.CODED
    assert found.cast(schema.EVENTS) == expected
    return len(sources)


def line(message: str, *ids: str, level: str = "INF", detail: str = "", percentage: int = 0, at: int = 1) -> str:
    name = "/".join(("ServerTasks-7_ABC", *ids))
    return f'["{name}","{level}","2023-09-18T09:14:{at:02}.1234567+00:00","{message}","{detail}",{percentage}]\n'


def test_the_sample_logs():
    assert agrees(*(block(path.as_posix(), path.read_bytes()) for path in SAMPLES)) > 10


@pytest.mark.parametrize("script", HEALTHY)
def test_logs_beside_one_that_is_not_cleared(script):
    bad = block("servertasks-8_bbbb.txt", log(script) * 2)
    assert agrees(block("servertasks-7_aaaa.txt", log(script)), bad, block("k2.tl.txt", log(script))) == 2


@pytest.mark.parametrize("tail", ["", 'x \\"y\\" \\\\', "\\u0027\\r\\n\\u00fc é"])
def test_escapes_details_and_numbers_of_all_sizes(tail):
    text = "".join(
        [
            line("Deploy" + tail),
            line("Step" + tail, STEP, level="PLN", percentage=7),
            line("", STEP, level="UPD", percentage=42),
            line("Long enough to be no part of its view" + tail, STEP, level="UPD", percentage=100),
            line(tail, STEP, OTHER, detail="Why " + tail, percentage=9),
            line("", STEP, OTHER, level="FIN", detail="é"),
            line("Step", STEP, level="FIN"),
            line("Deploy", level="FIN"),
        ]
    )
    assert agrees(block("servertasks-7_abc.txt", text.encode())) == 1


def test_lines_without_any_text():
    text = line("", level="INF") + line("", STEP, level="FIN") + line("", level="FIN")
    assert agrees(block("x", text.encode())) == 1
