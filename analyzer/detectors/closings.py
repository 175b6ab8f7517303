"""Executions that overlap in one log whose root closes in different ways, where it cannot be told which is whose.

Only closings that can be theirs count. A failed run, and then a double run of which both executions succeeded, is no
conflict between these two:

    raw log   closings of the executions that overlap (a pause and what resumed it belong together, also where several
              resumed it), and closings that may be either's, from their first line up to the first line of the next
              execution that is none of them
    a tree    closings between the first opening of the root and the point at which as many closed as had opened

Source: formats document, sections 1.4 and 3.2, and section 10, trap 4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import polars as pl

from analyzer.case import Case
from analyzer.detectors.common import Row, rows
from analyzer.detectors.lines import KEY, RAW, ROOT, answers, task_lines
from analyzer.names import CANCELED, COMPLETED, FATAL, RUNS_UNKNOWN

TASK = ("customer", "task")

Key = tuple[str, str]

ENDING = (
    pl.when(pl.col("message").str.starts_with(CANCELED)).then(pl.lit("Canceled"))
    .when(pl.col("severity") >= FATAL).then(pl.lit("Failed"))
    .when(pl.col("message").str.contains(COMPLETED)).then(pl.lit("Success"))
)  # fmt: skip
"""What a root line says of an end; null for other lines."""


def both_ways(case: Case) -> list[tuple[Row, Row]]:
    """Per task log at most one pair of root lines with different `ending`s, of executions that overlapped."""
    pairs = case.frame("pairs")
    concurrent = pairs.filter(pl.col("relation") == "concurrent").select(TASK).unique()
    if concurrent.is_empty():
        return []
    every = task_lines(case).join(concurrent, on=TASK, how="semi")
    linked = [rows(pairs.join(concurrent, on=TASK, how="semi")), rows(_went_on(every, answers(case)))]
    groups = _groups(chain.from_iterable(linked))
    root = every.filter(ROOT).with_columns(ending=ENDING).with_columns(closes=pl.col("ending").is_not_null())
    begins = _begins(every)
    found = []
    for log in root.partition_by(KEY, maintain_order=True):
        lines = list(rows(log))
        customer, task, name = (lines[0][column] for column in KEY)
        raw = lines[0]["format"] == RAW
        parts = _in_raw(lines, begins[customer, task, name], groups[customer, task]) if raw else _in_tree(lines)
        found += [pair for pair in map(_differing, parts) if pair][:1]
    return found


def _differing(part: Sequence[Row]) -> tuple[Row, Row] | None:
    firsts: dict[str, Row] = {}
    for line in part:
        if line["closes"]:
            firsts.setdefault(line["ending"], line)
    spoke_twice = sum(line["closes"] for line in part) > sum(line["kind"] == "finished" for line in part)
    if spoke_twice and "Canceled" in firsts and "Success" not in firsts:
        return None  # one of them may have said both that a step failed and that it was canceled
    found = [firsts[ending] for ending in ("Failed", "Canceled", "Success") if ending in firsts]
    return (found[0], found[-1]) if len(found) > 1 else None


def _went_on(lines: pl.DataFrame, answered: pl.DataFrame) -> pl.DataFrame:
    """Resumes as rows like those of PAIRS: whoever worked on a step before, and whoever took the answer it waited for.

    Of several that resume one pause PAIRS cannot tell which of them is the legitimate one; all go on with that step.
    """
    steps = [*KEY, "step"]
    worked = pl.col("execution").is_not_null() & ~ROOT
    if answered.is_empty():
        return answered
    answered = answered.filter(worked).select(*steps, "execution").unique()
    begun = lines.join(answered, on=steps, how="semi").filter(worked).unique(steps, keep="first", maintain_order=True)
    links = begun.select(*steps, first="execution").join(answered.select(*steps, second="execution"), on=steps)
    links = links.filter(pl.col("first") != pl.col("second")).with_columns(relation=pl.lit(""), work=pl.lit("resume"))
    return links.sort(*steps, "second")


def _groups(pairs: Iterable[Row]) -> dict[Key, list[frozenset[int]]]:
    """Task -> executions that overlap, together with those that paused and went on."""
    found: dict[Key, list[frozenset[int]]] = defaultdict(list)
    overlapping: dict[Key, set[int]] = defaultdict(set)
    for pair in pairs:
        key, ends = (pair["customer"], pair["task"]), {pair["first"], pair["second"]}
        overlaps = pair["relation"] == "concurrent" and pair["witness"] != RUNS_UNKNOWN
        if overlaps:
            overlapping[key] |= ends
        if overlaps or pair["work"] == "resume":
            touching = [one for one in found[key] if one & ends]
            found[key] = [one for one in found[key] if not one & ends] + [frozenset(ends).union(*touching)]
    return defaultdict(list, {key: [one for one in parts if one & overlapping[key]] for key, parts in found.items()})


def _begins(lines: pl.DataFrame) -> dict[tuple[str, ...], dict[tuple[str, int], int]]:
    """KEY -> (source, execution) -> its first line there."""
    firsts = (
        lines.filter(pl.col("execution").is_not_null()).group_by(*KEY, "source", "execution").agg(pl.col("line").min())
    )
    found: dict[tuple[str, ...], dict[tuple[str, int], int]] = defaultdict(dict)
    for *key, source, number, first in firsts.iter_rows():
        found[tuple(key)][(source, number)] = first
    return found


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
