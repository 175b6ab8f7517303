"""The other codes against the truth, as far as the truth knows them: one mark for each thing that is so or is said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from .clock import TICKS
from .decide import APPEND, ROOT
from .judge import INNOCENT, OVERLAPPING, POSSIBLE, PROVED, REPEATED, Score, truth_about
from .traces import Trace, Traces, ticks
from .truth import Fact

CODES = ("OCT101 proved", "OCT101", "OCT102", "OCT103", "OCT104", "OCT204", "OCT301")

ENDS = {"Success", "Failed", "Canceled"}
LATE = 3 * 3600 * TICKS + 400 * TICKS
"""A re-run that begins more than an hour later cannot be a second claim of the same turn; where nothing bounds two
clocks that are an hour apart, it must be granted another hour for the error that each of them might have."""


@dataclass(frozen=True)
class Mark:
    """One code about one task (or node): whether it is true, whether the bundle can show it, whether it was said."""

    code: str
    task: str
    true: bool
    shown: bool
    said: bool

    @property
    def wrong(self) -> str:
        """`false` or `missed`, or "" where it is neither."""
        if self.said and not self.true:
            return "false"
        return "missed" if self.true and self.shown and not self.said else ""


def marks(truth: Fact, document: Fact, scored: Score, found: Traces) -> list[Mark]:
    """All marks of one bundle."""
    said: dict[str, set[str]] = defaultdict(set)
    for finding in document["findings"]:
        said[finding["code"]].add(finding["task"])
    return [
        *_of_runs(truth, scored, found),
        *_contention(truth, document),
        *_handover(truth, said["OCT104"], found),
        *_lost(truth, said["OCT204"]),
        *_conflict(truth, said["OCT301"], scored, found),
    ]


def _of_runs(truth: Fact, scored: Score, found: Traces) -> Iterator[Mark]:
    for task in scored.tasks:
        overlapped, twice = task.truth == OVERLAPPING, task.truth != INNOCENT
        yield Mark("OCT101 proved", task.task, overlapped, bool(task.how), task.answer == PROVED)
        yield Mark("OCT101", task.task, overlapped, bool(task.how), task.answer in (PROVED, POSSIBLE))
        shown = task.truth not in (OVERLAPPING, INNOCENT) and _repeats(
            truth, truth["tasks"][task.task], found[task.task]
        )
        yield Mark("OCT102", task.task, twice, shown, task.answer == REPEATED)


def _repeats(truth: Fact, task: Fact, found: Mapping[int, Trace]) -> bool:
    """Whether one file shows two executions one after the other of a task that is known to be no deployment."""
    known = truth["race"]["evidence"]["states"] != "none" and task["name"] != "Deploy"
    if not known or truth["race"]["layout"] != "single":
        return False
    whole = [trace for trace in found.values() if trace.announced and _ends(trace)]
    return any(one.execution["turn"] == two.execution["turn"] for one, two in combinations(whole, 2))


def _ends(trace: Trace) -> bool:
    return any(not line.activity and line.category == "FIN" for line in trace.lines)


def _contention(truth: Fact, document: Fact) -> Iterator[Mark]:
    held = {(task, node) for task, node in truth["held"] if task in truth["tasks"]}
    said = {
        (finding["task"], node)
        for finding in document["findings"]
        if finding["code"] == "OCT103"
        for node in finding["nodes"]
    }
    shown = truth["race"]["evidence"]["server_logs"]
    for pair in sorted(held | said):
        yield Mark("OCT103", " on ".join(pair), pair in held, shown, pair in said)


def _handover(truth: Fact, said: set[str], found: Traces) -> Iterator[Mark]:
    """Pauses and re-runs that changed nodes; shown where the log names every node and the re-run was late."""
    for name, task in truth["tasks"].items():
        nodes = {run["number"]: run["node"] for run in task["executions"]}
        true = any(
            nodes[run["number"]] != nodes[before] and [before, run["number"]] not in task["overlaps"]
            for run in task["executions"]
            for before in (*run["resumed_of"], *run["rerun_of"])
        )
        named = all(trace.names_machine and trace.announced for trace in found[name].values())
        shown = truth_about(task) == INNOCENT and named and truth["race"]["layout"] == "single" and _told_apart(task)
        yield Mark("OCT104", name, true, shown, name in said)


def _told_apart(task: Fact) -> bool:
    """Whether its re-runs began so late that a lost lock cannot be the cause."""
    ended = {run["number"]: ticks(run["ended_true"]) for run in task["executions"]}
    gaps = [ticks(run["started_true"]) - ended[one] for run in task["executions"] for one in run["rerun_of"]]
    return all(gap > LATE for gap in gaps)


def _lost(truth: Fact, said: set[str]) -> Iterator[Mark]:
    """Lines that are nowhere; a server log shows each append that failed."""
    hurt = {injury["file"] for injury in truth["damage"]}
    for name, task in truth["tasks"].items():
        lost = any(run["trace"]["lost"] for run in task["executions"])
        true = lost or bool(hurt & set(task["files"])) or any(run["outcome"] == "Cut" for run in task["executions"])
        yield Mark("OCT204", name, true, lost and truth["race"]["evidence"]["server_logs"], name in said)


def _conflict(truth: Fact, said: set[str], scored: Score, found: Traces) -> Iterator[Mark]:
    """Executions of one turn, resumed or not, that ended differently; shown where the overlap and both ends are."""
    how = {task.task: task.how for task in scored.tasks}
    for name, task in truth["tasks"].items():
        turns = _turns(task)
        differ = [
            (one, two)
            for one, two in combinations(task["executions"], 2)
            if turns[one["number"]] == turns[two["number"]] and one["outcome"] != two["outcome"]
            if {one["outcome"], two["outcome"]} <= ENDS
        ]
        ends = {run["outcome"] for run in task["executions"] if run["turn"] == task["executions"][-1]["turn"]}
        other = task["final_state"] not in ends | {"Executing", "Queued", "Cancelling"} and bool(task["final_state"])
        closed = any(all(found[name][run["number"]].closes for run in pair) for pair in differ)
        shown = closed and how[name] in (APPEND, ROOT)
        yield Mark("OCT301", name, bool(differ) or other, shown, name in said)


def _turns(task: Fact) -> dict[int, int]:
    """Which executions belong to one run of the task: a re-run begins another, a resume does not."""
    again = sorted({run["turn"] for run in task["executions"] if run["rerun_of"]})
    return {run["number"]: sum(turn <= run["turn"] for turn in again) for run in task["executions"]}


def alarms(truth: Fact, document: Fact) -> Iterable[tuple[str, str]]:
    """2xx and 3xx findings about tasks to which nothing happened: they ran once, and no line of any task is lost."""
    if truth["damage"]:
        return
    clean = {
        name
        for name, task in truth["tasks"].items()
        if task["innocent"] in ("plain", "pause", "handover", "rerun")
        and not any(run["trace"]["lost"] for run in task["executions"])
    }
    for finding in document["findings"]:
        if finding["task"] in clean and finding["code"] > "OCT2" and finding["code"] < "OCT9":
            yield finding["code"], finding["task"]
