"""Split the lines of one task log into the executions that wrote them, by structure and never by names of steps.

A second execution under the same id announces the root again and its steps under new activity ids; its lines may stand
behind the first one's (a re-run) or between them (a double run). Innocent logs that must stay whole: a root message
that simply repeats, one step tried again under a new id, a paused task that goes on under the same ids.

Lines are handled by their row in the log's append order. In the multi-file layout every file is a stream of its own
with its own order; files that share an activity id belong to the same structure (a resume writes on elsewhere).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analyzer.executions.steps import Line, Together
from analyzer.executions.stream import Structure, split


@dataclass(frozen=True)
class Separation:
    """Structures in the order of their start, and rows that could belong to more than one.

    `unsure`: structures that a single execution with lost lines could have left as well.
    `unclear`: structures that may own some of the ambiguous steps, so that their last certain line need not be their
    last.
    `together`: pairs of structures that wrote at once, with rows that show it without saying which line is whose.
    `told`: for trees without append order, what the root's lines say of the order, and the rows that show it.
    """

    structures: tuple[Structure, ...]
    ambiguous: tuple[int, ...]
    unclear: frozenset[int] = frozenset()
    together: Mapping[tuple[int, int], Together] = field(default_factory=dict)
    unsure: frozenset[int] = frozenset()
    told: tuple[str, tuple[int, ...]] | None = None


def separate(
    lines: Sequence[Line], machines: Mapping[int, str] | None = None, severe: Container[int] = ()
) -> Separation:
    """Structures of one task log.

    `lines` in order of (stream, append order); `machines`: row of a machine block -> machine; `severe`: rows at Fatal.
    """
    structures: list[Structure] = []
    ambiguous: list[int] = []
    unclear: list[Structure] = []
    together: list[tuple[Structure, Structure, Together]] = []
    owners: dict[str, Structure] = {}
    by_stream: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        by_stream[line.stream].append(line)
    title = _title(by_stream)
    plans = _plans(by_stream)
    for stream in _streams(by_stream, title, plans):
        known = _of_others(by_stream[stream], plans)
        found = split(by_stream[stream], title, machines or {}, severe, known)
        ambiguous += found.ambiguous
        unclear += found.unclear
        together += found.together
        for part in found.structures:
            for piece in _pieces(part, lines, owners):
                rows = set(piece.rows)
                # In the order of their lines: those that follow a resume may be of more than one structure.
                steps = dict.fromkeys(line.step for line in by_stream[stream] if line.step and line.row in rows)
                owner = next((owners[step] for step in steps if step in owners), None)
                elsewhere = len(structures) == 1 and not piece.streams & structures[0].streams
                if owner is None and not piece.announced and elsewhere and not _repeats(lines, structures[0], steps):
                    owner = structures[0]
                if owner is None:
                    structures.append(piece)
                    owner = piece
                else:
                    owner.rows += piece.rows
                    owner.streams |= piece.streams
                owners |= dict.fromkeys(steps, owner)
    for number, structure in enumerate(structures, 1):
        structure.number = number
    pairs = {(a.number, b.number): rows for a, b, rows in together if a.number != b.number}
    unsure = frozenset(one.number for one in structures if not one.sure)
    return Separation(tuple(structures), tuple(ambiguous), frozenset(one.number for one in unclear), pairs, unsure)


def _title(by_stream: Mapping[int, Sequence[Line]]) -> str | None:
    """The message that opens most streams: the task's description, which every execution announces.

    Streams that begin with the root count first; where none does, all of their beginnings are lost.
    """
    first: list[tuple[bool, int, str]] = []
    for lines in by_stream.values():
        said = next((line for line in lines if not line.step and line.kind == "message"), None)
        if said is not None:
            first.append((said is not lines[0], said.instant, said.message))
    if not first:
        return None
    best = min(late for late, _, _ in first)
    messages = [message for late, _, message in sorted(first) if late == best]
    return max(messages, key=lambda message: (messages.count(message), -messages.index(message)))


def _plans(by_stream: Mapping[int, list[Line]]) -> dict[str, int]:
    """Planned step -> the stream whose plan has it."""
    return {line.step: stream for stream, lines in by_stream.items() for line in lines if line.kind == "planned"}


def _of_others(lines: Sequence[Line], plans: Mapping[str, int]) -> set[str]:
    """Steps in a stream that another stream's plan has: a pause that was resumed here."""
    others = {step for step, stream in plans.items() if stream != lines[0].stream}
    return others.intersection(line.step for line in lines) if others else others


def _streams(by_stream: dict[int, list[Line]], title: str | None, plans: Mapping[str, int]) -> list[int]:
    """Streams that announce the root first: those that go on with the activities of others follow."""
    if len(by_stream) == 1:
        return [*by_stream]

    def rank(stream: int) -> tuple[bool, bool, int, int]:
        lines = by_stream[stream]
        announces = any(not line.step and line.message == title for line in lines)
        return not announces, bool(_of_others(lines, plans)), min(line.instant for line in lines), stream

    return sorted(by_stream, key=rank)


def _pieces(part: Structure, lines: Sequence[Line], owners: Mapping[str, Structure]) -> list[Structure]:
    """A part, in two where its node announced an execution and then resumed another one's steps in the same file.

    Two executions that paused at once have a plan each, and only one of the two is resumed. A part that announces no
    steps under ids of its own, or writes in them behind the resume, stays whole.
    """
    if not owners or not part.announced:
        return [part]
    rows = set(part.rows)
    mine = [line for line in lines if line.row in rows]
    cut = next((line.row for line in mine if line.step in owners), None)
    own = {line.step for line in mine if line.step and line.step not in owners}
    if cut is None or any(line.row > cut and line.step in own for line in mine):
        return [part]
    if not _repeats(lines, owners[next(line.step for line in mine if line.row == cut)], own):
        return [part]
    behind = Structure(0, cut, set(part.streams), [row for row in part.rows if row >= cut], announced=False)
    return [replace(part, rows=[row for row in part.rows if row < cut]), behind]


def _repeats(lines: Iterable[Line], structure: Structure, steps: Iterable[str]) -> bool:
    """Whether steps of these ids have names that the structure has under other ids."""
    rows = set(structure.rows)
    names: dict[str, str] = {}
    own: dict[str, str] = {}
    for line in lines:
        if line.step:
            (own if line.row in rows else names).setdefault(line.step, line.message)
    return bool({names[step] for step in steps if step in names} & set(own.values()))
