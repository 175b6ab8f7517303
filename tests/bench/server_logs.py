"""Server logs of three nodes: stretches of some minutes, each with the slow queries of the tasks that ran in it."""

from __future__ import annotations

import random

from tests.race.clock import TICKS, moment_of
from tests.race.formats.server_log import NOISE as PHRASES
from tests.race.formats.server_log import QUERIES, READER
from tests.race.phrases import block

from .tasks import BASE, VERSION
from .templates import NOISE, NUMBERS

SECONDS = 600
"""The length of a stretch."""
SHARE = 12
"""Queries of one task in a stretch."""


def stretch(seed: int, lines: int) -> str:
    """A part of a node's log in which as many tasks run as there are numbers."""
    rng = random.Random(f"server log {seed}")
    said = [_phrase(rng) for _ in range(max(1, lines - SHARE * len(NUMBERS)))]
    moments = [rng.uniform(0, SECONDS) for _ in said]
    for number in NUMBERS:
        guid = f"{rng.getrandbits(128):032x}"
        guid = "-".join((guid[:8], guid[8:12], guid[12:16], guid[16:20], guid[20:]))
        begin = rng.uniform(0, SECONDS / 3)
        said += [_query(rng, number, guid) for _ in range(SHARE)]
        moments += [begin, *(rng.uniform(begin, begin + SECONDS / 2) for _ in range(SHARE - 1))]
    process = rng.randint(1000, 9000)
    entries = sorted(zip(moments, said, strict=True))
    return "".join(_entry(moment, process, rng.randint(4, 320), *words) for moment, words in entries)


def start_up(node: str) -> bytes:
    """What a node says first."""
    said = (
        f"Octopus.Server version {VERSION} ({VERSION}+Branch.release) instance OctopusServer",
        "\n  ".join(block(node, "Octopus.Server")),
        f"Defaulting server node name to '\"{node}\"'.",
    )
    return "".join(_entry(0, 4711, 1, " INFO", text) for text in said).encode()


def _phrase(rng: random.Random) -> tuple[str, str]:
    level, text = rng.choice(PHRASES)
    n = rng.randint(1, 250)
    return level, text.format(task=NOISE, old=rng.randint(10, 900), user=f"user{NOISE}", n=n, thread=f"{n:>5}")


def _query(rng: random.Random, number: int, guid: str) -> tuple[str, str]:
    took = rng.randint(40, 900)
    transaction = f"DeploymentTaskController|ServerTasks-{number}-{guid}|T{rng.randint(4, 120)}"
    return "DEBUG", READER.format(took=took, first=took // 2, transaction=transaction, sql=rng.choice(QUERIES))


def _entry(at: float, process: int, thread: int, level: str, message: str) -> str:
    ticks = BASE + int(at * TICKS)
    stamp = f"{moment_of(ticks):%Y-%m-%d %H:%M:%S}.{ticks % TICKS // 1000:04d}"
    return f"{stamp}  {process:>5}  {thread:>5} {level}  {message}\n"
