"""A storage that moves, repeats or loses blocks of a log must not turn a re-run into an overlap (formats 1.6)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analyzer import pipeline

START = datetime(2023, 9, 18, 9, tzinfo=UTC)
ROOT = "ServerTasks-7001_QW3RTZUIOP"
BLOCK = 4096

Entry = tuple[float, str]


def execution(seed: int, at: float, machine: str | None = None) -> list[Entry]:
    """Lines of one deployment with their times in seconds: a plan, six steps on two targets each, output."""
    rng = random.Random(seed)
    lines: list[Entry] = []

    def say(path: str, category: str, message: str) -> None:
        nonlocal at
        at += rng.uniform(0.001, 0.4)
        stamp = (START + timedelta(seconds=at)).isoformat(timespec="microseconds").replace("+00:00", "0+00:00")
        lines.append((at, json.dumps([ROOT + path, category, stamp, message, "", 0])))

    def new(path: str) -> str:
        return f"{path}/{rng.getrandbits(128):032x}"

    say("", "INF", "Deploy Ledger 7 to Live")
    steps = [new("") for _ in range(6)]
    for number, step in enumerate(steps, 1):
        say(step, "PLN", f"Step {number}: part {number}")
    for number, step in enumerate(steps, 1):
        for target in ("web-01", "web-02"):
            inside = new(step)
            say(inside, "INF", target)
            if machine:
                say(inside, "VBS", f"Environment Information:\nMachineName: {machine}\nHostProcessName: Octopus.Server")
            for _ in range(rng.randint(4, 14)):
                say(inside, "INF", f"output {rng.random()} of part {number}")
            say(inside, "FIN", "Finished")
        say(step, "FIN", "Finished")
    say("", "INF", "The deployment completed successfully.")
    say("", "FIN", "Finished")
    return lines


def text(lines: list[Entry]) -> bytes:
    return "".join(line + "\n" for _, line in lines).encode()


def pieces(data: bytes) -> list[bytes]:
    return [data[i : i + BLOCK] for i in range(0, len(data), BLOCK)]


def moved(data: bytes, rng: random.Random) -> bytes:
    blocks = pieces(data)
    block = blocks.pop(rng.randrange(len(blocks)))
    blocks.insert(rng.randrange(len(blocks)), block)
    return b"".join(blocks)


def repeated(data: bytes, rng: random.Random) -> bytes:
    blocks = pieces(data)
    blocks.insert(rng.randrange(len(blocks)), rng.choice(blocks))
    return b"".join(blocks)


def emptied(data: bytes, rng: random.Random) -> bytes:
    blocks = pieces(data)
    blocks[rng.randrange(len(blocks))] = bytes(BLOCK)
    return b"".join(blocks)


def lines_moved(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    at = rng.randrange(len(lines) - 20)
    block, rest = lines[at : at + 17], lines[:at] + lines[at + 17 :]
    to = rng.randrange(len(rest))
    return b"".join(rest[:to] + block + rest[to:])


def lines_lost(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    at = rng.randrange(len(lines) - 40)
    return b"".join(lines[:at] + lines[at + rng.randint(5, 40) :])


FAULTS: list[Callable[[bytes, random.Random], bytes]] = [moved, repeated, emptied, lines_moved, lines_lost]


def answer(folder: Path, data: bytes) -> tuple[set[str], bool]:
    """Codes of double runs, and whether the task is at least said to be undecided."""
    (folder / f"{ROOT.lower()}.txt").write_bytes(data)
    audit = pipeline.audit(pipeline.read(folder))
    undecided = any(one.task and one.reason.startswith("undecided") for one in audit.not_judged)
    return {one.code for one in audit.findings} & {"OCT101", "OCT102"}, undecided


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_re_run_is_not_accused(fault: Callable[..., bytes], seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    first = execution(1, 0.0, "OCTO-A")
    skew = rng.choice((0, -200, 300))
    again = execution(2, first[-1][0] + rng.choice((1, 5, 30)) + skew, "OCTO-B")
    accused, _ = answer(tmp_path, fault(text(first + again), rng))
    assert accused == set()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_double_run_is_never_silent(fault: Callable[..., bytes], seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    skew = rng.choice((0, -200, 300))
    mixed = [(at, line) for at, line in execution(1, 0.0)]
    mixed += [(at - skew, line) for at, line in execution(2, skew + rng.choice((0.3, 2, 15)))]
    accused, undecided = answer(tmp_path, fault(text(sorted(mixed)), rng))
    assert accused == {"OCT101"} or undecided


def test_an_undamaged_double_run_is_proved_whatever_the_skew(tmp_path: Path) -> None:
    for skew in (0, -1800, -40, 300, 1800):
        mixed = execution(1, 0.0) + [(at - skew, line) for at, line in execution(2, skew + 5.0)]
        assert answer(tmp_path, text(sorted(mixed))) == ({"OCT101"}, False)
