"""Two nodes' server logs that show one task twice, where the task's own log names no node."""

from __future__ import annotations

import pytest

from analyzer.executions.ties import Tie, served, zones
from tests.detectors.bundle import TITLE, Answer, Bundle, task

GUIDS = {
    "first": "5b1f0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3b",
    "second": "77aa0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3b",
    "third": "90cc0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3b",
}
AHEAD = 30.0
"""By how much WEST's clock is ahead of EAST's and the database's."""


@pytest.fixture
def bundle(tmp_path):
    return Bundle(tmp_path)


def run(begin: float, step: str) -> str:
    """One execution of twenty seconds."""
    return f"""
        .    INF {begin}        {TITLE}
        {step}    PLN {begin + 0.1}  Step 1: Stop the site
        {step}/a  INF {begin + 1}    web-01
        {step}/a  FIN {begin + 19}
        {step}    FIN {begin + 19.5}
        .    INF {begin + 20}   The deployment completed successfully.
        .    FIN {begin + 20}
    """


def tied(number: int, guid: str, *times: float) -> str:
    """Lines of a node's server log that tie an execution to it."""
    name = f"DeploymentTaskController|ServerTasks-{number}-{guid}|T81"
    return "\n".join(f"{time} INFO '{name}'" for time in times)


def once(bundle: Bundle, number: int, begin: float, ahead: float) -> tuple[str, dict[str, object]]:
    """A task that ran once: its log, the line of its node's server log, and its row."""
    bundle.raw(run(begin + ahead, "s"), task=number)
    row = task(number, queued=str(begin - 1), started=str(begin - 0.5), completed=str(begin + 20.5))
    return tied(number, f"{number:08}" + GUIDS["first"][8:], begin + ahead + 5), row


def case(
    bundle: Bundle, second: float, *, copied: bool = False, guids: tuple[str, str] = ("first", "second")
) -> Answer:
    """Task 7 ran at 600 s on EAST and `second` seconds later, in true time, on WEST."""
    bundle.raw(run(600, "1"), segment="one")
    bundle.raw(run(600 + second + AHEAD, "2"), segment="two")
    east, west = ([once(bundle, number, 40.0 * number, ahead) for number in numbers]
                  for numbers, ahead in (((8, 10), 0.0), ((9, 11), AHEAD)))  # fmt: skip
    bundle.api(*(row for _, row in (*east, *west)))
    logs = {
        "EAST": [line for line, _ in east] + [tied(7, GUIDS[guids[0]], 602, 618)],
        "WEST": [line for line, _ in west] + [tied(7, GUIDS[guids[1]], 602 + second + AHEAD, 618 + second + AHEAD)],
    }
    if copied:
        logs["WEST"] = [*logs["WEST"][:-1], tied(7, GUIDS["first"], 602, 618)]
    for node, lines in logs.items():
        bundle.server(node, "\n".join(lines), zone="+00:00")
    return bundle.audit()


def test_two_server_logs_prove_an_overlap_whichever_run_is_whose(bundle):
    finding = case(bundle, 8.0).one("OCT101")
    assert (finding.verdict, finding.nodes) == ("proved", ("EAST", "WEST"))
    assert "which run of the task log is whose may be the other way round" in finding.summary


def test_one_after_the_other_by_both_server_logs_is_not_an_overlap(bundle):
    """By the raw times of the logs they overlap; by the bounds of the clocks they do not."""
    assert not case(bundle, -AHEAD + 8.0).of("OCT101")
    assert not case(bundle, 45.0).of("OCT101")


def test_a_server_log_that_was_copied_to_another_node_is_no_second_execution(bundle):
    assert not case(bundle, 8.0, copied=True).of("OCT101")


def test_a_copied_guid_shows_no_execution_and_neither_do_lines_without_one() -> None:
    def tie(node: str, guid: str) -> Tie:
        return Tie("", "ServerTasks-7", node, guid, 0, 10, True, node, 1, 0, node, 2, 9)

    assert not served([tie("EAST", "a"), tie("WEST", "a"), tie("NORTH", "")], {})
    shown = served([tie("EAST", "a"), tie("WEST", "b")], {})[("", "ServerTasks-7")]
    assert [(one.clock, one.places[1].source) for one in shown] == [("east", "EAST"), ("west", "WEST")]


def test_a_task_that_two_nodes_tie_themselves_to_says_nothing_of_their_zones() -> None:
    hour = 36_000_000_000

    def tie(name: str, node: str, at: int) -> Tie:
        return Tie("", name, node, f"{name} {node}", at, at + 10, False, node, 1, 0, node, 2, 9)

    spans = {("", "ServerTasks-7"): [(0, 1000)], ("", "ServerTasks-8"): [(0, 1000)]}
    fair = [tie("ServerTasks-8", "EAST", hour)]
    assert zones(fair, spans) == {("", "east"): hour}
    mixed = [*fair, tie("ServerTasks-7", "EAST", 3 * hour), tie("ServerTasks-7", "WEST", 0)]
    assert zones(mixed, spans) == {("", "east"): hour}


def test_a_node_of_doubtful_tasks_alone_has_the_zone_of_all_the_others_if_that_fits() -> None:
    hour = 36_000_000_000

    def tie(task: int, node: str, zone: int) -> Tie:
        at = 100 + zone * hour
        return Tie("", f"ServerTasks-{task}", node, f"{task} {node}", at, at + 10, False, node, 1, 0, node, 2, 9)

    spans = {("", f"ServerTasks-{task}"): [(0, 1000)] for task in (7, 8, 9)}
    twice = [tie(8, "EAST", 1), tie(7, "EAST", 1), tie(7, "WEST", 1)]
    assert zones(twice, spans)[("", "west")] == hour
    assert ("", "west") not in zones([*twice[:2], tie(7, "WEST", 2)], spans)
    assert ("", "west") not in zones([*twice, tie(9, "NORTH", 2)], spans)


def test_a_node_that_ran_a_task_again_is_the_node_of_both_runs(bundle):
    """Its second guid begins soon behind the first run, and goes on in the second one."""
    bundle.raw(run(600, "1") + run(735, "2"))
    bundle.server("EAST", tied(7, GUIDS["first"], 602, 618) + "\n" + tied(7, GUIDS["second"], 737, 753), zone="+00:00")
    bundle.server("WEST", "600 INFO Here", zone="+00:00")
    answer = bundle.audit()
    assert answer.audit.case.executions["node"].to_pylist() == ["EAST", "EAST"]
    assert not answer.open("OCT102")
