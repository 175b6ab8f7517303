"""What a case itself says about the offsets between its clocks: difference constraints, solved to intervals.

A clock c shows true time plus o(c). If something stamped t1 by clock a happened before something stamped t2 by clock b,
then t1 - o(a) <= t2 - o(b), so o(b) - o(a) <= t2 - t1, widened by the clocks' resolution and the delay of writing.
Each such bound is an edge a -> b; the shortest path from a to b is the largest offset the case admits, and a cycle of
negative length is a contradiction. Times and offsets are integers of 100 ns. (Design document, section 6.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SECOND = 10_000_000


@dataclass(frozen=True)
class Constraint:
    """Something at `earlier` on one clock happened before something at `later` on another, give or take `slack`."""

    before: str
    earlier: int
    after: str
    later: int
    slack: int
    reason: str

    @property
    def bound(self) -> int:
        """Upper bound of o(after) - o(before)."""
        return self.later - self.earlier + self.slack


@dataclass(frozen=True)
class Interval:
    """Admissible values of o(b) - o(a); None is unbounded."""

    low: int | None
    high: int | None

    @property
    def known(self) -> bool:
        """Whether it is bounded on both sides."""
        return self.low is not None and self.high is not None


@dataclass(frozen=True)
class Clocks:
    """Bounds between clocks: `reach[a][b]` is the largest admissible o(b) - o(a)."""

    reach: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    contradiction: tuple[str, ...] = ()

    def offset(self, a: str, b: str) -> Interval:
        """How much clock b may be ahead of clock a."""
        if a == b:
            return Interval(0, 0)
        back = self.reach.get(b, {}).get(a)
        return Interval(None if back is None else -back, self.reach.get(a, {}).get(b))


def solve(constraints: Iterable[Constraint]) -> Clocks:
    """The tightest bounds that follow; contradictory clocks are named and bound nothing.

    Floyd and Warshall's all-pairs shortest paths: a case has few clocks.
    """
    edges: dict[str, dict[str, int]] = {}
    for one in sorted(constraints, key=lambda one: (one.before, one.after, one.bound)):
        edges.setdefault(one.before, {}).setdefault(one.after, one.bound)
        edges.setdefault(one.after, {})
    names = sorted(edges)
    for middle in names:
        for left in names:
            first = edges[left].get(middle)
            if first is None:
                continue
            for right, second in list(edges[middle].items()):
                if right not in edges[left] or first + second < edges[left][right]:
                    edges[left][right] = first + second
    wrong = tuple(name for name in names if edges[name].get(name, 0) < 0)
    if wrong:
        return Clocks({}, wrong)
    return Clocks(edges)


def overlap(first: tuple[int, int], second: tuple[int, int], offset: Interval) -> str:
    """How two intervals stand, each on its own clock: concurrent, sequential, possible or unknown.

    `offset` is by how much the second clock may be ahead of the first. Concurrent: for every admissible offset the
    two share more than a point. Sequential: for none.
    """
    least, most = second[0] - first[1], second[1] - first[0]  # they overlap exactly for offsets strictly between
    low, high = offset.low, offset.high
    if low is not None and high is not None and least < low and high < most:
        return "concurrent"
    if (low is not None and low >= most) or (high is not None and high <= least):
        return "sequential"
    return "possible" if offset.known else "unknown"
