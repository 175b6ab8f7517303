"""The score itself, against hand-made truths and documents."""

from __future__ import annotations

from typing import Any

import pytest

from .judge import OVERLAPPING, SEQUENTIAL, TRACELESS, Score, answer, score, total, truth_about

AT = "2023-09-18T07:{:02d}:00.0000000+00:00"


def run(
    number: int, begin: int, end: int, lines: int = 50, announcing: int = 3, server: bool = False
) -> dict[str, Any]:
    """An execution from one minute to another."""
    trace: dict[str, Any] = {
        "lines": lines,
        "announcing": announcing,
        "first_true": AT.format(begin),
        "last_true": AT.format(end),
    }
    for name, minute in (("server_first_true", begin), ("server_last_true", end)):
        trace[name] = AT.format(minute) if server else None
    return {"number": number, "trace": trace}


def task(
    *runs: dict[str, Any],
    overlaps: tuple[tuple[int, int], ...] = (),
    twice: bool | None = None,
    innocent: str | None = None,
) -> dict[str, Any]:
    """A task in truth.json."""
    twice = bool(overlaps) if twice is None else twice
    return {"kind": "deploy", "executions": list(runs), "overlaps": overlaps, "ran_twice": twice, "innocent": innocent}


def document(*findings: tuple[str, str], undecided: bool = False) -> dict[str, Any]:
    """An audit that says this about ServerTasks-1."""
    reasons: list[dict[str, Any]] = [{"code": "OCT301", "task": None, "reason": "no status in the input"}]
    if undecided:
        reasons.append({"code": "OCT102", "task": "ServerTasks-1", "reason": "undecided: a re-run or not"})
    said = [{"code": code, "task": "ServerTasks-1", "verdict": verdict} for code, verdict in findings]
    return {
        "findings": [*said, {"code": "OCT101", "task": "ServerTasks-2", "verdict": "proved"}],
        "not_judged": reasons,
    }


TWICE = task(run(1, 1, 9), run(2, 2, 8), overlaps=((1, 2),))
AFTER = task(run(1, 1, 2), run(2, 3, 4), twice=True)
RERUN = task(run(1, 1, 2), run(2, 3, 4), innocent="rerun")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (document(("OCT101", "proved")), "OCT101 proved"),
        (document(("OCT101", "possible")), "OCT101 possible"),
        (document(("OCT102", "proved"), ("OCT103", "proved")), "OCT102"),
        (document(undecided=True), "undecided"),
        (document(("OCT102", "proved"), ("OCT101", "possible"), undecided=True), "OCT101 possible"),
        (document(("OCT103", "proved")), "silent"),
    ],
)
def test_the_strongest_word_about_a_task_is_its_answer(said: dict[str, Any], expected: str) -> None:
    assert answer(said, "ServerTasks-1") == expected


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (TWICE, OVERLAPPING),
        (AFTER, SEQUENTIAL),
        (RERUN, "innocent"),
        (task(run(1, 1, 9), run(2, 2, 8, lines=0), overlaps=((1, 2),)), TRACELESS),
        (task(run(1, 1, 9), run(2, 2, 8, lines=9, announcing=0), overlaps=((1, 2),)), TRACELESS),
        (task(run(1, 1, 9), run(2, 2, 8, lines=10, announcing=0), overlaps=((1, 2),)), OVERLAPPING),
        (task(run(1, 1, 9), run(2, 10, 11), overlaps=((1, 2),)), TRACELESS),
        (task(run(1, 1, 9, server=True), run(2, 2, 8, lines=0, server=True), overlaps=((1, 2),)), OVERLAPPING),
    ],
)
def test_an_overlap_counts_when_both_executions_left_a_trace_of_it(fact: dict[str, Any], expected: str) -> None:
    assert truth_about(fact) == expected


def judged(fact: dict[str, Any], said: dict[str, Any]) -> Score:
    return score({"tasks": {"ServerTasks-1": fact}}, said)


def test_a_visible_overlap_may_be_answered_with_any_doubt_but_not_with_silence() -> None:
    assert judged(TWICE, document(("OCT101", "proved"))).good
    assert judged(TWICE, document(undecided=True)).good
    assert [each.task for each in judged(TWICE, document()).missed] == ["ServerTasks-1"]


def test_a_sequential_double_run_may_be_called_anything_but_proved_to_overlap() -> None:
    assert judged(AFTER, document()).good
    assert judged(AFTER, document(("OCT102", "proved"))).good
    assert judged(AFTER, document(("OCT101", "proved"))).falsely_proved


@pytest.mark.parametrize(("code", "verdict"), [("OCT101", "possible"), ("OCT102", "proved"), ("OCT102", "possible")])
def test_an_innocent_task_must_not_be_accused(code: str, verdict: str) -> None:
    scored = judged(RERUN, document((code, verdict)))
    assert [each.look for each in scored.accused] == ["rerun"]
    assert not scored.good


def test_an_innocent_task_may_be_undecided_or_a_hand_over() -> None:
    assert judged(RERUN, document(("OCT104", "proved"), undecided=True)).good


def test_scores_add_up() -> None:
    both = total([judged(TWICE, document(("OCT101", "proved"))), judged(RERUN, document())])
    assert (both.count(OVERLAPPING, "OCT101 proved"), both.count("innocent", "silent"), len(both.tasks)) == (1, 1, 2)
    assert both.tasks == (judged(TWICE, document(("OCT101", "proved"))) + judged(RERUN, document())).tasks
