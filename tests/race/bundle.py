"""From a race's folder to what a customer would send."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from .clock import ticks_at
from .config import Race
from .damage import Injury, injure
from .formats import api, database, task_log, text
from .formats.resource import Resource
from .formats.tree import Activity, tree
from .queue import Queue
from .task import Recipe, recipes

LOGS = "shared/TaskLogs"


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk and what was done to it."""

    folder: Path
    injuries: list[Injury]


def write_bundle(race: Race, run: Path, out: Path) -> Bundle:
    """Everything that `race.evidence` names, from the race that ran in `run`."""
    evidence = race.evidence
    resources = resources_of(race, run)
    if evidence.server_logs:
        shutil.copytree(run / "nodes", out, dirs_exist_ok=True)
    if evidence.raw:
        shutil.copytree(run / "shared", out / "shared")
    injuries = injure(out, _task_logs(out), evidence.damage, race.seed) if evidence.damage else []
    if evidence.states == "csv":
        _write(out / "database" / "ServerTask.csv", database.server_tasks(resources))
    if evidence.states == "api":
        _write_pages(out / "api", "tasks", api.task_pages(resources))
    if evidence.events:
        _write_pages(out / "api", "events", api.event_pages(resources))
    _write_views(race, run, out, resources)
    return Bundle(out, injuries)


def resources_of(race: Race, run: Path) -> list[Resource]:
    """dbo.ServerTask at the end of the race, on the database's clock."""
    with Queue(run / "queue.db") as queue:
        rows = {row["Id"]: row for row in queue.run("SELECT * FROM ServerTask")}
    return [_resource(race, recipe, rows[recipe.id]) for recipe in recipes(race) if recipe.id in rows]


def _resource(race: Race, recipe: Recipe, row: sqlite3.Row) -> Resource:
    queued, started, completed = (
        None if row[name] is None else ticks_at(race.start, row[name] + race.database_skew)
        for name in ("QueueTime", "StartTime", "CompletedTime")
    )
    done = completed if row["State"] in ("Success", "Failed", "Canceled") else None
    assert queued is not None
    return Resource(
        recipe,
        row["State"],
        queued,
        started,
        done,
        bool(row["Pending"]),
        bool(row["Warnings"]),
        row["Error"],
        row["Node"] or "",
    )


def _write_views(race: Race, run: Path, out: Path, resources: list[Resource]) -> None:
    """Text downloads and /details of every task, or of every third where only some were asked for."""
    evidence = race.evidence
    for number, resource in enumerate(resources):
        paths = log_files(run / LOGS, resource.recipe)
        root = _tree(paths)
        if root is None:
            continue
        if evidence.downloads == "only" or (evidence.downloads == "some" and number % 3 == 0):
            name = f"{resource.recipe.id}.log.txt"
            _write(out / "downloads" / name, text.download(resource, root, race.version, race.utc_offsets[0]))
        if evidence.downloads == "details" or (evidence.details and number % 3 == 0):
            size = sum(path.stat().st_size for path in paths)
            _write(out / "api" / f"{resource.recipe.id}.details.json", api.details(resource, root, size))


def log_files(folder: Path, recipe: Recipe) -> list[Path]:
    """The file or the segments of one task log."""
    stem = task_log.file_name(recipe.number, recipe.suffix).removesuffix(".txt")
    return sorted([*folder.glob(f"{stem}.txt"), *folder.glob(f"{stem}/*.tl.txt")])


def _tree(paths: list[Path]) -> Activity | None:
    return tree(task_log.rows(paths))


def _task_logs(out: Path) -> list[str]:
    """Task logs worth damaging."""
    return [
        path.relative_to(out).as_posix()
        for path in (out / LOGS).rglob("servertasks-*.txt")
        if path.stat().st_size > 2500
    ]


def _write_pages(folder: Path, name: str, pages: list[str]) -> None:
    for number, page in enumerate(pages):
        _write(folder / f"{name}-{number}.json", page)


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="")
