"""Bundles made by hand from the race's scripts, to the moment and without chance: cases that a race rarely makes."""

from __future__ import annotations

import json
import random
import shutil
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import Literal, get_args

from .bundle import LOGS
from .clock import NodeClock, TrueClock, iso, ticks_at
from .config import Race
from .formats import api, task_log, text
from .formats.resource import Resource
from .formats.server_log import ServerLog
from .formats.tree import tree
from .pen import Place, Say
from .script import Script, write_script
from .task import Recipe, recipe
from .words import Words

Shape = Literal["single", "segments", "text", "details"]
"""How task logs are sent: one file, a file for each execution, or only a view: of one file, or of segments, by time."""
SHAPES: tuple[Shape, ...] = get_args(Shape)

Note = Callable[[ServerLog], None]
DAY = 86400.0
RACE = Race(start="2023-10-24T09:00:00", step_lines=(2, 5), luck=0.0)


class Still(TrueClock):
    """A true clock that stands where it is put."""

    def __init__(self) -> None:
        super().__init__(0.0, 1.0, _Number())

    def now(self) -> float:
        """Where it stands."""
        return self.skipped.value


@dataclass
class _Number:
    value: float = 0.0


@dataclass(frozen=True)
class Member:
    """A node: its name, its machine, and by how many seconds its clock is ahead."""

    name: str
    machine: str
    skew: float = 0.0
    zone: int = 0
    """Minutes east of UTC of its server log."""

    def ticks(self, moment: float) -> int:
        """What its clock shows at a true moment."""
        return ticks_at(RACE.start, moment + self.skew)


@dataclass(frozen=True)
class Told:
    """One execution: who said which lines, beginning at a true moment."""

    recipe: Recipe
    by: Member
    at: float
    script: Script

    @property
    def lines(self) -> list[Say]:
        """Its lines at their true moments."""
        return [replace(say, at=self.at + say.at) for say in self.script.lines]

    @property
    def ends(self) -> float:
        """Its last moment."""
        return self.at + self.script.lines[-1].at

    def without(self, first: int) -> Told:
        """The same, its first lines lost."""
        return self.changed(lambda lines: lines[first:])

    def changed(self, change: Callable[[list[Say]], list[Say]]) -> Told:
        """The same with other lines."""
        return replace(self, script=replace(self.script, lines=change(list(self.script.lines))))


