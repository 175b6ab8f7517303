"""How lines reach a shared task log: one handle a node, exclusive while it is held, and lines lost to whoever waits.

With `lost_writes` a node keeps its handle for `hold` seconds after its last line. The other node's appends are tried
again until a line is `patience` seconds old; then the line is gone and its server log says so. Without it the lock is
taken for each append, and two nodes' lines interleave.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .clock import TrueClock
from .formats.server_log import ServerLog
from .journal import Journal
from .lock import try_lock, unlock


@dataclass(frozen=True)
class Entry:
    """A line on its way to a file."""

    text: str
    correlation: str
    task: str
    execution: int
    said: float


@dataclass(frozen=True)
class Habits:
    """How this cluster's nodes treat files."""

    exclusive: bool
    hold: float
    patience: float


class LogWriter(threading.Thread):
    """One node's writer of one task log."""

    def __init__(
        self, path: Path, name: str, habits: Habits, clock: TrueClock, log: ServerLog, journal: Journal
    ) -> None:
        super().__init__(daemon=True)
        self.path, self.shown, self.habits = path, name, habits
        self.clock, self.log, self.journal = clock, log, journal
        self.entries: queue.Queue[Entry] = queue.Queue()
        self.handle: IO[bytes] | None = None
        self.last = 0.0
        self.start()

    def run(self) -> None:
        """Write what comes; let the handle go when nothing has come for a while."""
        while True:
            try:
                entry = self.entries.get(timeout=0.01)
            except queue.Empty:
                self._rest()
                continue
            self._append(entry)
            self.entries.task_done()

    def _append(self, entry: Entry) -> None:
        attempt = 0
        while not self._open():
            attempt += 1
            if self.clock.now() - entry.said > self.habits.patience:
                self._lose(entry)
                return
            if attempt in (1, 8):
                self.log.append_retry(entry.correlation, 1 + attempt // 8, self.shown)
                self._held(entry)
            time.sleep(0.004)
        assert self.handle is not None
        with self.journal.guard:
            self.handle.write(entry.text.encode("utf-8") + b"\n")
            self.handle.flush()
            self._note(entry, lost=False)
        self.last = self.clock.now()
        if not self.habits.exclusive:
            self._close()

    def _lose(self, entry: Entry) -> None:
        self.log.append_failure(entry.correlation, self.shown)
        self._held(entry)  # a line that waited too long in the queue is lost at once, without another attempt
        self._note(entry, lost=True)

    def _held(self, entry: Entry) -> None:
        self.journal.note(kind="held", task=entry.task, execution=entry.execution, said=entry.said)

    def _note(self, entry: Entry, lost: bool) -> None:
        self.journal.note(
            kind="line",
            file=self.shown,
            task=entry.task,
            execution=entry.execution,
            said=entry.said,
            lost=lost,
            text=entry.text,
        )

    def _open(self) -> bool:
        if self.handle is not None:
            return True
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = self.path.open("ab")
        if not try_lock(handle):
            handle.close()
            return False
        self.handle = handle
        return True

    def _rest(self) -> None:
        if self.handle is not None and self.clock.now() - self.last > self.habits.hold:
            self._close()

    def _close(self) -> None:
        if self.handle is not None:
            unlock(self.handle)
            self.handle.close()
            self.handle = None


WriterOf = Callable[[str], LogWriter]
"""A node's writer for a file named relative to the log folder."""
