"""The lines of one file in the order in which they were appended, a row for each execution: one file, one clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from analyzer.plots.lanes import Order
from analyzer.plots.style import CARD, INK, MUTED, SMALL, UNKNOWN, heading, panel

NOTE, ROW, AXIS = 17.0, 10.0, 26.0
MOST_STRETCHES = 400


def order_height(order: Order | None) -> float:
    """Points that the panel takes; 0 without one."""
    return NOTE + ROW * len(_writers(order)) + AXIS if order else 0.0


def order_panel(figure: Figure, top: float, order: Order, fills: Mapping[int, str]) -> None:
    """The lines of the shared file from first to last. `fills`: execution -> colour."""
    rows = _writers(order)
    name = order.source.rpartition("/")[2]
    heading(
        figure, top + 9, f"Lines as they stand in {name}: one file has one order, whatever the clocks say", size=SMALL
    )
    axes = panel(figure, top + NOTE, ROW * len(rows))
    first, last = order.stretches[0][1] - 0.5, order.stretches[-1][2] + 0.5
    axes.set_xlim(first - 0.015 * (last - first), last + 0.015 * (last - first))
    for at, number in enumerate(rows):
        mine = [(one[1] - 0.5, one[2] - one[1] + 1) for one in _merged(order.stretches) if one[0] == number]
        fill = UNKNOWN if number is None else fills.get(number, UNKNOWN)
        axes.broken_barh(mine, (at * ROW + 1.5, ROW - 3), facecolor=fill, linewidth=0)
        axes.annotate(
            "?" if number is None else str(number), (0, at * ROW + ROW / 2), xycoords=("axes fraction", "data"),
            xytext=(-2, 0), textcoords="offset points", ha="right", va="center", size=SMALL, color=MUTED,
            annotation_clip=False,
        )  # fmt: skip
    for line in order.witnesses:
        axes.axvline(line, color=INK, linewidth=0.8, zorder=5)
        axes.plot([line], [0], marker="D", markersize=4.2, color=CARD, markeredgecolor=INK, zorder=6, clip_on=False)
    either = "; ?: either's" if None in rows else ""
    cited = "; diamonds: lines that the proof cites" if order.witnesses else ""
    axes.set_xlabel(f"line of the file, one row for each execution{either}{cited}", labelpad=1)


def _writers(order: Order) -> list[int | None]:
    return sorted({one[0] for one in order.stretches}, key=lambda number: (number is None, number or 0))


def _merged(stretches: Sequence[tuple[int | None, int, int]]) -> Sequence[tuple[int | None, int, int]]:
    """Not more stretches than can be seen: near ones of one execution become one."""
    if len(stretches) <= MOST_STRETCHES:
        return stretches
    near = (stretches[-1][2] - stretches[0][1]) / MOST_STRETCHES
    merged: dict[int | None, list[tuple[int | None, int, int]]] = {}
    for whose, first, last in stretches:
        mine = merged.setdefault(whose, [])
        if mine and first - mine[-1][2] <= near:
            mine[-1] = (whose, mine[-1][1], last)
        else:
            mine.append((whose, first, last))
    return [one for mine in merged.values() for one in mine]
