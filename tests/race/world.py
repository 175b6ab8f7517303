"""The world around the cluster: users who queue, approve and cancel, triggers, crashes; and time, skipped when idle."""

from __future__ import annotations

import heapq
import json
import multiprocessing
import random
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

from .clock import TrueClock, iso, ticks_at
from .config import Race
from .node import CRASHED, Wiring, live
from .queue import Queue
from .task import Recipe, recipes
from .words import Words

CONTEXT = multiprocessing.get_context("spawn")
LONGEST = 90.0
"""Real seconds after which a race is given up."""


class World:
    """One race while it runs. Events are (moment, number, what to do)."""

    def __init__(self, race: Race, folder: Path) -> None:
        self.race, self.folder = race, folder
        self.rng = random.Random(f"{race.seed} world")
        self.words = Words(f"{race.seed} people")
        self.names = node_names(race)
        # Without locks: a node that crashes while a thread of it holds one would stop everybody.
        self.skipped = CONTEXT.RawValue("d", 0.0)
        self.clock = TrueClock(time.time() + 0.4, race.scale, self.skipped)
        self.busy = CONTEXT.RawArray("i", race.nodes)
        self.crash = CONTEXT.RawArray("i", race.nodes)
        self.stop = CONTEXT.Event()
        self.queue = Queue(folder / "queue.db")
        self.recipes = {recipe.id: recipe for recipe in recipes(race)}
        self.lives = [0] * race.nodes
        self.processes: dict[int, BaseProcess] = {}
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.asked: set[tuple[str, str]] = set()
        self.idle = 0

    def run(self) -> None:
        """The whole race."""
        self._queue_all()
        for index in range(self.race.nodes):
            self._start(index)
        began = time.time()
        try:
            while not self._over():
                if time.time() - began > LONGEST:
                    raise TimeoutError(f"race {self.race.seed} did not end: {self._state()}")
                self._step()
                time.sleep(0.005)
            time.sleep((self.race.hold + self.race.patience) / self.race.scale)
        finally:
            self._stop()

    def _stop(self) -> None:
        """End every node, one that hangs as well."""
        self.stop.set()
        for process in self.processes.values():
            process.join(20)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
        self.queue.db.close()

    def _state(self) -> str:
        """What a race that does not end is waiting for."""
        rows = self.queue.run("SELECT Id, State FROM ServerTask WHERE State NOT IN ('Success', 'Failed', 'Canceled')")
        waiting = ", ".join(f"{row['Id']} {row['State']}" for row in rows)
        return f"{waiting or 'no task'} at {self.clock.now():.0f}, busy {self.busy[:]}, {len(self.events)} events"

    def _queue_all(self) -> None:
        at = 1.0
        for recipe in self.recipes.values():
            self._later(at, partial(self._queue, recipe))
            at += self.rng.choice((0.5, 1.0)) * self.rng.uniform(0, 2 * self.race.arrival)

    def _queue(self, recipe: Recipe) -> None:
        self.queue.add(recipe, self.clock.now())

    def _start(self, index: int) -> None:
        name, machine = self.names[index]
        wiring = Wiring(
            self.race,
            self.folder,
            index,
            name,
            machine,
            self.lives[index],
            self.clock,
            self.busy,
            self.crash,
            self.stop,
        )
        self.lives[index] += 1
        process = CONTEXT.Process(target=live, args=(wiring,))
        process.start()
        self.processes[index] = process

    def _step(self) -> None:
        """Do what is due, ask users for what the tasks need, restart the dead, skip idle time."""
        now = self.clock.now()
        while self.events and self.events[0][0] <= now:
            heapq.heappop(self.events)[2]()
        for row in self.queue.run("SELECT * FROM ServerTask"):
            self._look_after(self.recipes[row["Id"]], dict(row), now)
        for index, process in list(self.processes.items()):
            if process.exitcode == CRASHED:
                self._resurrect(index, now)
            elif process.exitcode is not None:
                raise RuntimeError(f"node {self.names[index][0]} ended by itself with {process.exitcode}")
        self._skip(now)

    def _look_after(self, recipe: Recipe, row: dict[str, object], now: float) -> None:
        """Whatever this task still needs from outside, once each."""
        state, turn = row["State"], row["Turn"]
        if row["Pending"] and self._once(recipe.id, f"answer {turn}"):
            self._later(now + self._gap(self.race.pause_gap), partial(self._answer, recipe))
        if (
            recipe.kind == "rerun"
            and turn == 1
            and state in ("Success", "Failed")
            and self._quiet(recipe.id)
            and self._once(recipe.id, "rerun")
        ):
            self._later(
                now + self._gap(self.race.rerun_gap), lambda: self.queue.requeue(recipe.id, self.clock.now(), "")
            )
        if recipe.kind == "cancel" and state == "Executing" and self._once(recipe.id, "cancel"):
            self._later(now + self.rng.uniform(20, 60), partial(self._cancel, recipe))
        if recipe.kind == "restart" and state == "Executing" and self._once(recipe.id, "restart"):
            self._later(now + self.rng.uniform(20, 60), partial(self._kill, recipe))

    def _answer(self, recipe: Recipe) -> None:
        """Somebody submits the intervention or the guidance; the task is queued again with the answer in its plan."""
        row = self.queue.run("SELECT Plan FROM ServerTask WHERE Id = ?", recipe.id)[0]
        plan = json.loads(row["Plan"])
        plan["wait"].setdefault("for", "intervention")
        submitted = ticks_at(self.race.start, self.clock.now())
        plan["wait"] |= {"by": self.words.person(), "at": iso(submitted)}
        self.queue.requeue(recipe.id, self.clock.now(), json.dumps(plan))

    def _cancel(self, recipe: Recipe) -> None:
        self.queue.run(
            "UPDATE ServerTask SET State = 'Cancelling' WHERE Id = ? AND State = 'Executing' AND Pending = 0", recipe.id
        )

    def _kill(self, recipe: Recipe) -> None:
        """Let the node die that executes a task right now."""
        rows = self.queue.run("SELECT Node FROM ServerTask WHERE Id = ? AND State = 'Executing'", recipe.id)
        for index, (name, _) in enumerate(self.names):
            if rows and rows[0]["Node"] == name:
                self.crash[index] = 1

    def _resurrect(self, index: int, now: float) -> None:
        """A node died: it comes back after the others have noticed."""
        del self.processes[index]
        self.busy[index] = 0
        self.crash[index] = 0
        self._later(now + self.race.offline_after + 30, lambda: None)
        self._later(now + self.race.offline_after + 60, partial(self._start, index))

    def _quiet(self, task: str) -> bool:
        """Whether no execution of a task still runs."""
        return not self.queue.run("SELECT 1 FROM Ledger WHERE Task = ? AND Ended IS NULL", task)

    def _skip(self, now: float) -> None:
        """When nothing runs and nothing is due, go to the next event."""
        working = (
            any(self.busy[:]) or self.queue.run("SELECT 1 FROM ServerTask WHERE State = 'Queued'") or any(self.crash[:])
        )
        self.idle = 0 if working else self.idle + 1
        if self.idle > 4 and self.events and self.events[0][0] > now + 30:
            self.skipped.value += self.events[0][0] - now - 15
            self.idle = 0

    def _over(self) -> bool:
        return self.idle > 6 and not self.events and not self._open_tasks()

    def _open_tasks(self) -> bool:
        return bool(self.queue.run("SELECT 1 FROM ServerTask WHERE State IN ('Queued', 'Executing', 'Cancelling')"))

    def _later(self, moment: float, action: Callable[[], None]) -> None:
        heapq.heappush(self.events, (moment, self.rng.getrandbits(60), action))

    def _once(self, task: str, what: str) -> bool:
        """True the first time only."""
        fresh = (task, what) not in self.asked
        self.asked.add((task, what))
        return fresh

    def _gap(self, bounds: tuple[float, float]) -> float:
        """Mostly short, now and then very long."""
        low, high = bounds
        return float(min(high, low * (high / low) ** (self.rng.random() ** 2)))


def node_names(race: Race) -> list[tuple[str, str]]:
    """Each node's name and its machine's; mostly the same, in containers not."""
    words = Words(f"{race.seed} nodes")
    names: list[tuple[str, str]] = []
    while len(names) < race.nodes:
        name = race.node_names[len(names)] if race.node_names else words.node()
        if name not in dict(names):
            names.append((name, name if words.rng.random() < 0.8 else f"octopus-{words.guid()[:12]}"))
    return names


def run_race(race: Race, folder: Path) -> None:
    """Run a (drawn) race into a folder that does not exist yet."""
    folder.mkdir(parents=True)
    World(race, folder).run()
