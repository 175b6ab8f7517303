"""Arguments by order: one file saw both executions, whatever the clocks say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analyzer.report.certificates.checker.entries import SECOND, Entry, Refuted, line_numbers, quoted
from analyzer.report.certificates.checker.pages import tree_order
from analyzer.report.certificates.checker.proof import (
    ONCE,
    ORDERED,
    SILENT,
    Proof,
    alone,
    in_one_file,
    machine,
    named,
    openings,
    twins,
)

JITTER = SECOND // 5  # threads of one node write this much out of order
RESUMED = "Resuming after"


def append_order(proof: Proof) -> None:
    """Lines of one execution before and behind a line of the other, in one file."""
    owners = [place["execution"] for place in proof.argument["lines"]]
    if len(owners) < 3 or owners[0] == owners[1] or any(one != owners[at % 2] for at, one in enumerate(owners)):
        raise Refuted("the cited lines do not alternate between two executions")
    entries = in_one_file(proof, proof.argument["lines"])
    signs = Signs(proof, owners[1], entries)
    for place in proof.argument.get("steps", []):
        named(proof, place)
    for entry, whose in zip(entries, owners):
        proof.said.append(f"Line {entry.line} is execution {whose}: {signs.why(entry, whose)}.")
    steps = [{entry.step for entry in entries[side::2]} - {""} for side in (0, 1)]
    if steps[0] & steps[1]:
        raise Refuted("both executions wrote in one step")
    first, third = entries[0].time, entries[2].time
    if first is None or third is None or third < first - JITTER:
        raise Refuted(f"line {entries[2].line} is older than line {entries[0].line}: it may only have come late")
    proof.said.append(
        "Had one of them ended before the other began, all lines of the one would stand before all lines of the other. "
        f"But lines {entries[0].line} and {entries[2].line} are execution {owners[0]}, and line {entries[1].line} "
        f"between them is execution {owners[1]}: they ran at the same time. No clock is involved."
    )
    proof.trust += [ORDERED, ONCE]


class Signs:
    """What shows that a log was written by two executions, and by which of them a line was."""

    def __init__(self, proof: Proof, late: int, entries: list[Entry]) -> None:
        self.proof, self.late = proof, late
        self.begins, self.same = openings(proof), twins(proof)
        if late not in self.begins or self.begins[late].source != entries[0].source:
            raise Refuted(f"it is not said where execution {late} begins")
        start = self.begins[late].line
        self.early = {one.step for one in proof.course(entries[0]) if one.line < start and one.step}
        self.alone = alone(proof, list(self.begins.values()), entries[-1])
        self.machines: dict[str, str] = {}
        for place in proof.argument.get("machines", []):
            entry, name = machine(proof, [place])
            self.machines[entry.step] = name
            proof.said.append(f"Line {entry.line}: step {entry.step[:8]}... runs on the machine {name}.")
        self.older = {name.casefold() for step, name in self.machines.items() if step in self.early}
        self._two()

    def _two(self) -> None:
        """That there are two executions. Raises Refuted."""
        words = [entry.message for entry in self.begins.values() if not entry.path]
        if len(words) == 2 and words[0] == words[1]:
            return
        if len(self.same) > 1:
            self.proof.said.append("Several steps of the plan stand under two ids each: the work was begun twice.")
        elif any(self._elsewhere(step) for step in self.machines):
            self.proof.trust.append("one execution runs on one node")
        else:
            closed(self.proof, self.proof.argument.get("closings", []), self.proof.argument.get("finishes", []), 2)

    def _elsewhere(self, step: str) -> bool:
        """Whether a step ran on another machine than the steps from before the second execution."""
        return bool(self.older) and self.machines.get(step, "").casefold() not in self.older | {""}

    def why(self, entry: Entry, mine: int) -> str:
        """Why a line is of an execution, in words. Raises Refuted where it is another one's."""
        proof, late = self.proof, self.late
        opens = [number for number, one in self.begins.items() if one.where == entry.where]
        if opens:
            proof.need(opens[0] == mine, entry, f"opens execution {opens[0]}, not {mine}")
            return "it opens it"
        if entry.step in self.early:
            proof.need(mine != late, entry, f"is in a step that is older than execution {late}")
            return f"its step {entry.step[:8]}... stands in the log before execution {late} begins"
        if self._elsewhere(entry.step):
            proof.need(mine == late, entry, f"is in a step on another machine than those of execution {mine}")
            return f"its step {entry.step[:8]}... ran on another machine than the steps from before"
        if self.same.get(entry.step) in self.early and self.alone:
            proof.need(mine == late, entry, f"is in execution {late}'s own copy of a step")
            return f"its step {entry.step[:8]}... has the name of one that the log has from before execution {late}"
        proof.trust.append(f"that line {entry.line} is execution {mine}: the analyzer tells by times and neighbours")
        return "on trust"


