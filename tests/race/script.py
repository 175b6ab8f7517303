"""What an execution says: the whole transcript of one run of a task, or of the part between two pauses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .pen import Pen, Place, Say
from .steps import Ending, close_step, say_guided, say_pause, say_resumed, say_step, skip_step
from .task import Recipe, Step
from .words import Words

SUCCEEDED = {"Deploy": "The deployment completed successfully.", "RunbookRun": "The run completed successfully."}
FAILED = {
    "Deploy": "The deployment failed because one or more steps failed. Please see the deployment log for details.",
    "RunbookRun": "The run failed because one or more steps failed. Please see the run log for details.",
}


@dataclass(frozen=True)
class Script:
    """The lines of one execution, how it ends, and where a later one would go on."""

    lines: list[Say]
    outcome: str
    """Success, Failed or Paused."""
    warned: bool
    plan: str = ""


@dataclass
class Run:
    """The state of a deployment while it is being written: activity ids by step, and what has happened."""

    recipe: Recipe
    pen: Pen
    ids: dict[str, str] = field(default_factory=dict)
    next: int = 0
    failed: bool = False
    wait: dict[str, str] = field(default_factory=dict)

    def path(self, step: Step) -> str:
        """The step's activity; planned once, the same after a resume."""
        return self.ids.setdefault(str(step.number), self.pen.child(""))

    def plan(self) -> str:
        """What the next execution must know, as JSON."""
        return json.dumps({"ids": self.ids, "next": self.next, "failed": self.failed, "wait": self.wait})


def write_script(recipe: Recipe, place: Place, seed: object, plan: str, luck: float) -> Script:
    """The transcript of one execution; `plan` is "" or what a paused execution left, with the answer in it."""
    pen = Pen(Words(seed), place)
    if recipe.kind == "tiny":
        return _tiny(recipe, pen)
    if recipe.kind == "health":
        return _health(recipe, pen)
    unlucky = pen.words.rng.random() < luck
    return _deployment(recipe, pen, json.loads(plan) if plan else {}, unlucky)


def _tiny(recipe: Recipe, pen: Pen) -> Script:
    """Three lines."""
    at = pen.say(0.0, "", "INF", recipe.description)
    at = pen.say(at + pen.words.rng.uniform(0.1, 1.5), "", "INF", pen.words.sentence())
    pen.finish(at, "")
    return Script(pen.lines(), "Success", False)


def _health(recipe: Recipe, pen: Pen) -> Script:
    """A health check: little structure, nothing planned, a child per machine."""
    at = pen.say(0.0, "", "INF", recipe.description)
    at = pen.say(at, "", "INF", "Starting health check for a limited set of machines.")
    at = pen.say(at, "", "INF", f"Performing health check on {len(recipe.steps)} machines.")
    ends = [at]
    for step in recipe.steps:
        path = pen.child("")
        begin = pen.say(at, path, "INF", f"Check deployment target: {step.name}")
        begin = pen.say(begin, path, "VBS", "Performing health check on machine")
        ends.append(pen.finish(pen.say(begin + step.seconds, path, "INF", "Disk space is sufficient"), path))
    at = pen.say(max(ends), "", "VBS", "Checking for Tentacles to update")
    pen.finish(at + 0.2, "")
    return Script(pen.lines(), "Success", False)


def _deployment(recipe: Recipe, pen: Pen, plan: dict[str, Any], unlucky: bool) -> Script:
    """A deployment or a runbook run, from its beginning or from where it paused."""
    run = Run(recipe, pen, plan.get("ids", {}), plan.get("next", 0), plan.get("failed", False))
    at = _resume(run, plan) if plan else _open(run)
    steps = _running(recipe)
    unlucky_at = pen.words.rng.randrange(len(steps)) if unlucky else -1
    while run.next < len(steps):
        group = _group(steps, run.next)
        endings = [_one_step(run, step, at, steps.index(step) == unlucky_at) for step in group]
        at = max(ending.at for ending in endings) + pen.words.rng.uniform(0.1, 1.2)
        if any(ending.outcome == "paused" for ending in endings):
            return Script(pen.lines(), "Paused", pen.warned, run.plan())
        run.failed = run.failed or any(ending.outcome == "failed" for ending in endings)
        run.next += len(group)
    _close(run, at)
    return Script(pen.lines(), "Failed" if run.failed else "Success", pen.warned)


