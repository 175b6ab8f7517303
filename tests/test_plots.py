from __future__ import annotations

import io

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analyzer import plots
from analyzer.errors import UsageError
from tests.report.cases import case, execution

TWICE = [execution(7, 1, "OCTO-A", 0, 60), execution(7, 2, "OCTO-B", 20, 90)]
OTHER = [execution(8, 1, "OCTO-A", 0, 60), execution(7, 1, "OCTO-A", 0, 60, customer="contoso")]


def pair(relation):
    return {"customer": "", "task": "ServerTasks-7", "log": "X", "first": 1, "second": 2, "relation": relation}


def drawn(runs=TWICE, pairs=(), task="ServerTasks-7", **more) -> Figure:
    return plots.executions(case(executions=[*runs, *OTHER], pairs=pairs), task, **more)


def bars(figure: Figure) -> list[Rectangle]:
    return [bar for container in figure.axes[0].containers for bar in container]


def shades(figure: Figure) -> list[Rectangle]:
    of_bars = bars(figure)
    return [patch for patch in figure.axes[0].patches if patch not in of_bars]


def test_one_bar_for_each_execution_of_this_task_and_customer():
    figure = drawn()
    assert [bar.get_width() * 86400 for bar in bars(figure)] == pytest.approx([60, 70], abs=0.01)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["OCTO-A\nexecution 1", "OCTO-B\nexecution 2"]
    assert len(bars(drawn(customer="contoso"))) == 1


@pytest.mark.parametrize(("relation", "shaded"), [("concurrent", 1), ("possible", 1), ("sequential", 0)])
def test_shared_time_is_shaded_where_the_case_says_that_it_was_shared(relation, shaded):
    assert len(shades(drawn(pairs=[pair(relation)]))) == shaded


def test_the_shade_is_the_time_that_both_were_at_work():
    (shade,) = shades(drawn(pairs=[pair("concurrent")]))
    assert shade.get_width() * 86400 == pytest.approx(40, abs=0.01)


def test_without_times_the_lines_of_the_log_are_the_axis():
    runs = [execution(7, 1, None, 0, 60, started=None, first_line=1, last_line=50)]
    figure = drawn(runs)
    assert figure.axes[0].get_xlabel() == "line in the task log"
    assert [bar.get_width() for bar in bars(figure)] == [50]
    assert figure.axes[0].get_yticklabels()[0].get_text().startswith("node not known")


def test_an_execution_that_never_ended_is_hatched():
    assert bars(drawn([execution(7, 1, "OCTO-A", 0, None)]))[0].get_hatch() == "//"


def test_an_unknown_task_is_said_to_be_unknown():
    with pytest.raises(UsageError, match="no execution of ServerTasks-99"):
        drawn(task="ServerTasks-99")


def test_the_same_case_gives_the_same_picture():
    def image() -> bytes:
        out = io.BytesIO()
        drawn(pairs=[pair("concurrent")]).savefig(out, format="png", metadata={"Software": None})
        return out.getvalue()

    assert image() == image()
