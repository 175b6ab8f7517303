"""One run of a task on its way from a log's lines to a row of EXECUTIONS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from analyzer.clocks import Place
from analyzer.executions.runs import Run

Key = tuple[str, str, str]
"""Customer, task, log: what identifies a task log."""


@dataclass(frozen=True)
class Execution:
    """One run of a task, whatever showed it."""

    key: Key
    run: Run
    places: tuple[Place, ...]
    lines: int
    node: str | None = None
    clock: str | None = None
    targets: frozenset[str] = frozenset()
    finished: bool = False
    dated: bool = True  # its instants are UTC
    from_log: bool = True
    unclear: bool = False
    sure: bool = True
    tied: tuple[Place, ...] = ()  # first and last line of its node's server log about it

    @property
    def task(self) -> tuple[str, str]:
        """Customer and task: what an execution is a run of."""
        return self.key[:2]

    @cached_property
    def span(self) -> tuple[int, int]:
        """First and last instant."""
        return min(place.instant for place in self.places), max(place.instant for place in self.places)
