"""Structures within one file of a task log, whose lines stand in append order.

    starts     where an execution begins: the root announced again, with something to show that it is not repetition
    active     which executions may be writing at a row: from their start until as many roots finished as were open
    own        a step belongs to the only active execution that has no step of that name yet; else to the only one into
               whose order it fits by machine and time, or beside whose lines on the same clock it begins
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.names import same_node


JITTER = 2_000_000  # 0.2 s in units of 100 ns: threads of one process are scheduled unevenly
BESIDE = 200_000  # 20 ms: a step begins this close to another line of its own execution ...
APART = 5  # ... and no other execution has a line within this many times the distance (and the jitter of a line)


@dataclass(frozen=True)
class Line:
    """What separation needs of one log entry."""

    row: int
    stream: int
    step: str  # id below the root, "" for the root's own lines
    kind: str
    instant: int  # 100 ns
    message: str
    activity: str = ""


@dataclass
class Step:
    """An activity directly below the root."""

    id: str
    name: str
    planned: bool
    first: int
    lines: list[Line] = field(default_factory=list)
    structure: int | None = None
    machine: str | None = None

    @property
    def begins(self) -> Line:
        """Its first line that is not its announcement in the plan."""
        return next((line for line in self.lines if line.kind != "planned"), self.lines[0])


@dataclass
class Structure:
    """One announced root with its steps: an execution, or several that resumed one another."""

    number: int
    start: int
    streams: set[int]
    rows: list[int] = field(default_factory=list)
    announced: bool = True  # False: its beginning is not in this stream
    sure: bool = True  # False: a single execution that lost lines could leave the same


@dataclass
class Split:
    """The structures of one stream; see `Separation` for the other fields."""

    structures: list[Structure]
    ambiguous: list[int] = field(default_factory=list)
    unclear: list[Structure] = field(default_factory=list)
    together: list[tuple[Structure, Structure, tuple[int, ...]]] = field(default_factory=list)


def split(lines: list[Line], title: str | None, machines: Mapping[int, str], severe: Container[int]) -> Split:
    """Structures of one stream; `title` is the message with which a root announces itself."""
    steps = _steps(lines, machines)
    starts, sure = _starts(lines, steps, title, severe)
    rows = {line.row: line for line in lines}
    structures = [
        Structure(0, start, {lines[0].stream}, announced=not rows[start].step and rows[start].message == title)
        for start in starts
    ]
    structures[-1].sure = sure
    if len(structures) == 1:
        structures[0].rows = [line.row for line in lines]
        return Split(structures)
    active = _active(lines, starts)
    orders = _own(lines, steps, starts, active)
    result = Split(structures)
    for line in lines:
        owner = _owner(line, steps, starts, active, orders)
        if owner is None:
            result.ambiguous.append(line.row)
        else:
            structures[owner].rows.append(line.row)
    open_steps = [step for step in steps.values() if step.structure is None]
    result.unclear = [structures[i] for i in sorted({i for step in open_steps for i in active[step.first]})]
    result.together = [(structures[i], structures[j], seen) for i, j, seen in _open_at_once(lines, starts, active, severe)]
    return result


def _steps(lines: Iterable[Line], machines: Mapping[int, str]) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    for line in lines:
        if line.step:
            step = steps.setdefault(line.step, Step(line.step, line.message, False, line.row))
            step.lines.append(line)
            step.planned |= line.kind == "planned"
            step.machine = step.machine or machines.get(line.row)
    return steps


def _starts(lines: list[Line], steps: dict[str, Step], title: str | None, severe: Container[int]) -> tuple[list[int], bool]:
    """Rows where an execution begins, and whether the last of them is sure.

    A root that is announced again, and more than a message that repeats. Where the announcement is lost (a locked
    file), a second plan shows the second execution, or steps that the plan does not know.
    """
    announced = [line.row for line in lines if not line.step and line.kind == "message" and line.message == title]
    finishes = [line.row for line in lines if not line.step and line.kind == "finished"]
    doubled = _doubled(steps)
    starts = [lines[0].row]
    for row in announced:
        if row <= starts[-1]:
            continue
        finished = any(starts[-1] <= finish < row for finish in finishes)
        again = any(first < row <= second or starts[-1] < first < second for first, second in doubled)
        if finished or again or (len(finishes) >= len(announced) > 1):
            starts.append(row)
    if len(starts) == 1 and _two_plans(steps, doubled):
        starts.append(min(second for _, second in doubled))
    if len(starts) > 1:
        return starts, True
    closed = min(len(finishes), len(closings([line for line in lines if not line.step], severe)))
    return _headless(starts, steps, closed)


def _headless(starts: list[int], steps: dict[str, Step], closed: int) -> tuple[list[int], bool]:
    """A second execution whose announcement and plan are lost begins with the first step that the plan does not know.

    Sure where the root closed twice, or where those steps ran on another machine. A step may also be added while a
    task runs, so without that, planned steps must have been left open, and the second execution is not sure.
    """
    strange = unplanned(steps)
    planned = [step for step in steps.values() if step.planned]
    if not strange:
        return starts, True
    theirs, ours = ({step.machine.casefold() for step in some if step.machine} for some in (strange, planned))
    sure = closed > 1 or bool(theirs and ours and not theirs & ours)
    left_open = any(all(line.kind not in ("finished", "abandoned") for line in step.lines) for step in planned)
    return ([*starts, min(step.first for step in strange)], sure) if sure or left_open else (starts, True)


def unplanned(steps: dict[str, Step]) -> list[Step]:
    """Steps that did real work although the plan, where there is one, does not have them."""
    if not any(step.planned for step in steps.values()):
        return []
    return [step for step in steps.values() if not step.planned and len({line.activity for line in step.lines}) > 1]


def _doubled(steps: dict[str, Step]) -> list[tuple[int, int]]:
    """First rows of two steps of one name under different ids."""
    seen: dict[str, list[int]] = defaultdict(list)
    for step in steps.values():
        seen[step.name].append(step.first)
    return [pair for rows in seen.values() for pair in zip(rows, rows[1:], strict=False)]


def _two_plans(steps: dict[str, Step], doubled: list[tuple[int, int]]) -> bool:
    """Two plans without a second root: several planned steps doubled; one doubled step alone is a step tried again."""
    planned = {step.name for step in steps.values() if step.planned}
    seconds = {second for _, second in doubled}
    twice = {step.name for step in steps.values() if step.first in seconds} & planned
    return len(twice) >= 2


def _active(lines: list[Line], starts: list[int]) -> dict[int, tuple[int, ...]]:
    """Per row, which structures may be writing."""
    active: list[int] = []
    finished = last = 0
    result = {}
    begins = {row: i for i, row in enumerate(starts)}
    for line in lines:
        if line.row in begins:
            last = begins[line.row]
            active = [*active, last]
        result[line.row] = tuple(active) or (last,)
        if not line.step and line.kind == "finished" and active:
            finished += 1
            if finished >= len(active):
                active, finished = [], 0
    return result


class _Order:
    """The certain lines of one structure: whether a further line fits between them by time, and how close it is."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = sorted(lines, key=lambda line: line.row)
        self.rows = [line.row for line in self.lines]
        self.instants = sorted(line.instant for line in self.lines)
        self.latest: list[int] = []
        self.earliest: list[int] = []
        high, low = -(1 << 62), 1 << 62
        for line in self.lines:
            high = max(high, line.instant)
            self.latest.append(high)
        for line in reversed(self.lines):
            low = min(low, line.instant)
            self.earliest.append(low)
        self.earliest.reverse()

    def fits(self, line: Line) -> bool:
        at = bisect_left(self.rows, line.row)
        after = at == 0 or self.latest[at - 1] <= line.instant + JITTER
        before = at >= len(self.rows) or self.earliest[at] >= line.instant - JITTER
        return after and before

    def distance(self, line: Line) -> int:
        at = bisect_left(self.instants, line.instant)
        return min((abs(instant - line.instant) for instant in self.instants[max(0, at - 1) : at + 1]), default=1 << 62)


