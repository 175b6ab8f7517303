"""Lines that name the version of a node: a case may have one for every task, so that they stay columns."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property

import polars as pl


@dataclass(frozen=True)
class Sighting:
    """A line that names the version of a node."""

    node: str | None
    version: str
    time: datetime | None  # None where the clock's zone is not known
    wall: int | None  # microseconds on the node's own clock
    source: str
    line: int
    offset: int
    basis: str  # start-up | action | header | source
    task: str | None = None


COLUMNS = tuple(one.name for one in fields(Sighting))


class Sightings:
    """Sightings in the order of source and line. `frame`: a column for each field of Sighting."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame.select(COLUMNS).sort("source", "line", maintain_order=True)

    def __iter__(self) -> Iterator[Sighting]:
        """All of them."""
        return _made(self.frame)

    def __len__(self) -> int:
        return len(self.frame)

    def of_task(self, task: str) -> Sequence[Sighting]:
        """Those that a task's own log has."""
        tasks, rows = self._by_task
        return [Sighting(*rows.row(at)) for at in range(bisect_left(tasks, task), bisect_right(tasks, task))]

    @cached_property
    def _by_task(self) -> tuple[list[str], pl.DataFrame]:
        rows = self.frame.filter(pl.col("task").is_not_null()).sort("task", maintain_order=True)
        return rows["task"].to_list(), rows

    def of_node(self, node: str | None) -> pl.DataFrame:
        """Rows of `frame` of a node, in any spelling; all of them where it is None."""
        return self.frame if node is None else self._by_node.get(node.casefold(), self.frame.clear())

    @cached_property
    def _by_node(self) -> Mapping[str, pl.DataFrame]:
        spelled: dict[str, list[str]] = {}
        for name in self.frame["node"].fill_null("").unique().to_list():
            spelled.setdefault(name.casefold(), []).append(name)
        return {node: self.frame.filter(pl.col("node").fill_null("").is_in(names)) for node, names in spelled.items()}

    @cached_property
    def starts(self) -> Sequence[Sighting]:
        """Those that a server log has of its own start."""
        return list(_made(self.frame.filter(pl.col("basis") == "start-up")))

    @cached_property
    def texts(self) -> Sequence[str]:
        """The versions as they are written, each once."""
        return self.frame["version"].unique(maintain_order=True).to_list()


def _made(rows: pl.DataFrame) -> Iterator[Sighting]:
    return (Sighting(*row) for row in rows.iter_rows())
