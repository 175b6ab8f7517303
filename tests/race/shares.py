"""How many lines of the task logs were given to the execution that wrote them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations

from .traces import Traces
from .truth import Fact

Given = Mapping[tuple[str, int], int | None]
"""File and line -> number of the execution that the analyzer gave the line to; None where it calls it ambiguous."""

TOO_MANY = 6


@dataclass(frozen=True)
class Shares:
    """Lines of logs of more than one execution: given right, called ambiguous, and all; and the same for clear logs.

    A log is clear where every execution of it announces itself, at least half of its lines are there, and no two
    executions resumed the same pause, for these go on under the same ids.
    """

    right: int = 0
    ambiguous: int = 0
    lines: int = 0
    clear_right: int = 0
    clear_ambiguous: int = 0
    clear_lines: int = 0
    bad: tuple[tuple[str, float], ...] = ()
    """Clear logs of which less than 99 % of the lines that were given are right."""

    def __add__(self, other: Shares) -> Shares:
        numbers = [getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__]
        return Shares(*numbers)


def shares(truth: Fact, given: Given, found: Traces) -> Shares:
    """The shares of one bundle."""
    parts = [_of_task(truth, name, given, found) for name in truth["tasks"]]
    return sum(parts, Shares())


def _of_task(truth: Fact, name: str, given: Given, found: Traces) -> Shares:
    task = truth["tasks"][name]
    wrote = {number: trace for number, trace in found[name].items() if trace.lines}
    if len(wrote) < 2:
        return Shares()
    pairs = [(given.get((line.file, line.number)), number) for number, trace in wrote.items() for line in trace.lines]
    right = matched(pairs)
    ambiguous = sum(ours is None for ours, _ in pairs)
    said = {run["number"]: run["trace"]["lines"] + run["trace"]["lost"] for run in task["executions"]}
    clear = all(
        trace.announced and 2 * len(trace.lines) >= said[number]
        for number, trace in found[name].items()
        if said[number]
    )
    resumed = [run["turn"] for run in task["executions"] if run["resumed_of"] and found[name][run["number"]].lines]
    if not clear or len(set(resumed)) < len(resumed):
        return Shares(right, ambiguous, len(pairs))
    share = right / max(1, len(pairs) - ambiguous)
    return Shares(right, ambiguous, len(pairs), right, ambiguous, len(pairs), ((name, share),) if share < 0.99 else ())


def matched(pairs: Iterable[tuple[int | None, int]]) -> int:
    """The most pairs that agree when each of our numbers stands for one of the truth's, each of these once."""
    counts = Counter((ours, theirs) for ours, theirs in pairs if ours is not None)
    ours = sorted({one for one, _ in counts})
    theirs = sorted({one for _, one in counts})
    if len(ours) > len(theirs):
        counts = Counter({(two, one): count for (one, two), count in counts.items()})
        ours, theirs = theirs, ours
    if len(theirs) > TOO_MANY:
        return _greedy(counts)
    return max(
        (sum(counts[pair] for pair in zip(ours, chosen, strict=True)) for chosen in permutations(theirs, len(ours))),
        default=0,
    )


def _greedy(counts: Counter[tuple[int, int]]) -> int:
    used: dict[int, set[int]] = defaultdict(set)
    total = 0
    for (one, two), count in counts.most_common():
        if one not in used[0] and two not in used[1]:
            used[0].add(one)
            used[1].add(two)
            total += count
    return total
