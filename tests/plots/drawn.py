"""What a figure says and shows, for tests."""

from __future__ import annotations

from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text


def texts(figure: Figure) -> list[str]:
    """Every text that is not empty, ticks left out."""
    ticks = {id(label) for axes in figure.axes for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]}
    return [one.get_text() for one in figure.findobj(Text) if one.get_text() and id(one) not in ticks]


def rectangles(figure: Figure, colour: str, panel: int = 0) -> list[Rectangle]:
    """The rectangles of a colour, background left out."""
    mine = [patch for patch in figure.axes[panel].patches if isinstance(patch, Rectangle)]
    return [patch for patch in mine if to_hex(patch.get_facecolor()) == colour]


def seconds(rectangle: Rectangle) -> float:
    """How long it is on an axis of time."""
    return float(rectangle.get_width()) * 86400
