"""Separate the executions in `/details` and in text downloads, which print a tree and not the append order.

Only inside one activity do lines stand in the order in which they were appended. The root's own lines are therefore
the witness: its opening line twice before it closed once means two executions at a time; opening, closing, opening,
closing means one after the other. Steps are told apart by the blocks that carry one name twice.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import polars as pl

from analyzer.executions.execution import Key
from analyzer.executions.separate import Separation
from analyzer.executions.steps import Line, resumed_again
from analyzer.executions.stream import Structure
from analyzer.names import CANCELED, COMPLETED, RESUMED, version_of

HALF_DAY = 12 * 3600 * 10_000_000  # a step back of more is midnight, or a resume on another day


Source = tuple[str, str, str]
"""Customer, task, source."""


class Tree(NamedTuple):
    """What one log's sources print beside its lines: `names` of steps by id, in the order of the document, and `odd`
    steps, with whether they are odd only behind a pause.
    """

    names: Mapping[str, str]
    odd: Sequence[tuple[str, bool]]


class Trees(NamedTuple):
    """The same by source."""

    names: Mapping[Source, Sequence[tuple[str, str]]]
    odd: Mapping[Source, Sequence[tuple[str, bool]]]

    def of(self, key: Key, sources: Iterable[str]) -> Tree:
        """Of the sources of one log."""
        places = [(*key[:2], source) for source in sorted(set(sources))]
        names = dict(chain.from_iterable(self.names.get(place, ()) for place in places))
        return Tree(names, list(chain.from_iterable(self.odd.get(place, ()) for place in places)))


def printed(states: pl.DataFrame, strange: pl.DataFrame, lines: pl.DataFrame) -> Trees:
    """What STATES say of the steps of these lines' trees; `strange`: see `odd`."""
    place = ["customer", "task", "source"]
    views = lines.filter(pl.col("view") > 0).select(place).unique()
    steps = states.filter((pl.col("claim") == "tree") & pl.col("activity").str.contains("^[^/]+$"))
    steps = steps.join(views, on=place, how="semi", maintain_order="left").sort("line", maintain_order=True)
    names: dict[Source, list[tuple[str, str]]] = defaultdict(list)
    for customer, task, source, activity, name in steps.select(*place, "activity", "name").iter_rows():
        names[customer, task, source].append((activity, name))
    found: dict[Source, list[tuple[str, bool]]] = defaultdict(list)
    for customer, task, source, step, resumed in strange.join(views, on=place, how="semi").iter_rows():
        found[customer, task, source].append((step, resumed))
    return Trees(names, found)


def separate(entries: Sequence[Line], severe: Container[int], tree: Tree, version: str | None) -> Separation:
    """Structures of one task's tree. `severe`: rows at Fatal; `version`: of the server that made the download."""
    names = tree.names
    root = [line for line in entries if not line.step]
    doubled = {name for name, count in Counter(names.values()).items() if count > 1}
    closings = _closings(root, severe)
    openings = _openings(root, closings)
    if not doubled or (len(doubled) < 2 and len(openings) < 2):
        paused = any(line.message.startswith(RESUMED) for line in entries)
        return _once_or_twice(entries, root, closings, {step for step, resumed in tree.odd if paused or not resumed})
    copies = _copies(names)
    count = max(copies.values())
    says, witnesses = _order(openings, closings)
    if says == "concurrent" and not _goes_back(root):
        says = _stitched(version)
    structures = tuple(Structure(i, 0, {0}) for i in range(1, count + 1))
    ambiguous = []
    for line in entries:
        owner = copies[line.step] if line.step in copies else _root_owner(line, openings, says)
        if owner is None or owner > count:
            ambiguous.append(line.row)
        else:
            structures[owner - 1].rows.append(line.row)
    kept = tuple(one for one in structures if one.rows)
    for one in kept:
        one.start = one.rows[0]
    return Separation(kept, tuple(ambiguous), told=(says, witnesses))


