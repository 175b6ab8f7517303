"""Compares what the audit says with what truly happened; pure, so that it can be tested by hand-made documents."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

Fact = dict[str, Any]

PROVED, POSSIBLE, REPEATED, UNDECIDED = "OCT101 proved", "OCT101 possible", "OCT102", "undecided"
LACKING, CLEAN = "evidence lacks", "clean"
ANSWERS = (PROVED, POSSIBLE, REPEATED, UNDECIDED, LACKING, CLEAN)
"""What an audit can say about one task, strongest first.

*undecided*: a question about this very task stays open; *evidence lacks*: one of the tasks that it names as judged with
less than would show a double run.
"""
ACCUSING = (PROVED, POSSIBLE, REPEATED)

OVERLAPPING, SEQUENTIAL, INNOCENT = "overlapping", "sequential", "innocent"

ENOUGH = 10
"""Lines of an execution from which one can tell that it was there."""


@dataclass(frozen=True)
class Judged:
    """One task: the truth about it, and the audit's answer."""

    task: str
    truth: str
    look: str
    """What the task looks like: its kind, or what an innocent one may be taken for."""
    answer: str
    how: str = ""
    """How the bundle shows that executions overlapped; "" where it cannot (see `decide`)."""
    seen: bool = False
    """Whether two executions that were a double run both left enough lines to be noticed."""
    imitable: bool = False
    """Whether the bundle shows the overlap in a way that an innocent task could show too."""
    traced: bool = False
    """Whether both left anything at all in the bundle (see `remains`)."""

    @property
    def missed(self) -> bool:
        """An overlap that the bundle shows, and that was not proved."""
        return bool(self.how) and self.answer != PROVED

    @property
    def silent(self) -> bool:
        """A double run that left a trace, and not a word about it."""
        return self.truth != INNOCENT and self.traced and self.answer in (LACKING, CLEAN)

    @property
    def accused(self) -> bool:
        """An innocent task that is said to have run twice."""
        return self.truth == INNOCENT and self.answer in ACCUSING

    @property
    def falsely_proved(self) -> bool:
        """Said to be proved, though nothing overlapped."""
        return self.truth != OVERLAPPING and self.answer == PROVED

    @property
    def wrong(self) -> tuple[str, ...]:
        """Every way in which the answer is wrong."""
        ways = {
            "false proof": self.falsely_proved,
            "accused": self.accused,
            "silent": self.silent,
            "missed": self.missed,
        }
        return tuple(name for name, is_so in ways.items() if is_so)


@dataclass(frozen=True)
class Score:
    """All tasks of one bundle, or of many."""

    tasks: tuple[Judged, ...] = ()

    def __add__(self, other: Score) -> Score:
        return Score(self.tasks + other.tasks)

    def wrong(self, way: str) -> tuple[Judged, ...]:
        """Tasks answered wrongly in this way."""
        return tuple(task for task in self.tasks if way in task.wrong)

    @property
    def good(self) -> bool:
        """Nothing missed, nobody accused, nothing proved that is false, no silence."""
        return not any(task.wrong for task in self.tasks)


def total(scores: Iterable[Score]) -> Score:
    """Many scores as one."""
    return Score(tuple(chain.from_iterable(score.tasks for score in scores)))


def score(
    truth: Fact,
    document: Fact,
    decidable: Mapping[str, str],
    imitable: Container[str] = (),
    traced: Container[str] = (),
) -> Score:
    """Every task of a race against the JSON document of an audit of its bundle."""
    return Score(
        tuple(
            Judged(
                name,
                truth_about(task),
                task["innocent"] or task["kind"],
                answer(document, name),
                decidable.get(name, ""),
                seen(task),
                name in imitable and name not in decidable,
                name in traced,
            )
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
    asked = ("OCT101", "OCT102")
    for skipped in (one for one in document["not_judged"] if one["code"] in asked):
        said |= {UNDECIDED} if skipped["task"] == task else {LACKING} if task in skipped.get("tasks", ()) else set()
    return next((each for each in ANSWERS if each in said), CLEAN)


def truth_about(task: Fact) -> str:
    """Which of the three a task is."""
    if not task["ran_twice"]:
        return INNOCENT
    return OVERLAPPING if task["overlaps"] else SEQUENTIAL


def seen(task: Fact) -> bool:
    """Whether two executions of one claim, or two that overlapped, left `ENOUGH` lines each."""
    overlaps = {tuple(pair) for pair in task["overlaps"]}
    return any(
        min(one["trace"]["lines"], two["trace"]["lines"]) >= ENOUGH
        and (one["turn"] == two["turn"] or (one["number"], two["number"]) in overlaps)
        for one, two in combinations(task["executions"], 2)
    )
