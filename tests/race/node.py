"""A server node: a process that claims tasks from the queue and executes each in a thread."""

from __future__ import annotations

import os
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from .clock import NodeClock, TrueClock
from .config import Race
from .formats import task_log
from .formats.server_log import ServerLog
from .journal import Journal
from .pen import Place
from .queue import Claim, Queue
from .scheduled import say_scheduled
from .script import Script, write_script
from .task import Recipe, recipes
from .words import Words
from .writer import Entry, Habits, LogWriter

Voice = Callable[[str, str, str, int], None]
"""Says a line: path, category, message, percentage."""

CAP = 5
CRASHED = 17
_MINE = "SELECT Id FROM ServerTask WHERE State IN ('Executing', 'Cancelling') AND Pending = 0 AND Node = ?"
"""What a node that comes back finds under its own name: nobody executes it any more."""


@dataclass(frozen=True)
class Wiring:
    """What a node's process is given: its place in the cluster and what it shares with the others."""

    race: Race
    folder: Path
    index: int
    name: str
    machine: str
    life: int
    """How often this node was started before."""
    clock: TrueClock
    busy: Any
    """Per node, how many tasks it claims or executes right now."""
    crash: Any
    """Per node, not zero when it is to die."""
    stop: Event


class Node:
    """One life of a node."""

    def __init__(self, wiring: Wiring) -> None:
        race, index = wiring.race, wiring.index
        self.wiring, self.race = wiring, race
        self.rng = random.Random(f"{race.seed} node {index} {wiring.life}")
        self.queue = Queue(wiring.folder / "queue.db")
        self.journal = Journal(wiring.folder / "journal" / f"{wiring.name}-{wiring.life}.jsonl")
        self.clock = NodeClock(wiring.clock, race.skews[index], _drift(race, index), race.start)
        path = wiring.folder / "nodes" / wiring.name / "Logs" / "OctopusServer.txt"
        self.log = ServerLog(path, wiring.clock, self.clock, race.utc_offsets[index], self.rng)
        self.tasks = {recipe.id: recipe for recipe in recipes(race)}
        self.writers: dict[str, LogWriter] = {}
        self.segments: dict[str, str] = {}
        self.running: dict[str, int] = {}
        self.cancelled: set[str] = set()
        self.guard = threading.Lock()

    def live(self) -> None:
        """Until the race is over or the node crashes."""
        clock, mine = self.wiring.clock, self.wiring.index
        self.log.start_up(self.race.version, self.wiring.name, self.wiring.machine, mine == 0 and self.wiring.life == 0)
        for row in self.queue.run(_MINE, self.wiring.name) if self.wiring.life else ():
            self.queue.cancel(row["Id"], clock.now())
        clock.sleep(self.rng.uniform(0, self.race.poll))
        due, scheduled = 0.0, clock.now() + self.rng.uniform(5, 60)
        while not self.wiring.stop.is_set():
            if self.wiring.crash[mine]:
                self._crash()
            now = clock.now()
            if now >= scheduled:
                say_scheduled(self.writer, self.clock, now, self.rng)
                scheduled = now + self.rng.uniform(60, 240)
            if now >= due:
                self._poll()
                due = clock.now() + self.race.poll * self.rng.uniform(0.7, 1.3)
            clock.sleep(1.0)
        for writer in list(self.writers.values()):
            writer.entries.join()

    def _poll(self) -> None:
        """Heartbeat, look after the dead, obey cancellations, take work."""
        now = self.wiring.clock.now()
        self.queue.seen(self.wiring.name, now)
        self._bury(now)
        rows = self.queue.run("SELECT Id FROM ServerTask WHERE State = 'Cancelling' AND Node = ?", self.wiring.name)
        self.cancelled |= {row["Id"] for row in rows}
        if self.rng.random() < 0.3:
            self.log.noise(self.rng.choice(list(self.tasks.values())).number)
        while sum(self.running.values()) < CAP and self._take():
            pass

    def _take(self) -> bool:
        """Claim one task and start it."""
        mine = self.wiring.index
        self._busy(1)
        if self.race.write_lock:
            claim = self.queue.claim_locked(self.wiring.name, self.wiring.clock.now())
        else:
            claim = self.queue.claim_unlocked(self.wiring.name, self.wiring.clock, self.rng.uniform(0, self.race.think))
        if claim is None:
            self._busy(-1)
            return False
        with self.guard:
            self.running[claim.task] = self.running.get(claim.task, 0) + 1
        seed = f"{self.race.seed} {claim.task} {claim.number} {mine}"
        threading.Thread(target=self._execute, args=(claim, seed), daemon=True).start()
        return True

    def _execute(self, claim: Claim, seed: str) -> None:
        """Say everything that one execution says, then write down how it ended."""
        recipe = self.tasks[claim.task]
        place = Place(self.wiring.machine, self.race.version, self.race.machine_blocks, self.race.separate_block_lines)
        script = write_script(recipe, place, seed, claim.plan, self.race.luck)
        guid = str(uuid.UUID(int=random.Random(seed).getrandbits(128)))
        self.queue.run("UPDATE Ledger SET Guid = ? WHERE Task = ? AND Number = ?", guid, claim.task, claim.number)
        whole = self._speak(recipe, claim, script, guid)
        self.writer(self._file(recipe, claim)).entries.join()  # a task is complete when its log is
        now = self.wiring.clock.now()
        if not whole:
            self.queue.complete(claim, "Canceled", True, "The task was canceled", now)
        elif script.outcome == "Paused":
            self.queue.pause(claim, script.plan, script.warned, now)
        else:
            error = "" if script.outcome == "Success" else "The deployment failed because one or more steps failed."
            self.queue.complete(claim, script.outcome, script.warned, error, now)
        with self.guard:
            self.running[claim.task] -= 1
        self._busy(-1)

    def _speak(self, recipe: Recipe, claim: Claim, script: Script, guid: str) -> bool:
        """Say the script's lines at their times; False when the task was cancelled before the end."""
        begin = self.wiring.clock.now()
        writer = self.writer(self._file(recipe, claim))
        rng = random.Random(guid)
        say = self._voice(recipe, claim, writer)
        last: dict[str, str] = {}
        for line in script.lines:
            self.wiring.clock.sleep_until(begin + line.at)
            if claim.task in self.cancelled:
                _cancel(say, last)
                self.cancelled.discard(claim.task)
                return False
            last[line.path] = line.category
            say(line.path, line.category, line.message, line.percentage)
            if rng.random() < 4 / len(script.lines):
                self._query(recipe, claim, guid)
        return True

    def _voice(self, recipe: Recipe, claim: Claim, writer: LogWriter) -> Voice:
        """A function that stamps a line with this node's clock and hands it to the writer."""

        def say(path: str, category: str, message: str, percentage: int) -> None:
            now = self.wiring.clock.now()
            correlation = recipe.root + path
            text = task_log.line(correlation, category, self.clock.ticks(now), message, percentage)
            writer.entries.put(Entry(text, correlation, claim.task, claim.number, now))

        return say

    def _query(self, recipe: Recipe, claim: Claim, guid: str) -> None:
        self.log.query(recipe.controller, claim.task, guid)
        self.journal.note(kind="server", task=claim.task, execution=claim.number, said=self.wiring.clock.now())

    def _file(self, recipe: Recipe, claim: Claim) -> str:
        """The task log's file, or this execution's own segment of it."""
        if self.race.layout == "single":
            return task_log.file_name(recipe.number, recipe.suffix)
        key = f"{recipe.id} {claim.number if self.race.segment_per == 'execution' else self.wiring.life}"
        segment = self.segments.setdefault(key, Words(f"{key} {self.wiring.name} {self.race.seed}").suffix())
        return task_log.segment_name(recipe.number, recipe.suffix, segment)

    def writer(self, name: str) -> LogWriter:
        """This node's one writer of a file."""
        with self.guard:
            if name not in self.writers:
                exclusive = self.race.lost_writes or name.startswith("scheduled")
                habits = Habits(exclusive, self.race.hold, self.race.patience)
                path = self.wiring.folder / "shared" / "TaskLogs" / name
                self.writers[name] = LogWriter(path, name, habits, self.wiring.clock, self.log, self.journal)
            return self.writers[name]

    def _bury(self, now: float) -> None:
        """Cancel the tasks of a node that has been silent for too long."""
        sql = """SELECT ServerTask.Id, Node FROM ServerTask JOIN Node ON Name = Node
                 WHERE State IN ('Executing', 'Cancelling') AND Pending = 0 AND LastSeen < ? AND Node != ?"""
        for row in self.queue.run(sql, now - self.race.offline_after, self.wiring.name):
            if self.queue.cancel(row["Id"], now):
                self.log.gone(self.tasks[row["Id"]].description, row["Node"])

    def _busy(self, change: int) -> None:
        with self.guard:
            self.wiring.busy[self.wiring.index] += change

    def _crash(self) -> None:
        """Die at once; the system gives the file locks back."""
        with self.journal.guard, self.log.guard:
            os._exit(CRASHED)


def _cancel(say: Voice, last: dict[str, str]) -> None:
    """Close what is open, deepest first, and abandon what was only planned; `last`: each activity's last category."""
    for path in sorted(filter(None, last), key=lambda path: -path.count("/")):
        if last[path] == "PLN":
            say(path, "ABN", "Abandon", 0)
        elif last[path] not in ("FIN", "ABN"):
            say(path, "FIN", "Finished", 0)
    say("", "FAT", "The task was canceled", 0)
    say("", "FIN", "Finished", 0)


def _drift(race: Race, index: int) -> float:
    return random.Random(f"{race.seed} drift {index}").uniform(-race.drift_ppm, race.drift_ppm)


def live(wiring: Wiring) -> None:
    """A node's process."""
    Node(wiring).live()
