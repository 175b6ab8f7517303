"""What a case itself says about the offsets between its clocks: difference constraints, solved to intervals.

A clock c shows true time plus o(c). If something stamped t1 by clock a happened before something stamped t2 by clock b,
then t1 - o(a) <= t2 - o(b), so o(b) - o(a) <= t2 - t1, widened by the resolution of both clocks and the delay of
writing. Each such bound is an edge a -> b; the shortest path from a to b is the largest offset the case admits, and a
cycle of negative length is a contradiction.

           queued 10:00:00 (database)  --  first line 10:00:09 (OCTO-A)      o(A) - o(db) <= 9 s
           last line 10:02:11 (OCTO-A) --  completed 10:02:10 (database)     o(db) - o(A) <= -1 s, A is 1 to 9 s on

Offsets are asked for at a moment: a constraint from an hour away is widened by what two clocks may drift apart in an
hour. Clocks that were set in between break this; that shows as a contradiction or not at all. Times and offsets are
integers of 100 ns; raw times are never changed. (Design document, section 6; issue 3.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

SECOND = 10_000_000
JITTER = SECOND // 5
"""Threads of one process are scheduled unevenly: its lines may stand so much out of order in one file."""
DRIFT = 200  # millionths: two quartz clocks left alone, each up to 100 off
UNKNOWN_SKEW = 1800 * SECOND
"""By how much a clock that nothing bounds may be wrong; the moment of a constraint is known no better than that."""


class Place(NamedTuple):
    """Where a line stands, and its time in 100 ns on the clock that stamped it."""

    source: str
    line: int
    offset: int
    instant: int


@dataclass(frozen=True)
class Constraint:
    """Something at `earlier` on one clock happened before something at `later` on another, give or take `slack`."""

    before: str
    earlier: int
    after: str
    later: int
    slack: int
    reason: str
    places: tuple[Place, ...] = ()

    def bound(self, at: int) -> int:
        """Upper bound of o(after) - o(before) at a moment."""
        distance = abs(self.earlier - at) + UNKNOWN_SKEW
        return self.later - self.earlier + self.slack + distance * DRIFT // 1_000_000


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
    """The constraints of a case, asked for offsets."""

    constraints: tuple[Constraint, ...] = ()
    _solved: dict[int, Solution] = field(default_factory=dict, compare=False, repr=False)

    def at(self, moment: int) -> Solution:
        """The tightest bounds at a moment."""
        if moment not in self._solved:
            self._solved[moment] = _solve(self.constraints, moment)
        return self._solved[moment]

    def offset(self, a: str, b: str, moment: int) -> Interval:
        """How much clock b may be ahead of clock a at a moment."""
        return self.at(moment).offset(a, b)


@dataclass(frozen=True)
class Solution:
    """Shortest paths between clocks at one moment: length and the constraints on the way."""

    paths: dict[str, dict[str, tuple[int, tuple[Constraint, ...]]]]

    def offset(self, a: str, b: str) -> Interval:
        """How much clock b may be ahead of clock a; unbounded where either is in a contradiction."""
        if a == b:
            return Interval(0, 0)
        if self._wrong(a) or self._wrong(b):
            return Interval(None, None)
        there, back = self._path(a, b), self._path(b, a)
        return Interval(-back[0] if back else None, there[0] if there else None)

    def used(self, a: str, b: str) -> tuple[Constraint, ...]:
        """The constraints that bound the offset between two clocks on both sides."""
        both = [path[1] for path in (self._path(a, b), self._path(b, a)) if path]
        return tuple(dict.fromkeys(one for path in both for one in path))

    @property
    def contradiction(self) -> tuple[Constraint, ...]:
        """A cycle of constraints that no offsets satisfy; empty where there is none."""
        wrong = [paths[name] for name, paths in sorted(self.paths.items()) if name in paths]
        return min(wrong, key=lambda path: (len(path[1]), path[0]))[1] if wrong else ()

    def _wrong(self, name: str) -> bool:
        return name in self.paths.get(name, {})

    def _path(self, a: str, b: str) -> tuple[int, tuple[Constraint, ...]] | None:
        return self.paths.get(a, {}).get(b)


def solve(constraints: Iterable[Constraint]) -> Clocks:
    """Clocks that obey the constraints; the order in which they are given does not matter."""
    return Clocks(
        tuple(sorted(constraints, key=lambda one: (one.before, one.after, one.earlier, one.later, one.slack)))
    )


def _solve(constraints: Sequence[Constraint], moment: int) -> Solution:
    """Floyd and Warshall's all-pairs shortest paths: a case has few clocks."""
    paths: dict[str, dict[str, tuple[int, tuple[Constraint, ...]]]] = {}
    for one in constraints:
        bound = one.bound(moment)
        known = paths.setdefault(one.before, {}).get(one.after)
        paths.setdefault(one.after, {})
        if one.before != one.after and (known is None or bound < known[0]):
            paths[one.before][one.after] = (bound, (one,))
    names = sorted(paths)
    for middle in names:
        for left in names:
            first = paths[left].get(middle)
            if first is None or middle in paths[middle]:
                continue
            for right, second in list(paths[middle].items()):
                length = first[0] + second[0]
                known = paths[left].get(right)
                limit = 0 if left == right else None
                if (known is None and (limit is None or length < limit)) or (known is not None and length < known[0]):
                    paths[left][right] = (length, first[1] + second[1])
    return Solution(paths)


def thresholds(first: tuple[int, int], second: tuple[int, int]) -> tuple[int, int]:
    """Two intervals, each on its own clock, overlap exactly for offsets of the second clock strictly between these."""
    return second[0] - first[1], second[1] - first[0]


def overlap(first: tuple[int, int], second: tuple[int, int], offset: Interval) -> str:
    """How two intervals stand, each on its own clock: concurrent, sequential, possible or unknown.

    `offset` is by how much the second clock may be ahead of the first. Concurrent: for every admissible offset the
    two share more than a point. Sequential: for none.
    """
    least, most = thresholds(first, second)
    low, high = offset.low, offset.high
    if low is not None and high is not None and least < low and high < most:
        return "concurrent"
    if (low is not None and low >= most) or (high is not None and high <= least):
        return "sequential"
    return "possible" if offset.known else "unknown"
