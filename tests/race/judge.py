"""Compares what the audit says with what truly happened; pure, so that it can be tested by hand-made documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

Fact = dict[str, Any]

PROVED, POSSIBLE, REPEATED, UNDECIDED, SILENT = "OCT101 proved", "OCT101 possible", "OCT102", "undecided", "silent"
ANSWERS = (PROVED, POSSIBLE, REPEATED, UNDECIDED, SILENT)
"""What an audit can say about one task, strongest first."""
ACCUSING = (PROVED, POSSIBLE, REPEATED)

OVERLAPPING, TRACELESS, SEQUENTIAL, INNOCENT = "overlapping", "overlapping, no trace", "sequential", "innocent"

ENOUGH = 10
"""Lines of an execution that does not announce itself, from which one can tell that it was there."""


@dataclass(frozen=True)
class Judged:
    """One task: the truth about it, and the audit's answer."""

    task: str
    truth: str
    look: str
    """What the task looks like: its kind, or what an innocent one may be taken for."""
    answer: str

    @property
    def missed(self) -> bool:
        """Two executions at once that left a trace, and not a word about it."""
        return self.truth == OVERLAPPING and self.answer == SILENT

    @property
    def accused(self) -> bool:
        """An innocent task that is said to have run twice."""
        return self.truth == INNOCENT and self.answer in ACCUSING

    @property
    def falsely_proved(self) -> bool:
        """Said to be proved, though nothing overlapped."""
        return self.truth in (SEQUENTIAL, INNOCENT) and self.answer == PROVED


@dataclass(frozen=True)
class Score:
    """All tasks of one bundle, or of many."""

    tasks: tuple[Judged, ...] = ()

    def __add__(self, other: Score) -> Score:
        return Score(self.tasks + other.tasks)

    def count(self, truth: str, answer: str | None = None) -> int:
        """How many tasks of which this is true, and which were answered so."""
        return sum(task.truth == truth and answer in (None, task.answer) for task in self.tasks)

    @property
    def missed(self) -> tuple[Judged, ...]:
        """Overlapping double runs that were not found."""
        return tuple(task for task in self.tasks if task.missed)

    @property
    def accused(self) -> tuple[Judged, ...]:
        """Innocent tasks that were accused."""
        return tuple(task for task in self.tasks if task.accused)

    @property
    def falsely_proved(self) -> tuple[Judged, ...]:
        """Proofs of what did not happen."""
        return tuple(task for task in self.tasks if task.falsely_proved)

    @property
    def good(self) -> bool:
        """Nothing missed, nobody accused, nothing proved that is false."""
        return not (self.missed or self.accused or self.falsely_proved)


def total(scores: Iterable[Score]) -> Score:
    """Many scores as one."""
    return Score(tuple(chain.from_iterable(score.tasks for score in scores)))


def score(truth: Fact, document: Fact) -> Score:
    """Every task of a race against the JSON document of an audit of its bundle."""
    return Score(
        tuple(
            Judged(name, truth_about(task), task["innocent"] or task["kind"], answer(document, name))
            for name, task in truth["tasks"].items()
        )
    )


def answer(document: Fact, task: str) -> str:
    """The strongest thing that a document says about one task."""
    said = set()
    for finding in document["findings"]:
        if finding["task"] == task and finding["code"] == "OCT101":
            said.add(PROVED if finding["verdict"] == "proved" else POSSIBLE)
        elif finding["task"] == task and finding["code"] == "OCT102":
            said.add(REPEATED)
    if any(skipped["task"] == task and skipped["reason"].startswith("undecided") for skipped in document["not_judged"]):
        said.add(UNDECIDED)
    return next((each for each in ANSWERS if each in said), SILENT)


def truth_about(task: Fact) -> str:
    """Which of the four a task is."""
    if not task["ran_twice"]:
        return INNOCENT
    if not task["overlaps"]:
        return SEQUENTIAL
    runs = {run["number"]: run["trace"] for run in task["executions"]}
    return OVERLAPPING if any(visible(runs[one], runs[two]) for one, two in task["overlaps"]) else TRACELESS


def visible(one: Fact, two: Fact) -> bool:
    """Whether the task log or the server logs hold enough of two executions to see both at the same time."""
    in_log = _told(one) and _told(two) and _meet(one, two, "first_true", "last_true")
    return in_log or _meet(one, two, "server_first_true", "server_last_true")


def _told(trace: Fact) -> bool:
    return bool(trace["lines"] and (trace["announcing"] or trace["lines"] >= ENOUGH))


def _meet(one: Fact, two: Fact, first: str, last: str) -> bool:
    """Whether two spans have a moment in common."""
    if not (one[first] and two[first]):
        return False
    return bool(one[first] < two[last] and two[first] < one[last])
