"""Which of several executions in one file a step, or a line of the root, belongs to.

A step belongs to the only active execution that has no step of that name yet; else to the only one into whose order it
fits by machine and time, or beside whose lines on the same clock it begins.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from operator import attrgetter

from analyzer.clocks import JITTER
from analyzer.executions.starts import unplanned
from analyzer.executions.steps import Line, Step
from analyzer.names import same_node

BESIDE = 200_000  # 20 ms: a step begins this close to another line of its own execution ...
APART = 5  # ... and no other execution has a line within this many times the distance (and the jitter of a line)


class Order:
    """The certain lines of one structure: whether a further line fits between them by time, and how close it is."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = sorted(lines, key=attrgetter("row"))
        self.rows = [line.row for line in self.lines]
        instants = [line.instant for line in self.lines]
        self.instants = sorted(instants)
        self.latest = list(accumulate(instants, max))
        self.earliest = list(accumulate(reversed(instants), min))[::-1]

    def fits(self, line: Line) -> bool:
        """Whether time would not go back if the line were one of them."""
        at = bisect_left(self.rows, line.row)
        after = at == 0 or self.latest[at - 1] <= line.instant + JITTER
        before = at >= len(self.rows) or self.earliest[at] >= line.instant - JITTER
        return after and before

    def distance(self, line: Line) -> int:
        """How far, on the clock, the nearest of them is."""
        at = bisect_left(self.instants, line.instant)
        return min((abs(instant - line.instant) for instant in self.instants[max(0, at - 1) : at + 1]), default=1 << 62)


def own_steps(
    lines: list[Line], steps: dict[str, Step], starts: list[int], active: dict[int, tuple[int, ...]]
) -> list[Order]:
    """Give every step that can be told to its structure, the clearest first; returns the structures' certain lines."""
    rows = {line.row: line for line in lines}
    used: dict[int, set[str]] = defaultdict(set)
    machines: dict[int, set[str]] = defaultdict(set)

    def give(step: Step, owner: int) -> None:
        step.structure = owner
        used[owner].add(step.name)
        if step.machine:
            machines[owner].add(step.machine)

    todo = sorted(steps.values(), key=lambda step: step.first)
    if starts[-1] in {step.first for step in unplanned(steps.values())}:
        for step in unplanned(steps.values()):
            give(step, len(starts) - 1)
        todo = [step for step in todo if step.structure is None]
    may = {step.id: _not_before(step, starts, rows) for step in todo}
    _give_doubled(todo, may, used, give)
    todo = [step for step in todo if step.structure is None]
    while todo:
        before = len(todo)
        for step in todo:
            possible = _possible(step, active[step.first], used, may[step.id])
            if len(possible) == 1:
                give(step, possible[0])
        todo = [step for step in todo if step.structure is None]
        if len(todo) < before:
            continue
        orders = _orders(rows, steps, starts)
        chosen = _clearest(todo, active, used, machines, orders, may) or _first_of_equals(todo, active, used)
        if chosen is None:
            break
        give(*chosen)
        todo.remove(chosen[0])
    return _orders(rows, steps, starts)


def _give_doubled(
    todo: Sequence[Step],
    may: Mapping[str, Sequence[int]],
    used: Mapping[int, set[str]],
    give: Callable[[Step, int], None],
) -> None:
    """Planned steps of one name whose times leave only one structure that has no step of that name yet."""
    names = Counter(step.name for step in todo if step.planned)
    doubled = [step for step in todo if step.planned and names[step.name] > 1]
    while forced := next(
        ((step, only) for step in doubled if (only := _only(step, may[step.id], used)) is not None), None
    ):
        give(*forced)
        doubled.remove(forced[0])


def _first_of_equals(
    todo: Sequence[Step], active: Mapping[int, tuple[int, ...]], used: Mapping[int, set[str]]
) -> tuple[Step, int] | None:
    """Where nothing is known of the executions yet, either may be called the first: a name, not a guess."""
    for step in todo:
        possible = active[step.first]
        if step.planned and not any(used[i] for i in possible):
            return step, possible[0]
    return None


def _orders(rows: Mapping[int, Line], steps: dict[str, Step], starts: list[int]) -> list[Order]:
    owned: dict[int, list[Line]] = defaultdict(list)
    for step in steps.values():
        if step.structure is not None:
            owned[step.structure] += step.lines
    return [Order([*owned[i], *([rows[start]] if not rows[start].step else [])]) for i, start in enumerate(starts)]


def _not_before(step: Step, starts: Sequence[int], rows: Mapping[int, Line]) -> list[int]:
    """Structures that the step's own times do not put before their announcement; all where no announcement is left."""
    earliest = min(line.instant for line in step.lines) + JITTER
    return [i for i, start in enumerate(starts) if rows[start].step or rows[start].instant <= earliest]


def _only(step: Step, may: Sequence[int], used: Mapping[int, set[str]]) -> int | None:
    possible = [i for i in may if step.name not in used[i]]
    return possible[0] if len(possible) == 1 else None


def _possible(step: Step, active: Sequence[int], used: Mapping[int, set[str]], may: Sequence[int]) -> list[int]:
    """A plan names a step once: where every active structure has the name, a planned step is another's (its line was
    moved there), and any other is a step tried again, which any may own.
    """
    free = [i for i in active if step.name not in used[i]]
    if not free and step.planned:
        free = [i for i in may if step.name not in used[i]]
    return free or list(active)


def _clearest(
    todo: Sequence[Step],
    active: dict[int, tuple[int, ...]],
    used: Mapping[int, set[str]],
    machines: Mapping[int, set[str]],
    orders: Sequence[Order],
    may: Mapping[str, Sequence[int]],
) -> tuple[Step, int] | None:
    """The next step whose structure the machine, the order of times, or the nearness of other lines shows."""
    nearest: list[tuple[int, Step, int]] = []
    for step in todo:
        possible = _possible(step, active[step.first], used, may[step.id])
        if step.machine:
            own = [i for i in possible if any(same_node(step.machine, other) for other in machines[i])]
            possible = own if len(own) == 1 else [i for i in possible if i in own or not machines[i]] or possible
        fitting = [i for i in possible if all(orders[i].fits(line) for line in step.lines)]
        if len(fitting) == 1:
            return step, fitting[0]
        distances = sorted((orders[i].distance(step.begins), i) for i in fitting)
        if len(distances) > 1 and distances[0][0] <= BESIDE and distances[1][0] > APART * distances[0][0] + BESIDE:
            nearest.append((distances[0][0], step, distances[0][1]))
    if not nearest:
        return None
    _, step, owner = min(nearest, key=lambda one: (one[0], one[1].first))
    return step, owner


def owner_of(line: Line, starts: list[int], active: dict[int, tuple[int, ...]], orders: list[Order]) -> int | None:
    """The structure a line of the root belongs to; None where it could be more than one's."""
    if line.row in starts:
        return starts.index(line.row)
    newest = starts[active[line.row][-1]]
    possible = [i for i in active[line.row] if starts[i] == newest or (orders[i].rows and orders[i].rows[-1] > newest)]
    fitting = [i for i in possible if orders[i].fits(line)]
    return possible[0] if len(possible) == 1 else (fitting[0] if len(fitting) == 1 else None)
