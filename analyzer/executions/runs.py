"""From the structures of a log to its runs: a pause that some node resumes ends one run of the task."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from analyzer.executions.separate import Separation
from analyzer.executions.steps import Line, Together, closings, cut_short, resumed_again, twin_targets
from analyzer.executions.stream import Structure
from analyzer.names import CANCELED, FATAL, RESUMED, same_node

ONE_ROOT = "one root, one plan"
"""What tells a log's only execution from none."""


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
class Again:
    """Several resumes whose runs were going on at once."""

    count: int  # how many
    behind: int  # these and all later ones
    ends: tuple[int, int]  # the first and the last finish of the root behind them


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
        parts, again = _parts(rows, by_row, machines, severe) if ordered else ([rows], None)
        mine = [by_row[row] for row in rows]
        behind = mine[len(parts[0]) :] if ordered else []
        changes = twin_targets(behind)
        doubtful = bool(resumed_again(mine)) or _closed_again(mine, severe) or changes > 1 or cut_short(behind)
        made = []
        for i, part in enumerate(parts):
            paused = i < len(parts) - (again.behind if again else 1)
            outcome = "Paused" if paused else outcome_of([by_row[row] for row in part], severities)
            basis = _basis(structure, i, len(separation.structures))
            made.append(_run(structure, i, part, _machine(part, machines), outcome, basis, doubtful=doubtful))
        found += [(run, structure) for run in made]
        resumed_together += _at_once(made, again, changes) if again else ()
    return _numbered(found, by_row, separation, resumed_together)


def _run(
    structure: Structure, at: int, part: list[int], machine: str | None, outcome: str, basis: str, *, doubtful: bool
) -> Run:
    return Run(
        number=0,
        structure=structure.number,
        rows=tuple(part),
        machine=machine,
        outcome=outcome,
        basis=basis,
        relation="resume" if at else "first",
        announced=structure.announced and part[0] == structure.start,
        doubtful=bool(at) and doubtful,
    )


def _at_once(made: Sequence[Run], again: Again, changes: int) -> list[tuple[Run, Run, Together]]:
    ran = made[len(made) - again.behind :][: again.count]
    return [(a, b, Together("resume", (a.rows[0], b.rows[0], *again.ends), changes)) for a, b in combinations(ran, 2)]


def _closed_again(lines: Sequence[Line], severe: Container[int]) -> bool:
    """Whether the root finished twice and said closing words twice, or finished three times: not one execution."""
    root = [line for line in lines if not line.step]
    finished = sum(line.kind == "finished" for line in root)
    return finished > 2 or (finished > 1 and len(closings(root, severe)) > 1)


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
        return ONE_ROOT
    return (
        "root announced again, steps under ids of their own" if structure.announced else "steps under ids of their own"
    )


def _parts(
    rows: list[int], by_row: Mapping[int, Line], machines: Mapping[int, str], severe: Container[int]
) -> tuple[list[list[int]], Again | None]:
    """A structure's rows cut where it was resumed, and which of the parts ran at once: their lines cannot be told."""
    resumes = [row for row in rows[1:] if by_row[row].message.startswith(RESUMED)]
    again = _resumed_at_once(rows, resumes, by_row, severe)
    cuts = set(resumes)
    cuts |= {row for before, row in pairwise(rows) if by_row[row].stream != by_row[before].stream}
    if not again:
        cuts |= _machine_cuts(rows, cuts, by_row, machines)
    parts: list[list[int]] = [[]]
    for row in rows:
        if row in cuts and parts[-1]:
            parts.append([])
        if not again or row < resumes[-again.behind] or row in cuts:
            parts[-1].append(row)
    return parts, again


def _resumed_at_once(
    rows: Sequence[int], resumes: Sequence[int], by_row: Mapping[int, Line], severe: Container[int]
) -> Again | None:
    """A pause is resumed once, and a run closes and finishes the root once.

    Of the closings behind a resume each later resume accounts for one. Where two or more are left, so many of the runs
    resumed up to there were still going on there: best all of them, else the last ones are named.
    """
    if len({by_row[row].stream for row in rows}) > 1:
        return None
    root = [by_row[row] for row in rows if not by_row[row].step]
    found: dict[int, Again] = {}
    for at in range(len(resumes), 1, -1):
        behind = [line for line in root if line.row > resumes[at - 1]]
        finished = [line.row for line in behind if line.kind == "finished"]
        later = len(resumes) - at
        count = min(at, len(finished) - later, len(closings(behind, severe)) - later)
        if count > 1:
            found[at] = Again(count, count + later, (finished[0], finished[-1]))
    return next((again for at, again in found.items() if again.count == at), next(iter(found.values()), None))


def _in_order(structure: Structure, by_row: Mapping[int, Line]) -> list[int]:
    """Append order inside a stream; streams by the time of their first line, the announcing one first."""
    if len(structure.streams) == 1:
        return sorted(structure.rows)
    firsts: dict[int, tuple[bool, int]] = {}
    for row in sorted(structure.rows):
        line = by_row[row]
        firsts.setdefault(line.stream, (row != structure.start, line.instant))
    return sorted(structure.rows, key=lambda row: (firsts[by_row[row].stream], by_row[row].stream, row))


def _machine_cuts(rows: list[int], cuts: set[int], by_row: Mapping[int, Line], machines: Mapping[int, str]) -> set[int]:
    """Where the machine changes for good without a resume message: at the new machine's first line in a known step."""
    if not machines:
        return set()
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
    if any(line.message.startswith(CANCELED) for line in root):
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
