"""What a node truly did, written beside the logs for `truth` and for nobody else."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any


class Journal:
    """One JSON object a line; flushed at once, so that a crash loses nothing."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("a", encoding="utf-8", newline="\n")
        self.guard = threading.RLock()

    def note(self, **facts: Any) -> None:
        """Write a fact."""
        with self.guard:
            self.file.write(json.dumps(facts, ensure_ascii=False) + "\n")
            self.file.flush()


def entries(folder: Path) -> list[dict[str, Any]]:
    """Everything that all nodes noted, each note with its `node`."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8", newline="\n") as file:
            found += [json.loads(line) | {"node": path.stem.rpartition("-")[0]} for line in file]
    return found
