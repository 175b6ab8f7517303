"""Which double runs left anything in a bundle, by hand-made truths."""

from __future__ import annotations

from typing import Any

import pytest

from .remains import traced
from .traces import Line, Trace

TASK = "ServerTasks-1"
MACHINE = "MachineName: {}, HostProcessName: Octopus.Server"


def run(number: int, node: str, lines: int = 0, server: int = 0, turn: int = 1) -> dict[str, Any]:
    trace = {"lines": lines, "server_lines": server}
    return {"number": number, "node": node, "turn": turn, "started_true": f"2023-09-18T07:0{number}", "trace": trace}


def truth(*runs: dict[str, Any], server_logs: bool = False, states: str = "none", **more: Any) -> dict[str, Any]:
    evidence = {"server_logs": server_logs, "states": states}
    task = {"executions": list(runs), "overlaps": [[1, 2]], "ran_twice": True}
    nodes = [{"name": name, "machine": more.get("machine", name)} for name in ("EAST", "WEST")]
    held = [[TASK, node] for node in more.get("held", ())]
    views = {TASK: more["view"]} if "view" in more else {}
    tasks = {TASK: task}
    if "other" in more:
        tasks["ServerTasks-2"] = {"executions": [run(1, more["other"], 3)], "overlaps": [], "ran_twice": False}
    return {"tasks": tasks, "race": {"evidence": evidence}, "nodes": nodes, "held": held, "views": views}


def left(fact: dict[str, Any], *authors: int, message: str = "", last: str = "INF") -> bool:
    """Whether the task left a trace of two executions, with one raw line of each of these."""
    runs = {one["number"]: Trace(one, "Deploy") for one in fact["tasks"][TASK]["executions"]}
    for number in authors:
        category = last if number == authors[-1] else "INF"
        runs[number].lines.append(Line("log", 1, "", category, 0, message))
    return traced(fact, {TASK: runs}) == {TASK}


EAST, WEST = run(1, "EAST", 3), run(2, "WEST")


@pytest.mark.parametrize(("authors", "expected"), [((1, 2), True), ((1,), False)])
def test_a_line_of_each_in_the_raw_log(authors: tuple[int, ...], expected: bool) -> None:
    assert left(truth(EAST, WEST), *authors) is expected


def test_a_second_finish_of_the_root_is_in_healthy_logs_too() -> None:
    assert not left(truth(EAST, WEST), 1, 2, last="FIN")
    assert left(truth(EAST, WEST), 1, 2, last="FAT")


def test_what_a_server_log_says() -> None:
    assert left(truth(EAST, run(2, "WEST", server=1), server_logs=True), 1)
    assert left(truth(EAST, WEST, server_logs=True, held=("WEST",)), 1)
    assert not left(truth(EAST, WEST, server_logs=True, held=("EAST",)), 1)
    assert not left(truth(EAST, WEST, held=("WEST",)), 1), "its server log is not in the bundle"


@pytest.mark.parametrize(
    ("second", "lines", "expected"),
    [
        pytest.param([[2, "INF", "Looking", ""]], 1, True, id="a printed line"),
        pytest.param([[2, "FIN", "Finished", ""]], 1, False, id="a line that no view prints"),
        pytest.param([], 1, True, id="a line in a step"),
        pytest.param([], 0, False, id="nothing"),
    ],
)
def test_what_a_view_prints(second: list[list[Any]], lines: int, expected: bool) -> None:
    view = [[1, "INF", "Deploy", ""], [1, "INF", "Looking", ""], *second]
    assert left(truth(EAST, run(2, "WEST", lines), view=view)) is expected


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        pytest.param(truth(EAST, WEST, other="EAST", states="csv"), True, id="the log names the other node"),
        pytest.param(truth(EAST, WEST, states="csv"), False, id="a name that nobody knows as a node's"),
        pytest.param(truth(EAST, WEST, other="EAST", states="csv", machine="pod-7"), False, id="a container"),
        pytest.param(truth(EAST, WEST), False, id="no row"),
        pytest.param(truth(run(1, "WEST"), run(2, "EAST", 3), states="csv"), False, id="the row names the one that is"),
    ],
)
def test_an_owner_that_the_log_does_not_name(fact: dict[str, Any], expected: bool) -> None:
    author = next(one["number"] for one in fact["tasks"][TASK]["executions"] if one["trace"]["lines"])
    assert left(fact, author, message=MACHINE.format("EAST")) is expected


def test_a_re_run_is_no_trace_of_a_double_run() -> None:
    """The third is one of its own turn; the double run's second left nothing."""
    assert not left(truth(EAST, WEST, run(3, "WEST", 3, turn=2)), 1, 3)
