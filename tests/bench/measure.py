"""What a whole process costs: CPU of it and of all its children, wall time, memory. POSIX only.

CPU is user plus system time as `wait4` gives it for the process and every descendant that was waited for. Memory is
sampled from /proc and given twice: the high-water mark of the biggest single process, and the sum over the tree of
processes (pages that two of them share count twice). `wait4` knows a high-water mark, too, but a process inherits its
parent's. Where there is no /proc, memory is 0. The minimum CPU of several rounds is compared: on a busy machine
it is stable where wall time is not. Rounds are interleaved, so that a slow minute hits everybody.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLES = 20
"""A second."""
MEMORY = re.compile(r"^(VmHWM|VmRSS):\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Cost:
    """One run: seconds and bytes."""

    cpu: float
    wall: float
    biggest: int
    tree: int


@dataclass(frozen=True)
class Command:
    """Something to run; its output goes into a file, as a user would keep it."""

    name: str
    arguments: tuple[str, ...]
    output: Path
    codes: tuple[int, ...] = (0,)
    timeout: float = 3600.0
    env: Mapping[str, str] | None = None
    optional: bool = False
    """Left out where it fails or is not done in time."""


class Failed(Exception):
    """A command that did not do its work."""


def best(commands: Sequence[Command], rounds: int) -> tuple[dict[str, Cost], list[str]]:
    """The least CPU and wall time, and the most memory, of each command over interleaved rounds; and who is left out.

    Raises Failed.
    """
    costs: dict[str, list[Cost]] = {command.name: [] for command in commands}
    left_out: dict[str, str] = {}
    for _ in range(rounds):
        for command in commands:
            if command.name in left_out:
                continue
            try:
                costs[command.name].append(run(command))
            except Failed as error:
                if not command.optional:
                    raise
                left_out[command.name] = f"{command.name}: {str(error).splitlines()[-1]}"
    return {name: _best(found) for name, found in costs.items() if name not in left_out}, list(left_out.values())


def _best(costs: Iterable[Cost]) -> Cost:
    cpu, wall, biggest, tree = zip(*((cost.cpu, cost.wall, cost.biggest, cost.tree) for cost in costs), strict=True)
    return Cost(min(cpu), min(wall), max(biggest), max(tree))


def run(command: Command) -> Cost:
    """Run once. Raises Failed."""
    errors = command.output.with_suffix(".stderr")
    env = {**os.environ, **(command.env or {})}
    with command.output.open("wb") as output, errors.open("wb") as talk:
        began = time.perf_counter()
        process = subprocess.Popen(command.arguments, stdout=output, stderr=talk, env=env, start_new_session=True)
        over = threading.Timer(command.timeout, _kill, [process.pid])
        over.start()
        watch = _Watch(process.pid)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        finished = over.is_alive()
        over.cancel()
        watch.stop()
    process.returncode = code = os.waitstatus_to_exitcode(status)
    if code not in command.codes or not finished:
        said = errors.read_text(encoding="utf-8", errors="replace")[-500:]
        reason = f"exit code {code}: {said}" if finished else f"not done within {command.timeout:g} s"
        raise Failed(f"{shlex.join(command.arguments)[:300]}\n{reason}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, watch.biggest, max(watch.biggest, watch.tree))


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


class _Watch(threading.Thread):
    """Samples the memory of a process and its descendants."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.process, self.biggest, self.tree, self.over = process, 0, 0, threading.Event()

    def run(self) -> None:
        pause = 1 / SAMPLES / 16  # a short process must be seen, too
        while not self.over.wait(pause):
            pause = min(2 * pause, 1 / SAMPLES)
            memory = [_memory(process) for process in _tree(self.process)]
            self.biggest = max(self.biggest, *(most for most, _ in memory))
            self.tree = max(self.tree, sum(now for _, now in memory))

    def stop(self) -> None:
        self.over.set()
        self.join()


def _tree(process: int) -> list[int]:
    """A process and its descendants; the children of all threads."""
    found = [process]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, children.read_text(encoding="ascii").split())
    return found


def _memory(process: int) -> tuple[int, int]:
    """High-water mark and present size in memory of a process; zeros once it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0, 0
    found = dict(MEMORY.findall(status))
    return 1024 * int(found.get("VmHWM", 0)), 1024 * int(found.get("VmRSS", 0))