def closed(proof: Proof, closings: Sequence[Any], finishes: Sequence[Any], count: int) -> int:
    """How many times the root closed and finished, in words; Refuted where that is less often than it must be."""
    ends, over = in_one_file(proof, closings), in_one_file(proof, finishes)
    if min(len(ends), len(over)) < count:
        raise Refuted(f"the root closed {min(len(ends), len(over))} times, not {count}: two executions are not shown")
    words = last_words(proof, over[0])
    for entry in over:
        proof.need(entry.category == "FIN" and not entry.path, entry, "is no finish of the root")
    for entry in ends:
        proof.need(
            not entry.path and (entry.category == "FAT" or entry.message in words), entry, "does not close the root"
        )
    proof.said.append(
        f"The root says its closing words {len(ends)} times (lines {line_numbers(ends)}) and finishes "
        f"{len(over)} times (lines {line_numbers(over)})."
    )
    proof.trust.append("one execution says its closing words once and finishes its root once")
    return min(len(ends), len(over))


def alternating_step(proof: Proof) -> None:
    """One step of the plan under two ids whose lines alternate."""
    entries = in_one_file(proof, proof.argument["lines"])
    same = twins(proof)
    steps = [entry.step for entry in entries]
    pair = set(steps)
    if len(steps) != 3 or steps[0] != steps[2] or not any({one, other} == pair for one, other in same.items()):
        raise Refuted("the cited lines do not alternate between the two ids of one step")
    turns = [one.step for one in proof.course(entries[0]) if one.step in pair and one.category != "PLN"]
    changes = sum(turns[at] != turns[at - 1] for at in range(1, len(turns)))
    proof.said.append(
        f"Lines {entries[0].line} and {entries[2].line} are of the one id and line {entries[1].line} between them of "
        f"the other; in the whole file they alternate {changes} times. A step that is tried again begins behind its "
        "first attempt, so two executions were at this step at the same time. No clock is involved."
    )
    proof.trust += [ORDERED, ONCE, "which of the two executions wrote which line is not claimed"]


def root_order(proof: Proof) -> None:
    """The root opened for each execution before it closed for any, and closed once for each behind that."""
    argument = proof.argument
    if proof.source(argument["openings"][0]).form != "task-log":
        tree_order(proof)
        return
    begins, at = in_one_file(proof, argument["openings"]), proof.own(argument["at"])
    twins(proof)
    count = len(begins)
    proof.need(at in begins[1:], at, "is no opening behind the first")
    for place in [*argument["closings"], *argument["finishes"]]:
        if place["source"] != at.source or place["line"] <= at.line:
            raise Refuted(f"line {place['line']} is not behind the opening in line {at.line}")
    proof.said.append(began(proof, begins, proof.own(argument["finishes"][-1])))
    times = closed(proof, argument["closings"], argument["finishes"], max(count, 2))
    proof.said.append(
        f"Had any of these {count} executions ended before line {at.line}, at most {count - 1} could close behind it, "
        f"but {times} do: all that opened up to line {at.line} were running there. No clock is involved."
    )
    proof.trust.append(ORDERED)


def last_words(proof: Proof, entry: Entry) -> set[str]:
    """What the root says last before a finish, wherever in the log."""
    found, words = set(), ""
    for one, text in proof.root(entry):
        if one.category == "FIN":
            found.add(words)
        elif one.category not in SILENT:
            words = text
    return found - {""}


def began(proof: Proof, begins: list[Entry], end: Entry) -> str:
    """How the executions opened, in words; no opening in the file may be left out."""
    if all(entry.message.startswith(RESUMED) for entry in begins):
        proof.trust.append("a pause is resumed once, and no further execution resumed this one")
        return f"The paused task was resumed in {begins[0].source} lines {line_numbers(begins)}."
    first = begins[0]
    if first.path or not alone(proof, begins, end):
        raise Refuted("the root opens in lines that are not cited, or an earlier execution may not be over")
    roots = [entry for entry in begins if not entry.path]
    for entry in begins:
        if entry.path:
            proof.trust.append(f"an execution whose announcement is lost was running in line {entry.line}")
    lines = f"lines {line_numbers(roots)}" if len(roots) > 1 else f"line {roots[0].line}"
    return (
        f"The root opens in {first.source} {lines} ({quoted(first.message)}), and nowhere else up to line {end.line}."
    )
