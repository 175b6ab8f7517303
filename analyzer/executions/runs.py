"""From the structures of a log to its runs: a pause that some node resumes ends one run of the task."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from analyzer.executions.separate import Separation
from analyzer.executions.steps import Line, Together, closings, resumed_again
from analyzer.executions.stream import Structure
from analyzer.names import FATAL, RESUMED, same_node


@dataclass(frozen=True)
class Run:
    """One run of a task: the rows of its log that it wrote."""

    number: int
    structure: int
    rows: tuple[int, ...]
    machine: str | None
    outcome: str
    basis: str
    relation: str  # first | resume | re-run | double | undecided; later stages settle the last two
    announced: bool = True  # its first line announces the root
    doubtful: bool = False  # its pause may have been resumed twice


@dataclass(frozen=True)
class Runs:
    """Runs numbered in the order of their first line, and which of them the root's own lines show open at once."""

    runs: tuple[Run, ...]
    together: Mapping[tuple[int, int], Together]  # run numbers -> rows that show it


def runs(
    lines: Sequence[Line],
    separation: Separation,
    machines: Mapping[int, str],
    severities: Mapping[int, int],
    *,
    ordered: bool = True,
) -> Runs:
    """Runs of one task log.

    `machines`: row of a machine block -> Octopus Server machine. `severities`: row -> OpenTelemetry severity.
    `ordered`: rows stand in append order; a tree (text download, `/details`) is not cut where it was resumed.
    """
    by_row = {line.row: line for line in lines}
    severe = {row for row, severity in severities.items() if severity >= FATAL}
    found: list[tuple[Run, Structure]] = []
    resumed_together: list[tuple[Run, Run, Together]] = []
    for structure in separation.structures:
        rows = _in_order(structure, by_row)
        parts, shared = _parts(rows, by_row, machines, severe) if ordered else ([rows], 0)
        doubtful = bool(resumed_again([by_row[row] for row in rows])) or _closed_again(rows, by_row, severe)
        made = [
            Run(
                number=0,
                structure=structure.number,
                rows=tuple(part),
                machine=_machine(part, machines),
                outcome=outcome_of([by_row[row] for row in part], severities) if _final(i, parts, shared) else "Paused",
                basis=_basis(structure, i, len(separation.structures)),
                relation="resume" if i else "first",
                announced=structure.announced and part[0] == structure.start,
                doubtful=bool(i) and doubtful,
            )
            for i, part in enumerate(parts)
        ]
        found += [(run, structure) for run in made]
        resumed_together += _resumed_together(made, shared, [by_row[row] for row in rows])
    return _numbered(found, by_row, separation, resumed_together)


def _closed_again(rows: Sequence[int], by_row: Mapping[int, Line], severe: Container[int]) -> bool:
    """Whether the root finished twice and said closing words twice: once is all that one execution does."""
    root = [by_row[row] for row in rows if not by_row[row].step]
    return sum(line.kind == "finished" for line in root) > 1 and len(closings(root, severe)) > 1


def _final(part: int, parts: Sequence[object], shared: int) -> bool:
    return part >= len(parts) - max(1, shared)


def _resumed_together(made: Sequence[Run], shared: int, lines: Sequence[Line]) -> list[tuple[Run, Run, Together]]:
    again = made[len(made) - shared :] if shared else []
    finishes = [line.row for line in lines if not line.step and line.kind == "finished"]
    return [
        (a, b, Together("resume", (a.rows[0], b.rows[0], finishes[-shared], finishes[-1])))
        for a, b in combinations(again, 2)
    ]


def _numbered(
    found: list[tuple[Run, Structure]],
    by_row: Mapping[int, Line],
    separation: Separation,
    resumed_together: Sequence[tuple[Run, Run, Together]],
) -> Runs:
    """Runs numbered in the order of their first line; files have no order among themselves but that of their times."""
    if len({line.stream for line in by_row.values()}) > 1:
        begun: dict[int, int] = {}
        for run, structure in found:
            begun.setdefault(structure.number, min(by_row[row].instant for row in run.rows))
        found.sort(key=lambda one: begun[one[1].number])
    else:
        found.sort(key=lambda one: one[0].rows[0])
    numbered = {id(run): replace(run, number=number) for number, (run, _) in enumerate(found, 1)}
    together = {(numbered[id(a)].number, numbered[id(b)].number): rows for a, b, rows in resumed_together}
    together |= _of_structures(separation, list(numbered.values()))
    return Runs(tuple(numbered.values()), together)


