"""How two executions of one task stand to each other in time, and what the second one did: PAIRS.

Witnesses, strongest first (design document, section 6): the append order of one shared file, which is one clock
whatever the nodes' clocks say; else the nodes' own records under every clock offset that the case admits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.clocks import SECOND, Interval, overlap
from analyzer.executions.constraints import Bounds
from analyzer.names import same_node

JITTER = SECOND // 5
HOUR = 3600 * SECOND
FAR = HOUR
"""A lost write lock lets two nodes take a queued task within one poll of each other. A second execution that begins an
hour behind the end of a finished one, by any plausible clock, was started by something else: a re-run."""


@dataclass(frozen=True)
class Place:
    """Where a line stands."""

    source: str
    line: int
    offset: int
    instant: int


@dataclass(frozen=True)
class Side:
    """One execution as relating needs it."""

    number: int
    structure: int
    node: str | None
    clock: str | None  # name of the clock that stamped its lines; None where it is not known
    places: tuple[Place, ...]  # its certain lines, in append order inside each source
    outcome: str
    finished: bool  # its root finished
    resumed: bool
    targets: frozenset[str]
    from_log: bool  # a task log shows it; else only a node's server log
    unclear: bool = False  # ambiguous lines may be its own: its last certain line need not be its last
    announced: bool = True  # its first line announces the root
    sure: bool = True  # False: a single execution that lost lines could have left the same

    @property
    def span(self) -> tuple[int, int]:
        """First and last instant on its own clock."""
        return min(place.instant for place in self.places), max(place.instant for place in self.places)

    @property
    def sources(self) -> set[str]:
        """Files its lines stand in."""
        return {place.source for place in self.places}

    def name(self) -> str:
        """How it is called in prose."""
        return f"execution {self.number}" + (f" ({self.node})" if self.node else "")


@dataclass(frozen=True)
class Relation:
    """One row of PAIRS without its keys."""

    first: int
    second: int
    nodes: tuple[str, ...]
    relation: str
    work: str
    witness: str
    proof: str
    evidence: tuple[Place, ...]


def relate(
    a: Side, b: Side, clocks: Bounds, *, ordered: bool, torn: bool, deploy: bool | None, together: Sequence[Place] = ()
) -> Relation:
    """The relation of execution `b` to the earlier-numbered `a`.

    `ordered`: lines of one source stand in append order (a raw log). `torn`: the log has damage. `deploy`: whether the
    task is a deployment, the only kind that is legitimately run again under its id; None where unknown. `together`:
    lines of the root that show both open at once.
    """
    if together:
        return _open_at_once(a, b, together)
    if not (a.sure and b.sure):
        proof = "planned steps were left open, and steps that the plan does not know did work: a second execution whose "
        proof += "beginning is not in the log, or one execution that lost lines"
        return _result(a, b, "unknown", "undecided", "none", proof, [a.places[-1], b.places[0]])
    if a.structure == b.structure and b.resumed and a.from_log and b.from_log and not a.finished:
        return _resumed(a, b)
    shared = a.sources & b.sources if ordered and a.from_log and b.from_log else set()
    if shared:
        return _by_append_order(a, b, clocks, min(shared), torn=torn, deploy=deploy)
    return _by_clocks(a, b, clocks, deploy=deploy)


def _open_at_once(a: Side, b: Side, places: Sequence[Place]) -> Relation:
    first, second, *ends = places
    began = "was resumed" if a.structure == b.structure else "opened"
    proof = (
        f"one file, one clock: in {first.source} {a.name()} {began} in line {first.line} and {b.name()} in line "
        f"{second.line}, and the root closed once for each of them behind that, in lines {ends[0].line} to {ends[-1].line}"
    )
    return _result(a, b, "concurrent", "same work", "order of the root's lines", proof, places)


def told(a: Side, b: Side, says: str, places: Sequence[Place], *, clocks: Bounds, deploy: bool | None) -> Relation:
    """The relation where the root's own lines, in their order, say it: a text download or `/details`."""
    if says == "concurrent":
        proof = (
            f"the root's own lines stand in the order they were appended: it opened in line {places[0].line} and again in "
            f"line {places[1].line} before it closed in line {places[2].line}"
        )
        return _result(a, b, "concurrent", "same work", "order of the root's lines", proof, places)
    if says == "sequential":
        work, why = second_work(a, b, clocks, deploy)
        proof = f"the root's own lines show that {b.name()} opened after {a.name()} had closed; {why}"
        return _result(a, b, "sequential", work, "order of the root's lines", proof, places)
    proof = "its steps stand there twice, but no line of the root shows the order"
    return _result(a, b, "unknown", "undecided", "none", proof, places or [a.places[0], b.places[0]])