def _open(run: Run) -> float:
    """Root lines and the announcement of the plan."""
    pen, recipe = run.pen, run.recipe
    at = pen.say(0.0, "", "INF", recipe.description) + pen.words.rng.uniform(0.1, 1.1)
    for step in recipe.steps:
        if step.skipped == "scope":
            at = pen.say(
                at,
                "",
                "VBS",
                f"Step {step.number}: {step.name} does not apply to the current environment, and will not be executed",
            )
    if _packaged(recipe):
        at = pen.say(at, run.ids.setdefault("acquire", pen.child("")), "PLN", "Acquire packages")
    for step in _running(recipe):
        at = pen.say(at, run.path(step), "PLN", f"Step {step.number}: {step.name}")
    guided = any(step.guided for step in recipe.steps)
    at = pen.say(at, "", "VBS", f"Guided failure is {'' if guided else 'not '}enabled for this task")
    return _acquire(run, at) if _packaged(recipe) else at


def _acquire(run: Run, at: float) -> float:
    """Acquire packages: children per target, and two finishes, as the real one has."""
    pen, path = run.pen, run.ids["acquire"]
    at = pen.say(at, path, "INF", "Acquiring packages")
    at = pen.say(at, path, "INF", "Making a list of packages to download")
    for target in _packaged(run.recipe)[0].targets:
        mine = pen.child(path)
        upload = pen.child(mine)
        at = pen.say(at, mine, "INF", target)
        at = pen.say(at, upload, "INF", f"Upload package {pen.words.word(plain=True)} version 1.{run.recipe.number}")
        for mark in range(10, 101, 30):
            at = pen.say(at + 0.4, upload, "UPD", "Uploading Calamari package", mark)
        at = pen.finish(pen.finish(at, upload), mine)
    at = pen.finish(pen.say(at, path, "INF", "All packages have been acquired"), path)
    at = pen.say(at, path, "VBS", "Acquire Packages completed")
    return pen.finish(at, path) + 0.5


def _resume(run: Run, plan: dict[str, Any]) -> float:
    """The lines with which a paused execution goes on, up to the end of the step that waited."""
    step, wait = _running(run.recipe)[run.next], plan["wait"]
    path = run.path(step)
    at = say_resumed(run.pen, path, 0.0, wait["by"], wait["at"])
    if wait["for"] == "guidance":
        ending = say_guided(run.pen, step, path, wait["target"], at, step.guided)
    else:
        ending = close_step(run.pen, step, path, Ending(at))
    run.failed = run.failed or ending.outcome == "failed"
    run.next += 1
    return ending.at + 0.3


def _one_step(run: Run, step: Step, at: float, unlucky: bool) -> Ending:
    """One step that was planned: run, skipped or left waiting."""
    path = run.path(step)
    if step.skipped == "on-failure" and not run.failed:
        return Ending(skip_step(run.pen, step, path, at, "runs on failure and no failures have been encountered"))
    if run.failed and step.skipped != "on-failure":
        return Ending(skip_step(run.pen, step, path, at, "runs only when all previous steps succeeded"))
    if step.sort == "manual":
        run.wait = {"for": "intervention"}
        return say_pause(run.pen, step, path, at)
    ending = say_step(
        run.pen, step, path, at + run.pen.words.rng.uniform(0, 0.2), step.fails or (unlucky and not step.guided)
    )
    if ending.outcome == "paused":
        run.wait = {"for": "guidance", "target": ending.target}
    return ending


def _close(run: Run, at: float) -> None:
    """Root's last lines."""
    name = run.recipe.name
    last = ("FAT", FAILED[name]) if run.failed else ("INF", SUCCEEDED[name])
    at = run.pen.say(at, "", *last)
    run.pen.finish(at + run.pen.words.rng.uniform(0.1, 1.0), "")


def _running(recipe: Recipe) -> list[Step]:
    return [step for step in recipe.steps if step.skipped != "scope"]


def _packaged(recipe: Recipe) -> list[Step]:
    return [step for step in _running(recipe) if step.sort == "package"]


def _group(steps: list[Step], start: int) -> list[Step]:
    """A step and those after it that start together with it; one that waits is always alone."""
    group = [steps[start]]
    for step in steps[start + 1 :]:
        if not step.parallel or step.sort == "manual" or step.guided or group[0].sort == "manual":
            break
        group.append(step)
    return group
