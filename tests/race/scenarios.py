"""The scenarios of `sample_logs`: which race to run, what its truth must show, and what to say about it."""

# ruff: noqa: E501

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from .config import Evidence, Race
from .truth import Fact


@dataclass(frozen=True)
class Scenario:
    """One sample: the race to run, what its truth must show, and what to say about it."""

    name: str
    race: Race
    shows: Callable[[Fact], bool]
    about: str
    verdict: str
    keep: bool = False
    """Keep two text downloads only: one of a double run, one of a task that ran once."""


def double(task: Fact, least: int = 15) -> bool:
    """Whether two executions of a task overlapped and both left lines."""
    runs = {run["number"]: run["trace"]["lines"] for run in task["executions"]}
    return any(min(runs[one], runs[two]) >= least for one, two in task["overlaps"])


def doubles(truth: Fact, least: int = 15) -> int:
    """How many tasks visibly ran twice at the same time."""
    return sum(double(task, least) for task in truth["tasks"].values())


def innocents(truth: Fact, *kinds: str) -> bool:
    """Whether nothing ran twice that looks like `kinds`, and each of them is there."""
    return set(kinds) <= {task["innocent"] for task in truth["tasks"].values()}


def interleaved(truth: Fact) -> int:
    """In how many task logs lines of one execution stand between lines of another that overlapped it."""
    return sum(
        any(_mixed(truth["files"][name]) for name in task["files"])
        for task in truth["tasks"].values()
        if task["overlaps"]
    )


def _mixed(authors: list[int | None]) -> bool:
    """Whether some author comes back after another one."""
    turns = [author for author, _ in itertools.groupby(authors)]
    return len(turns) > len(set(turns))


def conflicting(truth: Fact) -> bool:
    """Whether two executions of one task ended differently at the same time."""
    return any(
        {run["outcome"] for run in task["executions"]} >= {"Success", "Failed"}
        for task in truth["tasks"].values()
        if double(task) and len({run["turn"] for run in task["executions"]}) == 1
    )


def clean(truth: Fact) -> bool:
    """No double run and no lost line."""
    return not truth["lost"] and not any(task["ran_twice"] for task in truth["tasks"].values())


def _near_rerun(truth: Fact) -> bool:
    """Whether an auto-deploy lost lines to the node that ran the task before."""
    reruns = [task for task in truth["tasks"].values() if task["innocent"] == "rerun"]
    return any(run["rerun_of"] and run["trace"]["lost"] for task in reruns for run in task["executions"])


def _plain(truth: Fact) -> Fact:
    return next(
        (task for task in truth["tasks"].values() if task["innocent"] == "plain"),
        {"executions": [{"outcome": "Failed"}]},
    )


