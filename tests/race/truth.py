"""What really happened: read from the nodes' journals and the queue's ledger, never from the logs alone."""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .bundle import LOGS, Bundle, log_files, resources_of
from .clock import iso, ticks_at
from .config import Race
from .formats import task_log
from .formats.resource import Resource
from .journal import entries
from .node import _drift
from .queue import Queue
from .task import Recipe, recipes
from .world import node_names

Fact = dict[str, Any]


def write_truth(race: Race, run: Path, bundle: Bundle) -> Fact:
    """The whole of truth.json."""
    notes = entries(run / "journal")
    written = [note for note in notes if note["kind"] == "line" and note["execution"]]
    files = {name: _authors(bundle.folder / name, written) for name in _log_names(bundle.folder)}
    ledger = _ledger(run)
    resources = {resource.recipe.id: resource for resource in resources_of(race, run)}
    tasks = {}
    for recipe in recipes(race):
        mine = [note for note in notes if note.get("task") == recipe.id]
        tasks[recipe.id] = _task(race, recipe, ledger[recipe.id], mine, files) | _row(resources.get(recipe.id))
    return {
        "schema": "race/1",
        "race": asdict(race),
        "nodes": _nodes(race),
        "tasks": tasks,
        "files": files,
        "views": {} if race.evidence.raw else {recipe.id: _view(run, recipe, written) for recipe in recipes(race)},
        "held": sorted({(note["task"], note["node"]) for note in notes if note["kind"] == "held"}),
        "lost": [_lost(note) for note in written if note["lost"]],
        "damage": [asdict(injury) for injury in bundle.injuries],
    }


def _row(resource: Resource | None) -> Fact:
    """What the database says of a task in the end; its times are on the database's clock."""
    if resource is None:
        return {"final_state": None, "row": {}}
    times = {"QueueTime": resource.queued, "StartTime": resource.started, "CompletedTime": resource.completed}
    return {"final_state": resource.state, "row": {name: iso(at) for name, at in times.items() if at is not None}}


