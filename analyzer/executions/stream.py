"""Structures within one file of a task log, whose lines stand in append order.

starts     where an execution begins: the root announced again, with something to show that it is not repetition
active     which executions may be writing at a row: from their start until as many roots finished as were open
own        a step belongs to the only active execution that has no step of that name yet; else to the only one into
           whose order it fits by machine and time, or beside whose lines on the same clock it begins
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from analyzer.executions.owning import own_steps, owner_of
from analyzer.executions.starts import active_at, opened_at_once, starts_of, strangers, twin_steps
from analyzer.executions.steps import Line, Step, Together, steps_of


@dataclass
class Structure:
    """One announced root with its steps: an execution, or several that resumed one another."""

    number: int
    start: int
    streams: set[int]
    rows: list[int] = field(default_factory=list)
    announced: bool = True  # False: its beginning is not in this stream
    sure: bool = True  # False: a single execution that lost lines could leave the same


@dataclass
class Split:
    """The structures of one stream; see `Separation` for the other fields."""

    structures: list[Structure]
    ambiguous: list[int] = field(default_factory=list)
    unclear: list[Structure] = field(default_factory=list)
    together: list[tuple[Structure, Structure, Together]] = field(default_factory=list)


def split(
    lines: list[Line],
    title: str | None,
    machines: Mapping[int, str],
    severe: Container[int],
    elsewhere: Container[str] = (),
) -> Split:
    """Structures of one stream.

    `title`: the message with which a root announces itself. `elsewhere`: steps that another stream's plan has.
    """
    steps = steps_of(lines, machines, elsewhere)
    starts, sure = starts_of(lines, steps, title, severe)
    rows = {line.row: line for line in lines}
    structures = [
        Structure(0, start, {lines[0].stream}, announced=not rows[start].step and rows[start].message == title)
        for start in starts
    ]
    structures[-1].sure = sure
    if len(structures) == 1:
        structures[0].rows = [line.row for line in lines]
        return Split(structures)
    active = active_at(lines, starts)
    orders = own_steps(lines, steps, starts, active)
    structures += _beginning_lost(steps, structures)
    result = Split(structures)
    for line in lines:
        owner = steps[line.step].structure if line.step else owner_of(line, starts, active, orders)
        if owner is None:
            result.ambiguous.append(line.row)
        else:
            structures[owner].rows.append(line.row)
    open_steps = [step for step in steps.values() if step.structure is None]
    result.unclear = [structures[i] for i in sorted({i for step in open_steps for i in active[step.first]})]
    seen = twin_steps(steps, active) | {(i, j): both for i, j, both in opened_at_once(lines, starts, active, severe)}
    result.together = [(structures[i], structures[j], both) for (i, j), both in sorted(seen.items())]
    result.structures = [one for one in structures if one.rows]  # where beginnings are torn off, one may own no line
    return result


def _beginning_lost(steps: dict[str, Step], structures: list[Structure]) -> list[Structure]:
    """Structures taken out of announced ones: steps that their plans do not know (`starts.strangers`)."""
    found: list[Structure] = []
    for i, structure in enumerate(structures):
        strange, sure = strangers([step for step in steps.values() if step.structure == i])
        if structure.announced and strange:
            begin = min(step.first for step in strange)
            found.append(Structure(0, begin, structure.streams, announced=False, sure=sure))
            for step in strange:
                step.structure = len(structures) + len(found) - 1
    return found
