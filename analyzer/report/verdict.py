"""What happened to a task, in sentences: the headline, the proof, and for what was cleared, what cleared it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from analyzer.names import RUNS_UNKNOWN
from analyzer.report.blast import is_double
from analyzer.report.plain import count, listing
from analyzer.report.status import OPEN, called, ending, kept_claim
from analyzer.report.story import Story

Row = dict[str, Any]

SAID = {
    "Success": "it ended in success",
    "Failed": "it failed",
    "Canceled": "it was canceled",
    "Paused": "it paused and was not resumed in these lines",
    "Running": "its lines do not show how it ended",
    "Ended": "all its steps ended, but the line that closes the task is not among its lines",
}

WITNESS = {
    "append order": "Both executions wrote to one file, and a file has a single order whatever clocks the nodes have.",
    "order of the root's lines": (
        "The task's own opening and closing lines stand in the order in which they were written, whatever clocks the "
        "nodes have."
    ),
    "clock bounds": (
        "The two nodes' own records were compared under every difference between their clocks that the input allows."
    ),
    RUNS_UNKNOWN: "Each of two nodes' server logs shows an execution of its own; the task's log does not name them.",
    "one clock": "One clock stamped both executions.",
    "same activities": (
        "An execution that goes on with the activities of another one, under the same ids, resumes it."
    ),
}

PLAIN = {
    "the root's own lines": "the task's own lines",
    "announces no root of its own": "does not announce the task again",
    "the root closed": "the task closed",
    "no line of the root": "no line of the task itself",
    "begins behind": "begins after",
    "behind that": "after that",
}
"""The words of a proof for readers who do not know what a log's root is."""

RESUME = (
    "It would count as a double run if {second} had announced the task and its steps again under ids of its own, or if "
    "{first} had gone on writing after {second} began."
)
RERUN_IN_FILE = (
    "It would count as a double run if a single line of {first} stood behind the first line of {second} in that file."
)
RERUN_BY_CLOCK = (
    "It would count as a double run if {second} began before {first} ended under any difference between the clocks "
    "that the input allows."
)
UNDECIDED_IN_FILE = (
    "A line of {first} behind the first line of {second} would show a double run. An audit event or Server log line of "
    "a deployment-target trigger at that time would show a legitimate re-run."
)
OTHERWISE = {
    ("resume", "same activities"): RESUME,
    ("re-run", "append order"): RERUN_IN_FILE,
    ("re-run", "clock bounds"): RERUN_BY_CLOCK,
    ("undecided", "append order"): UNDECIDED_IN_FILE,
}
"""What would have convinced the analyzer otherwise, by what the second execution did and which evidence says so."""


AS_FAR = ", as far as the lines that are left show"


def headline(story: Story) -> str:
    """One sentence: what happened to this task."""
    name = f"{story.customer} {story.task}".strip()
    if not story.runs:
        return (
            f"{name} is known only by what is claimed of its status: no log in the input shows an execution of it, so "
            "how often it ran, and where, cannot be told."
        )
    if len(story.runs) == 1:
        return _once(name, story)
    for relation in ("concurrent", "possible", "same work"):
        pairs = [pair for pair in story.pairs if relation in (pair["relation"], pair["work"])]
        if pairs:
            return _double(name, story, pairs, relation)
    undecided = [pair for pair in story.pairs if pair["work"] == "undecided"]
    if undecided:
        return _undecided(name, story, undecided)
    return _legitimate(name, story)


def _once(name: str, story: Story) -> str:
    run = story.runs[0]
    where = f" on {run['node']}" if run["node"] else ""
    nobody = "" if run["node"] else "; no line names the node"
    if not run["lines"]:
        return f"{name} was executed{where}, as that node's Server log shows; its task log is not in the input."
    state, _ = ending(story, run)
    how = SAID.get(state, state)
    if state in OPEN and (kept := kept_claim(story)):
        how = f"the {called(kept['claim'])} says {kept['state']}; {how}"
    shown = AS_FAR if story.lossy or _doubted(story) else ""
    return f"{name} ran once{where}{shown}, and {how}{nobody}."