def dump(truth: Fact) -> str:
    """truth.json as text: one line for each task, file, lost line and injury, so that two truths can be compared."""
    parts = []
    for key, value in truth.items():
        if isinstance(value, dict) and key != "race":
            body = ",\n".join(f"  {json.dumps(name)}: {_compact(item)}" for name, item in value.items())
            parts.append(f' "{key}": {{\n{body}\n }}')
        elif isinstance(value, list):
            body = ",\n".join(f"  {_compact(item)}" for item in value)
            parts.append(f' "{key}": [\n{body}\n ]' if value else f' "{key}": []')
        else:
            parts.append(f' "{key}": {_compact(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lost(note: Fact) -> Fact:
    """A line that is nowhere: its activity, category and time say which."""
    correlation, category, time = json.loads(note["text"])[:3]
    where = {"task": note["task"], "execution": note["execution"], "file": note["file"]}
    return where | {"activity": correlation.partition("/")[2], "category": category, "time": time}


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _nodes(race: Race) -> list[Fact]:
    """Names, machines and clocks."""
    return [
        {
            "name": name,
            "machine": machine,
            "offset_seconds": race.skews[at],
            "drift_ppm": _drift(race, at),
            "utc_offset_minutes": race.utc_offsets[at],
        }
        for at, (name, machine) in enumerate(node_names(race))
    ]


def _task(
    race: Race, recipe: Recipe, ledger: list[Fact], notes: list[Fact], files: dict[str, list[int | None]]
) -> Fact:
    """One task: its executions, which pairs of them overlapped, and why it may look guilty."""
    executions = [_execution(race, recipe, row, ledger, notes, files) for row in ledger]
    overlaps = [[a["number"], b["number"]] for a, b in itertools.combinations(executions, 2) if _overlap(a, b)]
    turns = Counter(row["Turn"] for row in ledger)
    twice = any(count > 1 for count in turns.values()) or bool(overlaps)
    kept = [name for name in files if _belongs(name, recipe)]
    return {
        "kind": recipe.kind,
        "name": recipe.name,
        "description": recipe.description,
        "log": recipe.suffix,
        "files": kept,
        "executions": executions,
        "overlaps": overlaps,
        "ran_twice": twice,
        "innocent": None if twice else _innocent(executions),
    }


def _execution(
    race: Race, recipe: Recipe, row: Fact, ledger: list[Fact], notes: list[Fact], files: dict[str, list[int | None]]
) -> Fact:
    """One execution with the traces of it that the bundle holds."""
    number = row["Number"]
    mine = [note for note in notes if note["execution"] == number]
    spoken = [note["said"] for note in mine if note["kind"] == "line"]
    ended = row["Ended"] if row["Ended"] is not None else max(spoken, default=row["Started"])
    before = [other["Number"] for other in ledger if other["Turn"] == row["Turn"] - 1]
    return {
        "number": number,
        "node": row["Node"],
        "turn": row["Turn"],
        "started_true": iso(ticks_at(race.start, row["Started"])),
        "ended_true": iso(ticks_at(race.start, ended)),
        "outcome": row["Outcome"] or "Cut",
        "resumed_of": before if row["Resumed"] else [],
        "rerun_of": before if row["Turn"] > 1 and not row["Resumed"] else [],
        "transaction": row["Guid"],
        "trace": _trace(race, recipe, number, mine, files),
    }


def _trace(race: Race, recipe: Recipe, number: int, notes: list[Fact], files: dict[str, list[int | None]]) -> Fact:
    """How much of an execution is in the bundle: its lines, whether it announces itself, from when to when."""
    kept = sum(authors.count(number) for name, authors in files.items() if _belongs(name, recipe))
    written = [note for note in notes if note["kind"] == "line" and not note["lost"]]
    if not race.evidence.damage and race.evidence.raw:
        assert kept == len(written), f"{recipe.id} {number}: {kept} lines found, {len(written)} written"
    moments = sorted(note["said"] for note in written)
    announced = sum(_announces(recipe, note["text"]) for note in written)
    return {
        "lines": kept if race.evidence.raw else len(written),
        "lost": sum(note["kind"] == "line" and note["lost"] for note in notes),
        "announcing": announced,
        "first_true": iso(ticks_at(race.start, moments[0])) if moments else None,
        "last_true": iso(ticks_at(race.start, moments[-1])) if moments else None,
        **_server_trace(race, notes),
    }


def _announces(recipe: Recipe, text: str) -> bool:
    """Whether a line is a run's first or tells its plan."""
    correlation, category, _, message, *_ = json.loads(text)
    return bool(category == "PLN" or (correlation == recipe.root and message == recipe.description))


def _server_trace(race: Race, notes: list[Fact]) -> Fact:
    """The lines in a server log that tie an execution to its node."""
    moments = sorted(note["said"] for note in notes if note["kind"] == "server") if race.evidence.server_logs else []
    return {
        "server_lines": len(moments),
        "server_first_true": iso(ticks_at(race.start, moments[0])) if moments else None,
        "server_last_true": iso(ticks_at(race.start, moments[-1])) if moments else None,
    }


def _overlap(one: Fact, two: Fact) -> bool:
    """Whether two executions truly ran at the same time."""
    return bool(one["started_true"] < two["ended_true"] and two["started_true"] < one["ended_true"])


def _innocent(executions: list[Fact]) -> str:
    """What a task that ran properly may be taken for."""
    if any(execution["outcome"] == "Cut" for execution in executions):
        return "restart"
    if any(execution["rerun_of"] for execution in executions):
        return "rerun"
    if any(execution["resumed_of"] for execution in executions):
        return "handover" if len({execution["node"] for execution in executions}) > 1 else "pause"
    return "plain"


def _authors(path: Path, written: list[Fact]) -> list[int | None]:
    """For each line of a task log the execution that wrote it; null where no execution wrote exactly this."""
    authors = {note["text"]: note["execution"] for note in written}
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    return [authors.get(line) for line in (lines[:-1] if lines[-1] == "" else lines)]


def _view(run: Path, recipe: Recipe, written: list[Fact]) -> list[list[Any]]:
    """The root's lines in the order in which a view of the log prints them: execution, category, message, time."""
    said = {(note["text"], note["execution"]) for note in written if not note["lost"] and note["task"] == recipe.id}
    authors = dict(said)
    lines = [line for path in log_files(run / LOGS, recipe) for line in path.read_text("utf-8").split("\n")]
    root = [(authors[line], json.loads(line)) for line in lines if line in authors and _is_root(line, recipe)]
    if len(log_files(run / LOGS, recipe)) > 1:
        root.sort(key=lambda row: str(row[1][2]))
    return [[author, row[1], row[3], row[2]] for author, row in root]


def _is_root(line: str, recipe: Recipe) -> bool:
    return line.startswith(f'["{recipe.root}",')


def _log_names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in (folder / LOGS).rglob("servertasks-*.txt")) + sorted(
        path.relative_to(folder).as_posix() for path in (folder / LOGS).rglob("*.tl.txt")
    )


def _belongs(name: str, recipe: Recipe) -> bool:
    stem = task_log.file_name(recipe.number, recipe.suffix).removesuffix(".txt")
    return f"/{stem}." in name or f"/{stem}/" in name


def _ledger(run: Path) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = defaultdict(list)
    with Queue(run / "queue.db") as queue:
        for row in queue.run("SELECT * FROM Ledger ORDER BY Task, Number"):
            found[row["Task"]].append(dict(row))
    return found
