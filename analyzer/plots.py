"""Pictures: data in, a matplotlib Figure out. Nothing is shown or kept in pyplot's global state."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from typing import Any

import matplotlib.dates as dates
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyzer.errors import UsageError
from analyzer.model import Case

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
"""Paul Tol's bright scheme: told apart by colour-blind readers too; one colour for each node."""
GREY = "#bbbbbb"
SHORTEST = timedelta(milliseconds=1)
OVERLAPPING = ("concurrent", "possible")


def executions(case: Case, task: str, *, customer: str = "") -> Figure:
    """One bar for each execution of a task, from its start to its end on the executing node's clock.

    Where two executions were at work at the same time, the time they share is shaded. An execution whose log gives
    no time that can be placed in UTC is drawn along the lines of its log instead, which is one clock too.
    Raises UsageError where the case knows no execution of the task.
    """
    runs = _rows(case.executions, task, customer)
    if not runs:
        raise UsageError(f"no execution of {task} in this case")
    timed = all(run["started"] is not None for run in runs)
    spans = [_span(run, timed) for run in runs]
    figure = Figure(figsize=(9, 1.2 + 0.6 * len(runs)), layout="constrained")
    axes = figure.subplots()
    _bars(axes, runs, spans)
    _overlaps(axes, runs, spans, _rows(case.pairs, task, customer))
    axes.set_title(f"{customer} {task}".strip(), loc="left")
    axes.set_xlabel("UTC, each execution on its own node's clock" if timed else "line in the task log")
    if timed:
        locator = dates.AutoDateLocator()
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    return figure


def _rows(table: Any, task: str, customer: str) -> list[dict[str, Any]]:
    wanted = pc.and_(pc.equal(table["task"], task), pc.equal(table["customer"], customer))
    order = [("log", "ascending"), ("number" if "number" in table.column_names else "first", "ascending")]
    rows: list[dict[str, Any]] = table.filter(wanted).sort_by(order).to_pylist()
    return rows


def _span(run: dict[str, Any], timed: bool) -> tuple[float, float]:
    if not timed:
        return float(run["first_line"]), float(run["last_line"] + 1)
    end = max(run["ended"] or run["started"], run["started"] + SHORTEST)
    return float(dates.date2num(run["started"])), float(dates.date2num(end))


def _bars(axes: Axes, runs: list[dict[str, Any]], spans: list[tuple[float, float]]) -> None:
    nodes = sorted({(run["node"] or "").casefold() for run in runs})
    for at, (run, (start, end)) in enumerate(zip(runs, spans, strict=True)):
        colour = COLOURS[nodes.index((run["node"] or "").casefold()) % len(COLOURS)] if run["node"] else GREY
        open_ended = run["ended"] is None
        axes.barh(at, end - start, left=start, height=0.6, color=colour, alpha=0.7, hatch="//" if open_ended else None)
        axes.annotate(run["outcome"] or "", (start, at), xytext=(4, 0), textcoords="offset points", va="center")
    labels = [f"{run['node'] or 'node not known'}\nexecution {run['number']}" for run in runs]
    axes.set_yticks(range(len(runs)), labels)
    axes.invert_yaxis()


def _overlaps(
    axes: Axes, runs: list[dict[str, Any]], spans: list[tuple[float, float]], pairs: list[dict[str, Any]]
) -> None:
    judged = {(pair["log"], pair["first"], pair["second"]): pair["relation"] for pair in pairs}
    for left, right in combinations(range(len(runs)), 2):
        key = (runs[left]["log"], runs[left]["number"], runs[right]["number"])
        start, end = max(spans[left][0], spans[right][0]), min(spans[left][1], spans[right][1])
        if start < end and judged.get(key) in OVERLAPPING:
            axes.axvspan(start, end, color="#000000", alpha=0.12, linewidth=0, zorder=0)
