"""Innocent tasks whose logs look odd: steps, files, copies, zones (formats document, section 10)."""

from __future__ import annotations

import shutil
from dataclasses import replace

from .bundle import LOGS
from .craft import DAY, Craft, Told, written
from .formats import task_log
from .pen import Pen, Place, Say
from .phrases import block
from .steps import say_step
from .task import Recipe, Step
from .twin import paused, refuse, rerun, twin
from .words import Words


@twin
def step_tried_again_under_the_same_id(craft: Craft) -> None:
    craft.send(craft.run(craft.recipe("retry"), craft.a, 0.0))


@twin
def step_tried_again_under_a_new_id(craft: Craft) -> None:
    run = craft.run(craft.recipe("deploy"), craft.a, 0.0)
    craft.send(run.changed(lambda lines: _with_step(run.recipe, lines, run.recipe.steps[0], craft)))


@twin
def step_tried_again_under_a_new_id_and_planned_again(craft: Craft) -> None:
    run = craft.run(craft.recipe("deploy"), craft.a, 0.0)
    craft.send(run.changed(lambda lines: _with_step(run.recipe, lines, run.recipe.steps[0], craft, planned=True)))


@twin
def step_added_while_it_ran(craft: Craft) -> None:
    run = craft.run(craft.recipe("deploy"), craft.a, 0.0)
    extra = replace(run.recipe.steps[0], number=9, name=craft.words.step())
    craft.send(run.changed(lambda lines: _with_step(run.recipe, lines, extra, craft)))


@twin
def retention_is_not_in_the_plan(craft: Craft) -> None:
    run = craft.run(craft.recipe("deploy"), craft.a, 0.0)
    extra = Step(9, "Apply retention policy on Tentacles", "server", run.recipe.steps[0].targets or ("web-1",), 3.0, 4)
    craft.send(run.changed(lambda lines: _with_step(run.recipe, lines, extra, craft)))


@twin
def parallel_steps(craft: Craft) -> None:
    craft.send(craft.run(craft.recipe("parallel"), craft.a, 0.0))


@twin
def message_of_the_root_repeats(craft: Craft) -> None:
    run = craft.run(craft.recipe("deploy"), craft.a, 0.0)
    title = run.script.lines[0]
    middle = [replace(title, at=run.script.lines[-1].at * part) for part in (0.3, 0.6)]
    craft.send(run.changed(lambda lines: sorted([*lines, *middle], key=lambda say: say.at)))


@twin
def root_finishes_twice(craft: Craft) -> None:
    run = craft.run(craft.recipe("deploy"), craft.a, 0.0)
    craft.send(run.changed(lambda lines: [*lines, lines[-1]]))


@twin
def target_names_its_machine(craft: Craft) -> None:
    """The other server node is a deployment target as well, and Calamari and a script on it say so."""
    run = craft.run(craft.recipe("rolling"), craft.a, 0.0)
    action = max(run.script.lines, key=lambda say: say.path.count("/"))
    blocks = [
        Say(action.at, action.path, "VBS", "\r\n".join(block(craft.b.machine, process)))
        for process in ("Calamari", "powershell")
    ]
    craft.send(run.changed(lambda lines: sorted([*lines, *blocks], key=lambda say: say.at)))


@twin
def scheduled_tasks_on_every_node(craft: Craft) -> None:
    root = "ScheduledTasks_ProcessAutoDeployments"
    file = f"{root.lower()}.txt"
    for at in range(0, 60, 7):
        for by in (craft.a, craft.b):
            lines = (("INF", "Processing auto deployments"), ("FIN", "Finished"))
            craft.write(f"{LOGS}/{file}", [task_log.line(root, kind, by.ticks(at), said) for kind, said in lines])
            craft.note(by, at, lambda log: log.append_failure(root, file))


@twin
def antivirus_holds_the_log(craft: Craft) -> None:
    run = craft.run(craft.recipe("deploy"), craft.a, 0.0)
    for say in run.lines[20:24]:
        refuse(craft, run, say, fatal=False)
    for say in run.lines[30:32]:
        refuse(craft, run, say, fatal=True)
    craft.send(run.changed(lambda lines: [*lines[:30], *lines[32:]]))


@twin
def leftover_file_and_directory(craft: Craft) -> None:
    """Issue 8599: the first part is in the old single file, the rest in the new directory."""
    first, second = paused(craft, 40.0, craft.b)
    _as(craft, "single", first)
    _as(craft, "segments", second)
    for one in (first, second):
        craft.tie(one)
    craft.row((first, second), second.script.outcome)


@twin
def leftover_file_with_a_copy_in_the_directory(craft: Craft) -> None:
    run = craft.run(craft.recipe("deploy"), craft.a, 0.0)
    _as(craft, "single", run)
    _as(craft, "segments", run)
    craft.tie(run)
    craft.row((run,), run.script.outcome)


