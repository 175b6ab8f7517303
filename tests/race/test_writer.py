"""What a node's writer notes for the truth, on a log that another handle holds."""

from __future__ import annotations

import multiprocessing
import random
import time
from pathlib import Path

from .clock import NodeClock, TrueClock
from .formats.server_log import ServerLog
from .journal import Journal, entries
from .lock import try_lock, unlock
from .writer import Entry, Habits, LogWriter

START = "2023-09-18T07:30:00"


def written(folder: Path, *, held: bool) -> tuple[list[str], str]:
    """What is noted about a line that is a minute old when its turn comes, and what the server log says of it."""
    clock = TrueClock(time.time() - 60, 1.0, multiprocessing.Value("d", 0.0, lock=False))
    log = ServerLog(folder / "OctopusServer.txt", clock, NodeClock(clock, 0, 0, START), 0, random.Random(1))
    path = folder / "servertasks-7_aaaa.txt"
    writer = LogWriter(
        path, path.name, Habits(False, 1.0, 5.0), clock, log, Journal(folder / "journal" / "EAST-1.jsonl")
    )
    with path.open("ab") as other:
        if held:
            assert try_lock(other)
        writer.entries.put(Entry("a line", "ServerTasks-7_AAAA", "ServerTasks-7", 1, 0.0))
        writer.entries.join()
        if held:
            unlock(other)
    said = (folder / "OctopusServer.txt").read_text(encoding="utf-8")
    return [note["kind"] for note in entries(folder / "journal")], said


def test_a_line_that_is_lost_at_once_was_kept_out_by_a_held_file(tmp_path: Path) -> None:
    kinds, said = written(tmp_path, held=True)
    assert "because it is being used by another process" in said
    assert kinds == ["held", "line"]


def test_a_late_line_of_a_free_file_is_written(tmp_path: Path) -> None:
    kinds, said = written(tmp_path, held=False)
    assert not said
    assert kinds == ["line"]
