"""A progress line for long reads: how much, how fast, how long still, and what is being read.

    ━━━━━━━━╸           1.4/3.6 GB 210.3 MB/s 0:00:10 shared/TaskLogs/servertasks-48211_cf10epf91d.txt

It stays silent off a terminal, on one that cannot move its cursor, and for the first second. The source stands last
and is what a narrow terminal cuts. Where the size is not known (archives that do not say it) there is neither bar nor
remaining time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from analyzer.report.plain import visible

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0
EVERY = 0.1
"""Seconds between two changes: a share of 100,000 small files must not wait for its terminal."""
WIDE = 100
"""Columns from which on there is room for a bar and the remaining time beside a source's name."""


class Meter:
    """Counts bytes as they are read: call it with a source and a number of bytes."""

    def __init__(self, stream: TextIO, total: Callable[[], int | None], *, quiet: bool = False) -> None:
        self._stream = stream
        self._total = total  # called only when the bar is shown: walking a share takes its time
        self._shown = not quiet and stream.isatty() and os.environ.get("TERM") != "dumb"
        self._begun = self._told = time.monotonic()
        self._bytes = 0
        self._bar: Progress | None = None

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, source: str, count: int) -> None:
        """`count` more bytes of `source` were read."""
        self._bytes += count
        now = time.monotonic()
        if not self._shown or now - self._begun < PATIENCE or now - self._told < EVERY:
            return
        self._told = now
        if self._bar is None:
            self._bar = self._start()
        task = self._bar.tasks[0]
        if task.total is not None and self._bytes > task.total:  # nested archives hold more than they take
            task.total = None
        self._bar.update(task.id, completed=self._bytes, description=visible(source))

    def stage(self, name: str) -> None:
        """What goes on once everything is read."""
        if self._bar is not None:
            self._bar.update(self._bar.tasks[0].id, description=name)

    def _start(self) -> Progress:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            ProgressColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.table import Column

        console = Console(file=self._stream)
        room = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        columns: list[ProgressColumn] = [DownloadColumn(), TransferSpeedColumn()]
        if console.width >= WIDE:
            columns = [BarColumn(20), *columns, TimeRemainingColumn()]
        columns.append(TextColumn("{task.description}", markup=False, table_column=room))
        bar = Progress(*columns, console=console, transient=True, expand=True)
        bar.add_task("", total=self._total())
        bar.start()
        return bar
