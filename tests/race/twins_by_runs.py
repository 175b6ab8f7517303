"""Innocent tasks that were executed more than once, or stopped and went on (formats document, section 10)."""

from __future__ import annotations

from dataclasses import replace

from .bundle import LOGS
from .craft import DAY, Craft, written
from .formats import task_log
from .twin import paused, refuse, rerun, twin


@twin
def handed_over_at_once(craft: Craft) -> None:
    craft.send(*paused(craft, 5.0, craft.b))


@twin
def handed_over_a_day_later(craft: Craft) -> None:
    craft.send(*paused(craft, DAY, craft.b))


@twin
def guidance_given_to_another_node(craft: Craft) -> None:
    craft.send(*paused(craft, 40.0, craft.b, "guided"))


@twin
def two_interventions_in_one_task(craft: Craft) -> None:
    task = craft.recipe("intervention")
    manual = next(step for step in task.steps if step.sort == "manual")
    plain = [step for step in task.steps if step.sort != "manual"]
    steps = [plain[0], manual, plain[-1], replace(manual, number=8, name=f"{manual.name} again"), *plain[1:-1]]
    task = replace(task, steps=tuple(replace(step, number=at) for at, step in enumerate(steps, 1)))
    runs = [craft.run(task, craft.a, 0.0)]
    for by in (craft.b, craft.a):
        at = runs[-1].ends + 20
        runs.append(craft.run(task, by, at, craft.answered(runs[-1], at)))
    craft.send(*runs)


@twin
def run_again_soon_on_the_same_node(craft: Craft) -> None:
    craft.send(*rerun(craft, 3.0, other_node=False))


@twin
def run_again_soon_on_another_node(craft: Craft) -> None:
    craft.send(*rerun(craft, 3.0, other_node=True))


@twin
def run_again_late_on_the_same_node(craft: Craft) -> None:
    craft.send(*rerun(craft, 2 * DAY, other_node=False))


@twin
def run_again_late_on_another_node(craft: Craft) -> None:
    craft.send(*rerun(craft, 2 * DAY, other_node=True))


@twin
def run_again_soon_on_other_targets(craft: Craft) -> None:
    craft.send(*rerun(craft, 3.0, other_node=True, other_targets=True))


@twin
def run_again_late_on_other_targets(craft: Craft) -> None:
    craft.send(*rerun(craft, 2 * DAY, other_node=True, other_targets=True))


@twin
def run_again_and_its_first_lines_lost_to_a_held_handle(craft: Craft) -> None:
    """Issue 6748: the node that ran the task before still holds the file; the re-run loses its root and its plan."""
    first, second = rerun(craft, 8.0, other_node=True)
    lost = sum(say.at < 4.0 for say in second.script.lines) + 4
    for say in second.lines[:lost]:
        refuse(craft, second, say, fatal=True)
    craft.send(first, second.without(lost))


@twin
def run_again_and_only_its_root_line_lost(craft: Craft) -> None:
    first, second = rerun(craft, 8.0, other_node=True)
    refuse(craft, second, second.lines[0], fatal=True)
    craft.send(first, second.without(1))


@twin
def run_again_and_half_its_plan_lost(craft: Craft) -> None:
    """Several, for what is left of the plan decides how the log may be misread: one step, or the line behind it."""
    for _ in range(6):
        first, second = rerun(craft, 8.0, other_node=True)
        plan = [at for at, say in enumerate(second.script.lines) if say.category == "PLN"]
        lost = plan[len(plan) // 2] + 1
        for say in second.lines[:lost]:
            refuse(craft, second, say, fatal=True)
        craft.send(first, second.without(lost))


@twin
def run_again_and_a_block_moved_by_the_storage(craft: Craft) -> None:
    first, second = rerun(craft, 90.0, other_node=True)
    craft.send(first, second)
    path = craft.out / LOGS / task_log.file_name(first.recipe.number, first.recipe.suffix)
    if path.exists():
        data, size = path.read_bytes(), 1024
        at = len("".join(f"{written(first, say)}\n" for say in first.lines).encode()) // size * size
        path.write_bytes(data[: at - size] + data[at : at + size] + data[at - size : at] + data[at + size :])


@twin
def node_died_and_another_cleaned_up(craft: Craft) -> None:
    task = craft.recipe("deploy")
    run = craft.run(task, craft.a, 0.0).changed(lambda lines: lines[: len(lines) // 2])
    craft.note(craft.b, run.ends + 3600, lambda log: log.gone(task.description, craft.a.name))
    craft.send(run, state="Canceled")


@twin
def node_drained_while_a_task_waited(craft: Craft) -> None:
    first, second = paused(craft, 600.0, craft.b)
    craft.note(craft.a, first.ends + 30, lambda log: log.say(" INFO", "Node is draining: no new tasks will be taken"))
    craft.send(first, second)


@twin
def node_restarted_and_the_task_went_on(craft: Craft) -> None:
    """Cloud, 2026: a deployment survives the restart of its node, under the same activity ids."""
    run = craft.run(craft.recipe("deploy"), craft.a, 0.0)
    half = len(run.script.lines) // 2
    craft.send(run.changed(lambda lines: [*lines[:half], *(replace(say, at=say.at + 90) for say in lines[half:])]))


@twin
def container_came_back_under_another_name(craft: Craft) -> None:
    pod = replace(craft.a, machine="octopus-7f9c-x2lq9")
    craft.send(*paused(craft, 60.0, pod))


@twin
def container_ran_it_again_under_another_name(craft: Craft) -> None:
    first, _ = rerun(craft, 60.0, other_node=False)
    pod = replace(craft.a, machine="octopus-7f9c-x2lq9")
    craft.send(first, craft.run(first.recipe, pod, first.ends + 60))


@twin
def names_of_a_node_differ_in_case(craft: Craft) -> None:
    first, _ = rerun(craft, 3.0, other_node=False)
    shouting = replace(craft.a, machine=craft.a.machine.lower())
    craft.send(first, craft.run(first.recipe, shouting, first.ends + 3))
