"""Which differences between two clocks a case admits, and for which of them two executions are one after the other.

                            both at work
    OCTO-B first  |##########################|  OCTO-A first
    --------------|--------[=====]-----------|----------------  seconds that OCTO-B's clock is ahead
                            admitted by the case

An execution of each node, each timed by its own clock, overlap for every offset between the two thresholds. If all that
the case admits lies between them, no clock error explains the overlap away; the distance to the nearer threshold is the
margin of the proof.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analyzer.clocks import SECOND
from analyzer.errors import UsageError
from analyzer.plots.files import sheet
from analyzer.plots.style import (
    INK,
    MUTED,
    ON_SHADE,
    SHADE,
    SMALL,
    TEXT,
    heading,
    panel,
    points,
    shown,
    span,
    styled,
    width_of,
)

TITLE, BAND, BODY, AXIS = 30.0, 16.0, 52.0, 27.0


def offsets(pair: Mapping[str, Any]) -> Figure:
    """The strip of a row of PAIRS. Raises UsageError where its proof is not one of clocks."""
    argument = json.loads(pair["argument"] or "{}")
    if argument.get("kind") != "clock bounds" or argument["first"]["clock"] == argument["second"]["clock"]:
        raise UsageError(f"how the executions of {pair['task']} relate is not known from two clocks")
    with styled():
        return _draw(argument, [str(node) for node in pair["nodes"]], assumed=pair.get("relation") == "possible")


def _draw(argument: Mapping[str, Any], nodes: list[str], *, assumed: bool) -> Figure:
    spelled = {node.casefold(): node for node in nodes}
    first, second = (
        shown(spelled.get(argument[side]["clock"], argument[side]["clock"]), 40) for side in ("first", "second")
    )
    least, most = (edge / SECOND for edge in argument["overlap_between"])
    low, high = (None if edge is None else edge / SECOND for edge in argument["offset"])
    figure = sheet(TITLE + BODY + AXIS)
    heading(figure, 12, f"How far the clock of {second} may be ahead of that of {first}", bold=True)
    heading(figure, 23, _said(low, high, least, most), size=SMALL, muted=True)
    axes = panel(figure, TITLE, BODY)
    axes.set_xlim(*_limits(low, high, least, most))
    axes.set_xlabel("seconds; negative: behind", labelpad=1)
    _zones(axes, least, most, first, second)
    _admitted(axes, low, high, assumed=assumed)
    return figure


def _said(low: float | None, high: float | None, least: float, most: float) -> str:
    """The margin, in words."""
    if low is None or high is None:
        return "The case does not bound it on both sides."
    if least < low and high < most:
        margin = span(min(low - least, most - high))
        return f"Under every admitted offset they overlap; to change that they would have to differ by {margin} more."
    if low >= most or high <= least:
        return "Under no admitted offset they overlap."
    return "Under some admitted offsets they overlap, under others not."


def _limits(low: float | None, high: float | None, least: float, most: float) -> tuple[float, float]:
    edges = [least, most, *(edge for edge in (low, high) if edge is not None)]
    room = max((max(edges) - min(edges)) * 0.3, 1.0)
    return min(edges) - room, max(edges) + room


def _zones(axes: Axes, least: float, most: float, first: str, second: str) -> None:
    left, right = axes.get_xlim()
    axes.add_patch(Rectangle((least, 0), most - least, BAND, facecolor=SHADE, linewidth=0, zorder=1))
    axes.add_patch(
        Rectangle((least, BAND), most - least, BODY - BAND, facecolor=SHADE, alpha=0.2, linewidth=0, zorder=1)
    )
    for edge in (least, most):
        axes.axvline(edge, color=INK, linewidth=0.8, linestyle=(0, (3, 2)), zorder=2)
    for start, end, words, color in (
        (left, least, f"{second} first", MUTED),
        (least, most, "both at work", ON_SHADE),
        (most, right, f"{first} first", MUTED),
    ):
        room = (end - start) * points(axes) - 4
        if width_of(words, SMALL) > room:
            words = words.removesuffix(" first") if width_of(words.removesuffix(" first"), SMALL) <= room else ""
        axes.text((start + end) / 2, BAND / 2, words, size=SMALL, color=color, ha="center", va="center", zorder=3)


def _admitted(axes: Axes, low: float | None, high: float | None, *, assumed: bool) -> None:
    """What the case admits; an arrow where it has no bound. A possible overlap rests on bounds that are only likely."""
    left, right = axes.get_xlim()
    start, end = (left if low is None else low), (right if high is None else high)
    middle = BAND + 13
    axes.plot([start, end], [middle, middle], color=INK, linewidth=5, solid_capstyle="butt", zorder=4)
    for edge, bound, arrow in ((start, low, "<"), (end, high, ">")):
        axes.plot([edge], [middle], marker="|" if bound is not None else arrow, markersize=11, color=INK, zorder=5)
    words = f"the case admits {_seconds(low)} to {_seconds(high)}{', on an assumption' if assumed else ''}"
    half = width_of(words, TEXT) / points(axes) / 2
    at = min(max((start + end) / 2, left + half), right - half)
    axes.text(at, middle + 14, words, size=TEXT, weight="bold", ha="center", va="center", zorder=5)


def _seconds(edge: float | None) -> str:
    return "any" if edge is None else f"{edge:+.1f} s".replace("-", "\u2212")
