"""What one step of a deployment says, from its first line to its last."""

from __future__ import annotations

from dataclasses import dataclass

from .pen import Pen
from .phrases import say_calamari, say_error, say_output, say_server, say_table, say_upload
from .task import Step

BUSY = (
    "This Tentacle is currently busy performing a task that cannot be run in conjunction with any other task. "
    "Please wait..."
)
FAILED = "The remote script failed with exit code 1"


@dataclass(frozen=True)
class Ending:
    """When a step ended and how: success, warning, failed or paused; `error` is what the parent repeats."""

    at: float
    outcome: str = "success"
    error: str = ""
    target: str = ""
    """The activity of the target on which a paused step waits for guidance."""


def say_step(pen: Pen, step: Step, path: str, at: float, fails: bool) -> Ending:
    """A whole step, on all of its targets."""
    ending = _on_targets(pen, step, path, at, fails)
    if ending.outcome == "paused":
        return ending
    return close_step(pen, step, path, ending)


def close_step(pen: Pen, step: Step, path: str, ending: Ending) -> Ending:
    """The step's own last lines."""
    at = ending.at + pen.words.rng.uniform(0.05, 0.4)
    if ending.outcome == "failed":
        at = pen.say(at, path, "FAT", f"The step failed: Activity {ending.error} failed with error '{FAILED}'.")
    at = pen.say(at, path, "VBS", f"{step.name} completed")
    return Ending(pen.finish(at, path), ending.outcome, ending.error)


def skip_step(pen: Pen, step: Step, path: str, at: float, because: str) -> float:
    """A planned step that is not run."""
    at = pen.say(at, path, "VBS", f'Step "{step.name}" {because}; skipping')
    return pen.say(at, path, "ABN", "Abandon")


def say_resumed(pen: Pen, path: str, at: float, by: str, stamp: str) -> float:
    """What a manual step says when somebody has clicked."""
    at = pen.say(at, path, "VBS", "Resuming after completion")
    at = pen.say(at, path, "INF", f"Submitted by: {by} at {stamp}")
    return pen.say(at, path, "INF", f"Notes: {pen.words.sentence()}\n{pen.words.sentence()}")


def say_pause(pen: Pen, step: Step, path: str, at: float) -> Ending:
    """A manual step up to the moment where it waits."""
    at = pen.say(at, path, "INF", f"Waiting for manual intervention: {pen.words.sentence()}")
    at = pen.say(at, path, "VBS", f"{step.name} completed")
    if pen.words.rng.random() < 0.5:
        at = pen.finish(at, path)
    return Ending(at, "paused")


def say_guided(pen: Pen, step: Step, path: str, target: str, at: float, guidance: str) -> Ending:
    """The rest of a step that waited for guidance."""
    at = pen.say(at, target, "INF", f"Guidance received: {guidance}")
    if guidance == "Retry":
        ending = _action(pen, step, target, at, pen.child(target), False)
    else:
        at = pen.say(at, target, "WRN" if guidance == "Ignore" else "FAT", f"{step.name} on {step.targets[0]}")
        ending = Ending(at, "warning" if guidance == "Ignore" else "failed", f"{step.name} on {step.targets[0]}")
    return close_step(pen, step, path, Ending(pen.finish(ending.at, target), ending.outcome, ending.error))


def _on_targets(pen: Pen, step: Step, path: str, at: float, fails: bool) -> Ending:
    """All targets: one after the other where the step is rolling or may wait for guidance, else side by side."""
    bad = pen.words.rng.randrange(len(step.targets)) if fails else -1
    bad = 0 if fails and step.guided else bad
    last = Ending(at)
    worst = Ending(at)
    for number, target in enumerate(step.targets):
        start = last.at if step.sort == "rolling" else at + pen.words.rng.uniform(0, 0.3)
        ending = _target(pen, step, target, path, start, number == bad)
        if ending.outcome == "paused":
            return ending
        last = ending if ending.at > last.at else last
        worst = ending if ending.outcome == "failed" else worst
        if worst.outcome == "failed" and step.sort == "rolling":
            break
    return Ending(last.at, worst.outcome, worst.error)


def _target(pen: Pen, step: Step, target: str, path: str, at: float, fails: bool) -> Ending:
    """One target; a rolling step's actions are its children, any other step has just one action."""
    mine = pen.child(path)
    at = pen.say(at, mine, "INF", target)
    if step.sort != "rolling":
        return _action(pen, step, mine, at, mine, fails, target)
    ending = _action(pen, step, mine, at, pen.child(mine), fails, target)
    if fails and step.guided:
        return Ending(pen.say(ending.at, mine, "INF", "Waiting for guidance"), "paused", target=mine)
    if ending.outcome == "failed":
        pen.say(ending.at, mine, "FAT", f"{step.name} on {target}")
    return Ending(pen.finish(ending.at, mine), ending.outcome, ending.error)


def _action(pen: Pen, step: Step, parent: str, at: float, path: str, fails: bool, target: str = "") -> Ending:
    """One action on one target."""
    rng = pen.words.rng
    target = target or step.targets[0]
    if path != parent:
        at = pen.say(at, path, "INF", step.name)
    at = say_server(pen, at, path)
    if rng.random() < 0.3:
        at = pen.say(
            at,
            path,
            "INF",
            BUSY,
        )
    at = at + rng.uniform(0.5, 4)
    if target != "Octopus Server":
        at = say_calamari(pen, at, path, target)
    if step.sort == "package":
        at = say_upload(
            pen, at, path, f"{pen.words.word(plain=True)}.{rng.randint(1, 9)}.0.{step.number}.nupkg", rng.uniform(1, 6)
        )
    at = say_table(pen, at, path)
    for attempt in range(1, step.retries + 1):
        at = say_error(pen, say_output(pen, at, path, 3, 2.0), path)
        at = pen.say(at, path, "WRN", f"{FAILED}. Retry attempt {attempt}") + rng.uniform(3, 15)
    at = say_output(pen, at, path, step.lines, step.seconds * rng.uniform(0.7, 1.3))
    if not fails:
        return Ending(pen.finish(at, path), "success")
    at = pen.say(say_error(pen, at, path), path, "FAT", FAILED)
    return Ending(pen.finish(at, path), "failed", f"{step.name} on {target}")
