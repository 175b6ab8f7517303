"""What a bundle holds of each execution, by the truth: its lines, how it announces itself, and on which clock."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .clock import TICKS
from .truth import Fact

SUCCEEDED = ("The deployment completed successfully.", "The run completed successfully.")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """A raw line whose author is known; `at` is its time on its node's clock, in ticks."""

    file: str
    number: int
    activity: str
    category: str
    at: int
    message: str


@dataclass
class Trace:
    """The lines of one execution in the task logs of a bundle."""

    execution: Fact
    description: str
    lines: list[Line] = field(default_factory=list)

    @property
    def files(self) -> set[str]:
        """Where its lines stand."""
        return {line.file for line in self.lines}

    @property
    def opens(self) -> bool:
        """Whether its first root line is there."""
        return any(not line.activity and line.message == self.description for line in self.lines)

    @property
    def announced(self) -> bool:
        """Whether it says itself that it is an execution: root line, plan, or what it resumes."""
        plans = sum(line.category == "PLN" for line in self.lines)
        resumes = bool(self.execution["resumed_of"]) and any("Resuming after" in line.message for line in self.lines)
        return self.opens or plans >= 2 or resumes

    @property
    def closes(self) -> bool:
        """Whether its root's last words are there."""
        return any(
            not line.activity and (line.category == "FAT" or line.message in SUCCEEDED) for line in self.lines
        ) and any(not line.activity and line.category == "FIN" for line in self.lines)

    @property
    def names_machine(self) -> bool:
        """Whether a block of the server that ran it is there."""
        said: dict[str, set[str]] = defaultdict(set)
        for line in self.lines:
            if "MachineName:" in line.message or "HostProcessName: Octopus.Server" in line.message:
                said[line.activity].add(line.message)
        return any(
            "MachineName:" in text and "HostProcessName: Octopus.Server" in text
            for text in map("\n".join, said.values())
        )

    @property
    def span(self) -> tuple[int, int]:
        """First and last time."""
        times = [line.at for line in self.lines]
        return min(times), max(times)


Traces = Mapping[str, Mapping[int, Trace]]
"""task -> number of the execution -> what is left of it."""


def traces(truth: Fact, bundle: Path) -> Traces:
    """Every execution of every task, those that left nothing included."""
    found = {
        name: {run["number"]: Trace(run, task["description"]) for run in task["executions"]}
        for name, task in truth["tasks"].items()
    }
    for name, task in truth["tasks"].items():
        for file in task["files"]:
            for number, (author, text) in enumerate(zip(truth["files"][file], _lines(bundle / file), strict=True), 1):
                if author is not None:
                    found[name][author].lines.append(_line(file, number, text))
    return found


def ticks(time: str) -> int:
    """Ticks since 1970 of an ISO time with seven decimals and a zone."""
    seconds = int((datetime.fromisoformat(time[:19]).replace(tzinfo=UTC) - EPOCH).total_seconds())
    return seconds * TICKS + int(time[20:27])


def _lines(path: Path) -> list[str]:
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _line(file: str, number: int, text: str) -> Line:
    correlation, category, time, message, *_ = json.loads(text)
    return Line(file, number, correlation.partition("/")[2], category, ticks(time), message)