@dataclass
class Craft:
    """One bundle while it is being made."""

    out: Path
    shape: Shape
    skew: float
    words: Words = field(default_factory=lambda: Words("made twins"))
    rows: list[Resource] = field(default_factory=list)
    number: int = 31000
    notes: dict[Member, list[tuple[float, Note]]] = field(default_factory=lambda: defaultdict(list))
    copies: bool = False
    """Whether each server log is there a second time, as an archive."""
    winter: float = inf
    """The moment when local time goes back by an hour."""

    def __post_init__(self) -> None:
        self.a = Member("NORTH-HA1", "NORTH-HA1", 0.4, 60)
        self.b = Member("SOUTH-HA2", "SOUTH-HA2", self.skew, 60)
        self.version = "2025.3.4711" if self.shape in ("segments", "details") else "2023.3.12936"

    def recipe(self, kind: str) -> Recipe:
        """A new task of a kind."""
        self.number += 3
        return recipe(kind, self.number, RACE, self.words)

    def run(self, task: Recipe, by: Member, at: float, plan: str = "") -> Told:
        """An execution of a task, or the rest of one that paused with `plan`."""
        place = Place(by.machine, self.version)
        return Told(task, by, at, write_script(task, place, f"{task.id} {by.name} {at}", plan, 0.0))

    def answered(self, told: Told, at: float) -> str:
        """The plan of a paused execution once somebody has answered."""
        plan = json.loads(told.script.plan)
        plan["wait"].setdefault("for", "intervention")
        plan["wait"] |= {"by": self.words.person(), "at": iso(ticks_at(RACE.start, at))}
        return json.dumps(plan)

    def send(self, *runs: Told, state: str = "", folder: str = LOGS) -> None:
        """Write the log of a task as its executions say it, its row, and the server logs' lines about it."""
        self.log(runs, folder)
        for one in runs:
            self.tie(one)
        self.row(runs, state or runs[-1].script.outcome)

    def log(self, runs: Sequence[Told], folder: str = LOGS) -> None:
        """The task log: one file in the order of true time, or one for each execution."""
        task = runs[0].recipe
        if self.shape in ("single", "text"):
            lines = sorted(((say.at, one, say) for one in runs for say in one.lines), key=lambda line: line[0])
            name = task_log.file_name(task.number, task.suffix)
            self.write(f"{folder}/{name}", [written(one, say) for _, one, say in lines])
            return
        for one in runs:
            segment = Words(f"{task.id} {one.by.name} {one.at}").suffix()
            name = task_log.segment_name(task.number, task.suffix, segment)
            self.write(f"{folder}/{name}", [written(one, say) for say in one.lines])

    def write(self, name: str, lines: Iterable[str]) -> Path:
        """A file of lines, begun or gone on with."""
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
        return path

    def row(self, runs: Sequence[Told], state: str) -> None:
        """The database's row; its clock is two seconds behind the true one."""
        first, last = runs[0], runs[-1]
        times = [ticks_at(RACE.start, at - 2.0) for at in (first.at - 4, first.at - 0.1, last.ends + 0.2)]
        self.rows.append(
            Resource(first.recipe, state, times[0], times[1], times[2], False, last.script.warned, "", last.by.name)
        )

    def tie(self, one: Told) -> None:
        """Slow queries of the executing controller: its node's server log names the task."""
        guid = str(uuid.UUID(int=random.Random(f"{one.recipe.id} {one.by.name} {one.at}").getrandbits(128)))
        for at in (one.at + 0.3, (one.at + one.ends) / 2, one.ends - 0.2):
            self.note(one.by, at, lambda log: log.query(one.recipe.controller, one.recipe.id, guid))

    def note(self, by: Member, at: float, action: Note) -> None:
        """Something that a node's server log says at a true moment."""
        self.notes[by].append((at, action))

    def _serve(self, by: Member) -> None:
        """A node's server log, in the order of true time."""
        still = Still()
        path = self.out / by.name / "Logs" / "OctopusServer.txt"
        log = ServerLog(path, still, NodeClock(still, by.skew, 0.0, RACE.start), by.zone, random.Random(by.name))
        begin = min(at for at, _ in self.notes[by]) - 60
        self.note(by, begin, lambda log: log.start_up(self.version, by.name, by.machine, by.name == self.a.name))
        for at, action in sorted(self.notes[by], key=lambda note: note[0]):
            still.skipped.value = at
            log.offset = by.zone - (60 if at >= self.winter else 0)
            action(log)
        log.file.close()
        if self.copies:
            shutil.copy(path, path.with_name("OctopusServer.0.txt"))

    def finish(self) -> Path:
        """Plain tasks on both nodes, which tell the clocks apart, and everything that is written at the end."""
        for number, member in enumerate((self.a, self.b) * 3):
            self.send(self.run(self.recipe("deploy"), member, -3000.0 + 300 * number))
        for member in self.notes:
            self._serve(member)
        rows = sorted(self.rows, key=lambda row: row.recipe.number)
        for number, page in enumerate(api.task_pages(rows)):
            self.write(f"api/tasks-{number}.json", [page])
        if self.shape in ("text", "details"):
            self._views(rows)
        return self.out

    def _views(self, rows: Sequence[Resource]) -> None:
        """What the portal shows, in place of the task logs."""
        for row in rows:
            stem = task_log.file_name(row.recipe.number, row.recipe.suffix).removesuffix(".txt")
            paths = sorted([*self.out.rglob(f"{stem}.txt"), *self.out.rglob(f"{stem}/*.tl.txt")])
            root = tree(task_log.rows(list({path.read_bytes(): path for path in paths}.values())))
            for path in paths:
                path.unlink()
            if root is None:
                continue
            if self.shape == "text":
                self.write(f"downloads/{row.recipe.id}.log.txt", [text.download(row, root, self.version, 60)])
            else:
                self.write(f"api/{row.recipe.id}.details.json", [api.details(row, root, 9999)])


def written(one: Told, say: Say) -> str:
    """A line of a task log as its execution's node stamps it."""
    return task_log.line(one.recipe.root + say.path, say.category, one.by.ticks(say.at), say.message, say.percentage)