def odd(states: pl.DataFrame) -> pl.DataFrame:
    """Steps of trees that one whole execution does not leave: customer, task, source, step, and whether `resumed` only.

    A step that is called like a target of another step has lost its beginning, and one in which something is pending or
    running under a root that closed has lost its end. Two targets of one name in one step matter only behind a pause
    (`resumed`): else they are a target tried again.
    """
    tree = states.filter((pl.col("claim") == "tree") & pl.col("activity").is_not_null() & pl.col("task").is_not_null())
    place = ["customer", "task", "source"]
    depth = pl.col("activity").str.count_matches("/", literal=True)
    below = tree.filter(pl.col("activity") != "").with_columns(step=pl.col("activity").str.split("/").list.first())
    steps, targets = below.filter(depth == 0), below.filter(depth == 1)
    over = tree.filter((pl.col("activity") == "") & pl.col("state").str.contains("^(Success|Failed)"))
    headless = steps.join(targets, on=[*place, "name"], how="semi")
    left = below.filter(pl.col("state").is_in(["Pending", "Running"])).join(over, on=place, how="semi")
    again = targets.filter(pl.len().over(*place, "step", "name") > 1)
    found = [(headless, False), (left, False), (again, True)]
    return pl.concat([one.select(*place, "step", resumed=pl.lit(only)) for one, only in found]).unique(
        maintain_order=True
    )


def _once_or_twice(
    entries: Sequence[Line], root: Sequence[Line], closings: Sequence[int], odd_steps: Collection[str]
) -> Separation:
    """One structure, or two where a pause was resumed or the root closed twice, or where steps are not one execution's.

    Which lines are whose is not known.
    """
    messages = {line.row: line.message for line in root}
    closed = [messages[row] for row in closings]
    succeeded = [bool(re.match(COMPLETED, message)) for message in closed]
    second: list[int] = []
    if len(closed) != len(set(closed)) or len(set(succeeded)) > 1:
        second = [closings[-1]]
    second = second or resumed_again(entries) or [line.row for line in entries if line.step in odd_steps]
    if odd_steps and not second:
        second = [line.row for line in root[-1:]]
    rows = [line.row for line in entries if line.row not in second]
    if not second or not rows:
        return Separation((Structure(1, 0, {0}, [line.row for line in entries]),), ())
    structures = (Structure(1, 0, {0}, rows), Structure(2, second[0], {0}, second, announced=False))
    return Separation(structures, (), told=("unknown", (rows[0], second[0])))


def _copies(names: Mapping[str, str]) -> dict[str, int]:
    """Step id -> the how-manieth of its name it is."""
    seen: dict[str, int] = defaultdict(int)
    copies = {}
    for step, name in names.items():
        seen[name] += 1
        copies[step] = seen[name]
    return copies


def _closings(root: Sequence[Line], severe: Container[int]) -> list[int]:
    """Rows of closing words; a canceled execution may say first that it failed, and closes once."""
    found: list[int] = []
    failed = False
    for line in root:
        fatal = line.row in severe
        canceled = line.message.startswith(CANCELED)
        if (fatal or re.match(COMPLETED, line.message)) and not (failed and canceled):
            found.append(line.row)
        failed = fatal and not canceled
    return found


def _openings(root: Sequence[Line], closings: Sequence[int]) -> list[int]:
    """Rows of the first message that the root says once for each time it closed: what every execution says early."""
    said: dict[str, list[int]] = defaultdict(list)
    for line in root:
        if line.row not in closings:
            said[line.message].append(line.row)
    wanted = max(len(closings), 2)
    return next((rows for rows in said.values() if len(rows) == wanted), [])


def _order(openings: Sequence[int], closings: Sequence[int]) -> tuple[str, tuple[int, ...]]:
    """What the root's own lines say: concurrent, sequential or unknown, with the rows that show it."""
    if len(openings) < 2 or not closings:
        return "unknown", tuple(openings[:2])
    if closings[0] > openings[1]:
        return "concurrent", (openings[0], openings[1], closings[0])
    return "sequential", (openings[0], closings[0], openings[1])


def _goes_back(root: Sequence[Line]) -> bool:
    """Whether the root's times go back: then they were not sorted by time, and stand as they were appended."""
    return any(
        right.instant < left.instant for left, right in pairwise(root) if left.instant - right.instant < HALF_DAY
    )


def _stitched(version: str | None) -> str:
    """What the root's order is worth where its times never go back, by the version that made the download.

    Since 2025.2.10530 a task has a file for every writer, and the files are stitched together by time: clocks that
    differ make a re-run look like an overlap. From 2022.4 a feature toggle did the same for some (formats document, 2).
    """
    known = version_of(version)
    if known is None or known >= (2025, 2, 10530):
        return "unknown"
    return "concurrent" if known < (2022, 4) else "possible"


def _root_owner(line: Line, openings: Sequence[int], says: str) -> int | None:
    if says == "sequential":
        return sum(opening <= line.row for opening in openings)
    return openings.index(line.row) + 1 if line.row in openings else None
