"""Lines and steps of a task log, as separation sees them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from analyzer.names import RESUMED

SOON = 1_200_000_000  # two minutes in 100 ns: a pause takes somebody longer to notice and answer again


class Line(NamedTuple):
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
    elsewhere: bool = False  # another stream's plan has it

    @property
    def begins(self) -> Line:
        """Its first line that is not its announcement in the plan."""
        return next((line for line in self.lines if line.kind != "planned"), self.lines[0])


@dataclass(frozen=True)
class Together:
    """Rows that show two executions at once without saying which line is whose.

    `kind` root: opened twice before it closed twice. `kind` step: one step under two ids whose lines alternate,
    `changes` times. `kind` resume: one pause resumed twice, and closed twice behind that.
    """

    kind: str
    rows: tuple[int, ...]
    changes: int = 0


def steps_of(lines: Iterable[Line], machines: Mapping[int, str], elsewhere: Container[str] = ()) -> dict[str, Step]:
    """Steps by id, in the order of their first line; `elsewhere` has those that another stream's plan has."""
    steps: dict[str, Step] = {}
    for line in lines:
        if not line.step:
            continue
        step = steps.get(line.step)
        if step is None:
            # A step whose beginning is lost may begin with its finish: "Finished" is nobody's name.
            name = line.message if line.kind in ("planned", "message") else line.step
            step = steps[line.step] = Step(line.step, name, False, line.row, elsewhere=line.step in elsewhere)
        if line.kind == "planned" and not step.planned:
            # The plan names the step and dates it: lines before it were moved there by the storage.
            step.name, step.first, step.planned = line.message, line.row, True
        step.lines.append(line)
        step.machine = step.machine or machines.get(line.row)
    return steps


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


def resumed_again(lines: Sequence[Line]) -> list[int]:
    """Rows that resume an activity which was resumed within two minutes before: one pause, perhaps resumed twice."""
    last: dict[str, int] = {}
    again = []
    for line in lines:
        if line.message.startswith(RESUMED):
            if line.activity in last and abs(line.instant - last[line.activity]) < SOON:
                again.append(line.row)
            last[line.activity] = line.instant
    return again


def twin_targets(lines: Sequence[Line]) -> int:
    """How often lines of targets of one name in one step change places, at most; one behind the other is once.

    A run does a target once in a step, or again behind the first time.
    """
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    for line in lines:
        if "/" in line.activity:
            target = "/".join(line.activity.split("/", 2)[:2])
            name = names.setdefault(target, line.message if line.activity == target else target)
            found[(line.step, name)].append(target)
    several = [targets for targets in found.values() if len(set(targets)) > 1]
    return max((sum(a != b for a, b in pairwise(one)) - len(set(one)) + 2 for one in several), default=0)


def cut_short(lines: Sequence[Line]) -> bool:
    """Whether a step does a target again although the same target never finished in it before."""
    names: dict[str, tuple[str, str]] = {}
    open_targets: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in lines:
        if line.activity.count("/") != 1:
            continue
        if line.activity not in names:
            names[line.activity] = (line.step, line.message if line.kind == "message" else line.activity)
            open_targets[names[line.activity]].add(line.activity)
        if line.kind == "finished":
            open_targets[names[line.activity]].discard(line.activity)
        if len(open_targets[names[line.activity]]) > 1:
            return True
    return False
