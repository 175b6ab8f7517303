"""Two nodes' own records: do they overlap under every offset between the clocks that the case admits?"""

from __future__ import annotations

from analyzer.clocks import DRIFT, SECOND, Clocks, Interval, Place, overlap, thresholds
from analyzer.executions.constraints import Bounds
from analyzer.executions.sides import Relation, Side, cited, duration, related
from analyzer.executions.work import same_pause, second_work

ONE_CLOCK = Interval(-SECOND, SECOND)
"""Threads and processes of one node stamp by one clock; a line may still be written a moment after a later one."""


def by_clocks(a: Side, b: Side, clocks: Bounds, *, deploy: bool | None) -> Relation:
    """Concurrent, sequential, possible or unknown, by the clocks' bounds.

    `possible` rests on bounds that are likely but not shown: fields that may be on another clock, a lock that something
    else may have held.
    """
    edges = _edges(a, b)
    if a.clock is None or b.clock is None:
        proof = "the clock that stamped one of the executions is not known: nothing in the case names its node"
        return related(a, b, "unknown", "undecided", "none", f"{proof}; {_collect(a, b)}", edges)
    sure, likely = _offset(a, b, clocks.sure), _offset(a, b, clocks.likely)
    answer = overlap(a.span, b.span, sure)
    if answer == "concurrent":
        return _concurrent(a, b, clocks.sure, sure)
    if answer == "sequential":
        return _sequential(a, b, clocks, sure, deploy)
    if overlap(a.span, b.span, likely) == "concurrent":
        proof = (
            f"{_said(a, b, likely)}, if {_assumption(a, b, clocks.likely)}; then they overlap. "
            f"{_margin(a, b)}. Possible, not proved: {_collect(a, b)}"
        )
        argument = _argument(a, b, clocks.likely, likely)
        return related(a, b, "possible", "same work", "clock bounds", proof, edges, argument)
    proof = f"{_said(a, b, sure)}. {_margin(a, b)}. Overlap is possible, not proved: {_collect(a, b)}"
    if same_pause(a, b):
        proof = f"both resumed one pause, and both finished; whether at the same time is not shown. {_said(a, b, sure)}"
        return related(a, b, "unknown", "same work", "same activities", proof, edges)
    return related(a, b, "unknown", "undecided", "none", proof, edges)


def _edges(a: Side, b: Side) -> list[Place]:
    return list(dict.fromkeys([a.first, a.last, b.first, b.last]))


def _offset(a: Side, b: Side, clocks: Clocks) -> Interval:
    assert a.clock is not None
    assert b.clock is not None
    return ONE_CLOCK if a.clock == b.clock else clocks.offset(a.clock, b.clock, a.span[1])


def _concurrent(a: Side, b: Side, clocks: Clocks, offset: Interval) -> Relation:
    witness = "one clock" if a.clock == b.clock else "clock bounds"
    proof = f"{_said(a, b, offset)}; under every offset the case admits the two overlap. {_margin(a, b)}"
    argument = _argument(a, b, clocks, offset)
    assert a.clock is not None
    assert b.clock is not None
    used = () if a.clock == b.clock else clocks.at(a.span[1]).used(a.clock, b.clock)
    places = [place for one in used for place in one.places]
    return related(
        a, b, "concurrent", "same work", witness, proof, list(dict.fromkeys([*_edges(a, b), *places])), argument
    )


def _sequential(a: Side, b: Side, clocks: Bounds, offset: Interval, deploy: bool | None) -> Relation:
    first, second = (a, b) if offset.high is not None and offset.high <= b.span[0] - a.span[1] else (b, a)
    work, why = second_work(first, second, clocks, deploy)
    proof = (
        f"{_said(a, b, offset)}; under every offset the case admits {second.name()} begins after {first.name()} "
        f"ended; {why}"
    )
    return related(first, second, "sequential", work, "clock bounds", proof, _edges(first, second))


def _said(a: Side, b: Side, offset: Interval) -> str:
    ranges = " and ".join(f"{side.name()} ran {duration(side.span[1] - side.span[0])}" for side in (a, b))
    if a.clock == b.clock:
        return f"{ranges}, stamped by one clock"
    if not offset.known:
        return f"{ranges}; nothing in the case bounds the clocks of {a.clock_name()} and {b.clock_name()} on both sides"
    assert offset.low is not None
    assert offset.high is not None
    return (
        f"{ranges}; the case bounds the clock of {b.clock_name()} to {offset.low / SECOND:+.1f} s .. "
        f"{offset.high / SECOND:+.1f} s against that of {a.clock_name()}"
    )


def _margin(a: Side, b: Side) -> str:
    """What the clocks would have to be for the two not to overlap: the acquittal's price."""
    least, most = thresholds(a.span, b.span)
    if a.clock == b.clock:
        return f"By that clock they share {duration(min(most, -least))}"
    return (
        f"They would be one after the other only if the clock of {b.clock_name()}, against that of {a.clock_name()}, "
        f"were {'at most' if least >= 0 else 'at least'} {_ahead(least)}, or "
        f"{'at least' if most >= 0 else 'at most'} {_ahead(most)}"
    )


def _ahead(ticks: int) -> str:
    return f"{duration(ticks)} ahead" if ticks >= 0 else f"{duration(-ticks)} behind"


def _assumption(a: Side, b: Side, clocks: Clocks) -> str:
    assert a.clock is not None
    assert b.clock is not None
    reasons = {one.reason for one in clocks.at(a.span[1]).used(a.clock, b.clock)}
    if "the file was held" in reasons:
        return "the log file was held by the other execution and not by something else"
    return "the database stamps CompletedTime by its own clock"


def _collect(a: Side, b: Side) -> str:
    nodes = " and ".join(side.node for side in (a, b) if side.node) or "every node"
    return (
        f"to settle it collect the Server logs of {nodes}, and dbo.ServerTask or /api/tasks with tasks that ran "
        f"once on "
        "each of them"
    )


def _argument(a: Side, b: Side, clocks: Clocks, offset: Interval) -> dict[str, object]:
    """Everything a person, or `verify.py`, needs to derive the overlap again; times in 100 ns."""
    assert a.clock is not None
    assert b.clock is not None
    used = () if a.clock == b.clock else clocks.at(a.span[1]).used(a.clock, b.clock)
    return {
        "kind": "clock bounds",
        "first": {"clock": a.clock, "from": _timed(a.first, a), "to": _timed(a.last, a)},
        "second": {"clock": b.clock, "from": _timed(b.first, b), "to": _timed(b.last, b)},
        "moment": a.span[1],
        "offset": [offset.low, offset.high],
        "overlap_between": list(thresholds(a.span, b.span)),
        "drift_millionths": DRIFT,
        "constraints": [
            {
                "before": one.before,
                "earlier": one.earlier,
                "after": one.after,
                "later": one.later,
                "slack": one.slack,
                "bound": one.bound(a.span[1]),
                "reason": one.reason,
                "places": [cited(place) for place in one.places],
            }
            for one in used
        ],
    }


def _timed(place: Place, side: Side) -> dict[str, object]:
    return {**cited(place, side.number), "instant": place.instant}
