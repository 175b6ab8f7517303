"""Which double runs left anything of a second execution in a bundle, worked out from the truth.

    a line        of either in the task's raw logs, but for a root's "Finished", which healthy logs have twice as well
                  (formats document, 10, trap 2); or one that a view prints: a view prints no plan, no progress and no
                  "Finished", and the root's first line only as its name; of a step it prints at least the name
    a node's word in its own server log: a transaction, or an append that failed
    an owner      in the database or the API, whose node is none of those that the log names by a name known as a node's

Of what left less, nobody can tell from the bundle that it was there. The times of a task's row are no trace: they are
those of any task, and the clocks that would contradict them differ by more.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from .traces import Line, Trace, Traces
from .truth import Fact


def traced(truth: Fact, found: Traces) -> set[str]:
    """Tasks that ran twice of which at least two executions left a trace."""
    return {
        name
        for name, task in truth["tasks"].items()
        if task["ran_twice"] and any(_left(truth, name, found) >= pair for pair in _doubles(task))
    }


def _doubles(task: Fact) -> list[set[int]]:
    """Pairs of executions of one claim, or that overlapped."""
    overlaps = {tuple(pair) for pair in task["overlaps"]}
    pairs = combinations(task["executions"], 2)
    return [
        {one["number"], two["number"]}
        for one, two in pairs
        if one["turn"] == two["turn"] or (one["number"], two["number"]) in overlaps
    ]


def _left(truth: Fact, name: str, found: Traces) -> set[int]:
    """Numbers of the executions of which something is in the bundle."""
    task = truth["tasks"][name]
    left = {run["number"] for run in task["executions"] if run["trace"]["server_lines"]}
    if truth["views"]:
        left |= _printed(truth, name)
    else:
        left |= {number for number, trace in found[name].items() if any(map(_telling, trace.lines))}
    if truth["race"]["evidence"]["server_logs"]:
        left |= {run["number"] for run in task["executions"] if [name, run["node"]] in map(list, truth["held"])}
    return left | _owner(truth, name, found[name])


def _telling(line: Line) -> bool:
    return bool(line.activity) or line.category != "FIN"


def _printed(truth: Fact, name: str) -> set[int]:
    """Of the executions in a view, those of which it prints a line or a step."""
    task, root = truth["tasks"][name], truth["views"][name]
    own = [author for author, *_ in root]
    in_steps = {run["number"] for run in task["executions"] if run["trace"]["lines"] > own.count(run["number"])}
    return in_steps | {author for author, category, *_ in root[1:] if category != "FIN"} | set(own[:1])


def _nodes(truth: Fact) -> set[str]:
    """Nodes that the bundle names as such, by a server log or as the owner of a task."""
    if truth["race"]["evidence"]["server_logs"]:
        return {node["name"] for node in truth["nodes"]}
    return {max(task["executions"], key=_begun)["node"] for task in truth["tasks"].values() if task["executions"]}


def _begun(run: Fact) -> str:
    return str(run["started_true"])


def _owner(truth: Fact, name: str, found: Mapping[int, Trace]) -> set[int]:
    """The execution that the task's row names as its last, where all that left lines name other machines as theirs."""
    machines = {node["name"]: node["machine"] for node in truth["nodes"]}
    last = max(truth["tasks"][name]["executions"], key=_begun)
    others = [one for one in found.values() if one.lines]
    named = all(
        one.names_machine and machines[one.execution["node"]] == one.execution["node"] in _nodes(truth)
        for one in others
    )
    rows = truth["race"]["evidence"]["states"] != "none"
    foreign = all(one.execution["node"] != last["node"] for one in others)
    return {last["number"]} if rows and others and named and foreign else set()
