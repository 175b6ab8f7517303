"""A long log that is looked at block by block is judged as one block of all its lines would be."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from unittest import mock

import pytest

from analyzer.blocks import Block, joined
from analyzer.ingest.task_log_triage import triage, triage_long
from analyzer.ingest.triage import Triage
from analyzer.sources import Decoder
from tests.mutations import FAILED, HEALTHY, MACHINES, PLAIN, SEPARATE, log, mutated
from tests.test_readme import ROOT

SAMPLES = sorted(path for name in ("servertasks-*.txt", "*.tl.txt") for path in (ROOT / "sample_logs").rglob(name))


def blocks(data: bytes, size: int) -> Iterator[Block]:
    """The blocks of a log of which so many bytes are read at once."""
    with mock.patch.multiple("analyzer.sources.encoding", CHUNK=size, HEAD=max(size, 8)):
        yield from list(Decoder("TaskLogs/servertasks-7_aaaa.txt", BytesIO(data)).blocks())


def told(seen: Triage) -> tuple[object, ...]:
    """All that a first look says."""
    lines = seen.telling
    places = lines and [lines.texts().to_pylist(), lines.lines.tolist(), lines.offsets.tolist(), lines.sources]
    return seen.cleared, seen.logs.to_pylist(), places


def judged(data: bytes, *sizes: int) -> bool:
    """Whether a log is cleared, by a look at all of it as by one at blocks of about these sizes."""
    whole = triage(joined([*blocks(data, 1 << 20)]))
    for size in sizes:
        assert told(triage_long(blocks(data, size))) == told(whole)
    return bool(whole.cleared)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_sample_logs(path):
    judged(path.read_bytes(), 900, 5000)


@pytest.mark.parametrize("script", HEALTHY)
@pytest.mark.parametrize("size", [1, 200, 500, 1200])
def test_cleared_logs(script, size):
    assert judged(log(script), size)


@pytest.mark.parametrize("seed", range(60))
def test_mutated_logs(seed):
    data = mutated(seed, log(HEALTHY[seed % len(HEALTHY)]), seed % 3 + 1)
    if data.strip():
        judged(data, 1, 700)


DOUBTS = {
    "a step of the first block again": (PLAIN, '2: \\"Start\\" the site', "1: Stop the site"),
    "a root that begins again": (PLAIN, "The deployment completed successfully.", "Deploy Shop release 1.0 to Test"),
    "time that goes back": (PLAIN, "2/b  FIN 6", "2/b  FIN 4"),
    "an activity that does not end": (PLAIN, "1/a  FIN 3", "1/a  INF 3"),
    "a parent that was never there": (PLAIN, "2/b  INF 4", "3/b  INF 4"),
    "a failure that is not the last word but one": (FAILED, ".      FIN 2.1", ".      INF 2.1 On\n    .      FIN 2.1"),
}


@pytest.mark.parametrize(("script", "old", "new"), DOUBTS.values(), ids=DOUBTS)
def test_doubts_that_only_several_blocks_raise(script, old, new):
    assert old in script
    assert not judged(log(script.replace(old, new)), 1, 300, 700)


@pytest.mark.parametrize("line", range(4, 12))
def test_small_steps_back_add_up_to_no_large_one(line):
    """Each is within what threads of one node may write out of order."""
    later = "".join(f"    1/a  VBS {2 - at * 0.15:.2f}  still here\n" for at in range(line))
    script = PLAIN.replace("    1/a  FIN 3\n", f"{later}    1/a  FIN 3\n")
    assert judged(log(script), 1, 300, 700)


def test_a_machine_that_is_named_apart_from_its_host_only_at_the_end():
    """Then the same text tells wherever it stands, which only the whole log says."""
    once = MACHINES.replace("    .      FIN 3", "    .      FIN 3.5")
    apart = once.replace("    .      INF 3  ", "    .      VBS 3    MachineName: EAST\n    .      INF 3  ")
    seen, other = (triage_long(blocks(log(script), 600)) for script in (once, apart))
    assert [len(one.telling or []) for one in (seen, other)] == [2, 4]
    assert judged(log(once), 1, 300)
    assert judged(log(apart), 1, 300)


@pytest.mark.parametrize("script", [PLAIN, SEPARATE])
def test_activities_are_added_up_in_between(script):
    """A log of many activities, which are more than twice as many in later blocks as in the first one."""
    steps = "".join(f"    s{at}  INF {8 + at}  Step {at}: one more\n    s{at}  FIN {8.5 + at}\n" for at in range(30))
    assert judged(log(f"{script.rstrip().rpartition(chr(10))[0]}\n{steps}    .    FIN 99\n"), 1, 900)


@pytest.mark.parametrize("data", [b"", b"\n", b"x\n", b"\xef\xbb\xbf"])
def test_what_is_no_log(data):
    assert triage_long(blocks(data, 1)).cleared == set()
