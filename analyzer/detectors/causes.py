"""Why a log is out of order, where the case shows it."""

from __future__ import annotations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.common import Row
from analyzer.detectors.lines import SECOND, TEXT

BLOCK = 4096
"""Storage moves and loses whole blocks (formats document, 1.6)."""


TRIED = 45 * SECOND
"""So long an append is tried again; then its line is lost (formats document, 1.6)."""
UNKNOWN = "unknown"
MIXED, OPEN = "two executions mixed", "two executions not told apart"


def mixed(case: Case, customer: str, task: str) -> str:
    """MIXED where two executions of the task overlap, or may; OPEN where that is undecided; else ""."""
    pairs = case.frame("pairs").filter((pl.col("customer") == customer) & (pl.col("task") == task))
    if pairs["relation"].is_in(["concurrent", "possible"]).any():
        return MIXED
    return OPEN if (pairs["work"] == "undecided").any() else ""


def cause_of(case: Case, lines: pl.DataFrame, step: Row) -> tuple[str, str]:
    """A word and a sentence for why a line (a row of task lines with `back` and `shared`) steps back."""
    together = mixed(case, step["customer"], step["task"])
    if together == MIXED:
        return MIXED, "two executions of the task are mixed in this log: see OCT101"
    if together == OPEN and step["shared"]:
        return OPEN, "or the lines are of two executions that cannot be told apart here: see what is not judged"
    if step["format"] == TEXT:
        return UNKNOWN, "the lines do not say why"
    moved = moved_block(lines, step)
    if moved:
        return "block moved", moved
    if step["back"] <= TRIED + step["tolerance"] and _appends_failed(case, step):
        return (
            "appends delayed",
            "its node's server log shows appends that had to be tried again: lines were written late",
        )
    if not step["activity"]:
        return UNKNOWN, "the clock that stamped the lines was set back, or another node wrote one of them"
    return UNKNOWN, "the clock that stamped the lines was set back, or the lines were written late"


def moved_block(lines: pl.DataFrame, step: Row) -> str | None:
    """The lines that would be in order elsewhere in the file, as a sentence; None where no place fits them.

    From the line that steps back up to where time catches up again is a stretch. If all its times fit between two
    neighbouring lines further up, the stretch (or what stands between) was moved; a clock that was set back leaves no
    such gap.
    """
    same = (pl.col("customer") == step["customer"]) & (pl.col("source") == step["source"])
    file = lines.filter(same).select("line", "offset", "instant").sort("line", "offset")
    instants, numbers, offsets = (file[name].to_list() for name in ("instant", "line", "offset"))
    places = list(zip(numbers, offsets, strict=True))
    above = places.index((step["before_line"], step["before_offset"]))
    below = places.index((step["line"], step["offset"]))
    begin = _drop(instants, above, below, step["tolerance"])
    high = max(instants[:begin], default=instants[begin])
    end = next((row for row in range(begin, len(instants)) if instants[row] >= high), len(instants))
    low, top = min(instants[begin:end]), max(instants[begin:end])
    gap = _gap(instants[:begin], low, top, SECOND // 5)
    if gap is None:
        return None
    which = f"lines {numbers[begin]} to {numbers[end - 1]}" if end - begin > 1 else f"line {numbers[begin]}"
    where = f"in front of line {numbers[gap]}"
    border = _at_border(offsets, begin, end, gap)
    return f"{which} would be in order {where}: a block that the storage moved{border}, or lines that were written late"


def _drop(instants: list[int], above: int, below: int, tolerance: int) -> int:
    """The first row behind `above` that is stamped before something above it; other activities' lines stand between."""
    high = max(instants[: above + 1])
    for row in range(above + 1, below):
        if instants[row] < high - tolerance:
            return row
        high = max(high, instants[row])
    return below


def _gap(instants: list[int], low: int, top: int, jitter: int) -> int | None:
    """The row in front of which all times from low to top fit; None where there is no such gap."""
    latest = -(1 << 62)
    following = [0] * len(instants)
    least = 1 << 62
    for row in reversed(range(len(instants))):
        least = min(least, instants[row])
        following[row] = least
    for row, instant in enumerate(instants):
        if latest <= low + jitter and following[row] >= top - jitter:
            return row
        latest = max(latest, instant)
    return None


def _at_border(offsets: list[int], begin: int, end: int, gap: int) -> str:
    """Whether a border of 4 KiB lies in the entry before one of the places where the order breaks."""
    cuts = [row for row in (gap, begin, end) if 0 < row < len(offsets)]
    spans = {row: (offsets[row - 1], offsets[row]) for row in cuts}
    across = [row for row, (left, right) in spans.items() if left // BLOCK != right // BLOCK or right % BLOCK == 0]
    return " (at a 4 KiB border)" if len(across) == len(cuts) and cuts else ""


def _appends_failed(case: Case, step: Row) -> bool:
    events = case.frame("telling").filter((pl.col("customer") == step["customer"]) & (pl.col("task") == step["task"]))
    return bool(events["detail"].str.contains("^tie=append-").any())
