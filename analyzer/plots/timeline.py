"""The timeline of a case: one row per node, its executions as bars, double runs shaded, starts and versions marked.

    OCTO-A   41 executions, 2023.3.12936
    v       ==== ===  [ 48211 ]   ==       ===
    OCTO-B   38 executions, 2023.2.13151 to 2023.3.12936
    v          ==       [ 48211 ]       v 2023.3.12936

Where a node has more executions than can be told apart, the height says how many it ran at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analyzer.case import Case
from analyzer.errors import UsageError
from analyzer.plots.axis import days, time_axis
from analyzer.plots.files import sheet
from analyzer.plots.happenings import Happenings, NodeLife, Run, Start, happenings
from analyzer.plots.lanes import MICROSECOND
from analyzer.plots.style import (
    INK,
    MUTED,
    ON_BAR,
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
    styled,
    width_of,
)

TITLE, LABEL, ROW, MARKS, GAP, AXIS, NOTE = 20.0, 13.0, 10.0, 12.0, 8.0, 28.0, 12.0
CROWD = 32.0
MOST_ROWS, MOST_BARS = 8, 300
MOST_NODES = 16
Spans = Sequence[tuple[Run, int]]
"""Executions, each with the row in which it stands."""


def timeline(case: Case, *, customer: str = "") -> Figure:
    """The timeline of a customer's case. Raises UsageError where no execution in it has a time in UTC."""
    told = happenings(case, customer)
    if not any(node.runs for node in told.nodes):
        raise UsageError("no execution in this case has a time in UTC")
    with styled():
        return _draw(told, customer)


def _draw(told: Happenings, customer: str) -> Figure:
    nodes = [node for node in told.nodes if node.runs or node.starts]
    drawn, left_out = nodes[:MOST_NODES], nodes[MOST_NODES:]
    placed = [_rows(node.runs) for node in drawn]
    heights = [
        LABEL + _body(spans) + MARKS * bool(node.starts) + GAP for node, spans in zip(drawn, placed, strict=True)
    ]
    notes = _notes(told, left_out)
    figure = sheet(TITLE + sum(heights) + AXIS + NOTE * len(notes))
    heading(figure, 13, f"{customer}: tasks by node" if customer else "Tasks by node", size=TEXT + 1, bold=True)
    axes = panel(figure, TITLE, sum(heights))
    axes.set_xlim(*_limits(nodes))
    time_axis(axes, whose="each node by its own clock")
    fills, top = colours(node.node for node in told.nodes), 0.0
    for node, spans, height in zip(drawn, placed, heights, strict=True):
        _node(axes, node, spans, top, colour(fills, node.node))
        top += height
    for at, note in enumerate(notes):
        heading(figure, TITLE + sum(heights) + AXIS + NOTE * at + 4, note, size=SMALL, muted=True)
    return figure


def _notes(told: Happenings, left_out: Sequence[NodeLife]) -> list[str]:
    notes = []
    if left_out:
        notes.append(f"Not drawn: {len(left_out):,} more nodes.")
    if told.undated_runs:
        notes.append(f"Not drawn: {told.undated_runs:,} executions whose log gives no time in UTC.")
    if told.undated_starts:
        notes.append(
            f"Not drawn: {told.undated_starts:,} starts of nodes, because the zone of their Server log is not known."
        )
    return notes


def _limits(nodes: Iterable[NodeLife]) -> tuple[float, float]:
    """The executions, and starts that are not far from them."""
    runs = [run for node in nodes for run in node.runs]
    left, right = min(run.start for run in runs), max(run.end for run in runs)
    length = max(right - left, MICROSECOND)
    starts = [one.time for node in nodes for one in node.starts]
    near = [time for time in starts if left - length / 3 <= time <= right + length / 3]
    left, right = min([left, *near]), max([right, *near])
    margin = 0.015 * max(right - left, MICROSECOND)
    return days(left - margin), days(right + margin)


def _rows(runs: Sequence[Run]) -> Spans | None:
    """Each execution in the first row that is free when it begins; None where there are too many to tell apart."""
    ends: list[int] = []
    found = []
    for run in runs:
        row = next((at for at, end in enumerate(ends) if end <= run.start), len(ends))
        ends[row : row + 1] = [run.end]
        found.append((run, row))
    return found if len(ends) <= MOST_ROWS and len(runs) <= MOST_BARS else None


def _body(spans: Spans | None) -> float:
    return CROWD if spans is None else ROW * max((row + 1 for _, row in spans), default=1)


def _node(axes: Axes, node: NodeLife, spans: Spans | None, top: float, fill: str) -> None:
    _label(axes, node, top)
    if spans is None:
        _crowd(axes, node.runs, top + LABEL, fill)
    else:
        for run, row in spans:
            _run(axes, run, top + LABEL + ROW * row, fill)
    for one in _readable(axes, node.starts):
        _start(axes, one, top + LABEL + _body(spans) + MARKS / 2)


