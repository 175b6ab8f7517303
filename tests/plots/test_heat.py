from __future__ import annotations

import pytest

from analyzer import plots
from analyzer.errors import UsageError
from analyzer.plots.style import HEAT
from tests.plots.drawn import rectangles, texts
from tests.report.cases import DAWN, case, execution, finding

HOUR = 3600


def cells(figure):
    """How many cells of each strength."""
    return [len(rectangles(figure, colour)) for colour in HEAT]


def test_findings_are_counted_by_node_and_time():
    runs = [
        execution(1, 1, "OCTO-A", 0, 60),
        execution(1, 2, "OCTO-B", 20, 90),
        execution(2, 1, "OCTO-A", 24 * HOUR, None),
    ]
    found = [finding("OCT101", 1), finding("OCT201", 1, nodes=()), finding("OCT201", 2, nodes=())]
    figure = plots.heat_map(case(executions=runs), found)
    said = texts(figure)
    assert "Findings by node; a cell is an hour" in said
    assert {"OCTO-A", "OCTO-B"} <= set(said)
    assert cells(figure) == [1, 0, 0, 0, 2]


def test_without_execution_the_first_dated_line_tells_the_time():
    events = [{"customer": "", "source": "TaskLogs/a.txt", "line": 9, "time": DAWN}]
    figure = plots.heat_map(case(events=events), [finding("OCT201", nodes=())])
    assert "node not known" in texts(figure)
    assert "Findings by node; a cell is a minute" in texts(figure)


def test_findings_without_time_cannot_be_placed():
    with pytest.raises(UsageError, match="none of these findings has a time"):
        plots.heat_map(case(), [finding("OCT201", 1)])


def test_many_nodes_and_years_stay_readable():
    runs = [execution(task, 1, f"OCTO-{task:02}", task * 90 * 24 * HOUR, None) for task in range(1, 60)]
    found = [finding("OCT201", task, nodes=()) for task in range(1, 60)]
    figure = plots.heat_map(case(executions=runs), found)
    assert "Not drawn: 39 more nodes." in texts(figure)
    assert "Findings by node; a cell is 20 weeks" in texts(figure)
    assert len(plots.render(figure, "svg")) < 60_000


def test_the_same_findings_give_the_same_bytes():
    runs = case(executions=[execution(1, 1, "OCTO-A", 0, 60)])
    svgs = {plots.render(plots.heat_map(runs, [finding("OCT201", 1)]), "svg") for _ in range(2)}
    assert len(svgs) == 1
