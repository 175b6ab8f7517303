"""What relating two executions takes and gives: Side and Relation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.clocks import SECOND, Place


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
    doubtful: bool = False  # its pause may have been resumed twice
    tied: tuple[Place, ...] = ()  # what its node's own server log says of it, on the same clock
    sure: bool = True  # False: a single execution that lost lines could have left the same

    @property
    def first(self) -> Place:
        """Where its earliest time stands."""
        return min(self.places, key=lambda place: place.instant)

    @property
    def last(self) -> Place:
        """Where its latest time stands."""
        return max(self.places, key=lambda place: place.instant)

    @property
    def span(self) -> tuple[int, int]:
        """First and last instant on its own clock."""
        return self.first.instant, self.last.instant

    @property
    def sources(self) -> set[str]:
        """Files its lines stand in."""
        return {place.source for place in self.places}

    def clock_name(self) -> str:
        """Whose clock stamped its lines, in prose; clocks are keyed in lower case, nodes as they are written."""
        return self.node if self.node and self.node.casefold() == self.clock else self.clock or "no known clock"

    def name(self) -> str:
        """How it is called in prose."""
        return f"execution {self.number}" + (f" ({self.node})" if self.node else "")


@dataclass(frozen=True)
class Relation:
    """One row of PAIRS without its keys. `argument` is what a certificate needs to derive the proof again."""

    first: int
    second: int
    nodes: tuple[str, ...]
    relation: str  # concurrent | possible | sequential | unknown
    work: str  # resume | re-run | same work | undecided
    witness: str
    proof: str
    evidence: tuple[Place, ...]
    argument: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """Lines that show two executions at once without saying which line is whose (`steps.Together` with its places)."""

    kind: str
    places: tuple[Place, ...]
    changes: int = 0


def related(
    a: Side,
    b: Side,
    relation: str,
    work: str,
    witness: str,
    proof: str,
    evidence: Sequence[Place],
    argument: Mapping[str, object] | None = None,
) -> Relation:
    """The relation of two sides."""
    names = {node.casefold(): node for node in (b.node, a.node) if node}
    nodes = tuple(sorted(names.values()))
    return Relation(a.number, b.number, nodes, relation, work, witness, proof, tuple(evidence), argument or {})


def cited(place: Place, execution: int | None = None) -> dict[str, object]:
    """A place in an argument."""
    found: dict[str, object] = {"source": place.source, "line": place.line, "offset": place.offset}
    return found if execution is None else {"execution": execution, **found}


def duration(ticks: int) -> str:
    """Human words for a span of 100 ns units."""
    seconds = ticks / SECOND
    if abs(seconds) < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if abs(seconds) < 7200 else f"{seconds / 3600:.1f} h"