def _doubted(story: Story) -> bool:
    """Whether something in the input may be a trace of a further execution, or would show it and is missing."""
    return any(one.task and one.code == "OCT101" for one in story.questions)


def _double(name: str, story: Story, pairs: Sequence[Row], relation: str) -> str:
    numbers = sorted({pair[side] for pair in pairs for side in ("first", "second")})
    times = "twice" if len(numbers) == 2 else "more than once"
    where = _where(story, [story.run(number) for number in numbers])
    more = _beside(story, numbers)
    if relation == "concurrent":
        return f"{name} was executed {times} at the same time{where}: proved{more}."
    if relation == "possible":
        return f"{name} was executed {times}{where}, perhaps at the same time: possible, not proved{more}."
    pair = pairs[0]
    order = "one after the other" if pair["relation"] == "sequential" else "whether at the same time is not shown"
    return f"{name} was executed {times}{where}, {order}, and the second execution did the same work again{more}."


def _beside(story: Story, numbers: Sequence[int]) -> str:
    """Executions outside the double pairs whose place beside them is not known."""
    open_pairs = [pair for pair in story.pairs if pair["work"] == "undecided"]
    rest = {pair[side] for pair in open_pairs for side in ("first", "second")} - set(numbers)
    names = [_name(story.run(number)) for number in sorted(rest)]
    return f"; whether {listing(names, 9)} ran beside them cannot be told" if names else ""


def _undecided(name: str, story: Story, pairs: Sequence[Row]) -> str:
    numbers = sorted({pair[side] for pair in pairs for side in ("first", "second")})
    runs = [story.run(number) for number in numbers]
    times = "twice" if len(runs) == 2 else f"{len(runs)} times"
    if any(pair["relation"] == "unknown" for pair in pairs):
        whether = "whether at the same time or one after the other"
        return f"{name} was executed {times}{_where(story, runs)}, and it cannot be told {whether}."
    order = " and then ".join(run["node"] or f"a node that no line names (execution {run['number']})" for run in runs)
    whether = "whether the second execution was a legitimate re-run under the same id or a double run"
    return f"{name} was executed {times}, on {order}; it cannot be told {whether}."


def _legitimate(name: str, story: Story) -> str:
    """Only resumes and re-runs: what it did in the order in which it did it."""
    first, *rest = story.runs
    words = [f"{name} ran on {first['node'] or 'a node that no line names'}"]
    if first["outcome"] == "Paused":
        words[0] += " until it paused"
    for run in rest:
        verb = "was resumed" if run["relation"] == "resume" else "was run again under its id"
        there = "the same node" if _same(run["node"], first["node"]) else run["node"] or "a node that no line names"
        words.append(f"{verb} on {there}")
    state, _ = ending(story, story.runs[-1])
    last = SAID.get(state, state)
    told = f"{', '.join(words)}, and {last}: not a double run"
    return f"{told}{AS_FAR if _doubted(story) else ''}."


def _where(story: Story, runs: Iterable[Row]) -> str:
    runs = list(runs)
    nodes = list(dict.fromkeys(run["node"] for run in runs if run["node"]))
    if not nodes:
        tied = sorted({tie.node for tie in story.ties})
        return " on nodes that its log does not name" + (
            f" (the Server logs of {listing(tied, 9)} tell of it)" if tied else ""
        )
    more = " and a node that no line names" if len({run["node"] for run in runs}) > len(nodes) else ""
    return f" on {listing(nodes, len(nodes))}{more}"


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold() == other.casefold()


def reasons(story: Story) -> list[str]:
    """A paragraph for each pair of executions that matters: how their relation is known, and what would change it."""
    pairs = _worth_telling(story.pairs)
    told: list[str] = []
    for at, pair in enumerate(pairs):
        witness = WITNESS.get(pair["witness"], "")
        known = witness if witness and all(other["witness"] != pair["witness"] for other in pairs[:at]) else ""
        told.append(" ".join(filter(None, [known, _sentence(story, pair["proof"]), _otherwise(story, pair)])))
    return told


