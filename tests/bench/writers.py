"""How each share is written: templates filled, one after the other, in an order that the seed gives."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tests.race.formats.resource import Resource
from tests.race.formats.task_log import Row, file_name
from tests.race.formats.text import download
from tests.race.formats.tree import Activity, tree
from tests.race.words import Words

from .server_logs import SECONDS, start_up, stretch
from .tasks import BASE, MACHINES, TWICE, VERSION, Told, drawn_kind, tell
from .templates import NOISE, NUMBERS, SUFFIX, TICKS, Template

FIRST = 200000
DAY = 86400 * TICKS
RAW, SMALL, TEXT = (5000, 200_000), (100_000, 6_000), (3000, 155_000)
"""How many files, and of how many bytes each."""
FILE, LINE, CHUNK = 2_000_000_000, 100_000_000, 20_000
"""Bytes of the one large file and of the one long line; lines that are written at a time."""
STRETCHES, LINES = 510, 12_000
"""Stretches of server log, and the entries of each: 2 MB."""
INNOCENT, DOUBLES, STRETCH_TEMPLATES = 64, 8, 12
"""How many different templates."""
ROLLED = 5
"""Stretches in one file: a server log is rolled at 10 MB."""


@dataclass(frozen=True)
class Shape:
    """Which corpus, how large and how guilty."""

    name: str
    size: float = 1.0
    guilty: float = 0.01
    seed: int = 1

    @property
    def key(self) -> str:
        """Its folder in the cache."""
        return f"{self.name}-{self.size:g}-{self.guilty:g}-{self.seed}"


@dataclass(frozen=True)
class _Made:
    """One kind of log and its template."""

    told: Told
    template: Template


def _write_logs(shape: Shape, path: Path) -> dict[str, object]:
    count, size = RAW if shape.name == "raw" else SMALL
    folder = path / "shared" / "TaskLogs"
    folder.mkdir(parents=True)

    def write(number: int, made: _Made, rng: np.random.Generator, shift: int) -> int:
        suffix = "".join(chr(65 + letter) for letter in rng.integers(0, 26, 10))
        data = made.template.fill(rng, [number], suffix, shift)
        (folder / file_name(number, suffix)).write_bytes(data)
        return len(data)

    return _write_tasks(shape, count, lambda kind, seed: _raw(kind, seed, size), write)


def _write_downloads(shape: Shape, path: Path) -> dict[str, object]:
    count, size = TEXT

    def write(number: int, made: _Made, rng: np.random.Generator, shift: int) -> int:
        shift -= shift % TICKS
        header = _header(made.told, BASE + shift).replace(str(NUMBERS[0]), str(number))
        data = header.encode() + made.template.fill(rng, [number], shift=shift)
        (path / f"ServerTasks-{number}.log.txt").write_bytes(data)
        return len(data)

    return _write_tasks(shape, count, lambda kind, seed: _text(kind, seed, size), write)


def _write_tasks(
    shape: Shape,
    count: int,
    make: Callable[[str, object], _Made],
    write: Callable[[int, _Made, np.random.Generator, int], int],
) -> dict[str, object]:
    """One file for each task; the guilty ones stand at regular distances."""
    rng = np.random.default_rng(shape.seed)
    drawn = random.Random(f"{shape.seed} kinds")
    files = max(2, round(count * shape.size))
    guilty = _guilty(files, files * shape.guilty)
    innocent = [make(drawn_kind(drawn), f"{shape.seed} {at}") for at in range(min(files, INNOCENT))]
    double = [make(TWICE, f"{shape.seed} twice {at}") for at in range(min(len(guilty), DOUBLES))]
    total = 0
    failed = set()
    for at in range(files):
        made = drawn.choice(double if at in guilty else innocent)
        total += write(FIRST + at, made, rng, int(rng.integers(0, 10 * DAY)))
        if made.told.outcome == "Failed":
            failed.add(at)
    return {"files": files, "bytes": total, "tasks": files, "planted": _names(guilty), "failed": _names(failed)}


def _guilty(tasks: int, share: float) -> set[int]:
    """Which of the tasks ran twice: at regular distances, at least one."""
    count = max(1, round(share))
    return set(np.linspace(0, tasks - 1, count + 2).astype(int)[1:-1].tolist())


def _names(tasks: set[int]) -> list[str]:
    return [f"ServerTasks-{FIRST + at}" for at in sorted(tasks)]


def _raw(kind: str, seed: object, size: int) -> _Made:
    told = tell(kind, seed, size)
    return _Made(told, Template(told.log()))


def _text(kind: str, seed: object, size: int) -> _Made:
    """The body of a text download; it is about three fifths of the raw log."""
    told = tell(kind, seed, size * 5 // 3)
    entries = (json.loads(entry) for entry in told.log().splitlines())
    root = tree([Row(*head, message, percentage) for *head, message, _, percentage in entries])
    assert root is not None
    return _Made(told, Template(_split(download(_resource(told, BASE), root, VERSION, 0))[1]))


def _header(told: Told, began: int) -> str:
    return _split(download(_resource(told, began), Activity("", "", ""), VERSION, 0))[0]


def _split(text: str) -> tuple[str, str]:
    """Header and body of a text download."""
    header, _, body = text.partition("\n\n")
    return f"{header}\n\n", body


def _resource(told: Told, began: int) -> Resource:
    ended = began + int(told.seconds * TICKS)
    return Resource(told.recipe, told.outcome, began - 3 * TICKS, began, ended, False, False, "", MACHINES[0])


def _write_server_logs(shape: Shape, path: Path) -> dict[str, object]:
    """All nodes write at the same time; a task that ran twice is in the first two nodes' logs for the same minutes."""
    rng = np.random.default_rng(shape.seed)
    turns = max(1, round(STRETCHES * shape.size / len(MACHINES)))
    templates = [Template(stretch(seed, LINES)) for seed in range(min(turns, STRETCH_TEMPLATES))]
    slots = turns * len(NUMBERS)
    guilty = _guilty(slots, slots * len(MACHINES) * shape.guilty)
    total = 0
    for node, machine in enumerate(MACHINES):
        (path / machine / "Logs").mkdir(parents=True)
        for turn in range(turns):
            mine = [turn * len(NUMBERS) + at for at in range(len(NUMBERS))]
            numbers = [FIRST + slot if node == 1 and slot in guilty else FIRST + slot + node * slots for slot in mine]
            shift = turn * SECONDS * TICKS
            data = templates[rng.integers(len(templates))].fill(rng, numbers, shift=shift)
            data = data if turn else start_up(machine) + data
            with (path / machine / "Logs" / _archive(turn, turns)).open("ab") as file:
                total += file.write(data)
    files = len(MACHINES) * -(-turns // ROLLED)
    tasks = slots * len(MACHINES) - len(guilty)
    return {"files": files, "bytes": total, "tasks": tasks, "planted": _names(guilty), "failed": []}


def _archive(turn: int, turns: int) -> str:
    """The file of a stretch: the last is OctopusServer.txt, those before it have been rolled."""
    last = turn // ROLLED == (turns - 1) // ROLLED
    return "OctopusServer.txt" if last else f"OctopusServer.{turn // ROLLED}.txt"


def _write_file(shape: Shape, path: Path) -> dict[str, object]:
    """One task whose script does not stop talking: the second half of its lines again and again, later and later."""
    rng = np.random.default_rng(shape.seed)
    told = tell("plain", shape.seed, 4000)
    begin, end = told.says[: len(told.says) // 2], told.says[len(told.says) // 2 :]
    speaker = next(say for say in reversed(begin) if say.path.count("/") > 1)
    words = Words(shape.seed)
    talk = [replace(speaker, at=speaker.at + at / 100, message=f"{words.sentence()} {NOISE}") for at in range(CHUNK)]
    first, more, last = (Template(replace(told, says=says).log()) for says in (begin, talk, end))
    name, chunk = path / file_name(FIRST, SUFFIX), CHUNK * TICKS // 100
    with name.open("wb") as file:
        file.write(first.fill(rng, [FIRST], same_ids=True))
        late = 0
        while file.tell() < FILE * shape.size:
            file.write(more.fill(rng, [FIRST], shift=late, same_ids=True))
            late += chunk
        total = file.write(last.fill(rng, [FIRST], shift=late, same_ids=True)) and file.tell()
    return {"files": 1, "bytes": total, "tasks": 1, "planted": [], "failed": []}


def _write_line(shape: Shape, path: Path) -> dict[str, object]:
    """One message is a file that somebody printed."""
    told = tell("plain", shape.seed, RAW[1])
    at = next(at for at, say in enumerate(told.says) if say.message.endswith(NOISE))
    long = replace(told.says[at], message="x" * round(LINE * shape.size))
    text = replace(told, says=[*told.says[:at], long, *told.says[at + 1 :]]).log()
    data = Template(text).fill(np.random.default_rng(shape.seed), [FIRST])
    (path / file_name(FIRST, SUFFIX)).write_bytes(data)
    return {"files": 1, "bytes": len(data), "tasks": 1, "planted": [], "failed": []}


WRITERS: dict[str, Callable[[Shape, Path], dict[str, object]]] = {
    "raw": _write_logs,
    "small": _write_logs,
    "server": _write_server_logs,
    "text": _write_downloads,
    "file": _write_file,
    "line": _write_line,
}
