"""What the made twins share: their catalogue, and the two ways in which a task is legitimately executed again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .craft import Craft, Member, Told
from .formats import task_log
from .pen import Say
from .task import Step

Twin = Callable[[Craft], None]
TWINS: dict[str, Twin] = {}


def twin(make: Twin) -> Twin:
    """Enter a twin under its name."""
    TWINS[make.__name__.replace("_", " ")] = make
    return make


def rerun(craft: Craft, gap: float, other_node: bool, other_targets: bool = False) -> tuple[Told, Told]:
    """A deployment that a deployment-target trigger runs again under its id, `gap` seconds after its end."""
    task = craft.recipe("deploy")
    first = craft.run(task, craft.a, 0.0)
    again = replace(task, steps=tuple(map(_elsewhere, task.steps))) if other_targets else task
    return first, craft.run(again, craft.b if other_node else craft.a, first.ends + gap)


def _elsewhere(step: Step) -> Step:
    return replace(step, targets=tuple(f"new-{target}" for target in step.targets))


def paused(craft: Craft, gap: float, by: Member, kind: str = "intervention") -> tuple[Told, Told]:
    """A task that waits for somebody on one node, and goes on `gap` seconds later."""
    task = craft.recipe(kind)
    first = craft.run(task, craft.a, 0.0)
    return first, craft.run(task, by, first.ends + gap, craft.answered(first, first.ends + gap - 2))


def refuse(craft: Craft, one: Told, say: Say, fatal: bool) -> None:
    """An append that failed because somebody held the file."""
    file = task_log.file_name(one.recipe.number, one.recipe.suffix)
    correlation = one.recipe.root + say.path
    craft.note(one.by, say.at, lambda log: log.append_retry(correlation, 1, file))
    if fatal:
        craft.note(one.by, say.at + 4, lambda log: log.append_failure(correlation, file))