def _own(lines: list[Line], steps: dict[str, Step], starts: list[int], active: dict[int, tuple[int, ...]]) -> list[_Order]:
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
    if starts[-1] in {step.first for step in unplanned(steps)}:
        for step in unplanned(steps):
            give(step, len(starts) - 1)
        todo = [step for step in todo if step.structure is None]
    while todo:
        before = len(todo)
        for step in todo:
            possible = _possible(step, active[step.first], used)
            if len(possible) == 1:
                give(step, possible[0])
        todo = [step for step in todo if step.structure is None]
        if len(todo) < before:
            continue
        orders = _orders(rows, steps, starts)
        chosen = _clearest(todo, active, used, machines, orders)
        if chosen is None:
            break
        give(*chosen)
        todo.remove(chosen[0])
    return _orders(rows, steps, starts)


def _orders(rows: Mapping[int, Line], steps: dict[str, Step], starts: list[int]) -> list[_Order]:
    owned: dict[int, list[Line]] = defaultdict(list)
    for step in steps.values():
        if step.structure is not None:
            owned[step.structure] += step.lines
    return [_Order([*owned[i], *([rows[start]] if not rows[start].step else [])]) for i, start in enumerate(starts)]


def _possible(step: Step, active: Sequence[int], used: Mapping[int, set[str]]) -> list[int]:
    """A name stands once in one structure; where all have it already it is a step tried again, and any may own it."""
    return [i for i in active if step.name not in used[i]] or list(active)


