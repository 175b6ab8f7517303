"""The task queue: one SQLite table over which the nodes race, and a ledger of what truly happened."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

from .clock import TrueClock
from .task import Recipe

SCHEMA = """
CREATE TABLE IF NOT EXISTS ServerTask (
    Id TEXT PRIMARY KEY, Number INTEGER, QueueTime REAL, StartTime REAL, CompletedTime REAL, State TEXT,
    Pending INTEGER DEFAULT 0, Warnings INTEGER DEFAULT 0, Error TEXT DEFAULT '',
    Node TEXT, Turn INTEGER DEFAULT 1, Plan TEXT DEFAULT '');
CREATE TABLE IF NOT EXISTS Node (Name TEXT PRIMARY KEY, LastSeen REAL);
CREATE TABLE IF NOT EXISTS Ledger (
    Task TEXT, Number INTEGER, Turn INTEGER, Node TEXT, Started REAL, Ended REAL, Outcome TEXT, Resumed INTEGER,
    Guid TEXT, PRIMARY KEY (Task, Number));
"""


@dataclass(frozen=True)
class Claim:
    """A task that a node took; `number` counts the task's executions, `turn` how often it was queued."""

    task: str
    number: int
    turn: int
    plan: str


class Queue:
    """One connection to the queue; safe to share between the threads of one process."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.executescript(SCHEMA)
        self.guard = threading.Lock()

    def __enter__(self) -> Queue:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def run(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """One statement."""
        with self.guard:
            return self.db.execute(sql, values).fetchall()

    def add(self, recipe: Recipe, now: float) -> None:
        """Queue a task."""
        self.run(
            "INSERT INTO ServerTask (Id, Number, QueueTime, State) VALUES (?, ?, ?, 'Queued')",
            recipe.id,
            recipe.number,
            now,
        )

    def requeue(self, task: str, now: float, plan: str) -> None:
        """Queue a task once more: a paused one with its `plan`, an auto-deploy without."""
        changes = (
            "Plan = ?"
            if plan
            else "Plan = ?, StartTime = NULL, CompletedTime = NULL, Warnings = 0, QueueTime = " + repr(now)
        )
        self.run(
            f"UPDATE ServerTask SET State = 'Queued', Pending = 0, Turn = Turn + 1, {changes} WHERE Id = ?", plan, task
        )

    def claim_locked(self, node: str, now: float) -> Claim | None:
        """Take the oldest task under the write lock: whoever comes second finds nothing."""
        with self.guard:
            self.db.execute("BEGIN IMMEDIATE")
            row = self._oldest(now)
            if row is not None:
                self.db.execute(_TAKE + " AND State = 'Queued'", (node, now, row["Id"]))
            claim = self._enter(row, node, now)
            self.db.execute("COMMIT")
        return claim

    def claim_unlocked(self, node: str, clock: TrueClock, think: float) -> Claim | None:
        """Read, think, update: another node may read in between, and then both have the task."""
        with self.guard:
            row = self._oldest(clock.now())
        if row is None:
            return None
        clock.sleep(think)
        now = clock.now()
        with self.guard:
            self.db.execute("BEGIN IMMEDIATE")
            self.db.execute(_TAKE, (node, now, row["Id"]))
            claim = self._enter(row, node, now)
            self.db.execute("COMMIT")
        return claim

    def _oldest(self, now: float) -> sqlite3.Row | None:
        found = self.db.execute(
            "SELECT * FROM ServerTask WHERE State = 'Queued' AND QueueTime <= ? ORDER BY QueueTime LIMIT 1", (now,)
        )
        row: sqlite3.Row | None = found.fetchone()
        return row

    def _enter(self, row: sqlite3.Row | None, node: str, now: float) -> Claim | None:
        """Note an execution in the ledger."""
        if row is None:
            return None
        count: int = self.db.execute("SELECT COUNT(*) FROM Ledger WHERE Task = ?", (row["Id"],)).fetchone()[0]
        values = (row["Id"], count + 1, row["Turn"], node, now, bool(row["Plan"]))
        self.db.execute(
            "INSERT INTO Ledger (Task, Number, Turn, Node, Started, Resumed) VALUES (?, ?, ?, ?, ?, ?)", values
        )
        return Claim(row["Id"], count + 1, row["Turn"], row["Plan"])

    def complete(self, claim: Claim, state: str, warned: bool, error: str, now: float) -> None:
        """Write a final state; the last to come is the one that stays."""
        self.run(_COMPLETE, state, warned, error, now, claim.task)
        self.close(claim, state, now)

    def pause(self, claim: Claim, plan: str, warned: bool, now: float) -> None:
        """Free the slot and wait for somebody."""
        self.run(
            "UPDATE ServerTask SET Pending = 1, Plan = ?, Warnings = MAX(Warnings, ?) WHERE Id = ?",
            plan,
            warned,
            claim.task,
        )
        self.close(claim, "Paused", now)

    def cancel(self, task: str, now: float) -> bool:
        """Mark a task of a dead node; True for the node that was first to do so."""
        return bool(self.run(_CANCEL, now, task))

    def close(self, claim: Claim, outcome: str, now: float) -> None:
        """Note in the ledger how an execution ended."""
        self.run(
            "UPDATE Ledger SET Ended = ?, Outcome = ? WHERE Task = ? AND Number = ?",
            now,
            outcome,
            claim.task,
            claim.number,
        )

    def seen(self, node: str, now: float) -> None:
        """A heartbeat."""
        self.run(
            "INSERT INTO Node VALUES (?, ?) ON CONFLICT (Name) DO UPDATE SET LastSeen = excluded.LastSeen", node, now
        )


_TAKE = """
UPDATE ServerTask SET State = 'Executing', Node = ?, StartTime = CASE Plan WHEN '' THEN ? ELSE StartTime END
WHERE Id = ?"""
_CANCEL = """
UPDATE ServerTask SET State = 'Canceled', CompletedTime = ? WHERE Id = ? AND State != 'Canceled' RETURNING Id"""
_COMPLETE = """
UPDATE ServerTask SET State = ?, Warnings = MAX(Warnings, ?), Error = ?, CompletedTime = ?, Pending = 0 WHERE Id = ?"""
