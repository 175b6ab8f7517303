"""Figures as files: the same bytes for the same figure, whoever draws it and when."""

from __future__ import annotations

import io
import warnings
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from analyzer.plots.style import WIDTH, styled

NAMELESS: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""What each format would else note of when and with what it was made."""


class Sheet(Figure):
    """A figure that a notebook shows by itself, whether or not pyplot's inline mode is on."""

    def _repr_png_(self) -> bytes:
        return render(self, "png")


def sheet(height: float, width: float = WIDTH) -> Figure:
    """An empty figure; both in points."""
    return Sheet(figsize=(width / 72, height / 72), dpi=144)


def render(figure: Figure, kind: str) -> bytes:
    """A figure as svg, png or pdf.

    SVG keeps text as text, with fallback fonts: it can be searched, copied and read aloud, shows every script that the
    reader's machine has, and is a third of the size of outlines. What that costs: letters may be a little wider or
    narrower than planned, so labels are given room.
    """
    out = io.BytesIO()
    with styled(), mpl.rc_context({"svg.hashsalt": "analyzer", "svg.fonttype": "none"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # an SVG's reader may have it
        figure.savefig(out, format=kind, metadata=NAMELESS[kind])
    return out.getvalue()
