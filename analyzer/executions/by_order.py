"""One clock saw both: the append order of a shared file, or the order of the root's own lines in a tree."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from analyzer.clocks import JITTER, SECOND, Place
from analyzer.executions.constraints import Bounds
from analyzer.executions.sides import Relation, Seen, Side, cited, related
from analyzer.executions.work import second_work


def by_append_order(a: Side, b: Side, clocks: Bounds, source: str, *, tears: int, deploy: bool | None) -> Relation:
    """Lines of one execution between lines of the other mean overlap, whatever the nodes' clocks say.

    Unless the storage moved blocks of the file (formats document, 1.6): each moved block explains two changes from one
    execution to the other and leaves torn lines or times that go back, so the changes must be more than that.
    """
    mine = [place for place in a.places if place.source == source]
    other = [place for place in b.places if place.source == source]
    if _at(mine[0]) > _at(other[0]):
        mine, other = other, mine
        a, b = b, a
    before = [place for place in mine if _at(place) < _at(other[0])]
    after = [place for place in mine if _at(place) > _at(other[0])]
    high = max(place.instant for place in before)
    going_on = next((place for place in after if place.instant >= high - JITTER), None)
    if going_on is None and (a.unclear or b.unclear):
        proof = f"lines of {source} that could belong to either execution do not show whether {a.name()} was over"
        return related(a, b, "unknown", "undecided", "none", proof, [before[-1], other[0]])
    if going_on is None:
        work, why = second_work(a, b, clocks, deploy)
        proof = f"in the append order of {source} {b.name()} begins behind the last line of {a.name()}; {why}"
        return related(a, b, "sequential", work, "append order", proof, [before[-1], other[0]])
    witnesses = (before[-1], other[0], going_on)
    if _explained_by_faults(mine, other, tears):
        proof = (
            f"lines of {a.name()} stand behind the first line of {b.name()} in {source}, but they change places "
            f"so seldom "
            "that blocks moved by the storage would look the same"
        )
        sure_damage = tears or _back_steps(mine) or _back_steps(other)
        relation = "unknown" if sure_damage else "possible"
        return related(a, b, relation, "undecided", "append order", proof, witnesses)
    return _mixed(a, b, source, witnesses, next((place for place in other if _at(place) > _at(going_on)), None))


def _at(place: Place) -> tuple[int, int]:
    """A line that was torn may hold entries of both."""
    return place.line, place.offset


def _mixed(a: Side, b: Side, source: str, witnesses: tuple[Place, Place, Place], back: Place | None) -> Relation:
    """A line of `b` between lines of `a`, and perhaps one of `b` again behind them."""
    owners = [a.number, b.number, a.number, b.number]
    places = [*witnesses, *([back] if back else [])]
    first, second, third = witnesses
    proof = (
        f"one file, one clock: {source} line {first.line} is {a.name()}, line {second.line} is {b.name()}, "
        f"line {third.line} is {a.name()} again"
        + (f", line {back.line} is {b.name()} again" if back else "")
        + "; no node's clock is involved"
    )
    lines = [cited(place, owner) for place, owner in zip(places, owners, strict=False)]
    return related(
        a, b, "concurrent", "same work", "append order", proof, places, {"kind": "append order", "lines": lines}
    )


def _explained_by_faults(mine: Sequence[Place], other: Sequence[Place], tears: int) -> bool:
    merged = sorted([(*_at(place), 0) for place in mine] + [(*_at(place), 1) for place in other])
    changes = sum(left[2] != right[2] for left, right in pairwise(merged))
    faults = max(tears, _back_steps(mine) + _back_steps(other))
    if not faults:
        apart = mine[-1].instant < other[0].instant or other[-1].instant < mine[0].instant
        faults = 1 if apart else 0
    return changes <= 1 + 2 * faults


def _back_steps(places: Sequence[Place]) -> int:
    """How often time goes back within one execution, on its one clock, by more than threads and delays explain."""
    return sum(right.instant < left.instant - SECOND for left, right in pairwise(places))


def in_order(a: Side, b: Side, tears: int) -> bool:
    """Whether nothing in the file suggests that blocks of it were moved."""
    return not tears and not _back_steps(a.places) and not _back_steps(b.places)


def explained(a: Side, b: Side, seen: Seen, tears: int) -> bool:
    """Whether blocks moved by the storage could have made the lines of one step alternate."""
    return seen.changes <= 1 + 2 * max(tears, _back_steps(a.places) + _back_steps(b.places))


def same_step_at_once(a: Side, b: Side, seen: Seen) -> Relation:
    """One step of the plan under two ids, and the lines of the two alternate."""
    first, second, third = seen.places
    proof = (
        f"one file, one clock: in {first.source} one planned step stands under two activity ids, and their lines "
        f"alternate {seen.changes} times (line {first.line} is the one's, line {second.line} the other's, line "
        f"{third.line} the first one's again); which execution wrote which cannot be told"
    )
    argument = {"kind": "alternating step", "lines": [cited(place) for place in seen.places]}
    return related(a, b, "concurrent", "same work", "append order", proof, seen.places, argument)


def open_at_once(a: Side, b: Side, seen: Seen) -> Relation:
    """The root opened for each before it closed once, and closed for each of them behind that."""
    places = seen.places
    first, second, *ends = places
    began = "was resumed" if a.structure == b.structure else "opened"
    proof = (
        f"one file, one clock: in {first.source} {a.name()} {began} in line {first.line} and {b.name()} in line "
        f"{second.line}, and the root closed once for each of them behind that, in lines {ends[0].line} to "
        f"{ends[-1].line}; no node's clock is involved"
    )
    return related(a, b, "concurrent", "same work", "order of the root's lines", proof, places, _root_order(places))


def told(a: Side, b: Side, says: str, places: Sequence[Place], *, clocks: Bounds, deploy: bool | None) -> Relation:
    """The relation where the root's own lines, in their order, say it: a text download or `/details`."""
    witness = "order of the root's lines"
    if says == "possible":
        proof = (
            f"by the root's own lines it opened in line {places[0].line} and again in line {places[1].line} before it "
            f"closed in line {places[2].line}; proved if they stand as they were appended, but a log that was stitched "
            "together from several files by time (a feature toggle of this version) may show a re-run like that "
            "where clocks "
            "differ. To settle it collect the raw task log"
        )
        return related(a, b, "possible", "same work", witness, proof, places)
    if says == "concurrent":
        proof = (
            f"the root's own lines stand in the order they were appended: it opened in line {places[0].line} and again "
            f"in line {places[1].line} before it closed in line {places[2].line}"
        )
        return related(a, b, "concurrent", "same work", witness, proof, places, _root_order(places))
    if says == "sequential":
        work, why = second_work(a, b, clocks, deploy)
        proof = f"the root's own lines show that {b.name()} opened after {a.name()} had closed; {why}"
        return related(a, b, "sequential", work, witness, proof, places)
    proof = (
        "its steps, a resume or the root's closing stand there twice, or steps that have lost their beginning or end, "
        "but no line of the root shows the order"
    )
    return related(a, b, "unknown", "undecided", "none", proof, places or [a.places[0], b.places[0]])


def _root_order(places: Sequence[Place]) -> dict[str, object]:
    return {"kind": "root order", "lines": [cited(place) for place in places]}
