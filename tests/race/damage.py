"""What storage does to task logs: lines lost, lines torn, blocks cut out at 4 KiB borders, blocks moved."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BLOCK = 4096


@dataclass(frozen=True)
class Injury:
    """One thing done to one file; `at` is the byte where it begins in the file as it was then."""

    file: str
    sort: str
    at: int
    bytes: int


def injure(folder: Path, files: list[str], count: int, seed: int) -> list[Injury]:
    """Hurt up to `count` different files, each in one way, one way after the other."""
    rng = random.Random(f"damage {seed}")
    done = []
    chosen = rng.sample(sorted(files), min(count, len(files)))
    for number, file in enumerate(chosen):
        path = folder / file
        sort, way = list(WAYS.items())[number % len(WAYS)]
        data = path.read_bytes()
        changed, at, length = way(data, rng)
        if changed != data:
            path.write_bytes(changed)
            done.append(Injury(file, sort, at, length))
    return done


Way = Callable[[bytes, random.Random], tuple[bytes, int, int]]


def cut_block(data: bytes, rng: random.Random) -> tuple[bytes, int, int]:
    """A block is missing, so that a line starts in its middle."""
    blocks = len(data) // BLOCK
    if blocks < 3:
        return lose_lines(data, rng)
    at = BLOCK * rng.randrange(1, blocks - 1)
    return data[:at] + data[at + BLOCK :], at, BLOCK


def move_block(data: bytes, rng: random.Random) -> tuple[bytes, int, int]:
    """Two neighbouring blocks changed places."""
    blocks = len(data) // BLOCK
    if blocks < 4:
        return tear_line(data, rng)
    at = BLOCK * rng.randrange(1, blocks - 2)
    one, two = data[at : at + BLOCK], data[at + BLOCK : at + 2 * BLOCK]
    return data[:at] + two + one + data[at + 2 * BLOCK :], at, 2 * BLOCK


def tear_line(data: bytes, rng: random.Random) -> tuple[bytes, int, int]:
    """One line lost its first half: `T08:12:...` is how it begins now."""
    lines = data.split(b"\n")
    number = rng.randrange(2, max(3, len(lines) - 3))
    at = sum(len(line) + 1 for line in lines[:number])
    lost = lines[number].find(b"T", lines[number].find(b'","2') + 1)
    return data[:at] + data[at + lost :], at, lost


def lose_lines(data: bytes, rng: random.Random) -> tuple[bytes, int, int]:
    """Some whole lines are gone."""
    lines = data.split(b"\n")
    count = max(1, len(lines) // 8)
    number = rng.randrange(2, max(3, len(lines) - count - 2))
    at = sum(len(line) + 1 for line in lines[:number])
    length = sum(len(line) + 1 for line in lines[number : number + count])
    return data[:at] + data[at + length :], at, length


def cut_tail(data: bytes, rng: random.Random) -> tuple[bytes, int, int]:
    """The last line is not whole and has no newline."""
    left = rng.randint(20, 60)
    return data[:-left], len(data) - left, left


WAYS: dict[str, Way] = {
    "block cut": cut_block,
    "block moved": move_block,
    "line torn": tear_line,
    "lines lost": lose_lines,
    "tail cut": cut_tail,
}
