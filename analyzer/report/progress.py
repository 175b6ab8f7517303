"""A progress bar for long reads. It stays silent off a terminal and for the first second."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from analyzer.report.plain import visible

PATIENCE = 1.0


class Meter:
    """Counts bytes as they are read: call it with a source and a number of bytes."""

    def __init__(self, stream: TextIO, total: Callable[[], int]) -> None:
        self._total = total  # called only when the bar is shown: walking a share takes its time
        self._begun = time.monotonic()
        self._bytes = 0
        self._bar: Progress | None = None
        self._console = Console(file=stream)

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, source: str, count: int) -> None:
        """`count` more bytes of `source` were read."""
        self._bytes += count
        if self._bar is None and self._console.is_terminal and time.monotonic() - self._begun > PATIENCE:
            self._bar = self._start()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._bytes, description=visible(source))

    def _start(self) -> Progress:
        columns = (
            BarColumn(20),
            DownloadColumn(),
            TransferSpeedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        bar = Progress(*columns, console=self._console, transient=True)
        bar.add_task("", total=self._total())
        bar.start()
        return bar