SCENARIOS = (
    Scenario(
        "healthy",
        Race(
            seed=1100,
            first_task=11200,
            step_lines=(2, 6),
            version="2023.2.13151",
            start="2023-08-14T05:10:00",
            skews=(0.2, -0.3, 0.05),
            luck=0.0,
            kinds=(
                "deploy",
                "intervention",
                "failing",
                "retry",
                "rerun",
                "health",
                "rolling",
                "guided",
                "skip",
                "tiny",
                "parallel",
                "rerun",
            ),
            utc_offsets=(600,),
            evidence=Evidence(states="api", details=True, events=True),
        ),
        lambda truth: clean(truth) and innocents(truth, "handover", "rerun"),
        "Three nodes with the write lock in place. Tasks that paused for an intervention or for guidance, with at least one "
        "that went on at another node; retried steps; failed tasks; auto-deploys that ran again under the same id and were "
        "appended to the same log; a health check. Scheduled tasks of every node in one file. With an API page, events and "
        "some `/details`.",
        "Nothing at or above warning. OCT104 notes for the tasks that changed nodes.",
    ),
    Scenario(
        "double-run",
        Race(
            seed=2200,
            first_task=22400,
            step_lines=(2, 6),
            version="2023.3.12936",
            start="2023-09-18T22:40:00",
            write_lock=False,
            lost_writes=True,
            hold=4.0,
            patience=3.0,
            skews=(1.4, -2.2, 0.3),
            think=3.0,
            luck=0.3,
            kinds=("deploy", "parallel", "rolling", "tiny", "deploy", "health", "skip"),
            utc_offsets=(-300,),
            evidence=Evidence(states="csv"),
        ),
        lambda truth: (
            interleaved(truth) >= 3
            and doubles(truth) >= 3
            and 0 < len(truth["lost"]) < 800
            and innocents(truth, "plain")
            and conflicting(truth)
        ),
        "Three nodes of 2023.3.12936 that claim tasks without the write lock. The file share locks: what the second node "
        "could not append in time is lost, and its server log says so. With dbo.ServerTask as CSV.",
        "OCT101 *proved* for the tasks whose lines interleave, at least three; OCT301 where their executions ended differently; "
        "OCT103 and OCT204 where lines were lost; the incident of 2023.3 by name; nothing about the tasks that ran once.",
    ),
    Scenario(
        "hand-over",
        Race(
            seed=3300,
            first_task=33600,
            step_lines=(2, 6),
            version="2022.4.8401",
            start="2023-03-06T13:00:00",
            lost_writes=True,
            hold=60.0,
            patience=5.0,
            skews=(3.0, -4.5, 0.8),
            kinds=("intervention", "rerun", "guided", "intervention", "rerun", "deploy"),
            rerun_gap=(4.0, 3600.0),
            pause_gap=(15.0, 80000.0),
            luck=0.1,
            utc_offsets=(60, 60, 0),
            evidence=Evidence(states="api"),
        ),
        lambda truth: len(truth["lost"]) > 3 and innocents(truth, "handover", "rerun") and _near_rerun(truth),
        "The twins of a double run: tasks that paused and went on at another node, and auto-deploys of a finished task under "
        "its own id, one of them on another node within the minute in which the first still held the log file. That node "
        "lost lines, with the very text that the double run of 2023.3 gave (Issue 6748).",
        "OCT104 notes, OCT103 and OCT204 for the lost lines. Never OCT101 and never OCT102.",
    ),
    Scenario(
        "damaged",
        Race(
            seed=4400,
            first_task=44800,
            version="2022.3.10953",
            start="2022-11-21T09:00:00",
            luck=0.1,
            kinds=("deploy", "rolling", "deploy", "parallel", "retry", "skip", "tiny"),
            utc_offsets=(0,),
            evidence=Evidence(states="api", server_logs=False, damage=5),
        ),
        lambda truth: len({injury["sort"] for injury in truth["damage"]}) == 5 and clean(truth),
        "Nothing ran twice, but the storage under TaskLogs hurt the files: a 4 KiB block cut out, two blocks changed places, a "
        "line that begins in its middle, whole lines gone, a tail cut off. `truth.json` says what was done where.",
        "OCT204, OCT201 and OCT901 where they are due; every torn line counted as a reject; never OCT101 or OCT102.",
    ),
    Scenario(
        "segments",
        Race(
            seed=5500,
            first_task=55100,
            step_lines=(2, 6),
            layout="segments",
            version="2025.3.4711",
            start="2026-02-09T17:20:00",
            write_lock=False,
            think=3.0,
            skews=(0.9, -0.4, 2.1),
            kinds=("deploy", "intervention", "rerun", "deploy", "intervention", "tiny", "rolling"),
            luck=0.1,
            utc_offsets=(120,),
            evidence=Evidence(states="api"),
        ),
        lambda truth: 1 <= doubles(truth) <= 4 and innocents(truth, "handover"),
        "The layout of 2025.3: one `.tl.txt` file for each writer. A double run shows as two segments that overlap; a hand-over "
        "and an auto-deploy have several segments as well, one after the other.",
        "OCT101 for the double runs (*proved* only where clocks allow no other order), OCT104 notes for the others.",
    ),
    Scenario(
        "text-download",
        Race(
            seed=6600,
            first_task=66300,
            step_lines=(2, 6),
            version="2023.3.12936",
            start="2023-09-20T11:55:00",
            write_lock=False,
            think=3.0,
            skews=(0.5, -1.5),
            nodes=2,
            kinds=("deploy", "deploy", "rolling"),
            utc_offsets=(330,),
            evidence=Evidence(server_logs=False, downloads="only"),
        ),
        lambda truth: (
            doubles(truth) >= 1 and innocents(truth, "plain") and _plain(truth)["executions"][0]["outcome"] != "Failed"
        ),
        "Two text downloads, as a customer pastes them into a ticket: one of a double run, one of a task that ran once. No date "
        "in the lines, whole seconds, parents before children; the header names the last owner only.",
        "OCT101 for the double run at least *possible*; nothing for the other.",
        keep=True,
    ),
)
