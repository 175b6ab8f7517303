"""What was measured, as a table for the terminal or for the README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .measure import Cost


@dataclass(frozen=True)
class Table:
    """A title, a head, rows, and what to know about them."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    notes: tuple[str, ...] = ()


HEAD = ("wall", "biggest process", "all processes")


def compared(title: str, costs: Mapping[str, Cost], unit: str, notes: Sequence[str] = ()) -> Table:
    """One row for each contender; `unit` is the one whose CPU is 1."""
    rows = [(name, _cpu(cost), f"{cost.cpu / costs[unit].cpu:.2f}", *_cells(cost)) for name, cost in costs.items()]
    return Table(title, ("", "CPU", f"of {unit}'s", *HEAD), rows, tuple(notes))


def costs_of(title: str, costs: Mapping[str, Cost], notes: Sequence[str] = ()) -> Table:
    """One row for each command, compared with nobody."""
    rows = [(name, _cpu(cost), *_cells(cost)) for name, cost in costs.items()]
    return Table(title, ("", "CPU", *HEAD), rows, tuple(notes))


def _cpu(cost: Cost) -> str:
    return f"{cost.cpu:.2f} s"


def _cells(cost: Cost) -> tuple[str, ...]:
    return f"{cost.wall:.2f} s", f"{cost.biggest / 1e6:.0f} MB", f"{cost.tree / 1e6:.0f} MB"


def aligned(table: Table) -> str:
    """For a terminal."""
    rows = [table.head, *table.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join([table.title, *lines, *table.notes, ""])


def markdown(table: Table) -> str:
    """For the README."""
    rows = [table.head, ("---",) * len(table.head), *table.rows]
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n\n".join([f"**{table.title}**", "\n".join(lines), *table.notes])
