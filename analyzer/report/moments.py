"""The moments of a task worth telling, in order: what its log tells (`telling`), torn lines, pauses and Server logs.

Each moment stands where it happened: in the append order of the shared file where there is one, which is the true order
whatever the clocks say; else in the order of the executions' own clocks. Lines of a node's Server log are put between
the lines that the same node wrote before and after them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from analyzer.model import Finding
from analyzer.report.plain import count, visible
from analyzer.report.story import Story, Tie
from analyzer.report.tasklines import Line, in_order
from analyzer.report.telling import EXCERPT, Moment, Teller, shortened

STRETCH = 150_000_000
"""Lines of a Server log this close together (100 ns) are told as one stretch."""


def moments(story: Story) -> list[Moment]:
    """All of them, in order; each says how many lines stand unsaid between it and the one above."""
    lines = list(story.lines) if story.raw() else in_order(story.lines, tree=story.tree())
    position = {id(line): at for at, line in enumerate(lines)}
    marks = _marks(story.findings)
    teller = Teller(story, lines, {place for place in marks if place[0] in story.views})
    told = [replace(one, order=(position[id(line)], 0, 0)) for line in lines for one in teller.tell(line)]
    told += _pauses(story, lines)
    told = _counted(sorted(told, key=lambda one: one.order), lines)
    told += [*_rejects(story, lines), *_ties(story, lines)]
    return _marked(sorted(told, key=lambda one: one.order), marks)


def _pauses(story: Story, lines: Sequence[Line]) -> list[Moment]:
    """A pause leaves no line of its own: the execution's lines just stop."""
    found = []
    for run in story.runs:
        mine = [at for at, line in enumerate(lines) if line.execution == run["number"]]
        closed = any(lines[at].kind == "finished" and not lines[at].activity for at in mine)
        if run["outcome"] == "Paused" and mine and not closed:
            last = lines[mine[-1]]
            text = "its lines stop here: the task is paused"
            found.append(Moment((mine[-1], 1, 0), last.source, last.line, last.instant, last.execution, text))
    return found


def _counted(told: Sequence[Moment], lines: Sequence[Line]) -> list[Moment]:
    """Every line is told or counted: how many of each execution stand between two moments."""
    found, at = [], 0
    for one in told:
        skipped = Counter(line.execution for line in lines[at : one.order[0]])
        at = max(at, one.order[0] + 1)
        found.append(replace(one, skipped=dict(skipped)))
    return found


def _rejects(story: Story, lines: Sequence[Line]) -> list[Moment]:
    """Torn lines at their place in the file."""
    rows: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at, line in enumerate(lines):
        rows[line.source].append((line.line, at))
    found = []
    for row in story.rejects:
        above = bisect_left(rows[row["source"]], (row["line"], -1))
        at = rows[row["source"]][above - 1][1] if above else -1
        text = visible(f"unreadable, {row['reason']}: {shortened(row['excerpt'] or '', EXCERPT)}")
        instant = lines[at].instant if above else None
        found.append(Moment((at, 2, row["line"]), row["source"], row["line"], instant, None, text))
    return found


def _ties(story: Story, lines: Sequence[Line]) -> list[Moment]:
    """Stretches of Server log lines, each between the lines that its node wrote before and after it."""
    found = []
    begun: set[str] = set()
    written = _written(story, lines)
    for at, stretch in enumerate(_stretches(story.ties)):
        first = stretch[0]
        text = _tie_text(stretch, again=first.guid in begun)
        begun.add(first.guid)
        nodes = {run["number"] for run in story.runs if (run["node"] or "").casefold() == first.node.casefold()}
        order = (-1, 3, at)
        if first.instant is not None and lines and lines[0].dated:
            order = (_place(first.instant, written.get(first.node.casefold(), []), lines), 3, at)
        execution = min(nodes) if len(nodes) == 1 else None
        found.append(Moment(order, first.source, first.line, first.instant, execution, text, node=first.node))
    return found


def _written(story: Story, lines: Sequence[Line]) -> dict[str, list[tuple[int, int]]]:
    """Node without case -> the rows that it wrote, each with the latest time up to it."""
    nodes = {run["number"]: run["node"].casefold() for run in story.runs if run["node"]}
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, line in enumerate(lines):
        if line.execution in nodes:
            mine = found[nodes[line.execution]]
            mine.append((max(line.instant, mine[-1][0] if mine else line.instant), row))
    return found


def _place(instant: int, mine: Sequence[tuple[int, int]], lines: Sequence[Line]) -> int:
    """The row above: between the lines of its own node, whose clock it shares, and there by time."""
    below = bisect_right(mine, (instant, len(lines)))
    row = mine[below - 1][1] if below else -1
    end = mine[below][1] if below < len(mine) else len(lines)
    while row + 1 < end and lines[row + 1].instant <= instant:
        row += 1
    return row


def _stretches(ties: Sequence[Tie]) -> list[list[Tie]]:
    """Ties of one node and kind that follow one another; of a transaction only its first and its last stretch."""
    found: list[list[Tie]] = []
    latest: dict[tuple[str, str, str], list[Tie]] = {}
    for tie in ties:
        key = (tie.node.casefold(), tie.kind, tie.guid)
        group = latest.get(key)
        if group is None or tie.wall - group[-1].wall > STRETCH:
            group = latest[key] = []
            found.append(group)
        group.append(tie)
    ends = {key[2]: group for key, group in latest.items() if key[2]}
    begun: set[str] = set()
    kept = []
    for group in found:
        guid = group[0].guid
        if not guid or guid not in begun or group is ends[guid]:
            kept.append(group)
        begun.add(guid)
    return kept


def _tie_text(stretch: Sequence[Tie], *, again: bool = False) -> str:
    first, last = stretch[0], stretch[-1]
    until = f" (to line {last.line})" if last.line != first.line else ""
    if first.kind == "append":
        failed = sum(tie.failed for tie in stretch)
        why = ", another process held the file" if any(tie.held for tie in stretch) else ""
        what = f"{count(failed, 'entry', 'entries')} not written" if failed else "had to try again to write"
        return f"Server log: {what}{why}{until}"
    if first.kind == "transaction":
        return f"Server log: {'still ' if again else ''}at work on this task, transaction {first.guid}{until}"
    return f"Server log: {first.kind.replace('-', ' ')} names this task{until}"


def _marks(findings: Sequence[Finding]) -> dict[tuple[str, int], list[str]]:
    """Place -> the findings that cite it; a finding is named in full where it is cited first."""
    marks: dict[tuple[str, int], list[str]] = {}
    for one in findings:
        for at, place in enumerate(one.evidence):
            label = f"{one.code} {one.name}, {one.verdict}" if at == 0 else one.code
            if label not in marks.setdefault((place.source, place.line), []):
                marks[place.source, place.line].append(label)
    return marks


def _marked(told: Sequence[Moment], marks: dict[tuple[str, int], list[str]]) -> list[Moment]:
    """Each mark at the last moment of its line; a stretch of a Server log takes those of its first line."""
    last = {(one.source, one.line): at for at, one in enumerate(told)}
    found = list(told)
    for place, at in last.items():
        found[at] = replace(told[at], marks=tuple(marks.get(place, ())))
    return found
