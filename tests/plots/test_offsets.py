from __future__ import annotations

import json

import pytest

from analyzer import plots
from analyzer.errors import UsageError
from analyzer.plots.style import INK, SHADE
from tests.plots.drawn import rectangles, texts


def pair(low, high, least=-10, most=8, **more):
    """A row of PAIRS; seconds."""
    ticks = [None if edge is None else edge * 10**7 for edge in (low, high)]
    argument = {
        "kind": "clock bounds",
        "first": {"clock": "octo-a"},
        "second": {"clock": "octo-b"},
        "offset": ticks,
        "overlap_between": [least * 10**7, most * 10**7],
    }
    return {"task": "ServerTasks-7", "nodes": ["OCTO-A", "OCTO-B"], "argument": json.dumps(argument | more)}


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-4, 5, "Under every admitted offset they overlap; to change that they would have to differ by 3.0 s more."),
        (8, 20, "Under no admitted offset they overlap."),
        (-40, -10, "Under no admitted offset they overlap."),
        (0, 20, "Under some admitted offsets they overlap, under others not."),
        (None, 5, "The case does not bound it on both sides."),
    ],
)
def test_it_says_what_the_bounds_mean(low, high, said):
    assert said in texts(plots.offsets(pair(low, high)))


def test_the_zone_of_overlap_lies_between_the_thresholds():
    figure = plots.offsets(pair(-4, 5))
    assert {(one.get_x(), one.get_width()) for one in rectangles(figure, SHADE)} == {(-10, 18)}
    assert {"OCTO-A first", "both at work", "OCTO-B first"} <= set(texts(figure))
    assert "How far the clock of OCTO-B may be ahead of that of OCTO-A" in texts(figure)


def test_the_admitted_band_is_drawn_and_open_where_it_is_open():
    (band,) = [line for line in plots.offsets(pair(-4, 5)).axes[0].lines if line.get_linewidth() == 5]
    assert list(band.get_xdata()) == [-4, 5]
    assert band.get_color() == INK
    axes = plots.offsets(pair(-4, None)).axes[0]
    assert [line.get_marker() for line in axes.lines if len(line.get_xdata()) == 1] == ["|", ">"]
    assert "the case admits \u22124.0 s to any" in texts(plots.offsets(pair(-4, None)))


def test_bounds_that_are_only_likely_are_said_to_be():
    assert "the case admits \u22124.0 s to +5.0 s, on an assumption" in texts(
        plots.offsets(pair(-4, 5) | {"relation": "possible"})
    )


@pytest.mark.parametrize("more", [{"kind": "root order"}, {"second": {"clock": "octo-a"}}])
def test_a_proof_without_two_clocks_has_no_strip(more):
    with pytest.raises(UsageError, match="not known from two clocks"):
        plots.offsets(pair(-4, 5, **more))


def test_the_same_pair_gives_the_same_bytes():
    assert plots.render(plots.offsets(pair(-4, 5)), "svg") == plots.render(plots.offsets(pair(-4, 5)), "svg")
