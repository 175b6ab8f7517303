"""What is known of whole task logs once their lines were looked at, or of a long one as far as it was.

Lines that make their log doubtful by themselves, or together with those before them, are doubted here: with another
log's id, with a time that went back, of a task that was resumed or canceled, or of a root that begins again.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analyzer.blocks import Flags, Ints
from analyzer.ingest.fixed_places import word_of
from analyzer.ingest.task_log_activities import Activities, of_block, united
from analyzer.ingest.task_log_course import Course, course_of, followed
from analyzer.ingest.task_log_look import Look
from analyzer.names import CANCELED, RESUMED

Step = tuple[int, bytes]
"""The source of an activity right below a root, and its first text."""


class Seen:
    """What the first `found` says of its sources; then what it says of the only one together with those that follow.

    `good`, one entry a source: which of them nothing makes doubtful yet. `steps`: by key.
    """

    def __init__(self, found: Look, roots: Ints) -> None:
        self._titles: dict[int, bytes] = {}  # first texts of the roots
        rows, steps = self._look_at(found, roots)
        self.good: Flags = found.good
        self.course: Course = course_of(found)
        self.steps = dict(steps)
        self._rows = [rows]

    def add(self, found: Look, roots: Ints) -> None:
        """A block that follows."""
        rows, steps = self._look_at(found, roots)
        for key, step in steps:
            self.steps.setdefault(key, step)
        self.good &= found.good
        self.course = followed(self.course, course_of(found))
        self._rows.append(rows)
        if sum(len(part.key) for part in self._rows[1:]) > len(self._rows[0].key):
            self.activities()

    def activities(self) -> Activities:
        """All of them. A log is doubted in which one of them goes back in time from one block to another."""
        if len(self._rows) > 1:
            rows, in_time = united(self._rows)
            self._rows, self.good = [rows], self.good & in_time
        return self._rows[0]

    def doubt(self, which: Ints) -> None:
        """These sources are not cleared."""
        self.good[which] = False

    def _look_at(self, found: Look, roots: Ints) -> tuple[Activities, Iterator[tuple[int, Step]]]:
        """The activities of a block, and its steps; its lines are doubted."""
        rows, begin = of_block(found, roots)
        found.doubt(_strange_ids(found, begin[rows.depth > 0]))
        _interrupted(found)
        self._begun_again(found)
        return rows, _steps(found, rows, begin)

    def _begun_again(self, found: Look) -> None:
        """Doubt the sources whose root says twice what it says first."""
        which = found.block.which
        rows = np.flatnonzero((found.depth == 0) & (found.kind == 0) & found.good[which])
        for source, text in zip(which[rows].tolist(), found.read(rows), strict=True):
            if source not in self._titles:
                self._titles[source] = text
            elif self._titles[source] == text:
                found.good[source] = False


def _strange_ids(found: Look, begin: Ints) -> Ints:
    """First lines of activities whose id holds a backslash, which would begin an escape."""
    strange = np.zeros(len(begin), bool)
    for place in (-32, -24, -16, -8):
        word = found.words[found.ends[begin] + place] ^ word_of(b"\\" * 8)
        strange |= ((word - word_of(b"\1" * 8)) & ~word & word_of(b"\x80" * 8)) != 0
    return begin[strange]


def _interrupted(found: Look) -> None:
    """Doubt the sources of tasks that were paused and resumed, or canceled."""
    for words in (RESUMED.encode(), CANCELED.encode()):
        rows = np.flatnonzero((found.begins == word_of(words[:8])) & found.good[found.block.which])
        found.doubt(rows[[text.startswith(words) for text in found.read(rows)]])


def _steps(found: Look, rows: Activities, begin: Ints) -> Iterator[tuple[int, Step]]:
    """The activities right below the roots, by key."""
    top = np.flatnonzero((rows.depth == 1) & found.good[rows.which])
    return zip(rows.key[top].tolist(), zip(rows.which[top].tolist(), found.read(begin[top]), strict=True), strict=True)