@twin
def installed_again_with_the_same_number(craft: Craft) -> None:
    """Issues 1665, 7532: another task of the same number, weeks later, under another suffix."""
    first = craft.run(craft.recipe("deploy"), craft.a, -30 * DAY)
    other = replace(craft.recipe("deploy"), number=first.recipe.number)
    craft.log([first])
    craft.send(craft.run(other, craft.b, 0.0))


@twin
def installed_again_and_appended_without_a_suffix(craft: Craft) -> None:
    """Issue 1665 before 2015-08: no suffix, so the new task goes on in the old one's file."""
    if craft.shape not in ("single", "segments"):
        return
    first = craft.run(craft.recipe("deploy"), craft.a, -30 * DAY)
    other = replace(craft.recipe("deploy"), number=first.recipe.number)
    second = craft.run(other, craft.b, 0.0)
    for one in (first, second):
        lines = [written(one, say).replace(one.recipe.root, one.recipe.id) for say in one.lines]
        craft.write(f"{LOGS}/servertasks-{first.recipe.number}.txt", lines)
    craft.row((second,), second.script.outcome)


@twin
def archive_copied_twice(craft: Craft) -> None:
    """The shared folder collected from each node, and a server log rolled and not yet removed."""
    first, second = rerun(craft, 30.0, other_node=True)
    craft.send(first, second)
    shutil.copytree(craft.out / LOGS, craft.out / craft.a.name / "TaskLogs")
    shutil.copytree(craft.out / LOGS, craft.out / craft.b.name / "TaskLogs")
    craft.copies = True


@twin
def task_logs_not_shared(craft: Craft) -> None:
    """Issue 5355: each node has a folder of its own; one has the whole log, the other an empty file."""
    run = craft.run(craft.recipe("deploy"), craft.a, 0.0)
    craft.send(run, folder=f"{craft.a.name}/TaskLogs")
    name = task_log.file_name(run.recipe.number, run.recipe.suffix)
    craft.write(f"{craft.b.name}/TaskLogs/{name}", [])


@twin
def task_logs_not_shared_and_handed_over(craft: Craft) -> None:
    first, second = paused(craft, 40.0, craft.b)
    craft.log([first], f"{craft.a.name}/TaskLogs")
    craft.log([second], f"{craft.b.name}/TaskLogs")
    craft.row((first, second), second.script.outcome)


@twin
def server_logs_in_several_zones(craft: Craft) -> None:
    craft.b = replace(craft.b, zone=-300)
    craft.send(*rerun(craft, 20.0, other_node=True))


@twin
def local_time_goes_back_between_two_runs(craft: Craft) -> None:
    """The end of summer time: by the server logs' local time the re-run begins before the first run."""
    first, second = rerun(craft, 900.0, other_node=True)
    craft.winter = first.ends + 450
    craft.send(first, second)


@twin
def local_time_goes_back_during_a_run(craft: Craft) -> None:
    run = craft.run(craft.recipe("restart"), craft.a, 0.0)
    craft.winter = run.ends / 2
    craft.send(run)


@twin
def task_named_in_the_other_node_s_log(craft: Craft) -> None:
    """Requests, deletions and waiting messages name a task on a node that does not run it."""
    run = craft.run(craft.recipe("deploy"), craft.a, 0.0)
    for at in range(1, 40):
        craft.note(craft.b, run.ends * at / 40, lambda log: log.noise(run.recipe.number))
    craft.send(run)


def _as(craft: Craft, shape: str, one: Told) -> None:
    """A log in a layout of its own."""
    before = craft.shape
    craft.shape = "single" if shape == "single" else "segments"
    craft.log([one])
    craft.shape = before


def _with_step(task: Recipe, lines: list[Say], step: Step, craft: Craft, planned: bool = False) -> list[Say]:
    """Lines with one more step before the root closes, under an id that the plan does not know."""
    close = next(at for at in range(len(lines) - 1, 0, -1) if lines[at].path)
    pen = Pen(Words(f"{task.id} extra"), Place(craft.a.machine, craft.version))
    path, begin = pen.child(""), lines[close].at + 0.5
    if planned:
        begin = pen.say(begin, path, "PLN", f"Step {step.number}: {step.name}")
    begin = pen.say(begin, path, "INF", f"Step {step.number}: {step.name}")
    ending = say_step(pen, replace(step, fails=False, guided=""), path, begin, False)
    shift = ending.at - lines[close].at + 0.5
    rest = [replace(say, at=say.at + shift) for say in lines[close + 1 :]]
    return [*lines[: close + 1], *pen.lines(), *rest]
