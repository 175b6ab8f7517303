"""Which double runs the evidence in a bundle can decide at all, worked out from the truth.

    append order   one raw file: both executions announce themselves, and a line of one stands between the other's
                   (where the times that they stamped do not overlap: more turns than A B A B, because one block that
                   the storage moved makes the same of a re-run); where both resumed one pause they write under the
                   same ids, and only their closings tell them apart: both must close behind both resumes
    clocks         a file each: both nodes are named, and the simple bounds below leave no offset without overlap
    server logs    the same by what the two nodes' own server logs say
    root order     a view of a single file (text download, /details): the root opens twice before it closes, and its
                   times go back, so that nobody sorted the lines; only lines that the view prints with a time count: it
                   prints the first one as the root's name, and no "Finished"

A view whose root opens twice while its times never go back is no proof: in 2023.3 a feature toggle could give a task
several files, which are stitched together by time for the view, and where the nodes' clocks differ a legitimate re-run
then looks just like that. `imitable` names these tasks: *possible* is the most that can be said of them.

Nothing here comes from `analyzer`. The bounds are simpler than the analyzer's and their slack is wider, so that whoever
calls a case undecidable here may still be wrong, but not the other way round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby, pairwise
from math import inf

from .clock import TICKS, ticks_at
from .traces import SUCCEEDED, Line, Trace, Traces, ticks
from .truth import Fact

APPEND, CLOCKS, SERVERS, ROOT = "append order", "clocks", "server logs", "root order"
HOW = (APPEND, CLOCKS, SERVERS, ROOT)

SLACK = 3 * TICKS
DRIFT = 200e-6
UNKNOWN = 1800 * TICKS
ONE_MOVED = 4
"""What one block that the storage moved makes of two executions that ran one after the other: A B A B."""
MOVED = 6
"""In a damaged file A B A may also be a block that was moved; so many turns may not."""

Span = tuple[int, int]
Interval = tuple[float, float]


def decidable(truth: Fact, found: Traces) -> dict[str, str]:
    """task -> how its overlap shows; tasks whose overlap the bundle cannot show are not in it."""
    offsets = Offsets(truth, found)
    decided = {}
    for name, task in truth["tasks"].items():
        ways = {
            how
            for one, two in task["overlaps"]
            for how in _ways(truth, name, found[name][one], found[name][two], offsets)
        }
        if ways:
            decided[name] = next(how for how in HOW if how in ways)
    return decided


def _ways(truth: Fact, name: str, one: Trace, two: Trace, offsets: Offsets) -> Iterator[str]:
    """All ways in which the overlap of two executions shows."""
    hurt = {injury["file"] for injury in truth["damage"]}
    told = _close_behind(one, two) if _one_pause(one, two) else one.announced and two.announced
    if told and _turns(one, two) > (MOVED if hurt & set(one.files) else ONE_MOVED if _apart(one, two) else 2):
        yield APPEND
    a, b = one.execution["node"], two.execution["node"]
    named = truth["race"]["layout"] == "segments" and one.names_machine and two.names_machine
    if named and offsets.overlap(a, one.span, b, two.span):
        yield CLOCKS
    span_a, span_b = offsets.served(one.execution), offsets.served(two.execution)
    if span_a and span_b and offsets.zoned >= {a, b} and offsets.overlap(a, span_a, b, span_b):
        yield SERVERS
    if truth["race"]["layout"] == "single" and _opened_twice(truth, name, one, two) and _goes_back(truth, name):
        yield ROOT


def imitable(truth: Fact, found: Traces) -> set[str]:
    """Tasks whose root opens twice before it closes in a view that could have been stitched together by time."""
    return {
        name
        for name, task in truth["tasks"].items()
        for one, two in task["overlaps"]
        if _opened_twice(truth, name, found[name][one], found[name][two]) and not _goes_back(truth, name)
    }


def _goes_back(truth: Fact, name: str) -> bool:
    """Whether the times go back of the root's lines that a view prints; it shows whole seconds at least."""
    printed = [(category, time) for _, category, _, time in truth["views"].get(name, ())][1:]
    seconds = [ticks(time) // TICKS for category, time in printed if category != "FIN"]
    return any(right < left for left, right in pairwise(seconds))


def _turns(one: Trace, two: Trace) -> int:
    """How often the author changes between the two in a file, plus one: A B A is three."""
    files: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for trace in (one, two):
        for line in trace.lines:
            files[line.file].append((line.number, trace.execution["number"]))
    return max((len(list(groupby(sorted(lines), key=lambda line: line[1]))) for lines in files.values()), default=0)


def _apart(one: Trace, two: Trace) -> bool:
    """Whether the times that two executions stamped do not overlap."""
    return one.span[1] < two.span[0] or two.span[1] < one.span[0]


def _one_pause(one: Trace, two: Trace) -> bool:
    return bool(set(one.execution["resumed_of"]) & set(two.execution["resumed_of"]))


def _close_behind(one: Trace, two: Trace) -> bool:
    """Whether two executions that resumed one pause both close the root behind both resumes, in one file."""
    resumes = [line for trace in (one, two) for line in trace.lines if "Resuming after" in line.message]
    ends = [line for trace in (one, two) for line in trace.lines if not line.activity and _closing(line)]
    both = {line.file for line in (*resumes, *ends)} == one.files == two.files and len(one.files) == 1
    begun = all(any(line in trace.lines for line in resumes) for trace in (one, two))
    last = max((line.number for line in resumes), default=0)
    return one.closes and two.closes and begun and both and all(line.number > last for line in ends)


def _closing(line: Line) -> bool:
    return line.category in ("FAT", "FIN") or line.message in SUCCEEDED


def _opened_twice(truth: Fact, name: str, one: Trace, two: Trace) -> bool:
    """Whether the root opens for both before it closes for one; a pause closes nothing, so both must close."""
    numbers = {one.execution["number"], two.execution["number"]}
    opened: set[int] = set()
    closed: list[tuple[int, bool]] = []
    for author, category, message, _ in truth["views"].get(name, ()):
        if message == one.description:
            opened.add(author)
        elif category == "FAT" or message in SUCCEEDED:
            closed.append((author, opened >= numbers))
    return bool(closed) and closed[0][1] and numbers <= {author for author, _ in closed}


class Offsets:
    """By how much each node's clock may be ahead of the database's, from tasks that ran once and show on which node.

    The database's row names only the last owner, and that may be a second execution which left no line: then the times
    of the lines are another node's.
    """

    def __init__(self, truth: Fact, found: Traces) -> None:
        self.nodes = {node["name"]: node for node in truth["nodes"]}
        self.start: str = truth["race"]["start"]
        self.bounds: dict[str, list[tuple[bool, int, int]]] = defaultdict(list)
        self.zoned: set[str] = set()
        owned: dict[str, list[tuple[bool, int, int]]] = defaultdict(list)
        for name, task in truth["tasks"].items():
            if len(task["executions"]) != 1 or not found[name][1].lines:
                continue
            if not (found[name][1].names_machine or task["executions"][0]["trace"]["server_lines"]):
                continue
            node, times = task["executions"][0]["node"], _shown(truth, task)
            first, last = found[name][1].span
            if "QueueTime" in times and found[name][1].opens:
                self.bounds[node].append((True, first - times["QueueTime"], first))
            if "StartTime" in times and found[name][1].opens:
                owned[node].append((True, first - times["StartTime"], first))
            if "CompletedTime" in times:
                owned[node].append((False, last - times["CompletedTime"], last))
            if task["executions"][0]["trace"]["server_lines"]:
                self.zoned.add(node)
        if self._of_another_clock(owned):
            for node, more in owned.items():
                self.bounds[node] += more

    def overlap(self, a: str, span_a: Span, b: str, span_b: Span) -> bool:
        """Whether two spans overlap under every offset between their nodes' clocks that is left."""
        moment = span_a[1]
        low_a, high_a = _interval(self.bounds[a], moment)
        low_b, high_b = _interval(self.bounds[b], moment)
        return span_b[0] - span_a[1] < low_b - high_a and high_b - low_a < span_b[1] - span_a[0]

    def served(self, execution: Fact) -> Span | None:
        """First and last time of an execution in its node's server log, on the node's clock."""
        trace, node = execution["trace"], self.nodes[execution["node"]]
        if not trace["server_first_true"]:
            return None
        begin = ticks_at(self.start, 0)
        first, last = (ticks(trace[f"server_{end}_true"]) for end in ("first", "last"))
        drift = 1 + node["drift_ppm"] / 1e6
        shift = int(node["offset_seconds"] * TICKS)
        return begin + int((first - begin) * drift) + shift, begin + int((last - begin) * drift) + shift

    def _of_another_clock(self, owned: Mapping[str, list[tuple[bool, int, int]]]) -> bool:
        """Whether StartTime and CompletedTime cannot all be the nodes' own: only then do they bound a clock."""
        for bounds in owned.values():
            moment = max(at for _, _, at in bounds)
            low, high = _interval(bounds, moment)
            if low > 0 or high < 0:
                return True
        return False


def _shown(truth: Fact, task: Fact) -> dict[str, int]:
    """QueueTime, StartTime and CompletedTime of a task in ticks, if the bundle has its row."""
    rows = truth["race"]["evidence"]["states"] != "none"
    return {name: ticks(time) for name, time in task["row"].items()} if rows else {}


def _interval(bounds: list[tuple[bool, int, int]], moment: int) -> Interval:
    """What upper and lower bounds leave at a moment, with slack and drift."""
    uppers = [value + SLACK + _drift(at, moment) for upper, value, at in bounds if upper]
    lowers = [value - SLACK - _drift(at, moment) for upper, value, at in bounds if not upper]
    return max(lowers, default=-inf), min(uppers, default=inf)


def _drift(at: int, moment: int) -> float:
    return (abs(at - moment) + UNKNOWN) * DRIFT
