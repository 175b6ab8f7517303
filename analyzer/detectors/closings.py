"""Executions that overlap in one log whose root closes both ways, where it cannot be told which closing is whose.

Only closings that can be theirs count. A failed run, and then a double run of which both executions succeeded, is no
conflict between these two:

    raw log   closings of the executions that overlap (a pause and what resumed it belong together), and closings that
              may be either's, from their first line up to the first line of the next execution that is none of them
    a tree    closings between the first opening of the root and the point at which as many closed as had opened

Source: formats document, sections 1.4 and 3.2, and section 10, trap 4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from analyzer.detectors.common import Row, rows
from analyzer.detectors.lines import KEY, RAW, ROOT, task_lines
from analyzer.model import Case
from analyzer.names import COMPLETED, FATAL

TASK = ("customer", "task")

Key = tuple[str, str]


def both_ways(case: Case) -> list[tuple[Row, Row]]:
    """Per task log at most one pair of root lines: one execution of an overlap failed, another one succeeded."""
    pairs = case.frame("pairs")
    concurrent = pairs.filter(pl.col("relation") == "concurrent").select(TASK).unique()
    if concurrent.is_empty():
        return []
    groups = _groups(rows(pairs.join(concurrent, on=TASK, how="semi")))
    root = task_lines(case).filter(ROOT).join(concurrent, on=TASK, how="semi")
    closes = pl.col("message").str.contains(COMPLETED) & (pl.col("severity") < FATAL)
    root = root.with_columns(failed=pl.col("severity") >= FATAL, closes=closes | (pl.col("severity") >= FATAL))
    found = []
    for _, log in root.group_by(KEY, maintain_order=True):
        several = groups[(log["customer"][0], log["task"][0])]
        lines = list(rows(log))
        parts = _in_raw(lines, _begins(case, lines[0]), several) if lines[0]["format"] == RAW else _in_tree(lines)
        found += [pair for pair in map(_differing, parts) if pair][:1]
    return found


def _differing(part: Sequence[Row]) -> tuple[Row, Row] | None:
    failed = next((line for line in part if line["closes"] and line["failed"]), None)
    succeeded = next((line for line in part if line["closes"] and not line["failed"]), None)
    return (failed, succeeded) if failed and succeeded else None


def _groups(pairs: Iterable[Row]) -> dict[Key, list[frozenset[int]]]:
    """Task -> executions that overlap, together with those that paused and went on."""
    found: dict[Key, list[frozenset[int]]] = defaultdict(list)
    overlapping: dict[Key, set[int]] = defaultdict(set)
    for pair in pairs:
        key, ends = (pair["customer"], pair["task"]), {pair["first"], pair["second"]}
        if pair["relation"] == "concurrent":
            overlapping[key] |= ends
        if pair["relation"] == "concurrent" or pair["work"] == "resume":
            touching = [one for one in found[key] if one & ends]
            found[key] = [one for one in found[key] if not one & ends] + [frozenset(ends).union(*touching)]
    return defaultdict(list, {key: [one for one in parts if one & overlapping[key]] for key, parts in found.items()})


def _begins(case: Case, line: Row) -> dict[tuple[str, int], int]:
    """(source, execution) -> its first line there."""
    lines = task_lines(case).filter(
        pl.all_horizontal(pl.col(name) == line[name] for name in KEY) & pl.col("execution").is_not_null()
    )
    firsts = lines.group_by("source", "execution").agg(pl.col("line").min())
    return {(source, number): first for source, number, first in firsts.iter_rows()}


def _in_raw(
    lines: Sequence[Row], begins: dict[tuple[str, int], int], groups: Sequence[frozenset[int]]
) -> Iterator[list[Row]]:
    for group in groups:
        yield [line for line in lines if line["execution"] in group or _may_be(line, begins, group)]


def _may_be(line: Row, begins: dict[tuple[str, int], int], group: frozenset[int]) -> bool:
    """Whether a line of no certain execution stands where only these wrote."""
    if line["execution"] is not None:
        return False
    here = {number: first for (source, number), first in begins.items() if source == line["source"]}
    mine = [first for number, first in here.items() if number in group]
    if not mine or line["line"] < min(mine):
        return False
    return not any(min(mine) < first <= line["line"] for number, first in here.items() if number not in group)


def _in_tree(lines: Sequence[Row]) -> Iterator[list[Row]]:
    """Stretches of the root's lines that begin with an opening and end when all that opened have closed."""
    opened: set[int] = set()
    part: list[Row] = []
    closed = 0
    for line in lines:
        if line["execution"] is not None:
            opened.add(line["execution"])
        part.append(line)
        closed += line["closes"]
        if closed and closed >= len(opened):
            yield part
            part, closed, opened = [], 0, set()
    if part:
        yield part
