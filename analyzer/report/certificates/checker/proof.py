"""What all arguments need: places to entries, where executions begin, steps under two ids."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from analyzer.report.certificates.checker.entries import NO_ENTRY, SERVER, Entry, Refuted, parse, quoted
from analyzer.report.certificates.checker.lines import Brief, Source, decoded

ORDERED = "the lines of a file stand in the order in which they were appended: nobody rearranged the file afterwards"
ONCE = "one execution announces its root once and gives every step of its plan one activity id"
SILENT = ("FIN", "PLN", "UPD", "ABN")  # categories that are no messages


class Proof:
    """A certificate being derived: `said` are the steps in words, `trust` is what the cited lines do not show."""

    def __init__(self, certificate: Any, sources: dict[str, Source]) -> None:
        self.argument, self.finding, self.sources = certificate["argument"], certificate["finding"], sources
        self.headers = {one["source"]: one.get("header") for one in certificate["sources"]}
        self.said: list[str] = []
        self.trust: list[str] = []

    def need(self, holds: bool, entry: Entry, otherwise: str) -> None:
        """Refuted where a condition does not hold."""
        if not holds:
            raise Refuted(f"{entry.where} {otherwise}")

    def source(self, place: Any) -> Source:
        """The source of a place."""
        if place["source"] not in self.sources:
            raise Refuted(f"{place['source']} is used but not cited")
        return self.sources[place["source"]]

    def texts(self, place: Any) -> list[str]:
        """The cited line from a place on, and the following ones as far as they are cited."""
        source, number = self.source(place), place["line"]
        if number not in source.lines:
            raise Refuted(f"{place['source']} line {number} is used but not cited")
        offset, raw = source.lines[number]
        if not offset <= place["offset"] <= offset + len(raw):
            raise Refuted(f"{place['source']} line {number} does not hold byte {place['offset']}")
        found = [decoded(raw[place["offset"] - offset :], source.encoding)]
        while number + 1 in source.lines:
            number += 1
            found.append(decoded(source.lines[number][1], source.encoding))
        return found

    def entry(self, place: Any) -> Entry:
        """What a place says, in as few of its lines as make it whole."""
        form, header, lines = self.source(place).form, self.headers.get(place["source"]), self.texts(place)
        names = self.texts({**header, "source": place["source"]})[0] if header else ""
        error = ""
        for count in range(1, len(lines) + 1):
            try:
                entry = parse(form, "\n".join(lines[:count]), names)
            except NO_ENTRY as problem:
                error = error or str(problem)
                continue
            return entry._replace(source=place["source"], line=place["line"])
        raise Refuted(f"{place['source']} line {place['line']}: {error}")

    def own(self, place: Any) -> Entry:
        """An entry of the finding's task."""
        entry, task = self.entry(place), self.finding["task"]
        if self.source(place).form == "task-log":
            self.need(entry.task == task, entry, f"is not of {task}")
        elif self.source(place).form == "server-log":
            lines = self.texts(place)
            following = next((at for at, line in enumerate(lines) if at and SERVER.match(line)), len(lines))
            text = "\n".join(lines[:following])
            self.need(bool(re.search(rf"{re.escape(task)}(?!\d)", text)), entry, f"does not name {task}")
        return entry

    def course(self, entry: Entry) -> list[Brief]:
        """The whole log that an entry is in, as far as the heads of its lines tell."""
        return [one for one in self.sources[entry.source].course if (one.task, one.log) == (entry.task, entry.log)]

    def root(self, entry: Entry) -> list[tuple[Brief, str]]:
        """The root's own lines in that log, and their words."""
        return [(one, said(one)) for one in self.course(entry) if not one.step]


def said(brief: Brief) -> str:
    """The words of a line of the root or of a step; damaged lines say nothing."""
    try:
        return parse("task-log", brief.text).message
    except NO_ENTRY:
        return ""


def in_one_file(proof: Proof, places: Sequence[Any]) -> list[Entry]:
    """Entries of the finding's task that stand in one source, one behind the other."""
    entries = [proof.own(place) for place in places]
    for at in range(1, len(places)):
        before, after = places[at - 1], places[at]
        same = (before["source"], entries[0].log) == (after["source"], entries[at].log)
        proof.need(same, entries[at], "is in another log than the line before it")
        proof.need(
            (before["line"], before["offset"]) < (after["line"], after["offset"]), entries[at], "is out of order"
        )
    return entries


def announces(brief: Brief, words: str, text: str) -> bool:
    """Whether a line of the root opens it with these words."""
    return not brief.step and text == words and brief.category not in SILENT


def openings(proof: Proof) -> dict[int, Entry]:
    """Where the executions begin, by their numbers; checked and said."""
    found = {one["number"]: proof.own(one["opens"]) for one in proof.argument["executions"] if one.get("opens")}
    roots = [entry for entry in found.values() if not entry.path and entry.category not in SILENT and entry.message]
    if len(roots) == len(found) > 1 and len({entry.message for entry in roots}) == 1:
        places = " and again in ".join(entry.where for entry in roots)
        proof.said.append(f"The log's root is announced in {places}, in the same words: {quoted(roots[0].message)}.")
    elif len(found) > 1:
        proof.trust.append("where each execution begins: not every one of them announces the root in a cited line")
    return found


def alone(proof: Proof, begins: Sequence[Entry], last: Entry) -> bool:
    """Whether up to a line no other execution than these announced itself, but for some that were over before."""
    first = min(begins, key=lambda entry: entry.line)
    root = proof.root(last)
    found = [one.line for one, text in root if announces(one, first.message, text)]
    cited = sorted(entry.line for entry in begins if not entry.path)
    over = sum(one.category == "FIN" and one.line < first.line for one, _ in root)
    return [line for line in found if first.line <= line <= last.line] == cited and over >= sum(
        line < first.line for line in found
    )


def twins(proof: Proof) -> dict[str, str]:
    """Steps that stand under two ids: second id -> first id; checked and said."""
    found: dict[str, str] = {}
    for pair in proof.argument.get("twins", []):
        one, other = (named(proof, place) for place in pair)
        proof.need(one.message == other.message and one.step != other.step, other, "does not name a step once more")
        found[other.step] = one.step
        proof.said.append(
            f"The step {quoted(one.message)} is announced under two ids: {one.step[:8]}... in {one.where}, "
            f"{other.step[:8]}... in {other.where}."
        )
    return found


def named(proof: Proof, place: Any) -> Entry:
    """The announcement of a step: its line in the plan, or the first line of its own in the log."""
    entry = proof.own(place)
    proof.need(bool(entry.path) and entry.path == entry.step, entry, "is no line of a step itself")
    first = next((one.line for one in proof.course(entry) if one.step == entry.step), None)
    proof.need(entry.category == "PLN" or first == entry.line, entry, "does not announce its step")
    return entry


def machine(proof: Proof, places: Sequence[Any]) -> tuple[Entry, str]:
    """The machine that Octopus Server names as its own in a task log, and the line."""
    entries = [proof.entry(place) for place in places]
    text = "\n".join(entry.message for entry in entries)
    name = re.search(r"MachineName:[ \t]*([^\s,;]+)", text)
    server = re.search(r"HostProcessName:[ \t]*Octopus\.Server", text, re.IGNORECASE)
    if not name or not server:
        raise Refuted(f"{entries[0].where} names no machine of Octopus Server")
    return entries[0], name[1]
