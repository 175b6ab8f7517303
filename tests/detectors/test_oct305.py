from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, task

WARNED = HEALTHY.replace("1/a  VBS 2 ", "1/a  WRN 2 ")


@pytest.mark.parametrize(
    ("script", "flag", "line"),
    [
        pytest.param(WARNED, False, 5, id="a warning that the flag denies"),
        pytest.param(WARNED.replace("WRN", "ERR"), False, 5, id="an error that the flag denies"),
        pytest.param(HEALTHY, True, 13, id="a flag without a warning"),
    ],
)
def test_flag_and_log_disagree(bundle, script, flag, line):
    bundle.raw(script)
    bundle.api(task(warned=flag, completed="8"))
    finding = bundle.audit().one("OCT305")
    assert (finding.severity, finding.evidence[1].line) == ("note", line)


@pytest.mark.parametrize(
    ("script", "flag", "state"),
    [
        pytest.param(WARNED, True, "Success", id="a warning and the flag"),
        pytest.param(HEALTHY, False, "Success", id="neither"),
        pytest.param(HEALTHY.replace("VBS 2 ", "ALR 2 "), False, "Success", id="an alert may not count"),
        pytest.param(HEALTHY.replace("VBS 2 ", "HLT 2 "), False, "Success", id="an unknown category"),
        pytest.param(WARNED, False, "Executing", id="not over yet"),
        pytest.param(HEALTHY.split("    .    FIN")[0], True, "Success", id="an incomplete log"),
    ],
)
def test_innocent(bundle, script, flag, state):
    bundle.raw(script)
    bundle.api(task(state=state, warned=flag, completed="8"))
    assert not bundle.audit().of("OCT305")


def test_flags_without_logs_are_left_open(bundle):
    bundle.api(task(warned=True))
    assert bundle.audit().open("OCT305")[0].reason == "no complete raw log is in the input"
