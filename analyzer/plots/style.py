"""How pictures look: colours, sizes and text. Nothing is kept in pyplot's global state.

Every colour is one of the constants here, so that the HTML report can turn each into a colour of its light or dark
theme. They are told apart without colour vision: nodes differ in lightness too, and every lane is labelled.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

INK, MUTED, GRID, CARD, ON_BAR = "#1c2229", "#59636f", "#dbe0e6", "#fcfcfa", "#ffffff"
SHADE, ON_SHADE, FAILED, UNKNOWN = "#e0a800", "#1d2228", "#c4162a", "#6b747e"
HEAT = ("#dce6f2", "#aac6e3", "#6fa0d0", "#2f6fae", "#0a4a86")
"""From few to many; dark text on the first three, light text on the others."""
ON_LOW, ON_HIGH = "#1c222a", "#fffffe"
NODES = ("#0b62a4", "#b5460f", "#00735c", "#8a3b8f", "#7a5c00", "#34495e")
"""One for each node; white text on them has a contrast of at least 4.5."""

WIDTH = 548.0  # points
SIDE = 17.0
TEXT, SMALL = 7.5, 6.6
GLYPH = 0.56  # mean width of a character against the size of its type

RC: dict[Any, Any] = {
    "text.parse_math": False,  # a step may be called "$x$"
    "font.size": TEXT,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.labelsize": SMALL,
    "axes.facecolor": CARD,
    "figure.facecolor": CARD,
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelsize": SMALL,
    "xtick.major.size": 2.5,
    "ytick.color": MUTED,
    "ytick.labelsize": SMALL,
    "ytick.major.size": 0,
    "timezone": "UTC",
}


@contextmanager
def styled() -> Iterator[None]:
    """What is drawn inside has the style; the reader's own settings are left alone."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(RC)
        yield


def panel(figure: Figure, top: float, height: float, left: float = SIDE) -> Axes:
    """Axes in points from the top left, without frame; one unit of y is a point, counted downwards."""
    width, whole = figure.get_figwidth() * 72, figure.get_figheight() * 72
    axes = figure.add_axes((left / width, 1 - (top + height) / whole, (width - left - SIDE) / width, height / whole))
    axes.set_ylim(height, 0)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.set_yticks([])
    axes.set_axisbelow(True)
    return axes


def heading(
    figure: Figure, top: float, text: str, *, size: float = TEXT, bold: bool = False, muted: bool = False
) -> None:
    """A line of text at the left edge, `top` points below the figure's."""
    whole = figure.get_figheight() * 72
    figure.text(
        SIDE / WIDTH,
        1 - top / whole,
        shown(text, fitting(WIDTH - 2 * SIDE, size)),
        size=size,
        weight="bold" if bold else "normal",
        color=MUTED if muted else INK,
        va="baseline",
    )


def colours(nodes: Iterable[str | None]) -> dict[str, str]:
    """Node without case -> its colour; the same for the same set of nodes."""
    names = sorted({node.casefold() for node in nodes if node})
    return {name: NODES[at % len(NODES)] for at, name in enumerate(names)}


def colour(of: Mapping[str, str], node: str | None) -> str:
    """The colour of a node; grey where it is not known."""
    return of.get((node or "").casefold(), UNKNOWN)


def shown(text: str, most: int = 200) -> str:
    """Text of unknown origin that can be drawn: nothing that controls or reorders, at most so many characters.

    >>> shown("Step" + chr(0x202E) + "one" + chr(7), 7)
    'Step\ufffdo…'
    """
    plain = "".join(char if char.isprintable() else "\ufffd" for char in text[: most + 1])
    return plain if len(plain) <= most else plain[: max(most - 1, 0)] + "…"


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """How many points wide a text is."""
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def fitting(room: float, size: float = TEXT) -> int:
    """How many characters of a size fit into so many points."""
    return max(int(room / (size * GLYPH)), 0)


def span(seconds: float) -> str:
    """A duration in the unit that fits.

    >>> span(0.25), span(49.4), span(754), span(7380)
    ('0.2 s', '49.4 s', '12 min 34 s', '2 h 3 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 172_800:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def points(axes: Axes) -> float:
    """How many points a unit of x is."""
    left, right = axes.get_xlim()
    figure = axes.get_figure(root=True)
    assert figure is not None
    return float(axes.get_position().width * figure.get_figwidth() * 72 / (right - left))


def beside(axes: Axes, text: str, place: tuple[float, float], distance: float) -> None:
    """Small text so many points right of a place."""
    axes.annotate(
        text, place, xytext=(distance, 0), textcoords="offset points", size=SMALL, color=MUTED, va="baseline", zorder=7
    )
