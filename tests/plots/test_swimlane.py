from __future__ import annotations

import json
import re

import pytest

from analyzer import pipeline, plots
from analyzer.errors import UsageError
from analyzer.plots.style import FAILED, NODES, SHADE
from tests.plots.drawn import rectangles, seconds, texts
from tests.report.cases import case, execution
from tests.report.small import DOWNLOAD, ONCE, PAUSED, TWICE, again, bundle, raw

TASK = "ServerTasks-7"
LOG = "shared/TaskLogs/servertasks-7_log7.txt"
LANES = [execution(7, 1, "OCTO-A", 0, 60), execution(7, 2, "OCTO-B", 20, 90)]


def read(folder, script, **options):
    return pipeline.read(bundle(folder, {LOG: raw(script)}), **options)


def pair(relation, argument=None, **more):
    row = {"customer": "", "task": TASK, "log": "X", "first": 1, "second": 2, "relation": relation, "evidence": []}
    return row | {"argument": json.dumps(argument or {})} | more


def clock_argument(low, high, first=1, second=2):
    """An argument by clocks; offsets in seconds."""
    ends = {
        side: {"clock": clock, "to": {"execution": number}}
        for side, clock, number in (("first", "octo-a", first), ("second", "octo-b", second))
    }
    return {"kind": "clock bounds", "offset": [low * 10**7, high * 10**7], **ends}


def test_a_double_run_has_two_lanes_their_steps_and_the_overlap(tmp_path):
    figure = plots.swimlane(read(tmp_path, TWICE), TASK)
    said = texts(figure)
    assert {"OCTO-A", "OCTO-B", TASK} <= set(said)
    assert "Step 1: Copy files" in said
    assert "\u2715 Step 1: Copy files" in said, "the step that failed is marked"
    (told,) = [text for text in said if "both at work" in text]
    assert told.startswith("executions 1 and 2 both at work: ")
    assert rectangles(figure, SHADE)
    assert len(rectangles(figure, FAILED)) == 1


def test_the_shade_is_the_time_that_both_were_at_work():
    figure = plots.swimlane(case(executions=LANES, pairs=[pair("concurrent")]), TASK)
    assert {round(seconds(one), 3) for one in rectangles(figure, SHADE)} == {40}
    assert "executions 1 and 2 both at work: 40.0 s" in texts(figure)


@pytest.mark.parametrize(
    ("relation", "words"), [("possible", "perhaps both at work"), ("sequential", ""), ("unknown", "")]
)
def test_only_what_is_proved_is_said_to_be_so(relation, words):
    figure = plots.swimlane(case(executions=LANES, pairs=[pair(relation)]), TASK)
    assert [text for text in texts(figure) if "at work" in text] == (
        [f"executions 1 and 2 {words}: 40.0 s"] if words else []
    )


def test_clocks_that_are_far_apart_do_not_hide_what_is_proved(tmp_path):
    late = re.sub(r"@(\d+)( +uno)", lambda match: f"@{int(match[1]) + 1800}{match[2]}", TWICE)
    late = late.replace("@4  .", "@1804  .").replace("@20 .", "@1820 .").replace("@21 .", "@1821 .")
    read_case = read(tmp_path, late)
    assert read_case.pairs["relation"].to_pylist() == ["concurrent"]
    figure = plots.swimlane(read_case, TASK)
    assert not rectangles(figure, SHADE)
    assert "executions 1 and 2 at the same time: only their nodes' clocks are apart" in texts(figure)


@pytest.mark.parametrize(("relation", "shaded"), [("sequential", False), ("unknown", True)])
def test_work_that_was_done_twice_is_not_said_to_overlap(relation, shaded):
    figure = plots.swimlane(case(executions=LANES, pairs=[pair(relation, work="same work")]), TASK)
    assert bool(rectangles(figure, SHADE)) is shaded
    assert not [text for text in texts(figure) if "at the same time" in text or "2 both" in text]
    apart = [execution(7, 1, "OCTO-A", 0, 60), execution(7, 2, "OCTO-B", 100, 190)]
    figure = plots.swimlane(case(executions=apart, pairs=[pair(relation, work="same work")]), TASK)
    assert not [text for text in texts(figure) if "same time" in text or "at work" in text]


def test_the_order_of_the_lines_stands_below_with_the_lines_that_prove_it(tmp_path):
    read_case = read(tmp_path, TWICE)
    figure = plots.swimlane(read_case, TASK)
    order = figure.axes[1]
    cited = {place["line"] for row in read_case.pairs.to_pylist() for place in row["evidence"]}
    marked = {float(line.get_xdata()[0]) for line in order.lines if line.get_marker() == "D"}
    assert cited
    assert marked == cited
    assert any("servertasks-7_log7.txt: one file has one order" in text for text in texts(figure))