def _label(axes: Axes, node: NodeLife, top: float) -> None:
    name = shown(node.node or "node not known", 48)
    place = (axes.get_xlim()[0], top + LABEL - 4)
    axes.annotate(name, place, size=TEXT, weight="bold", va="baseline", zorder=7)
    doubles = sum(bool(run.double) for run in node.runs)
    what = [f"{len(node.runs):,} execution{'' if len(node.runs) == 1 else 's'}"]
    what += [f"{doubles:,} in double runs, shown or possible"] if doubles else []
    what += [shown(" to ".join(dict.fromkeys([node.versions[0], node.versions[-1]])), 60)] if node.versions else []
    beside(axes, ", ".join(what), place, width_of(name, TEXT, bold=True) + 7)


def _run(axes: Axes, run: Run, top: float, fill: str) -> None:
    point = 1 / points(axes)
    start, width = days(run.start), max(days(run.end) - days(run.start), 1.2 * point)
    if run.double:
        axes.add_patch(
            Rectangle((start - point, top - 0.4), width + 2 * point, ROW + 0.3, facecolor=SHADE, linewidth=0, zorder=2)
        )
    axes.add_patch(
        Rectangle(
            (start, top + 0.8),
            width,
            ROW - 2.2,
            facecolor=fill,
            alpha=1.0 if run.double else 0.45,
            linewidth=0,
            zorder=3,
        )
    )
    number = run.task.rpartition("-")[2]
    if fitting(width / point - 4, SMALL - 1) >= len(number):
        color = ON_BAR if run.double else INK
        axes.text(start + 2 * point, top + ROW / 2 - 0.2, number, size=SMALL - 1, color=color, va="center", zorder=4)


def _crowd(axes: Axes, runs: Sequence[Run], top: float, fill: str) -> None:
    """How many at once, as a filled line; executions of double runs as ticks in front of it."""
    edges: dict[int, int] = {}
    for run in runs:
        edges[run.start] = edges.get(run.start, 0) + 1
        edges[run.end] = edges.get(run.end, 0) - 1
    bins = _binned(edges, axes)
    most = max(bins.values())
    bottom = top + CROWD
    xs = sorted(bins)
    heights = [bottom - (CROWD - 3) * bins[x] / most for x in xs]
    axes.fill_between(xs, heights, bottom, step="post", facecolor=fill, alpha=0.45, linewidth=0, zorder=3)
    text = f"up to {most:,} at once"
    axes.annotate(text, (axes.get_xlim()[1], top - 4), ha="right", va="baseline", size=SMALL, color=MUTED, zorder=5)
    for run in runs:
        if run.double:
            width = max(days(run.end) - days(run.start), 1.2 / points(axes))
            axes.add_patch(Rectangle((days(run.start), bottom - 9), width, 9, facecolor=SHADE, linewidth=0, zorder=4))
            axes.add_patch(Rectangle((days(run.start), bottom - 7), width, 5, facecolor=fill, linewidth=0, zorder=5))


def _binned(edges: Mapping[int, int], axes: Axes) -> dict[float, int]:
    """Most at once in each of some hundred stretches of time: more could not be seen."""
    left, right = axes.get_xlim()
    step = (right - left) / 400
    found: dict[int, int] = {}
    level = 0
    for (time, change), (after, _) in pairwise([*sorted(edges.items()), (max(edges), 0)]):
        level += change
        for at in range(int((days(time) - left) / step), int((days(after) - left) / step) + 1):
            found[at] = max(found.get(at, 0), level)
    whole = {at: found.get(at, 0) for at in range(min(found), max(found) + 2)}
    return {left + at * step: count for at, count in whole.items()}


def _readable(axes: Axes, starts: Iterable[Start]) -> list[Start]:
    """Starts inside the picture; without changes of version only those with room between them."""
    left, right = axes.get_xlim()
    found: list[Start] = []
    for one in starts:
        near = found and (days(one.time) - days(found[-1].time)) * points(axes) < 5
        if left <= days(one.time) <= right and (one.changed or not near):
            found.append(one)
    return found


def _start(axes: Axes, one: Start, middle: float) -> None:
    at, right = days(one.time), axes.get_xlim()[1]
    axes.plot([at], [middle], marker="^", markersize=5, color=INK, zorder=6)
    words = f"{'start' if one.restart else 'seen'}{' with' if one.changed else ''} {one.version}"
    after = (right - at) * points(axes) > width_of(words, SMALL - 1) + 8
    axes.annotate(
        shown(words, 40), (at, middle), xytext=(6 if after else -6, 0), textcoords="offset points", size=SMALL - 1,
        color=MUTED, ha="left" if after else "right", va="center", zorder=6,
    )  # fmt: skip
