"""How two executions stand to each other: the witness, the verdict, and what the second one was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.clocks import SECOND, Clocks, Constraint, Place, solve
from analyzer.executions.constraints import Bounds
from analyzer.executions.relate import relate
from analyzer.executions.sides import Relation, Side

NOTHING = Bounds(Clocks(), Clocks())
SYNCED = solve([Constraint("a", 0, "b", 0, SECOND, "test"), Constraint("b", 0, "a", 0, SECOND, "test")])


def side(number: int, lines: list[tuple[int, float]], node: str = "A", source: str = "one.txt", **more: object) -> Side:
    """An execution from (line, seconds) pairs."""
    places = tuple(Place(source, line, line * 10, round(at * SECOND)) for line, at in lines)
    plain = Side(number, number, node, node.lower(), places, "Success", True, False, frozenset({"web01"}), True)
    return replace(plain, **more)  # type: ignore[arg-type]


def related(a: Side, b: Side, clocks: Bounds = NOTHING, *, tears: int = 0, deploy: bool | None = None) -> Relation:
    """The relation in a raw log."""
    return relate(a, b, clocks, ordered=True, tears=tears, deploy=deploy)


def answer(relation: Relation) -> tuple[str, str, str]:
    """What is asserted most."""
    return relation.relation, relation.work, relation.witness


FIRST = [(1, 0.0), (2, 1.0), (5, 4.0), (7, 6.0)]
SECOND_LINES = [(3, 2.0), (4, 3.0), (6, 5.0), (8, 7.0)]
BEHIND = [(8, 7.0), (9, 8.0), (10, 9.0)]


def test_lines_of_one_between_lines_of_the_other_prove_overlap_whatever_the_clocks_say() -> None:
    for skew in (0, 300, -1800):
        other = [(line, at + skew) for line, at in SECOND_LINES]
        assert answer(related(side(1, FIRST), side(2, other, "B"))) == ("concurrent", "same work", "append order")


def test_the_proof_cites_the_lines() -> None:
    proof = related(side(1, FIRST), side(2, SECOND_LINES, "B"))
    assert [place.line for place in proof.evidence] == [2, 3, 5, 6]
    assert (
        "one.txt line 2 is execution 1 (A), line 3 is execution 2 (B), line 5 is execution 1 (A) again" in proof.proof
    )


def test_a_block_that_the_storage_moved_is_not_proof() -> None:
    first = [(1, 0.0), (2, 1.0), (5, 2.0), (6, 3.0)]
    behind = [(3, 100.0), (4, 101.0), (7, 102.0), (8, 103.0)]
    assert related(side(1, first), side(2, behind, "B")).relation == "possible"
    assert related(side(1, first), side(2, behind, "B"), tears=1).relation == "unknown"


def test_late_lines_of_the_past_are_not_going_on() -> None:
    first = [(1, 0.0), (2, 5.0), (6, 1.0)]
    assert related(side(1, first), side(2, [(3, 6.0), (4, 7.0), (7, 8.0)], "B")).relation == "sequential"


def test_behind_the_last_line_soon_after_it_cannot_be_told_from_a_re_run() -> None:
    assert answer(related(side(1, FIRST), side(2, BEHIND, "B"))) == ("sequential", "undecided", "append order")


@pytest.mark.parametrize(
    ("second", "deploy", "work"),
    [
        (side(2, BEHIND, "B"), False, "same work"),  # only deployments are run again under their id
        (side(2, BEHIND, "B"), True, "undecided"),
        (side(2, BEHIND, "a"), None, "re-run"),  # the same node
        (side(2, BEHIND, "B", targets=frozenset({"web02"})), None, "re-run"),
        (side(2, BEHIND, "B", targets=frozenset({"web02"}), finished=False), None, "undecided"),
        (side(2, [(8, 12000.0), (9, 12001.0)], "B"), None, "re-run"),  # hours later
        (side(2, [(8, 7200.0), (9, 7201.0)], "B"), None, "undecided"),  # by two clocks that may be an hour apart
    ],
)
def test_what_a_second_execution_behind_a_finished_one_is(second: Side, deploy: bool | None, work: str) -> None:
    assert related(side(1, FIRST), second, deploy=deploy).work == work


def test_behind_one_that_never_finished_it_may_be_a_restart() -> None:
    assert related(side(1, FIRST, finished=False), side(2, BEHIND, "B"), deploy=False).work == "undecided"


def test_a_resume_goes_on_after_its_pause() -> None:
    resumed = side(2, BEHIND, "B", structure=1, resumed=True)
    assert answer(related(side(1, FIRST, finished=False), resumed)) == ("sequential", "resume", "same activities")


def test_one_pause_resumed_twice_to_the_end_is_the_same_work() -> None:
    one = side(2, [(1, 0.0), (9, 9.0)], "A", "one.tl.txt", structure=1, resumed=True)
    other = side(3, [(1, 0.5), (9, 9.5)], "B", "two.tl.txt", structure=1, resumed=True)
    assert answer(related(one, other)) == ("unknown", "same work", "same activities")


def test_a_second_execution_that_may_be_lost_lines_is_undecided() -> None:
    assert related(side(1, FIRST), side(2, SECOND_LINES, "B", sure=False)).relation == "unknown"


ELSEWHERE = [(1, 3.0), (2, 9.0)]


def test_two_files_need_clocks() -> None:
    other = side(2, ELSEWHERE, "B", "two.tl.txt")
    assert answer(related(side(1, FIRST), other)) == ("unknown", "undecided", "none")
    bound = related(side(1, FIRST), other, Bounds(SYNCED, SYNCED))
    assert answer(bound) == ("concurrent", "same work", "clock bounds")
    assert "bounds the clock of B to -1.4 s .. +1.4 s against that of A" in bound.proof
    assert (
        "only if the clock of B, against that of A, were at least 3.0 s behind, or at least 9.0 s ahead" in bound.proof
    )


def test_what_both_ends_of_the_margin_mean_on_the_same_side() -> None:
    later, earlier = (side(2, [(1, at), (2, at + 6.0)], "B", "two.tl.txt") for at in (63.0, -57.0))
    assert "were at most 57.0 s ahead, or at least 69.0 s ahead" in related(side(1, FIRST), later).proof
    assert "were at least 63.0 s behind, or at most 51.0 s behind" in related(side(1, FIRST), earlier).proof


def test_bounds_that_rest_on_whose_clock_a_field_is_on_make_it_possible_only() -> None:
    other = side(2, ELSEWHERE, "B", "two.tl.txt")
    assert related(side(1, FIRST), other, Bounds(Clocks(), SYNCED)).relation == "possible"


def test_one_clock_needs_no_bounds() -> None:
    assert answer(related(side(1, FIRST), side(2, ELSEWHERE, "a", "two.tl.txt")))[::2] == ("concurrent", "one clock")


def test_an_execution_on_an_unknown_clock_is_undecided() -> None:
    other = side(2, ELSEWHERE, "B", "two.tl.txt", clock=None)
    assert related(side(1, FIRST), other, Bounds(SYNCED, SYNCED)).relation == "unknown"


def test_the_later_one_comes_second_whatever_its_number() -> None:
    early = side(2, [(1, -60.0), (2, -50.0)], "B", "two.tl.txt")
    relation = related(side(1, FIRST), early, Bounds(SYNCED, SYNCED))
    assert (relation.first, relation.second, relation.relation) == (2, 1, "sequential")


def test_what_server_logs_add_counts_alone_where_a_moved_line_may_be_the_other_ones() -> None:
    ties = {"a": (100.0, 103.0), "b": (205.0, 208.0)}
    tied = {
        name: tuple(Place("server", at, at, round(at * SECOND)) for at in map(int, times))
        for name, times in ties.items()
    }
    first = side(1, [(1, 100.0), (2, 207.0), (3, 101.0)], finished=False, tied=tied["a"])
    second = side(2, [(4, 206.0), (5, 207.0)], "B", tied=tied["b"])
    clocks = Bounds(SYNCED, SYNCED)
    assert related(first, second, clocks, tears=1).relation == "sequential"
    assert related(first, replace(second, tied=()), clocks, tears=1).relation == "sequential"
    both = replace(second, tied=(tied["a"][0], tied["b"][1]))
    assert related(first, both, clocks, tears=1).relation == "concurrent"


def test_entries_of_both_on_one_torn_line_stand_in_the_order_of_their_bytes() -> None:
    one, other = side(1, [(3, 0.0)]), side(2, [(3, 1.0)], "B")
    one, other = (
        replace(each, places=tuple(place._replace(offset=at) for place in each.places))
        for each, at in ((one, 0), (other, 100))
    )
    assert answer(related(one, other))[::2] == answer(related(other, one))[::2] == ("sequential", "append order")
