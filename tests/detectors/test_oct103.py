from __future__ import annotations

import pytest

from tests.detectors.bundle import HEALTHY, LOCKED, RETRIED

OURS = LOCKED.format("5", "ServerTasks-7_AAAA", "servertasks-7_aaaa")


@pytest.mark.parametrize("times", [1, 2, 20])
def test_one_note_per_task_and_node(bundle, times):
    bundle.server("EAST", OURS * times)
    finding = bundle.audit().one("OCT103")
    assert (finding.severity, finding.nodes, finding.detail["failures"]) == ("note", ("EAST",), times)


def test_two_nodes_two_notes(bundle):
    bundle.server("EAST", OURS)
    bundle.server("WEST", OURS.replace("5 FATAL", "6 FATAL"))
    assert len(bundle.audit().of("OCT103")) == 2


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("5 INFO hello", id="nothing"),
        pytest.param(
            LOCKED.format("5", "ScheduledTasks_ProcessSubscriptions", "scheduledtasks_processsubscriptions"),
            id="a scheduled task",
        ),
        pytest.param(
            RETRIED.format("The handle is invalid."),
            id="a handle",
        ),
    ],
)
def test_innocent(bundle, script):
    bundle.server("EAST", script)
    assert not bundle.audit().of("OCT103")


def test_without_a_server_log_the_question_stays_open(bundle):
    bundle.raw(HEALTHY)
    assert bundle.audit().open("OCT103")
