from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY

LOG = "0 INFO hello\n5 INFO again"


def test_a_rolled_archive_copied_twice(bundle):
    bundle.server("EAST", LOG, "OctopusServer.0.txt")
    bundle.server("EAST", LOG, "OctopusServer.1.txt")
    finding = bundle.audit().one("OCT903")
    assert finding.detail["duplicate_of"] == "EAST/Logs/OctopusServer.0.txt"
    assert finding.evidence[0].source == "EAST/Logs/OctopusServer.1.txt"


def test_a_share_collected_from_two_nodes(bundle):
    bundle.raw(HEALTHY, folder="EAST/TaskLogs")
    bundle.raw(HEALTHY, folder="WEST/TaskLogs")
    answer = bundle.audit()
    assert answer.one("OCT903").severity == "note"
    assert not answer.loud()


def test_an_earlier_copy_of_a_log(bundle):
    bundle.raw(HEALTHY, folder="new")
    bundle.raw(HEALTHY.split("    2/b")[0], folder="old")
    answer = bundle.audit()
    assert "Every line of old/" in answer.one("OCT903").summary
    assert not answer.loud()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({}, {"task": 8, "log": "BBBB"}, id="two tasks that did the same"),
        pytest.param({}, {"log": "BBBB"}, id="two logs of one number"),
        pytest.param({"segment": "east"}, {"task": 9, "log": "CCCC", "segment": "west"}, id="two segments"),
    ],
)
def test_innocent(bundle, one, other):
    bundle.raw(HEALTHY, **one)
    bundle.raw(HEALTHY.replace("web-01", "web-02"), **other)
    assert not bundle.audit().of("OCT903")
