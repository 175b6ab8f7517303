"""What the activities of a task are called, as far as lines that were lost still let it be known.

An activity is called by its first line (formats document, 1.4). Where a log lost lines that line may be gone, and what
now stands first is any line: then a step is known by the line that closes it, a target by the machine that Calamari
names.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from analyzer.names import INFO, WARNING
from analyzer.report.tasklines import Line

COMPLETED = " completed"
FAILING = "The step failed: Activity "
FAILED = re.compile(rf"^{FAILING}(.+) on .+? failed with error")
PACKAGE = re.compile(r"^Upload package .+ version ")
NUMBERED = re.compile(r"^Step \d+: ")
MACHINE = re.compile(r"MachineName:[ \t]*([^\s,;]+)")
HOST = re.compile(r"HostProcessName:[ \t]*([^\s,;]+)")
SERVER = "octopus.server"

Activity = tuple[str, str]
"""Log and path."""


def machine(message: str, *, server: bool) -> str | None:
    """The machine of an environment block: the Octopus Server's, or with `server` False a target's."""
    if "MachineName:" not in message:
        return None
    named, host = MACHINE.search(message), HOST.search(message)
    if not named or not host:
        return None
    own = host[1].casefold().removesuffix(".exe") == SERVER
    return named[1] if own == server else None


@dataclass(frozen=True)
class Loss:
    """What is known to be missing of a task's log.

    `executions`: those that lost lines anywhere; `torn`: source -> lines that cannot be read, sorted.
    """

    executions: frozenset[int] = frozenset()
    torn: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.executions or self.torn)

    def between(self, above: int, line: Line) -> bool:
        """Whether something may be missing between a line of the file and a later one."""
        if line.execution in self.executions or (line.execution is None and self.executions):
            return True
        torn = self.torn.get(line.source, ())
        return bisect_right(torn, above) < bisect_left(torn, line.line)


NOTHING = Loss()


def names_more() -> pl.Expr:
    """Whether `Naming` may need a line that is not the first one of its activity, execution and kind."""
    message, path = pl.col("message"), pl.col("activity")
    closing = message.str.ends_with(COMPLETED) | message.str.starts_with(FAILING)
    return (closing & ~path.str.contains("/", literal=True)) | message.str.contains("MachineName:", literal=True)


class Naming:
    """Names of steps, targets and the work on them. None where a name is lost."""

    def __init__(self, lines: Sequence[Line], tree: Mapping[str, str], loss: Loss = NOTHING) -> None:
        """`tree`: activity -> name, where a source prints one."""
        self._tree = tree
        self._loss = loss
        self._first: dict[Activity, Line] = {}
        self._closing: dict[Activity, str] = {}
        self._machines: dict[Activity, str] = {}
        for one in lines:
            self._look(one)
        firsts = [line for (_, path), line in self._first.items() if path.count("/") == 1 and _naming(line)]
        self._known = Counter(line.title for line in firsts)
        planned = [line.title for line in self._first.values() if line.kind == "planned"]
        self._planless = not planned
        self._steps = {_bare(title): title for title in planned}

    def _look(self, one: Line) -> None:
        if one.kind in ("message", "planned", "updated"):
            self._first.setdefault((one.log, one.activity), one)
        if one.depth == 1:
            failed = FAILED.match(one.message)
            if failed or one.message.endswith(COMPLETED):
                self._closing[one.log, one.activity] = failed[1] if failed else one.message.removesuffix(COMPLETED)
        if one.target and (found := machine(one.message, server=False)):
            self._machines.setdefault((one.log, one.target), found)

    def step(self, log: str, path: str) -> str | None:
        """The name of the step that the activity is, or is part of."""
        step = path.split("/", 1)[0]
        if step in self._tree:
            return self._tree[step]
        first = self._first.get((log, step))
        if first is not None and first.kind == "planned":
            return first.title
        closing = self._closing.get((log, step))
        if closing is not None:
            return self._steps.get(_bare(closing), closing)
        sure = self._planless or self._is_first(first)
        return first.title if first is not None and _naming(first) and sure else None

    def _is_first(self, line: Line | None) -> bool:
        """Whether a line is the first of its activity: nothing can be missing since the activity above it began."""
        if line is None or not self._loss:
            return line is not None
        above = self._first.get((line.log, line.activity.rpartition("/")[0]))
        begun = above.line if above is not None and above.source == line.source else 0
        return not self._loss.between(begun, line)

    def opened(self, log: str, path: str) -> bool:
        """Whether the line that begins an activity is there: its first line is the one that names it."""
        first = self._first.get((log, path))
        name = self.target(log, path) if "/" in path else self.step(log, path)
        return path in self._tree or (first is not None and _naming(first) and first.title == name)

    def target(self, log: str, path: str) -> str | None:
        """The name of the target (or worker, or the server itself) that the activity works on."""
        if path in self._tree:
            return self._tree[path]
        first, host = self._first.get((log, path)), self._machines.get((log, path))
        title = first.title if first is not None and _naming(first) else None
        if title is not None and (self._is_first(first) or self._known[title] > 1 or _alike(title, host)):
            return title
        if host is None:
            return None
        return next((name for name in sorted(self._known) if _alike(name, host)), host)

    def work(self, log: str, path: str) -> str | None:
        """What an activity below a target does: a package it uploads, a script it runs."""
        first = self._first.get((log, path))
        name = self._tree.get(path) or (first.title if first is not None and _naming(first) else None)
        if name is None or self._is_first(first) or path in self._tree or PACKAGE.match(name):
            return name
        same = sum(line.title == name for (_, other), line in self._first.items() if other.count("/") > 1)
        return name if same > 1 or _bare(name) in self._steps else None


def _naming(line: Line) -> bool:
    """Names are written at Info; what Octopus says at Verbose is never one."""
    return line.kind == "planned" or (line.kind == "message" and INFO <= line.severity < WARNING)


def _bare(title: str) -> str:
    return NUMBERED.sub("", title).casefold()


def _alike(title: str, host: str | None) -> bool:
    return host is not None and title.casefold() == host.casefold()
