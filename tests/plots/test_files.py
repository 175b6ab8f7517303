from __future__ import annotations

import doctest
import warnings
from xml.etree import ElementTree

import matplotlib as mpl

from analyzer import plots
from analyzer.plots import style
from tests.report.cases import case, execution

TASK = "ServerTasks-7"


def figure(node="OCTO-A"):
    return plots.swimlane(case(executions=[execution(7, 1, node, 0, 60)]), TASK)


def test_svg_keeps_text_as_text_and_says_nothing_of_when_it_was_made():
    svg = plots.render(figure(), "svg").decode()
    assert ">OCTO-A</text>" in svg
    assert "<dc:date>" not in svg
    ElementTree.fromstring(svg)


def test_the_reader_s_own_settings_change_nothing_and_are_not_changed():
    plain = plots.render(figure(), "svg")
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "black", "lines.linewidth": 9, "timezone": "Asia/Tokyo"}):
        before = dict(mpl.rcParams)
        assert plots.render(figure(), "svg") == plain
        assert dict(mpl.rcParams) == before


def test_scripts_that_the_font_lacks_are_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "\u8282\u70b9" in plots.render(figure("\u8282\u70b9"), "svg").decode()
        plots.render(figure("\u8282\u70b9"), "png")


def test_the_docs_of_the_style_are_true():
    assert doctest.testmod(style).failed == 0


def test_colours_can_be_told_apart_from_what_they_stand_on():
    def light(colour):
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one, other):
        low, high = sorted((light(one), light(other)))
        return (high + 0.05) / (low + 0.05)

    for fill in (*style.NODES, style.FAILED, style.UNKNOWN):
        assert contrast(fill, style.ON_BAR) >= 4.5
    for text in (style.INK, style.MUTED):
        assert contrast(text, style.CARD) >= 4.5
    assert contrast(style.ON_SHADE, style.SHADE) >= 4.5
    assert all(contrast(style.ON_LOW, fill) >= 4.5 for fill in style.HEAT[:3])
    assert all(contrast(style.ON_HIGH, fill) >= 4.5 for fill in style.HEAT[3:])
