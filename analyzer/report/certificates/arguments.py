"""The argument of a finding, with all the lines that `verify.py` needs to derive it from them alone.

PAIRS gives the lines that decide. Here the lines that show whose they are join them: where the executions begin, the
steps that stand under two ids, closing words, the machine that a log names, the kind of the task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analyzer.case import Case
from analyzer.model import Finding
from analyzer.names import FATAL
from analyzer.report.certificates.checker.order import JITTER, RESUMED
from analyzer.report.certificates.history import (
    History,
    Place,
    Row,
    announced,
    local_lines,
    machine_lines,
    machines,
    place,
    step,
    twins,
)

Argument = dict[str, Any]


def argument(case: Case, finding: Finding, history: History) -> Argument:
    """The argument of a proved finding. Raises LookupError where the tables do not hold its lines."""
    told: Any = finding.detail.get("argument") or {}
    kind = told.get("kind")
    numbers = [int(str(finding.detail[name])) for name in ("first", "second")]
    if kind == "append order":
        found = _append_order(told["lines"], history)
    elif kind == "alternating step":
        found = _alternating(told["lines"], history)
    elif kind == "root order":
        found = _root_order(told["lines"], history)
    elif kind == "clock bounds":
        found = _clock_bounds(case, told, history)
    else:
        found = _twice(case, finding, history, numbers)
    begins = found.pop("begins", {})
    executions = []
    for number in numbers:
        run = history.run(number, finding.log or "") or {}
        opens = {"opens": place(begins[number])} if number in begins else {}
        executions.append({"number": number, "node": run.get("node"), **opens})
    return {"executions": executions, **found}


def _at(history: History, one: Place) -> Row:
    """The line of a place. Raises LookupError."""
    for row in history.rows:
        if (row["source"], row["line"], row["offset"]) == (one["source"], one["line"], one["offset"]):
            return row
    raise LookupError(f"{one['source']} line {one['line']} is no line of a task log")


def _first(rows: Iterable[Row]) -> Row:
    for row in rows:
        return row
    raise LookupError("an execution has no certain line")


def _append_order(lines: Sequence[Place], history: History) -> Argument:
    """Of all lines that show the two mixed, those whose owner follows from the log itself, where there are some."""
    first, second, source = lines[0]["execution"], lines[1]["execution"], lines[0]["source"]
    rows = history.file(source)
    begins = {number: _first(history.of(number, source)) for number in (first, second)}
    named, ran = announced(rows), machines(rows)
    start = begins[second]["line"]
    early = {step(row) for row in rows if row["line"] < start and step(row)}
    older = {named[name]["message"] for name in early if name in named}
    places = {ran[name][0] for name in early if name in ran}
    copies = {name for name, row in named.items() if name not in early and row["message"] in older}
    elsewhere = {name for name in ran if name not in early and places and ran[name][0] not in places}
    witnesses = _mixed(rows, begins[second], early, copies | elsewhere) or [_at(history, one) for one in lines]
    owners = [first, second, first, second][: len(witnesses)]
    mine = {step(row) for row in witnesses}
    shown = sorted(early & ran.keys(), key=lambda name: (name not in mine, ran[name][1]["line"]))[:1]
    shown += sorted(elsewhere, key=lambda name: (name not in mine, ran[name][1]["line"]))[:1]
    pairs = twins({name: named[name] for name in early & named.keys()}, {name: named[name] for name in copies}, mine)
    clear = len(pairs) > 1 or elsewhere or begins[first]["message"] == begins[second]["message"]
    return {
        "kind": "append order",
        "begins": begins,
        "lines": [{"execution": owner, **place(row)} for owner, row in zip(owners, witnesses, strict=True)],
        "steps": [place(named[name]) for name in sorted(mine & named.keys())],
        "twins": pairs,
        "machines": [place(ran[name][1]) for name in dict.fromkeys([*shown, *sorted(mine & ran.keys())])],
        **({} if clear else _closed(rows, 0)),
    }


def _closed(rows: Sequence[Row], behind: int, until: int = 1 << 62) -> Argument:
    """The root's closing words and finishes in a stretch of a file."""
    root = [row for row in rows if not row["activity"]]
    words, last = set(), None
    for row in root:
        if row["kind"] == "finished" and last:
            words.add(last)
        elif row["kind"] == "message":
            last = row["message"]
    root = [row for row in root if behind < row["line"] <= until]
    closings = [
        row for row in root if row["severity"] >= FATAL or (row["kind"] == "message" and row["message"] in words)
    ]
    return {
        "closings": [place(row) for row in closings],
        "finishes": [place(row) for row in root if row["kind"] == "finished"],
    }


def _mixed(rows: Sequence[Row], begin: Row, early: set[str], theirs: set[str]) -> list[Row]:
    """A line of an older step before the second execution begins, one of the second's, and an older step's again."""
    before = [row for row in rows if row["line"] < begin["line"]]
    behind = [row for row in rows if row["line"] > begin["line"]]
    if not before:
        return []
    latest = max((row for row in before if step(row)), key=lambda row: row["instant"], default=before[0])
    for middle in [*[row for row in [begin, *behind] if step(row) in theirs][:1], begin]:
        for third in behind:
            goes_on = step(third) in early and third["instant"] >= latest["instant"] - JITTER
            if third["line"] > middle["line"] and goes_on:
                back = [row for row in behind if row["line"] > third["line"] and step(row) in theirs]
                return [latest, middle, third, *back[:1]]
    return []


def _alternating(lines: Sequence[Place], history: History) -> Argument:
    rows = [_at(history, one) for one in lines]
    named = announced(history.file(rows[0]["source"]))
    pair = [named[step(row)] for row in rows[:2]]
    return {
        "kind": "alternating step",
        "lines": [place(row) for row in rows],
        "twins": [[place(row) for row in sorted(pair, key=lambda row: row["line"])]],
    }


