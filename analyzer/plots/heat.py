"""Findings by node and time: when it began, on which nodes, and whether it has stopped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analyzer.case import Case
from analyzer.errors import UsageError
from analyzer.model import Finding
from analyzer.plots.axis import days, time_axis
from analyzer.plots.files import sheet
from analyzer.plots.happenings import microseconds
from analyzer.plots.lanes import MICROSECOND
from analyzer.plots.style import (
    GRID,
    HEAT,
    ON_HIGH,
    ON_LOW,
    SIDE,
    SMALL,
    TEXT,
    heading,
    panel,
    points,
    shown,
    styled,
    width_of,
)

TITLE, ROW, AXIS, NOTE = 20.0, 17.0, 28.0, 12.0
MOST_NODES, MOST_CELLS = 20, 40
STEPS = tuple(seconds * MICROSECOND for seconds in (60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400, 28 * 86_400))
CALLED = ("a minute", "5 minutes", "15 minutes", "an hour", "4 hours", "a day", "a week", "4 weeks")
SEVERAL = {"OCT101", "OCT102", "OCT104"}
"""Codes about more than one execution: they begin with the second one."""
NOBODY = "node not known"

PLACE = {"customer": pl.String, "source": pl.String, "line": pl.Int64}

Cell = tuple[str, int]


def heat_map(case: Case, findings: Iterable[Finding]) -> Figure:
    """How many findings concern each node in each hour, or what suits the time that they span.

    A finding is placed by its execution's start, else by its first line. Raises UsageError where none has a time.
    """
    known = tuple(findings)
    times = _Times(case, known)
    timed = [(one, times.of(one)) for one in known]
    placed = [(node, time) for one, time in timed if time is not None for node in times.nodes(one)]
    if not placed:
        raise UsageError("none of these findings has a time in UTC")
    with styled():
        return _draw(placed)


class _Times:
    """When and where a finding is."""

    def __init__(self, case: Case, findings: Sequence[Finding]) -> None:
        self._runs: dict[tuple[str, str | None], list[tuple[int, str]]] = defaultdict(list)
        for row in case.executions.select(["customer", "task", "started", "node"]).to_pylist():
            if row["started"] is not None:
                self._runs[row["customer"], row["task"]].append((microseconds(row["started"]), row["node"] or ""))
        cited = sorted({(one.customer, place.source, place.line) for one in findings for place in one.evidence})
        places = pl.DataFrame(cited, schema=PLACE, orient="row")
        events = case.frame("telling").select([*PLACE, "time"]).filter(pl.col("time").is_not_null())
        found = events.join(places, on=list(PLACE), how="semi").iter_rows()
        self._lines = {tuple(place): microseconds(time) for *place, time in found}

    def of(self, one: Finding) -> int | None:
        """Microseconds since 1970."""
        starts = sorted(start for start, _ in self._runs.get((one.customer, one.task), []))
        if starts:
            return starts[1] if one.code in SEVERAL and len(starts) > 1 else starts[0]
        lines = ((one.customer, place.source, place.line) for place in one.evidence)
        return next((self._lines[place] for place in lines if place in self._lines), None)

    def nodes(self, one: Finding) -> list[str]:
        """Its nodes, else those of the task's executions."""
        nodes = list(one.nodes) or [node for _, node in self._runs.get((one.customer, one.task), []) if node]
        return sorted({node.casefold(): node for node in nodes}.values()) or [NOBODY]


def _draw(placed: Sequence[tuple[str, int]]) -> Figure:
    spelled: dict[str, str] = {}
    for node, _ in placed:
        spelled.setdefault(node.casefold(), node)
    step, called = _step(max(time for _, time in placed) - min(time for _, time in placed))
    cells = Counter((node.casefold(), time // step) for node, time in placed)
    rows = sorted(spelled, key=lambda name: (spelled[name] == NOBODY, name))
    drawn, left_out = rows[:MOST_NODES], rows[MOST_NODES:]
    figure = sheet(TITLE + ROW * len(drawn) + AXIS + NOTE * bool(left_out))
    heading(figure, 13, f"Findings by node; a cell is {called}", size=TEXT + 1, bold=True)
    left = SIDE + max(width_of(shown(spelled[name], 40), SMALL) for name in drawn) + 8
    axes = panel(figure, TITLE, ROW * len(drawn), left)
    first, last = min(at for _, at in cells), max(at for _, at in cells)
    spare = max(0, 12 - (last - first + 1))
    axes.set_xlim(days((first - spare // 2) * step), days((last + 1 + spare - spare // 2) * step))
    time_axis(axes)
    _cells(axes, cells, drawn, step)
    for at, name in enumerate(drawn):
        axes.annotate(
            shown(spelled[name], 40), (0, ROW * at + ROW / 2), xycoords=("axes fraction", "data"), xytext=(-6, 0),
            textcoords="offset points", ha="right", va="center", size=SMALL, annotation_clip=False,
        )  # fmt: skip
    if left_out:
        note = f"Not drawn: {len(left_out):,} more nodes."
        heading(figure, TITLE + ROW * len(drawn) + AXIS + 4, note, size=SMALL, muted=True)
    return figure


def _step(length: int) -> tuple[int, str]:
    """The shortest step with not too many cells."""
    for step, called in zip(STEPS, CALLED, strict=True):
        if length / step <= MOST_CELLS:
            return step, called
    months = length // STEPS[-1] // MOST_CELLS + 1
    return STEPS[-1] * months, f"{4 * months} weeks"


def _cells(axes: Axes, cells: Mapping[Cell, int], rows: Sequence[str], step: int) -> None:
    most = max(cells.values())
    for at in range(len(rows)):
        axes.axhline(ROW * at + ROW / 2, color=GRID, linewidth=0.6, zorder=0)
    for (name, at), count in sorted(cells.items()):
        if name not in rows:
            continue
        strength = min(int(len(HEAT) * (count - 1) / max(most - 1, 1)), len(HEAT) - 1)
        left, right, top = days(at * step), days((at + 1) * step), ROW * rows.index(name)
        axes.add_patch(
            Rectangle((left, top + 1), right - left, ROW - 2, facecolor=HEAT[strength], linewidth=0, zorder=2)
        )
        text = f"{count:,}"
        if width_of(text, SMALL) < (right - left) * points(axes):
            color = ON_LOW if strength < 3 else ON_HIGH
            axes.text(
                (left + right) / 2, top + ROW / 2, text, size=SMALL, color=color, ha="center", va="center", zorder=3
            )
