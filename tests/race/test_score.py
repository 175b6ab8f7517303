"""The score itself, against hand-made truths and documents."""

from __future__ import annotations

from typing import Any

import pytest

from .judge import OVERLAPPING, SEQUENTIAL, Score, answer, score, seen, total, truth_about
from .shares import matched
from .tables import share, wilson

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
    return {"number": number, "turn": 1, "trace": trace}


def task(
    *runs: dict[str, Any],
    overlaps: tuple[tuple[int, int], ...] = (),
    twice: bool | None = None,
    innocent: str | None = None,
) -> dict[str, Any]:
    """A task in truth.json."""
    twice = bool(overlaps) if twice is None else twice
    return {"kind": "deploy", "executions": list(runs), "overlaps": overlaps, "ran_twice": twice, "innocent": innocent}


def document(*findings: tuple[str, str], undecided: bool = False, lacking: str = "") -> dict[str, Any]:
    """An audit that says this about ServerTasks-1."""
    reasons: list[dict[str, Any]] = [{"code": "OCT301", "task": None, "reason": "no status in the input"}]
    if undecided:
        reasons.append({"code": "OCT102", "task": "ServerTasks-1", "reason": "undecided: a re-run or not"})
    if lacking:
        reasons.append({"code": "OCT101", "task": None, "tasks": [lacking], "reason": "judged by task logs alone"})
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
        (document(("OCT103", "proved")), "clean"),
        (document(lacking="ServerTasks-1"), "evidence lacks"),
        (document(lacking="ServerTasks-3"), "clean"),
        (document(undecided=True, lacking="ServerTasks-1"), "undecided"),
    ],
)
def test_the_strongest_word_about_a_task_is_its_answer(said: dict[str, Any], expected: str) -> None:
    assert answer(said, "ServerTasks-1") == expected


@pytest.mark.parametrize(
    ("fact", "expected"),
    [(TWICE, OVERLAPPING), (AFTER, SEQUENTIAL), (RERUN, "innocent")],
)
def test_what_a_task_truly_is(fact: dict[str, Any], expected: str) -> None:
    assert truth_about(fact) == expected


@pytest.mark.parametrize(
    ("lines", "expected"), [((50, 50), True), ((50, 10), True), ((50, 9), False), ((0, 50), False)]
)
def test_a_double_run_is_to_be_noticed_when_both_left_lines(lines: tuple[int, int], expected: bool) -> None:
    assert seen(task(run(1, 1, 9, lines[0]), run(2, 2, 8, lines[1]), overlaps=((1, 2),))) is expected


def judged(fact: dict[str, Any], said: dict[str, Any], how: str = "", traced: bool = True) -> Score:
    decidable = {"ServerTasks-1": how} if how else {}
    return score({"tasks": {"ServerTasks-1": fact}}, said, decidable, traced={"ServerTasks-1"} if traced else ())


def wrong(fact: dict[str, Any], said: dict[str, Any], how: str = "") -> tuple[str, ...]:
    return judged(fact, said, how).tasks[0].wrong


def test_an_overlap_that_the_bundle_shows_must_be_proved() -> None:
    assert wrong(TWICE, document(("OCT101", "proved")), "append order") == ()
    assert wrong(TWICE, document(("OCT101", "possible")), "append order") == ("missed",)
    assert wrong(TWICE, document(), "append order") == ("silent", "missed")


def test_an_overlap_that_the_bundle_does_not_show_may_be_doubted_but_not_passed_over() -> None:
    assert judged(TWICE, document(("OCT101", "proved"))).good
    assert judged(TWICE, document(undecided=True)).good
    assert wrong(TWICE, document()) == ("silent",)
    assert wrong(TWICE, document(lacking="ServerTasks-1")) == ("silent",)
    assert wrong(task(run(1, 1, 9), run(2, 2, 8, lines=3), overlaps=((1, 2),)), document()) == ("silent",)


def test_of_what_left_nothing_in_the_bundle_nothing_can_be_said() -> None:
    assert judged(TWICE, document(), traced=False).good
    assert judged(TWICE, document(lacking="ServerTasks-1"), traced=False).good


def test_a_sequential_double_run_must_not_be_proved_to_overlap() -> None:
    assert judged(AFTER, document(("OCT102", "proved"))).good
    assert wrong(AFTER, document(("OCT101", "proved"))) == ("false proof",)


@pytest.mark.parametrize(("code", "verdict"), [("OCT101", "possible"), ("OCT102", "proved"), ("OCT102", "possible")])
def test_an_innocent_task_must_not_be_accused(code: str, verdict: str) -> None:
    scored = judged(RERUN, document((code, verdict)))
    assert [each.look for each in scored.wrong("accused")] == ["rerun"]
    assert not scored.good


def test_an_innocent_task_may_be_undecided_or_a_hand_over() -> None:
    assert judged(RERUN, document(("OCT104", "proved"), undecided=True)).good


def test_scores_add_up() -> None:
    both = total([judged(TWICE, document(("OCT101", "proved"))), judged(RERUN, document())])
    assert [each.answer for each in both.tasks] == ["OCT101 proved", "clean"]
    assert both.tasks == (judged(TWICE, document(("OCT101", "proved"))) + judged(RERUN, document())).tasks


def test_wilson_s_interval_is_the_textbook_s() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert wilson(50, 50)[1] == 1.0
    assert share(99, 100) == "99.0 % (94.6..99.8)"


def test_our_executions_are_matched_to_the_truth_s_once_each() -> None:
    assert matched([(1, 2)] * 5 + [(2, 1)] * 4 + [(1, 1)] + [(None, 1)] * 3) == 9
    assert matched([(1, 1)] * 5 + [(1, 2)] * 4) == 5
    assert matched([(1, 1)] * 5 + [(2, 1)] * 4) == 5
    assert matched([(ours, ours % 9) for ours in range(9) for _ in range(ours + 1)]) == 45
