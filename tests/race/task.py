"""What a task is asked to do: its steps, their targets, and what will go wrong in every run of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from .config import Race
from .words import Words

CONTROLLERS = {
    "Deploy": "DeploymentTaskController",
    "RunbookRun": "RunbookRunTaskController",
    "Health": "HealthTaskController",
    "Retention": "RetentionTaskController",
}
TINY = (
    ("Retention", "Apply retention policies"),
    ("SynchronizeExternalSecurityGroups", "Synchronize external security groups"),
    ("SystemIntegrityCheck", "Check System Integrity"),
    ("UpdateCommunityActionTemplates", "Synchronize Community Step Templates"),
)


@dataclass(frozen=True)
class Step:
    """One step of a deployment process."""

    number: int
    name: str
    sort: str
    """script, package, server, rolling or manual."""
    targets: tuple[str, ...]
    seconds: float
    lines: int
    parallel: bool = False
    skipped: str = ""
    """'' (runs), `scope` (never planned) or `on-failure` (planned and abandoned unless something failed)."""
    fails: bool = False
    retries: int = 0
    guided: str = ""
    """The guidance given when it fails: Retry, Ignore or Fail."""


@dataclass(frozen=True)
class Recipe:
    """One task as it was queued."""

    number: int
    suffix: str
    kind: str
    name: str
    description: str
    project: int
    steps: tuple[Step, ...] = ()

    @property
    def id(self) -> str:
        """`ServerTasks-48211`."""
        return f"ServerTasks-{self.number}"

    @property
    def root(self) -> str:
        """The correlation id of the task's root activity."""
        return f"{self.id}_{self.suffix}"

    @property
    def controller(self) -> str:
        """The class whose name stands in SQL transaction names."""
        return CONTROLLERS.get(self.name, f"{self.name}TaskController")


def recipes(race: Race) -> list[Recipe]:
    """All tasks of a race, with numbers that are not quite consecutive."""
    words = Words(f"{race.seed} tasks")
    number = race.first_task
    made = []
    for kind in race.kinds:
        number += words.rng.randint(1, 4)
        made.append(recipe(kind, number, race, words))
    return made


def recipe(kind: str, number: int, race: Race, words: Words) -> Recipe:
    """One task of a kind."""
    project = words.rng.randint(1, 300)
    if kind == "tiny":
        name, description = words.rng.choice(TINY)
        return Recipe(number, words.suffix(), kind, name, description, project)
    if kind == "health":
        steps = tuple(
            Step(at, target, "health", (target,), words.rng.uniform(1, 12), 3)
            for at, target in enumerate(_targets(words, 4), 1)
        )
        return Recipe(number, words.suffix(), kind, "Health", f"Check {words.word()} health", project, steps)
    title, place = words.title(), words.title()
    if kind == "runbook":
        name, description = "RunbookRun", f"Run {words.step()} on {place}"
    else:
        name, description = (
            "Deploy",
            f"Deploy {title} release {words.rng.randint(0, 9)}.{words.rng.randint(0, 40)}.{number} to {place}",
        )
    return Recipe(number, words.suffix(), kind, name, description, project, tuple(_steps(kind, race, words)))


def _steps(kind: str, race: Race, words: Words) -> list[Step]:
    """The steps of a deployment or a runbook, with what its kind asks for put in."""
    rng = words.rng
    pool = _targets(words, rng.randint(2, 4))
    steps = [_step(at, pool, words, race.step_lines) for at in range(1, rng.randint(3, 6) + 1)]
    special = rng.randrange(1, len(steps))
    changes = _changes(kind, race, rng)
    steps[special] = _with(steps[special], changes)
    if kind == "parallel":
        steps[1:] = [_with(step, {"parallel": rng.random() < 0.8, "fails": rng.random() < 0.25}) for step in steps[1:]]
    if rng.random() < 0.4:
        steps.append(_with(_step(len(steps) + 1, pool, words, race.step_lines), {"skipped": "on-failure"}))
    return steps


def _changes(kind: str, race: Race, rng: random.Random) -> dict[str, Any]:
    """What the special step of a task of this kind has that others have not."""
    every: dict[str, dict[str, Any]] = {
        "rolling": {"sort": "rolling"},
        "retry": {"retries": rng.randint(1, 3), "sort": "script"},
        "skip": {"skipped": "scope"},
        "failing": {"fails": True},
        "guided": {"fails": True, "sort": "rolling", "guided": rng.choice(("Retry", "Ignore", "Fail"))},
        "intervention": {"sort": "manual", "targets": ()},
        "restart": {"seconds": 90.0, "lines": 30},
        "cancel": {"seconds": 90.0, "lines": 30},
        "big": {"lines": race.big_lines, "sort": "package"},
    }
    return every.get(kind, {})


def _step(number: int, pool: list[str], words: Words, lines: tuple[int, int]) -> Step:
    sort = words.rng.choice(("script", "script", "package", "server", "rolling"))
    targets = (
        ("Octopus Server",)
        if sort == "server"
        else tuple(words.rng.sample(pool, words.rng.randint(1, min(3, len(pool)))))
    )
    return Step(number, words.step(), sort, targets, words.rng.uniform(3, 28), words.rng.randint(*lines))


def _with(step: Step, changes: dict[str, Any]) -> Step:
    """`step` with changes; a step that must run somewhere gets a target back."""
    changed = replace(step, **changes)
    return changed if changed.targets or changed.sort == "manual" else replace(changed, targets=("Octopus Server",))


def _targets(words: Words, count: int) -> list[str]:
    return [words.target() for _ in range(count)]
