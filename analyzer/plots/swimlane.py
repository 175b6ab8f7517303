"""The swimlane of a task: one lane per node and execution, steps as bars, and the order in which lines were written.

    OCTO-A   execution 1, 282 lines, 1 min 19 s
    |-------------------------------------------------------------------|
    [ Step 1: Acquire packages ][ Step 2: Stop the site ][ Step 3: ...  ]
    OCTO-B   execution 2, 19 lines, 49.4 s
           |---------------------------------|
           [ Step 3: Deploy     ][ Step 4    ]
           ===================================  executions 1 and 2 both at work: 49.4 s
    the order of the lines in the file, which no node's clock can change
    1  ======  ==   =====  ==
    2        ==  ===     ==

Each lane is on its own node's clock. Where a proof bounds how far two clocks differ, whiskers show where the second
execution may have begun and ended on the first one's clock. Diamonds are the lines that the proof cites.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analyzer.case import Case
from analyzer.errors import UsageError
from analyzer.plots.axis import days, time_axis
from analyzer.plots.files import sheet
from analyzer.plots.lanes import MICROSECOND, Bar, Lane, Names, Shared, Swim, swim
from analyzer.plots.order import order_height, order_panel
from analyzer.plots.style import (
    CARD,
    FAILED,
    INK,
    MUTED,
    ON_BAR,
    ON_SHADE,
    SHADE,
    SMALL,
    TEXT,
    beside,
    colour,
    colours,
    fitting,
    heading,
    panel,
    points,
    shown,
    span,
    styled,
    width_of,
)

TITLE, LABEL, RAIL, BAR, WHISKERS, GAP, SHARED, AXIS = 20.0, 13.0, 9.0, 15.0, 15.0, 8.0, 13.0, 28.0
MOST_ROWS = 8
"""So many steps at once are drawn below one another; more share the last row."""
MOST_SHARED = 8
ROOM = 0.6
"""How far, against the time of the lanes, a whisker may widen the picture before it is cut off with an arrow."""


def swimlane(case: Case, task: str, *, customer: str = "", names: Names | None = None) -> Figure:
    """The swimlane of a task. `names`: (log, step's id) -> its name, where the caller knows better than the first line.

    Raises UsageError where the case knows no execution of the task.
    """
    drawn = swim(case, task, customer, names)
    if not drawn.lanes:
        raise UsageError(f"no execution of {task} in this case whose time is known")
    with styled():
        return _draw(drawn, f"{customer} {task}".strip(), _of_nodes(case, customer))


def _of_nodes(case: Case, customer: str) -> dict[str, str]:
    """The same colour for a node in all pictures of a case."""
    table = case.executions.select(["customer", "node"]).to_pydict()
    return colours(node for whose, node in zip(table["customer"], table["node"], strict=True) if whose == customer)


def _draw(drawn: Swim, title: str, of_nodes: Mapping[str, str]) -> Figure:
    heights = [_height(lane, drawn.shared) for lane in drawn.lanes]
    told = [one for one in drawn.shared if _told(drawn.lanes, one)][:MOST_SHARED]
    lanes = sum(heights) + SHARED * len(told)
    figure = sheet(TITLE + lanes + AXIS + order_height(drawn.order))
    heading(figure, 13, title, size=TEXT + 1, bold=True)
    axes = panel(figure, TITLE, lanes)
    axes.set_xlim(*_limits(drawn))
    several = len({lane.node for lane in drawn.lanes}) > 1
    time_axis(axes, dated=drawn.dated, whose="each lane by its own node's clock" if several else "by the node's clock")
    tops = dict(zip((lane.number for lane in drawn.lanes), np.cumsum([0.0, *heights]).tolist(), strict=False))
    for at, one in enumerate(told):
        _shade(axes, drawn.lanes, tops, one, sum(heights) + SHARED * at)
    for lane in drawn.lanes:
        _lane(axes, lane, tops[lane.number], colour(of_nodes, lane.node))
        _whiskers(axes, lane, tops[lane.number], drawn)
    if drawn.order:
        fills = {lane.number: colour(of_nodes, lane.node) for lane in drawn.lanes}
        order_panel(figure, TITLE + lanes + AXIS, drawn.order, fills)
    return figure


def _body(lane: Lane) -> float:
    """Rail and bars of a lane."""
    return RAIL + BAR * min(lane.rows, MOST_ROWS) * bool(lane.bars)


def _height(lane: Lane, shared: Sequence[Shared]) -> float:
    return LABEL + _body(lane) + WHISKERS * bool(_offset(lane, shared)) + GAP


def _offset(lane: Lane, shared: Sequence[Shared]) -> Shared | None:
    """The pair that says where the lane may stand on another one's clock."""
    return next((one for one in shared if one.second == lane.number and one.offset), None)


def _limits(drawn: Swim) -> tuple[float, float]:
    """The lanes and, as far as there is room, the whiskers."""
    start, end = min(lane.start for lane in drawn.lanes), max(lane.end for lane in drawn.lanes)
    length = max(end - start, MICROSECOND)
    ends = [edge for lane in drawn.lanes for edge in _shifted(lane, _offset(lane, drawn.shared))]
    left = max(min([start, *ends]), start - ROOM * length)
    right = min(max([end, *ends]), end + ROOM * length)
    margin = 0.015 * max(right - left, MICROSECOND)
    return days(left - margin), days(right + margin)


def _shifted(lane: Lane, one: Shared | None) -> list[int]:
    """Where the lane may begin and end on the other's clock: earliest and latest start, earliest and latest end."""
    if one is None or one.offset is None:
        return []
    low, high = one.offset
    return [lane.start - high, lane.start - low, lane.end - high, lane.end - low]


def _lane(axes: Axes, lane: Lane, top: float, fill: str) -> None:
    _label(axes, lane, top)
    rail, start, end = top + LABEL + RAIL / 2, days(lane.start), days(lane.end)
    axes.plot([start, end], [rail, rail], color=fill, linewidth=1.6, zorder=2)
    axes.plot([start, end], [rail, rail], color=fill, linestyle="none", marker="|", markersize=7, zorder=2)
    for bar in lane.bars:
        _bar(axes, bar, top + LABEL + RAIL + BAR * min(bar.row, MOST_ROWS - 1), FAILED if bar.failed else fill)
    for us, _ in lane.marks:
        axes.plot([days(us)], [rail], marker="D", markersize=4.2, color=CARD, markeredgecolor=INK, zorder=6)


def _label(axes: Axes, lane: Lane, top: float) -> None:
    """Above the lane: whose it is, its size and how it ended."""
    size = f"{lane.lines:,} line{'' if lane.lines == 1 else 's'}" if lane.lines else "known from its Server log only"
    what = [f"execution {lane.number}", size, span((lane.end - lane.start) / MICROSECOND)]
    what += [lane.outcome.casefold()] if lane.outcome not in ("", "Running", "Ended") else []
    node = shown(lane.node or "node not known", 48)
    place = (axes.get_xlim()[0], top + LABEL - 4)
    axes.annotate(node, place, size=TEXT, weight="bold", va="baseline", zorder=7)
    beside(axes, ", ".join(what), place, width_of(node, TEXT, bold=True) + 7)


def _bar(axes: Axes, bar: Bar, top: float, fill: str) -> None:
    point = 1 / points(axes)
    start = days(bar.start)
    width = max(days(bar.end) - start, 1.5 * point)
    axes.add_patch(Rectangle((start, top + 1), width, BAR - 2, facecolor=fill, edgecolor=CARD, linewidth=0.7, zorder=3))
    name = f"\u2715 {bar.name}" if bar.failed else bar.name
    most = fitting(width / point - 6, SMALL)
    if most >= 4 or (bar.failed and width / point > 8):
        axes.text(
            start + 3 * point, top + BAR / 2, shown(name, most) if most >= 4 else "\u2715", size=SMALL, color=ON_BAR,
            va="center", zorder=4,
        )  # fmt: skip


def _told(lanes: Sequence[Lane], one: Shared) -> bool:
    """Whether there is anything to say: of what is not known, only where the lanes share time."""
    pair = _pair(lanes, one)
    shares = len(pair) == 2 and max(map(_start, pair)) < min(map(_end, pair))
    return shares or (len(pair) == 2 and one.relation in ("concurrent", "possible"))


def _pair(lanes: Sequence[Lane], one: Shared) -> list[Lane]:
    return [lane for lane in lanes if lane.number in (one.first, one.second)]


def _start(lane: Lane) -> int:
    return lane.start


def _end(lane: Lane) -> int:
    return lane.end


def _shade(axes: Axes, lanes: Sequence[Lane], tops: Mapping[int, float], one: Shared, below: float) -> None:
    """The time that two lanes share: behind both of them, and told below all lanes.

    Clocks may be so far apart that the lanes share none although the executions did: then that is told instead.
    """
    pair = _pair(lanes, one)
    if max(map(_start, pair)) >= min(map(_end, pair)):
        how = "at the same time: only their nodes' clocks are apart"
        if one.relation != "concurrent":
            how = "perhaps at the same time: their nodes' clocks may be apart"
        text = f"executions {one.first} and {one.second} {how}"
        axes.annotate(text, (axes.get_xlim()[0], below + 7.2), size=SMALL, color=INK, va="center", zorder=5)
        return
    start, end = days(max(map(_start, pair))), days(min(map(_end, pair)))
    for lane in pair:
        _rectangle(axes, start, end, tops[lane.number] + LABEL - 1, _body(lane) + 2, 0.38)
    first, last = (tops[lane.number] for lane in pair)
    _rectangle(axes, start, end, first + LABEL + _body(pair[0]) + 1, last - first - _body(pair[0]) - 2, 0.12)
    _rectangle(axes, start, end, below + 2, 10, 1.0)
    words = "both at work" if one.relation == "concurrent" else "perhaps both at work"
    seconds = (min(map(_end, pair)) - max(map(_start, pair))) / MICROSECOND
    text = f"executions {one.first} and {one.second} {words}: {span(seconds)}"
    if (end - start) * points(axes) > width_of(text, SMALL) + 14:
        axes.text((start + end) / 2, below + 7.2, text, size=SMALL, color=ON_SHADE, ha="center", va="center", zorder=5)
    else:
        _outside(axes, text, start, end, below + 7.2, SMALL, INK)


def _rectangle(axes: Axes, start: float, end: float, top: float, height: float, alpha: float) -> None:
    axes.add_patch(Rectangle((start, top), end - start, height, facecolor=SHADE, alpha=alpha, linewidth=0, zorder=1))


def _outside(axes: Axes, text: str, start: float, end: float, at: float, size: float, color: str) -> None:
    """Text at whichever end of a stretch has the room for it."""
    left, right = axes.get_xlim()
    if (right - end) * points(axes) > width_of(text, size) + 6 or right - end > start - left:
        axes.annotate(text, (end, at), xytext=(5, 0), textcoords="offset points", size=size, color=color, va="center")
    else:
        axes.annotate(
            text, (start, at), xytext=(-5, 0), textcoords="offset points", size=size, color=color, va="center",
            ha="right",
        )  # fmt: skip


def _whiskers(axes: Axes, lane: Lane, top: float, drawn: Swim) -> None:
    """Below a lane: between which moments of the first one's clock it began and ended."""
    one = _offset(lane, drawn.shared)
    edges = _shifted(lane, one)
    if one is None or not edges:
        return
    base, (left, right) = top + LABEL + _body(lane), axes.get_xlim()
    node = next((other.node for other in drawn.lanes if other.number == one.first), None)
    clock = shown(node or f"execution {one.first}", 30)
    for (start, end), word, at in ((edges[:2], "began", base + 5), (edges[2:], "ended", base + 12)):
        a, b = max(days(start), left), min(days(end), right)
        axes.plot([a, b], [at, at], color=INK, linewidth=1, zorder=5)
        for edge, whole, arrow in ((a, days(start), "<"), (b, days(end), ">")):
            axes.plot([edge], [at], marker="|" if edge == whole else arrow, markersize=4, color=INK, zorder=5)
        _outside(axes, f"{word} here by the clock of {clock}", a, b, at, SMALL - 0.6, MUTED)
