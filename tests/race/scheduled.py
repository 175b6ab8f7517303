"""System jobs that every node runs by design, all into one file: `scheduledtasks_<name>.txt`, no ServerTask at all."""

from __future__ import annotations

import random

from .clock import NodeClock
from .formats import task_log
from .writer import Entry, WriterOf

JOBS = {
    "ProcessSubscriptions": "Processing subscriptions",
    "ProcessAutoDeployments": "Processing auto deployments",
    "CleanUnavailableMachines": "Cleaning unavailable machines",
}


def say_scheduled(writer_of: WriterOf, clock: NodeClock, now: float, rng: random.Random) -> None:
    """One run of one job, in a few lines."""
    job = rng.choice(list(JOBS))
    root = f"ScheduledTasks_{job}"
    writer = writer_of(f"scheduledtasks_{job.lower()}.txt")
    for category, message in (("INF", JOBS[job]), ("VBS", f"{rng.randint(0, 4)} found"), ("FIN", "Finished")):
        writer.entries.put(Entry(task_log.line(root, category, clock.ticks(now), message), root, root, 0, now))