def _worth_telling(pairs: Sequence[Row]) -> list[Row]:
    """Double pairs where there are any, else the undecided ones, else all."""
    for wanted in (is_double, lambda pair: pair["work"] == "undecided"):
        found = [pair for pair in pairs if wanted(pair)]
        if found:
            return found
    return list(pairs)


def _otherwise(story: Story, pair: Row) -> str:
    if is_double(pair):
        return ""
    text = OTHERWISE.get((pair["work"], pair["witness"]), "")
    first, second = (_name(story.run(pair[side])) for side in ("first", "second"))
    return text.format(first=first, second=second)


def _name(run: Row) -> str:
    return f"execution {run['number']}" + (f" ({run['node']})" if run["node"] else "")


def _sentence(story: Story, proof: str) -> str:
    """A proof as sentences, with files called by their names instead of their paths and nodes as they are written."""
    proof = re.sub(r"(?:: it is|[;:,])? ?to settle it collect .*$", "", proof)
    proof = proof.removeprefix("one file, one clock: ").removesuffix("; no node's clock is involved")
    proof = proof.removeprefix("the root's own lines stand in the order they were appended: ")
    for words, plain in PLAIN.items():
        proof = proof.replace(words, plain)
    at_start = any(proof.startswith(source) for source in story.views)
    for source in sorted(story.views, key=len, reverse=True):
        proof = proof.replace(source, story.short[source])
    if at_start:
        proof = f"In {proof}"
    for node in sorted({run["node"] for run in story.runs if run["node"]}):
        proof = re.sub(rf"(?<![\w-]){re.escape(node)}(?![\w-])", node, proof, flags=re.IGNORECASE)
    return proof[:1].upper() + proof[1:] + ("" if proof.endswith(".") else ".")


def cleared(story: Story) -> list[str]:
    """What in this task looks like a double run and is none, with the reason."""
    return [*_once_because(story), *_same_log(story), *_locks(story), *_parts(story)]


def _once_because(story: Story) -> list[str]:
    if len(story.runs) != 1 or not story.runs[0]["lines"]:
        return []
    if story.lossy or story.lines[0].activity:
        return [
            "What is left of the log shows a single execution. Lines of it are missing: a second one of which every "
            "line is lost cannot be excluded."
        ]
    return [
        "The log announces the task once and has one plan of steps. A second execution would have announced the task "
        "again, with steps under new ids, or left its name in another node's Server log."
    ]


def _same_log(story: Story) -> list[str]:
    kinds = sorted(set(story.views.values()))
    told = []
    if len(kinds) > 1:
        told.append(f"The {listing(kinds)} show one and the same log; they were not counted as several executions.")
    for copy, original in sorted(story.copies.items()):
        told.append(f"{copy} holds the same lines as {original} and was counted once.")
    return told


def _locks(story: Story) -> list[str]:
    held = [tie for tie in story.ties if tie.held]
    nodes = list(dict.fromkeys(tie.node for tie in held))
    if not held or any(is_double(pair) or pair["work"] == "undecided" for pair in story.pairs):
        return []
    return [
        f"{count(len(held), 'entry', 'entries')} in the Server log of {listing(nodes)} tell that another process held "
        "this task's log. That alone proves no second execution: a node keeps the file open for a minute after its "
        "last line, and backup or antivirus software can hold it too."
    ]


def _parts(story: Story) -> list[str]:
    """One execution in several files."""
    files = {(one.execution, one.source) for one in story.lines if one.execution is not None}
    several = [run for run in story.runs if sum(number == run["number"] for number, _ in files) > 1]
    return [f"{_name(run)[:1].upper()}{_name(run)[1:]} wrote several files: parts of one log." for run in several]