def _of_structures(separation: Separation, found: Sequence[Run]) -> dict[tuple[int, int], Together]:
    first: dict[int, int] = {}
    for run in found:
        first.setdefault(run.structure, run.number)
    return {(first[i], first[j]): rows for (i, j), rows in separation.together.items() if i in first and j in first}


def _basis(structure: Structure, part: int, structures: int) -> str:
    if part:
        return "resumed: the same activities go on"
    if structures == 1:
        return "one root, one plan"
    return (
        "root announced again, steps under ids of their own" if structure.announced else "steps under ids of their own"
    )


def _parts(
    rows: list[int], by_row: Mapping[int, Line], machines: Mapping[int, str], severe: Container[int]
) -> tuple[list[list[int]], int]:
    """A structure's rows cut where it was resumed, and how many of the last parts ran at once.

    A pause is resumed once. Where several resumes of one file are followed by as many closings and finishes of the
    root, each of them was still running when the last one began; their further lines cannot be told apart.
    """
    resumes = [row for row in rows[1:] if by_row[row].message.startswith(RESUMED)]
    shared = _resumed_at_once(rows, resumes, by_row, severe)
    cuts = set(resumes)
    cuts |= {row for before, row in pairwise(rows) if by_row[row].stream != by_row[before].stream}
    if not shared:
        cuts |= _machine_cuts(rows, cuts, by_row, machines)
    parts: list[list[int]] = [[]]
    for row in rows:
        if row in cuts and parts[-1]:
            parts.append([])
        if not shared or row < resumes[-shared] or row in cuts:
            parts[-1].append(row)
    return parts, shared


def _resumed_at_once(
    rows: Sequence[int], resumes: Sequence[int], by_row: Mapping[int, Line], severe: Container[int]
) -> int:
    if len(resumes) < 2 or len({by_row[row].stream for row in rows}) > 1:
        return 0
    behind = [by_row[row] for row in rows if row > resumes[-1] and not by_row[row].step]
    finished = sum(line.kind == "finished" for line in behind)
    shared = min(len(resumes), finished, len(closings(behind, severe)))
    return shared if shared > 1 else 0


def _in_order(structure: Structure, by_row: Mapping[int, Line]) -> list[int]:
    """Append order inside a stream; streams by the time of their first line, the announcing one first."""
    firsts: dict[int, tuple[bool, int]] = {}
    for row in sorted(structure.rows):
        line = by_row[row]
        firsts.setdefault(line.stream, (row != structure.start, line.instant))
    return sorted(structure.rows, key=lambda row: (firsts[by_row[row].stream], by_row[row].stream, row))


def _machine_cuts(rows: list[int], cuts: set[int], by_row: Mapping[int, Line], machines: Mapping[int, str]) -> set[int]:
    """Where the machine changes for good without a resume message: at the new machine's first line in a known step."""
    seen = [(at, machines[row]) for at, row in enumerate(rows) if row in machines]
    changes = [(a, b) for a, b in pairwise(seen) if not same_node(a[1], b[1])]
    if len({name.casefold() for _, name in seen}) != len(changes) + 1:
        return set()  # a machine comes back: no clean hand-over to cut at
    found = set()
    for (left, _), (right, _) in changes:
        step = by_row[rows[right]].step
        known = any(by_row[row].step == step for row in rows[: left + 1])
        if known and not any(row in cuts for row in rows[left + 1 : right + 1]):
            found.add(next(row for row in rows[left + 1 :] if by_row[row].step == step))
    return found


def _machine(rows: Sequence[int], machines: Mapping[int, str]) -> str | None:
    named = [machines[row] for row in rows if row in machines]
    return max(named, key=lambda name: (sum(same_node(name, other) for other in named), name)) if named else None


def outcome_of(lines: Sequence[Line], severities: Mapping[int, int]) -> str:
    """Success, Failed, Canceled or Running, by the root's own lines where it has them, else by the steps' lines."""
    root = [line for line in lines if not line.step]
    finished = any(line.kind == "finished" for line in root)
    if any(line.message.startswith("The task was canceled") for line in root):
        return "Canceled"
    if any(severities[line.row] >= FATAL for line in root):
        return "Failed"
    if finished:
        return "Success"
    steps = {line.step for line in lines if line.step}
    if any(severities[line.row] >= FATAL for line in lines if line.step):
        return "Failed"
    over = {line.step for line in lines if line.step and line.kind in ("finished", "abandoned")}
    return "Running" if not steps or steps - over else "Ended"
