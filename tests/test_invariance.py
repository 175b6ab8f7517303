"""What does not matter must not matter: file order, names of nodes and steps, a clock that is off (issue 3)."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer import pipeline
from tests.test_faults import ROOT, execution, text

NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=3, max_size=12)
CLOCKS = st.floats(-1800, 1800).map(lambda seconds: round(seconds, 3))
OFTEN = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def proved(logs: dict[str, bytes]) -> set[str | None]:
    """Tasks whose overlap is proved, for files by name."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in logs.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        audit = pipeline.audit(pipeline.read(folder))
    return {one.task for one in audit.findings if one.code == "OCT101" and one.verdict == "proved"}


def double(skew: float = 0.0, machines: tuple[str, str] = ("OCTO-A", "OCTO-B")) -> bytes:
    """Two executions in one file, in true order; the second node's clock is off by `skew`."""
    mixed = execution(1, 0.0, machines[0]) + [(at - skew, line) for at, line in execution(2, skew + 4.0, machines[1])]
    return text(sorted(mixed))


def re_run(skew: float = 0.0) -> bytes:
    first = execution(3, 0.0, "OCTO-A")
    return text(first + execution(4, first[-1][0] + 5.0 + skew, "OCTO-B")).replace(b"7001", b"7002")


def named(root: str) -> str:
    return f"TaskLogs/{root.lower()}.txt"


@OFTEN
@given(CLOCKS)
def test_a_clock_that_is_off_by_any_constant(skew: float) -> None:
    logs = {named(ROOT): double(skew), named(ROOT.replace("7001", "7002")): re_run(skew)}
    assert proved(logs) == {"ServerTasks-7001"}


@OFTEN
@given(NAMES, NAMES)
def test_names_of_nodes(a: str, b: str) -> None:
    assert proved({named(ROOT): double(7.0, (a, b))}) == {"ServerTasks-7001"}


@OFTEN
@given(st.lists(NAMES, min_size=6, max_size=6, unique=True), NAMES)
def test_names_of_steps_and_of_the_project(steps: list[str], project: str) -> None:
    data = double(-3.0).decode()
    for number, name in enumerate(steps, 1):
        data = data.replace(f"Step {number}: part {number}", name).replace(f"part {number}", name)
    assert proved({named(ROOT): data.replace("Ledger 7", project).encode()}) == {"ServerTasks-7001"}


@OFTEN
@given(st.integers(0, 2**16))
def test_where_the_files_are_and_what_stands_beside_them(seed: int) -> None:
    rng = random.Random(seed)
    folders = [f"{rng.choice('abcxyz')}{number}" for number in range(3)]
    plain = text(execution(9, 0.0)).replace(b"7001", b"7003")
    logs = [(ROOT, double(60.0)), (ROOT.replace("7001", "7002"), re_run()), (ROOT.replace("7001", "7003"), plain)]
    rng.shuffle(logs)
    assert proved({f"{rng.choice(folders)}/{named(root)}": data for root, data in logs}) == {"ServerTasks-7001"}
