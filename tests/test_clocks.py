"""Difference constraints: bounds that follow, contradictions, and overlap under every admissible offset."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.clocks import DRIFT, UNKNOWN_SKEW, Constraint, Interval, overlap, solve

AT = 0


def before(a: str, t1: int, b: str, t2: int, slack: int = 0) -> Constraint:
    """Something at t1 on clock a happened before something at t2 on clock b; drift is left out."""
    return Constraint(a, t1, b, t2, slack - drift(t1), "test")


def drift(t1: int) -> int:
    """How far two clocks may drift apart between t1 and the moment that is asked for."""
    return (abs(t1 - AT) + UNKNOWN_SKEW) * DRIFT // 1_000_000


def test_nothing_known_bounds_nothing() -> None:
    assert solve([]).offset("a", "b", AT) == Interval(None, None)
    assert solve([]).offset("a", "a", AT) == Interval(0, 0)


def test_one_message_bounds_one_side() -> None:
    assert solve([before("a", 100, "b", 130)]).offset("a", "b", AT) == Interval(None, 30)


def test_messages_in_both_directions_bound_both_sides() -> None:
    clocks = solve([before("a", 100, "b", 130), before("b", 140, "a", 150, slack=2)])
    assert clocks.offset("a", "b", AT) == Interval(-12, 30)
    assert clocks.offset("b", "a", AT) == Interval(-30, 12)


def test_bounds_go_through_a_third_clock() -> None:
    clocks = solve([before("a", 0, "db", 5), before("db", 0, "b", 7)])
    assert clocks.offset("a", "b", AT) == Interval(None, 12)


def test_a_contradiction_names_its_clocks_and_bounds_nothing() -> None:
    clocks = solve([before("a", 100, "b", 0), before("b", 100, "a", 0)])
    assert {one.before for one in clocks.at(AT).contradiction} == {"a", "b"}
    assert clocks.offset("a", "b", AT) == Interval(None, None)


@pytest.mark.parametrize(
    ("offset", "answer"),
    [
        (Interval(0, 0), "concurrent"),
        (Interval(-4, 14), "concurrent"),
        (Interval(-5, 14), "possible"),  # at -5 they only touch
        (Interval(15, None), "sequential"),
        (Interval(None, -5), "sequential"),
        (Interval(None, None), "unknown"),
        (Interval(0, None), "unknown"),
    ],
)
def test_overlap_of_ten_and_ten_that_begin_five_apart(offset: Interval, answer: str) -> None:
    assert overlap((0, 10), (5, 15), offset) == answer


@given(st.integers(0, 2**32), st.integers(2, 5), st.integers(0, 30))
def test_true_offsets_always_satisfy_the_bounds(seed: int, clocks: int, messages: int) -> None:
    rng = random.Random(seed)
    names = [f"c{i}" for i in range(clocks)]
    true = {name: rng.randint(-18_000_000_000, 18_000_000_000) for name in names}
    constraints = []
    for _ in range(messages):
        sent = rng.randint(0, 10**12)
        received = sent + rng.randint(0, 10**9)
        a, b = rng.choice(names), rng.choice(names)
        constraints.append(before(a, sent + true[a], b, received + true[b]))
    solved = solve(constraints)
    assert not solved.at(AT).contradiction
    for a in names:
        for b in names:
            bound = solved.offset(a, b, AT)
            assert bound.low is None or bound.low <= true[b] - true[a]
            assert bound.high is None or true[b] - true[a] <= bound.high