def _nodes(a: Side, b: Side) -> tuple[str, ...]:
    names = {node.casefold(): node for node in (b.node, a.node) if node}
    return tuple(sorted(names.values()))


def _result(a: Side, b: Side, relation: str, work: str, witness: str, proof: str, evidence: Sequence[Place]) -> Relation:
    return Relation(a.number, b.number, _nodes(a, b), relation, work, witness, proof, tuple(evidence))


def _resumed(a: Side, b: Side) -> Relation:
    proof = (
        f"{b.name()} goes on with the activities that {a.name()} began and announces no root of its own: "
        "a paused task that was resumed, one after the other"
    )
    return _result(a, b, "sequential", "resume", "same activities", proof, [a.places[-1], b.places[0]])


def _by_append_order(a: Side, b: Side, clocks: Bounds, source: str, *, torn: bool, deploy: bool | None) -> Relation:
    mine = [place for place in a.places if place.source == source]
    other = [place for place in b.places if place.source == source]
    if mine[0].line > other[0].line:
        mine, other = other, mine
        a, b = b, a
    before = [place for place in mine if place.line < other[0].line]
    after = [place for place in mine if place.line > other[0].line]
    high = max(place.instant for place in before)
    going_on = next((place for place in after if place.instant >= high - JITTER), None)
    if going_on is None and (a.unclear or b.unclear):
        proof = f"lines of {source} that could belong to either execution do not show whether {a.name()} was over"
        return _result(a, b, "unknown", "undecided", "none", proof, [before[-1], other[0]])
    if going_on is None:
        work, why = second_work(a, b, clocks, deploy)
        proof = f"in the append order of {source} {b.name()} begins behind the last line of {a.name()}; {why}"
        return _result(a, b, "sequential", work, "append order", proof, [before[-1], other[0]])
    witnesses = [before[-1], other[0], going_on]
    if _one_block_moved(mine, other, a, b):
        proof = (
            f"lines of {a.name()} stand behind the first line of {b.name()} in {source}, but in a single block and with "
            "times before it: a block moved by the storage would look the same"
        )
        return _result(a, b, "unknown" if torn else "possible", "undecided", "append order", proof, witnesses)
    back = next((place for place in other if place.line > going_on.line), None)
    proof = (
        f"one file, one clock: {source} line {before[-1].line} is {a.name()}, line {other[0].line} is {b.name()}, "
        f"line {going_on.line} is {a.name()} again" + (f", line {back.line} is {b.name()} again" if back else "")
    )
    return _result(a, b, "concurrent", "same work", "append order", proof, [*witnesses, *([back] if back else [])])


def _one_block_moved(mine: Sequence[Place], other: Sequence[Place], a: Side, b: Side) -> bool:
    """All of one execution lies before the other by time, and they are mixed in a single place only."""
    apart = a.span[1] < b.span[0] or b.span[1] < a.span[0]
    merged = sorted([(place.line, 0) for place in mine] + [(place.line, 1) for place in other])
    switches = sum(x[1] != y[1] for x, y in zip(merged, merged[1:], strict=False))
    return apart and switches <= 3


