from __future__ import annotations

import pytest

from analyzer import plots
from analyzer.errors import UsageError
from analyzer.plots.happenings import happenings
from analyzer.plots.style import SHADE
from tests.plots.drawn import rectangles, texts
from tests.report.cases import DAWN, case, execution, source

SERVER_LOG = "OCTO-A/Logs/OctopusServer.txt"
RUNS = [execution(1, 1, "OCTO-A", 0, 60), execution(1, 2, "octo-b", 20, 90), execution(2, 1, "OCTO-B", 100, 130)]
DOUBLE = {"customer": "", "task": "ServerTasks-1", "log": "X", "first": 1, "second": 2, "relation": "concurrent"}


def start(line: int, seconds: int, version: str, **more):
    """A start-up line of OCTO-A's Server log."""
    from datetime import timedelta

    row = {
        "customer": "",
        "source": SERVER_LOG,
        "line": line,
        "node": "OCTO-A",
        "time": DAWN + timedelta(seconds=seconds),
        "message": f'Octopus.Server version "{version}"',
    }
    return row | more


def known(*events, runs=RUNS, pairs=(DOUBLE,)):
    rows = [source(SERVER_LOG, format="server-log", node="OCTO-A")]
    return case(rows, executions=runs, pairs=pairs, events=events)


def test_every_node_has_a_row_whatever_its_case():
    said = texts(plots.timeline(known()))
    assert "OCTO-A" in said
    assert [text for text in said if text.casefold() == "octo-b"] == ["octo-b"]
    assert "1 execution, 1 in double runs, shown or possible" in said
    assert "2 executions, 1 in double runs, shown or possible" in said


def test_a_single_moment_is_a_picture_too():
    runs = [execution(1, 1, "OCTO-A", 0, 0)]
    plots.render(plots.timeline(known(runs=runs, pairs=())), "svg")
    plots.render(plots.swimlane(known(runs=runs, pairs=()), "ServerTasks-1"), "svg")


def test_double_runs_are_shaded():
    assert len(rectangles(plots.timeline(known()), SHADE)) == 2
    assert not rectangles(plots.timeline(known(pairs=())), SHADE)


def test_upgrades_and_restarts_are_told():
    figure = plots.timeline(known(start(1, 0, "2023.2.1"), start(5, 40, "2023.2.1"), start(9, 70, "2023.3.12936")))
    said = texts(figure)
    assert "start 2023.2.1" in said
    assert "start with 2023.3.12936" in said
    assert any(text.endswith("2023.2.1 to 2023.3.12936") for text in said)


def test_a_start_of_unknown_zone_is_not_drawn_but_counted():
    figure = plots.timeline(known(start(1, 0, "2023.2.1", time=None, wall=1_695_000_000_000_000)))
    assert any(text.startswith("Not drawn: 1 starts of nodes") for text in texts(figure))


def test_the_zone_of_a_server_log_shows_in_what_only_it_tells():
    hours = 5 * 3600 * 1_000_000
    begun = round(DAWN.timestamp() * 1_000_000)
    alone = execution(3, 1, "OCTO-A", 0, 60, lines=0, source=SERVER_LOG, first_line=2)
    events = [
        start(1, 0, "2023.2.1", time=None, wall=begun - hours - 1_000_000),
        start(2, 0, "", time=None, wall=begun - hours + 50, message="working"),
    ]
    (node,) = happenings(known(*events, runs=[alone], pairs=())).nodes
    assert [one.time - begun for one in node.starts] == [-1_000_000]


def test_executions_without_time_are_counted_not_drawn():
    runs = [*RUNS, execution(9, 1, "OCTO-A", 0, 1, started=None)]
    assert "Not drawn: 1 executions whose log gives no time in UTC." in texts(plots.timeline(known(runs=runs)))
    with pytest.raises(UsageError, match="no execution in this case has a time"):
        plots.timeline(known(runs=runs[3:]))


def test_a_crowd_is_drawn_as_its_height():
    runs = [execution(task, 1, "OCTO-A", 10 * task, 10 * task + 200) for task in range(1, 1000)]
    figure = plots.timeline(known(runs=runs))
    assert "up to 20 at once" in texts(figure)
    assert len(plots.render(figure, "svg")) < 60_000


def test_one_customer_is_drawn_without_the_others():
    runs = [*RUNS, execution(1, 1, "OTHER", 0, 60, customer="contoso")]
    sources = [source("a.txt"), source("a.txt", "contoso")]
    said = texts(plots.timeline(case(sources, executions=runs), customer="contoso"))
    assert "contoso: tasks by node" in said
    assert "OTHER" in said
    assert "OCTO-A" not in said


def test_the_same_case_gives_the_same_bytes():
    one = known(start(1, 0, "2023.2.1"))
    assert plots.render(plots.timeline(one), "svg") == plots.render(plots.timeline(one), "svg")