def test_a_download_is_a_tree_and_has_no_order_of_writing(tmp_path):
    figure = plots.swimlane(pipeline.read(bundle(tmp_path, {"ServerTasks-7.log.txt": DOWNLOAD})), TASK)
    assert len(figure.axes) == 1
    assert figure.axes[0].get_xlabel() == "time of day in the log, which names no zone"


def test_a_download_over_midnight_goes_on(tmp_path):
    figure = plots.swimlane(pipeline.read(bundle(tmp_path, {"ServerTasks-7.log.txt": DOWNLOAD})), TASK)
    left, right = figure.axes[0].get_xlim()
    assert (right - left) * 86400 < 60


def test_whiskers_are_as_wide_as_the_clocks_are_uncertain():
    figure = plots.swimlane(case(executions=LANES, pairs=[pair("concurrent", clock_argument(-3, 5))]), TASK)
    lines = [line for line in figure.axes[0].lines if line.get_linewidth() == 1 and len(line.get_xdata()) == 2]
    widths = [round((line.get_xdata()[1] - line.get_xdata()[0]) * 86400, 3) for line in lines]
    assert widths == [8, 8]
    begin = figure.axes[0].lines[0].get_xdata()[0]
    assert round((lines[0].get_xdata()[0] - begin) * 86400, 3) == 20 - 5, "a clock that is ahead began earlier"
    assert "began here by the clock of OCTO-A" in texts(figure)


def test_an_argument_may_name_the_executions_the_other_way_round():
    def first_whisker(argument):
        figure = plots.swimlane(case(executions=LANES, pairs=[pair("concurrent", argument)]), TASK)
        lines = [line for line in figure.axes[0].lines if line.get_linewidth() == 1 and len(line.get_xdata()) == 2]
        return list(lines[0].get_xdata())

    assert first_whisker(clock_argument(-3, 5)) == first_whisker(clock_argument(-5, 3, first=2, second=1))


def test_steps_at_the_same_time_stand_below_one_another(tmp_path):
    script = """
    @0  .    INF  Deploy
    @1  one  PLN  Step 1: Left
    @1  two  PLN  Step 2: Right
    @2  one  INF  left
    @3  two  INF  right
    @50 one  FIN  Finished
    @60 two  FIN  Finished
    @61 .    FIN  Finished
    """
    figure = plots.swimlane(read(tmp_path, script), TASK)
    tops = {text.get_text(): text.get_position()[1] for text in figure.axes[0].texts if "Step" in text.get_text()}
    assert tops["Step 1: Left"] < tops["Step 2: Right"]


def test_planned_and_skipped_steps_are_no_work(tmp_path):
    script = """
    @0  .    INF  Deploy
    @1  one  PLN  Step 1: Done
    @1  two  PLN  Step 2: Skipped
    @30 one  INF  working
    @50 one  FIN  Finished
    @51 two  ABN  Abandoned
    @52 .    FIN  Finished
    """
    figure = plots.swimlane(read(tmp_path, script), TASK)
    (bar,) = [one for colour in NODES for one in rectangles(figure, colour)] or rectangles(figure, "#6b747e")
    assert seconds(bar) == pytest.approx(20, abs=0.01)


def test_a_pause_and_its_resume_are_two_lanes_without_overlap(tmp_path):
    figure = plots.swimlane(read(tmp_path, PAUSED), TASK)
    assert {"OCTO-A", "OCTO-B"} <= set(texts(figure))
    assert not rectangles(figure, SHADE)


def test_names_that_the_caller_knows_better_are_used(tmp_path):
    one = read(tmp_path, ONCE)
    step = next(row["activity"] for row in one.events.to_pylist() if row["kind"] == "planned")
    figure = plots.swimlane(one, TASK, names={("LOG7", step): "Known better"})
    assert any(text.startswith("Known") for text in texts(figure))


def test_hostile_names_are_drawn_as_text(tmp_path):
    script = TWICE.replace("Copy files", "$\\frac{1}{$ <b> \u202e evil")
    svg = plots.render(plots.swimlane(read(tmp_path, script), TASK), "svg").decode()
    assert "\u202e" not in svg
    assert "<b>" not in svg
    assert "$\\frac" in svg


def test_an_unknown_task_is_said_to_be_unknown():
    with pytest.raises(UsageError, match="no execution of ServerTasks-99"):
        plots.swimlane(case(executions=LANES), "ServerTasks-99")


def test_customers_with_one_task_number_are_kept_apart():
    runs = [*LANES, execution(7, 1, "OTHER", 0, 60, customer="contoso")]
    said = texts(plots.swimlane(case(executions=runs), TASK, customer="contoso"))
    assert "contoso ServerTasks-7" in said
    assert "OCTO-A" not in said


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_the_same_case_gives_the_same_bytes(kind, tmp_path):
    one = read(tmp_path, TWICE + again(200))
    assert plots.render(plots.swimlane(one, TASK), kind) == plots.render(plots.swimlane(one, TASK), kind)