def _by_clocks(a: Side, b: Side, clocks: Bounds, *, deploy: bool | None) -> Relation:
    edges = [a.places[0], a.places[-1], b.places[0], b.places[-1]]
    if a.clock is None or b.clock is None:
        proof = "the clock that stamped one of the executions is not known: nothing in the case names its node"
        return _result(a, b, "unknown", "undecided", "none", proof, edges)
    sure, likely = clocks.sure.offset(a.clock, b.clock), clocks.likely.offset(a.clock, b.clock)
    answer, offset = overlap(a.span, b.span, sure), sure
    if answer == "concurrent":
        witness = "one clock" if a.clock == b.clock else "clock bounds"
        proof = f"{_said(a, b, sure)}; under every offset the case admits the two overlap"
        return _result(a, b, "concurrent", "same work", witness, proof, edges)
    if answer != "sequential" and overlap(a.span, b.span, likely) in ("concurrent", "sequential"):
        answer, offset = overlap(a.span, b.span, likely), likely
    said = _said(a, b, offset)
    if answer == "concurrent":
        proof = f"{said}, if the database stamps StartTime and CompletedTime by its own clock; then they overlap"
        return _result(a, b, "possible", "same work", "clock bounds", proof, edges)
    if answer == "sequential":
        first, second = (a, b) if _before(a, b, offset) else (b, a)
        work, why = second_work(first, second, clocks, deploy)
        proof = f"{said}; under every offset the case admits {second.name()} begins after {first.name()} ended; {why}"
        return _result(first, second, "sequential", work, "clock bounds", proof, edges)
    proof = f"{said}: overlap is possible, not proved"
    if same_pause(a, b):
        proof += "; but both resumed one pause, and both finished"
        return _result(a, b, "unknown", "same work", "same activities", proof, edges)
    return _result(a, b, "unknown", "undecided", "none", proof, edges)


def same_pause(a: Side, b: Side) -> bool:
    """Whether one pause was resumed by both, and both came to the end of the task: neither a resume nor a re-run."""
    return a.structure == b.structure and a.resumed and b.resumed and a.finished and b.finished


def _before(a: Side, b: Side, offset: Interval) -> bool:
    return offset.high is not None and offset.high <= b.span[0] - a.span[1]


def _said(a: Side, b: Side, offset: Interval) -> str:
    ranges = " and ".join(f"{side.name()} ran {duration(side.span[1] - side.span[0])}" for side in (a, b))
    if a.clock == b.clock:
        return f"{ranges}, stamped by one clock"
    if not offset.known:
        return f"{ranges}; nothing in the case bounds the clocks of {a.clock} and {b.clock} on both sides"
    assert offset.low is not None and offset.high is not None
    return (
        f"{ranges}; the case bounds the clock of {b.clock} to {offset.low / SECOND:+.1f} s .. "
        f"{offset.high / SECOND:+.1f} s against that of {a.clock}"
    )


def duration(ticks: int) -> str:
    """Human words for a span of 100 ns units."""
    seconds = ticks / SECOND
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def second_work(a: Side, b: Side, clocks: Bounds, deploy: bool | None) -> tuple[str, str]:
    """What a second execution behind a first one is: re-run, same work, or undecided; and why."""
    if same_pause(a, b):
        return "same work", "the task had finished, and the same pause was resumed a second time"
    if not a.finished:
        if _gap(a, b, clocks) > FAR:
            return "re-run", f"it begins {duration(_gap(a, b, clocks))} later: a re-run under the same id"
        return "undecided", "the first one never finished, so this may be a restart or a second run"
    if same_node(a.node, b.node):
        return "re-run", "both ran on one node: a re-run under the same id (deployment-target trigger)"
    if _gap(a, b, clocks) > FAR:
        return "re-run", f"it begins {duration(_gap(a, b, clocks))} later: a re-run under the same id"
    if b.announced and b.finished and a.targets and b.targets and not a.targets & b.targets:
        return "re-run", "it works on other targets: a re-run under the same id (deployment-target trigger)"
    if deploy is False:
        return "same work", "only deployments are run again under their id, and this task is none"
    return "undecided", "a re-run under the same id (deployment-target trigger) looks the same"


def _gap(a: Side, b: Side, clocks: Bounds) -> int:
    """How long after the end of `a` the first line of `b` is, at the least the case admits; raw where it bounds nothing."""
    raw = b.span[0] - a.span[1]
    if a.clock is None or b.clock is None:
        return raw
    high = clocks.sure.offset(a.clock, b.clock).high
    return raw if high is None else raw - high


