"""A line that an execution is going to say, and the pen that collects them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .words import Words


@dataclass(frozen=True)
class Say:
    """One line of a task log, `at` seconds after its execution began; `path` is "" (the root) or "/guid/guid"."""

    at: float
    path: str
    category: str
    message: str
    percentage: int = 0


@dataclass(frozen=True)
class Place:
    """Where an execution runs: what it says about its server."""

    machine: str
    version: str
    blocks: bool = True
    separate: bool = False


@dataclass
class Pen:
    """Collects lines; activities may overlap, so `lines` sorts them by time at the end."""

    words: Words
    place: Place
    said: list[Say] = field(default_factory=list)

    def say(self, at: float, path: str, category: str, message: str, percentage: int = 0) -> float:
        """Note a line; returns a moment a little later."""
        self.said.append(Say(at, path, category, message, percentage))
        return at + self.words.rng.choice((0.0, 0.002, 0.01, 0.05, 0.3))

    def finish(self, at: float, path: str) -> float:
        """Close an activity."""
        return self.say(at, path, "FIN", "Finished")

    def child(self, path: str) -> str:
        """A new activity below `path`."""
        return f"{path}/{self.words.guid()}"

    def lines(self) -> list[Say]:
        """All lines in the order of their time; equal times keep the order in which they were noted."""
        return sorted(self.said, key=lambda say: say.at)

    @property
    def warned(self) -> bool:
        """Whether anything above information was said."""
        return any(say.category in ("WRN", "ERR", "FAT") for say in self.said)