def _root_order(lines: Sequence[Place], history: History) -> Argument:
    found = [_at(history, one) for one in lines]
    first, second, last = found[0], found[1], found[-1]
    if first["kind"] != "finished" and last["kind"] != "finished":  # a download or `/details`
        openings, closings = [place(row) for row in found[:2]], [place(last)]
        return {"kind": "root order", "openings": openings, "closings": closings, "finishes": []}
    file = history.file(first["source"])
    rows = [row for row in file if row["line"] <= last["line"]]
    named = announced(rows)
    early = {step(row) for row in rows if row["line"] < second["line"]} & named.keys()
    copies = {name: row for name, row in named.items() if name not in early}
    return {
        "kind": "root order",
        "openings": [place(row) for row in _openings(rows, first, second)],
        "at": place(second),
        "twins": twins({name: named[name] for name in early}, copies, set()),
        **_closed(file, second["line"], last["line"]),
    }


def _openings(rows: Sequence[Row], first: Row, second: Row) -> list[Row]:
    """All openings since the last time that every execution was over, up to the last finish."""
    if all(row["message"].startswith(RESUMED) for row in (first, second)):
        return [row for row in rows if row["line"] >= first["line"] and row["message"].startswith(RESUMED)]
    opened: list[Row] = []
    finished = 0
    for row in rows:
        root = not row["activity"]
        again = root and row["kind"] == "message" and row["message"] == first["message"]
        if again or row is second:
            opened.append(row)
        elif root and row["kind"] == "finished" and row["line"] < first["line"]:
            finished += 1
            if finished >= len(opened):
                opened, finished = [], 0
    return opened


def _clock_bounds(case: Case, told: Mapping[str, Any], history: History) -> Argument:
    sides = [told["first"], told["second"]]
    runs = {side["from"]["execution"]: history.of(side["from"]["execution"], side["from"]["source"]) for side in sides}
    named = [announced(rows) for rows in runs.values()]
    clocks = {(side[end]["source"], side["clock"]) for side in sides for end in ("from", "to")}
    for one in told["constraints"]:
        clocks |= {(at["source"], one[way]) for way, at in zip(("before", "after"), one["places"], strict=True)}
    named_by = machine_lines(case, {source for source, _ in clocks})
    cited = []
    for source, clock in sorted(clocks):
        own = [at for machine, at in named_by.get(source, []) if machine == clock]
        other = [at for machine, at in named_by.get(source, []) if len(named_by[source]) == 1]
        if own or other:
            cited.append({"clock": clock, "lines": (own or other)[:1]})
    return {
        **told,
        "kind": "one clock" if sides[0]["clock"] == sides[1]["clock"] else "clock bounds",
        "begins": {number: rows[0] for number, rows in runs.items() if rows},
        "twins": twins(named[0], named[1], set()) if len(named) == 2 else [],
        "machines": cited,
        "zones": _zones(case, [side[end] for side in sides for end in ("from", "to")]),
    }


def _zones(case: Case, places: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Source in local time -> its zone in minutes, as the analyzer took it."""
    local = local_lines(case, places)
    found = {}
    for one in places:
        wall = local.get((one["source"], one["line"]))
        if wall is not None:
            found[str(one["source"])] = (wall - one["instant"]) // 600_000_000
    return found


def _twice(case: Case, finding: Finding, history: History, numbers: Sequence[int]) -> Argument:
    """Ran twice, one after the other or not known how."""
    runs = [history.run(number, finding.log or "") or {} for number in numbers]
    if all(str(run.get("basis", "")).startswith("resumed") for run in runs):
        return _resumed_twice(history, numbers)
    if history.kind is None:
        raise LookupError("no source says what kind of task it is")
    if finding.detail["witness"] == "order of the root's lines":
        rows = [
            _at(history, {"source": one.source, "line": one.line, "offset": one.offset}) for one in finding.evidence
        ]
        begins = {numbers[0]: rows[0], numbers[1]: rows[2]}
        ends = [{"execution": numbers[0], **place(rows[1])}]
        return {"kind": "repeated", "begins": begins, "ends": ends, "kind_of_task": history.kind}
    mine = [history.of(number) for number in numbers]
    finishes = [row for row in mine[0] if row["kind"] == "finished" and not row["activity"]]
    files = {row["source"] for row in history.rows}
    ties = [one for one in finding.evidence if one.source not in files]
    return {
        "kind": "repeated",
        "begins": {number: rows[0] for number, rows in zip(numbers, mine, strict=True) if rows},
        "ends": [{"execution": numbers[0], **place(row)} for row in finishes[-1:]],
        "ties": [{"source": one.source, "line": one.line, "offset": one.offset} for one in ties],
        "twins": twins(announced(mine[0]), announced(mine[1]), set()),
        "kind_of_task": history.kind,
    }


def _resumed_twice(history: History, numbers: Sequence[int]) -> Argument:
    mine = [history.of(number) for number in numbers]
    finishes = [[row for row in rows if row["kind"] == "finished" and not row["activity"]] for rows in mine]
    steps = [{step(row): row for row in reversed(rows) if step(row)} for rows in mine]
    shared = sorted(steps[0].keys() & steps[1].keys(), key=lambda name: steps[0][name]["line"])
    if not all(finishes) or not shared:
        raise LookupError("the lines of the two executions show no finish, or no activity that both went on with")
    return {
        "kind": "resumed twice",
        "resumes": [place(rows[0]) for rows in mine],
        "ends": [place(rows[-1]) for rows in finishes],
        "shared": [place(part[shared[0]]) for part in steps],
    }
