"""What the lines of a task's log tell: beginnings and ends of steps, targets, failures, answers of people.

Most lines tell nothing of that and are only counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from analyzer.names import ERROR, FATAL, INFO, WARNING
from analyzer.report.naming import machine
from analyzer.report.plain import count, visible
from analyzer.report.story import Story
from analyzer.report.tasklines import Line

KEY, STEP, DETAIL = 0, 1, 2
"""How much a moment matters: what is left out first when there are too many."""
TOLD = re.compile(r"^(?:Resuming after|Submitted by:|Guidance received|The task was canceled)|Retry attempt \d")
SHORT, EXCERPT = 26, 60

Order = tuple[int, int, int]


@dataclass(frozen=True)
class Moment:
    """One row of the timeline. `execution` None: the line could belong to either."""

    order: Order
    source: str
    line: int
    instant: int | None
    execution: int | None
    text: str
    weight: int = KEY
    node: str | None = None  # set where a Server log tells it
    either: bool = False  # a log line that could be any execution's
    marks: tuple[str, ...] = ()  # findings that cite it
    skipped: dict[int | None, int] = field(default_factory=dict)  # lines left out above it, by execution


class Teller:
    """Goes through the lines in order and remembers what has begun."""

    def __init__(self, story: Story, lines: Sequence[Line], cited: set[tuple[str, int]]) -> None:
        self._naming = story.naming
        self._tree = story.tree()
        self._description = story.description
        self._cited = cited
        self._begun: set[tuple[str, str]] = set()
        self._told: set[int] = set()
        self._failed: set[tuple[str, str]] = set()
        self._erred: set[tuple[str, str]] = set()
        self._placed: set[int | None] = set()
        self._firsts: dict[int | None, int] = {}
        for one in lines:
            self._firsts.setdefault(one.execution, id(one))
        self._resumed = {run["number"] for run in story.runs if run["basis"].startswith("resumed")}
        self._plans = Counter(one.execution for one in lines if one.kind == "planned")
        skipped = {(one.log, one.step) for one in lines if one.depth == 1 and one.kind == "abandoned"}
        self._skipped = skipped - {(one.log, one.step) for one in lines if one.depth > 1}
        self._last = {(one.log, one.step, self._closes(one)): id(one) for one in lines if one.step}

    def _closes(self, one: Line) -> bool:
        return self._tree or (one.depth == 1 and one.kind in ("finished", "abandoned"))

    def tell(self, one: Line) -> Iterable[Moment]:
        """The moment of a line, if it has anything to tell."""
        found = [*self._opens(one), *self._begins(one), *self._says(one), *self._ends(one)]
        if not found and (one.source, one.line) in self._cited:
            found = [(f'"{one.title}"', KEY)]
        if found:
            text = "; ".join(text for text, _ in found)
            weight = min(weight for _, weight in found)
            either, text = one.execution is None, visible(text)
            yield Moment((0, 0, 0), one.source, one.line, one.instant, one.execution, text, weight, either=either)

    def _opens(self, one: Line) -> Iterable[tuple[str, int]]:
        """The first line of an execution: the task's announcement, unless it is lost or this goes on after a pause."""
        if one.execution is None or self._firsts[one.execution] != id(one):
            return
        if one.execution in self._resumed:
            yield "goes on with the paused task", KEY
        elif not one.step and one.kind == "message":
            self._told.add(id(one))
            yield f"begins: {self._description if self._tree else one.title}", KEY
        elif not self._tree:
            yield "first line, the beginning is lost", KEY

    def _begins(self, one: Line) -> Iterable[tuple[str, int]]:
        if not one.step:
            return
        if one.kind == "planned":
            if self._plans[one.execution]:
                yield f"plans {count(self._plans.pop(one.execution), 'step')}", STEP
            return
        if one.kind == "abandoned" or (one.log, one.step) in self._skipped:
            return
        step_new = (one.log, one.step) not in self._begun
        target_new = one.target is not None and (one.log, one.target) not in self._begun
        self._begun |= {(one.log, one.step), (one.log, one.target or one.step)}
        if not step_new and not target_new:
            return
        step = self._naming.step(one.log, one.step) or "a step (name lost)"
        target = (self._naming.target(one.log, one.target) or "a target (name lost)") if one.target else ""
        on = f" on {target}" if target_new else ""
        verb = "begins" if self._naming.opened(one.log, one.step) else "is at work"
        yield (f"{step} {verb}{on}", STEP) if step_new else (f"{shortened(step)}{on}", DETAIL)

    def _says(self, one: Line) -> Iterable[tuple[str, int]]:
        ours = machine(one.message, server=True)
        if ours and one.execution not in self._placed:
            self._placed.add(one.execution)
            yield f"its Octopus Server is machine {ours}", KEY
        if one.kind != "message":
            return
        if one.severity >= FATAL:
            yield from self._fails(one)
        elif one.severity >= ERROR and (one.log, one.target or one.step) not in self._erred:
            self._erred.add((one.log, one.target or one.step))
            yield f"error: {one.title}", STEP
        elif TOLD.search(one.message):
            yield one.title, KEY
        elif not one.step and one.severity >= INFO and one.title and id(one) not in self._told:
            yield ("warning: " if one.severity >= WARNING else "") + one.title, KEY

    def _fails(self, one: Line) -> Iterable[tuple[str, int]]:
        """A failure climbs from action to target, step and root: told are where it began, the step and the root."""
        below = one.depth >= 2 and any(log == one.log and path.startswith(one.activity) for log, path in self._failed)
        self._failed.add((one.log, one.activity))
        if not below:
            where = self._naming.target(one.log, one.target) if one.target else None
            yield f"FAILED{f' on {where}' if where else ''}: {one.title}", KEY

    def _ends(self, one: Line) -> Iterable[tuple[str, int]]:
        if not one.step:
            if one.kind in ("finished", "abandoned"):
                yield "the task's log is closed", KEY
        elif self._closes(one) and self._last[one.log, one.step, True] == id(one):
            step = self._naming.step(one.log, one.step) or "a step (name lost)"
            yield f"{step} {'is skipped' if one.kind == 'abandoned' else 'ends'}", STEP


def shortened(name: str, most: int = SHORT) -> str:
    """A name that was told in full above, or words that can be looked up where they stand."""
    return name if len(name) <= most else name[: most - 3].rstrip() + "..."
