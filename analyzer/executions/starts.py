"""Where in one file of a task log an execution begins, and which executions may be writing at a row."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Collection, Container, Mapping, Sequence
from itertools import pairwise

from analyzer.executions.steps import Line, Step, Together, closings


def starts_of(
    lines: list[Line], steps: dict[str, Step], title: str | None, severe: Container[int]
) -> tuple[list[int], bool]:
    """Rows where an execution begins, and whether the last of them is sure.

    A root that is announced again, and more than a message that repeats. Where the announcement is lost (a locked
    file), a second plan shows the second execution, or steps that the plan does not know.
    """
    said: dict[int, int] = {}  # the storage may repeat a block: one instant, one announcement
    for line in lines:
        if not line.step and line.kind == "message" and line.message == title:
            said.setdefault(line.instant, line.row)
    announced = sorted(said.values())
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
        return sorted({*starts, *_further_plan(starts, steps)}), True
    closed = min(len(finishes), len(closings([line for line in lines if not line.step], severe)))
    found, sure = _headless(starts, steps, closed)
    return [*starts, *(_behind_finish(lines, row, finishes) for row in found[1:])], sure


def _behind_finish(lines: Sequence[Line], begin: int, finishes: Sequence[int]) -> int:
    """A lost beginning behind a finish of the root: every line behind that finish is the second execution's."""
    before = [row for row in finishes if row < begin]
    return next(line.row for line in lines if line.row > before[-1]) if before else begin


def _headless(starts: list[int], steps: dict[str, Step], closed: int) -> tuple[list[int], bool]:
    """A second execution whose announcement and plan are lost begins with the first step that the plan does not know.

    Sure where the root closed twice, or where those steps ran on another machine. A step may also be added while a
    task runs, so without that, planned steps must have been left open or the added ones have lost their beginning, and
    the second execution is not sure.
    """
    strange, sure = strangers(list(steps.values()))
    if closed > 1 and unplanned(steps.values()):
        strange, sure = unplanned(steps.values()), True
    return ([*starts, min(step.first for step in strange)], sure) if strange else (starts, True)


def strangers(steps: Sequence[Step]) -> tuple[list[Step], bool]:
    """Steps of one structure that another execution with a lost beginning must or may have done; and whether must."""
    strange = unplanned(steps)
    planned = [step for step in steps if step.planned]
    theirs, ours = ({step.machine.casefold() for step in some if step.machine} for some in (strange, planned))
    if theirs and ours and not theirs & ours:
        return strange, True
    left_open = any(all(line.kind not in ("finished", "abandoned") for line in step.lines) for step in planned)
    beginning_lost = any(step.lines[0].activity != step.id for step in strange)
    return (strange, False) if left_open or beginning_lost else ([], True)


def unplanned(steps: Collection[Step]) -> list[Step]:
    """Steps that did real work although no plan, where there is one, has them."""
    if not any(step.planned for step in steps):
        return []
    strange = [step for step in steps if not step.planned and not step.elsewhere]
    return [step for step in strange if len({line.activity for line in step.lines}) > 1]


def _doubled(steps: dict[str, Step]) -> list[tuple[int, int]]:
    """First rows of two steps of one name under different ids."""
    seen: dict[str, list[int]] = defaultdict(list)
    for step in steps.values():
        seen[step.name].append(step.first)
    return [pair for rows in seen.values() for pair in pairwise(rows)]


def _two_plans(steps: dict[str, Step], doubled: list[tuple[int, int]]) -> bool:
    """Two plans without a second root: several planned steps doubled; one doubled step alone is a step tried again."""
    planned = {step.name for step in steps.values() if step.planned}
    seconds = {second for _, second in doubled}
    twice = {step.name for step in steps.values() if step.first in seconds} & planned
    return len(twice) >= 2


def _further_plan(starts: Sequence[int], steps: Mapping[str, Step]) -> list[int]:
    """Where one more plan begins than roots were announced: behind one announcement several steps are planned twice."""
    planned: dict[str, list[int]] = defaultdict(list)
    for step in steps.values():
        if step.planned:
            planned[step.name].append(step.first)
    more = [sorted(rows) for rows in planned.values() if len(rows) > len(starts)]
    again = [
        second for rows in more for first, second in pairwise(rows) if bisect(starts, first) == bisect(starts, second)
    ]
    return [min(again)] if len(more) > 1 and again else []


def active_at(lines: list[Line], starts: list[int]) -> dict[int, tuple[int, ...]]:
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


def opened_at_once(
    lines: list[Line], starts: list[int], active: dict[int, tuple[int, ...]], severe: Container[int]
) -> list[tuple[int, int, Together]]:
    """Pairs of starts whose roots both closed only after the second one opened.

    A root closes with words of its own and a finish. Where as many of both stand behind the last opening as roots were
    open, each of them was still open there. One root with two finish lines cannot be mistaken for two: it says its
    closing words once.
    """
    root = [line for line in lines if not line.step]
    finishes = [line.row for line in root if line.kind == "finished"]
    closed_at = closings(root, severe)
    found: list[tuple[int, int, Together]] = []
    for j, start in enumerate(starts):
        until = next((later for later in starts[j + 1 :] if j not in active[later]), lines[-1].row + 1)
        opened = {i for i in range(len(starts)) if i in active[start] or (start < starts[i] < until)}
        finished = [row for row in finishes if start < row < until]
        closed = [row for row in closed_at if start < row < until]
        if len(active[start]) > 1 and min(len(finished), len(closed)) >= len(opened):
            found += [
                (i, j, Together("root", (starts[i], start, finished[0], finished[-1]))) for i in active[start] if i != j
            ]
    return found


def twin_steps(steps: Mapping[str, Step], active: Mapping[int, tuple[int, ...]]) -> dict[tuple[int, int], Together]:
    """Pairs of starts with a planned step under two ids whose lines alternate: two executions, whoever wrote which.

    One plan names a step once, and a step that is tried again begins behind its first attempt.
    """
    by_name: dict[str, list[Step]] = defaultdict(list)
    for step in steps.values():
        if step.planned:
            by_name[step.name].append(step)
    found: dict[tuple[int, int], Together] = {}
    for named in by_name.values():
        for x, y in pairwise(named):
            writing = active[y.first]
            seen = _alternating(x, y)
            if seen is None or len(writing) < 2:
                continue
            pair = (writing[0], writing[1])
            if pair not in found or seen.changes > found[pair].changes:
                found[pair] = seen
    return found


def _alternating(x: Step, y: Step) -> Together | None:
    lines = [(line.row, step) for step in (x, y) for line in step.lines if line.kind != "planned"]
    owners = [step.id for _, step in sorted(lines, key=lambda one: one[0])]
    rows = sorted(row for row, _ in lines)
    turns = [i for i in range(1, len(owners)) if owners[i] != owners[i - 1]]
    if len(turns) < 2:
        return None
    return Together("step", (rows[turns[0] - 1], rows[turns[0]], rows[turns[1]]), len(turns))