def _clearest(
    todo: Sequence[Step],
    active: dict[int, tuple[int, ...]],
    used: Mapping[int, set[str]],
    machines: Mapping[int, set[str]],
    orders: Sequence[_Order],
) -> tuple[Step, int] | None:
    """The next step whose structure the machine, the order of times, or the nearness of other lines shows."""
    nearest: list[tuple[int, Step, int]] = []
    for step in todo:
        possible = _possible(step, active[step.first], used)
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


def _owner(
    line: Line, steps: dict[str, Step], starts: list[int], active: dict[int, tuple[int, ...]], orders: list[_Order]
) -> int | None:
    if line.step:
        return steps[line.step].structure
    if line.row in starts:
        return starts.index(line.row)
    newest = starts[active[line.row][-1]]
    possible = [i for i in active[line.row] if starts[i] == newest or (orders[i].rows and orders[i].rows[-1] > newest)]
    fitting = [i for i in possible if orders[i].fits(line)]
    return possible[0] if len(possible) == 1 else (fitting[0] if len(fitting) == 1 else None)


def _open_at_once(
    lines: list[Line], starts: list[int], active: dict[int, tuple[int, ...]], severe: Container[int]
) -> list[tuple[int, int, tuple[int, ...]]]:
    """Pairs of starts whose roots both closed only after the second one opened.

    A root closes with words of its own and a finish. Where as many of both stand behind the last opening as roots were
    open, each of them was still open there. One root with two finish lines cannot be mistaken for two: it says its
    closing words once.
    """
    root = [line for line in lines if not line.step]
    finishes = [line.row for line in root if line.kind == "finished"]
    closed_at = closings(root, severe)
    found: list[tuple[int, int, tuple[int, ...]]] = []
    for j, start in enumerate(starts):
        until = next((later for later in starts[j + 1 :] if j not in active[later]), lines[-1].row + 1)
        opened = {i for i in range(len(starts)) if i in active[start] or (start < starts[i] < until)}
        finished = [row for row in finishes if start < row < until]
        closed = [row for row in closed_at if start < row < until]
        if len(active[start]) > 1 and min(len(finished), len(closed)) >= len(opened):
            found += [(i, j, (starts[i], start, finished[0], finished[-1])) for i in active[start] if i != j]
    return found


def closings(root: Sequence[Line], severe: Container[int]) -> list[int]:
    """Rows of the root's closing words: what it says last before a finish, wherever it says it, and what is fatal."""
    words = set()
    last = None
    for line in root:
        if line.kind == "finished" and last is not None:
            words.add(last)
        elif line.kind == "message":
            last = line.message
    return [line.row for line in root if line.row in severe or (line.kind == "message" and line.message in words)]
