"""Everything that looks like a double run and is none (formats document, section 10), one made case each.

A twin writes innocent tasks into a `Craft`; `test_twins` adds plain tasks on both nodes and audits the bundle.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

from .bundle import LOGS
from .craft import DAY, Craft, Member, Told, written
from .formats import task_log
from .pen import Pen, Place, Say
from .phrases import block
from .steps import say_step
from .task import Recipe, Step
from .words import Words

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
        _refuse(craft, second, say, fatal=True)
    craft.send(first, second.changed(lambda lines: lines[lost:]))


@twin
def run_again_and_only_its_root_line_lost(craft: Craft) -> None:
    first, second = rerun(craft, 8.0, other_node=True)
    _refuse(craft, second, second.lines[0], fatal=True)
    craft.send(first, second.changed(lambda lines: lines[1:]))


@twin
def run_again_and_half_its_plan_lost(craft: Craft) -> None:
    first, second = rerun(craft, 8.0, other_node=True)
    plan = [at for at, say in enumerate(second.script.lines) if say.category == "PLN"]
    lost = plan[len(plan) // 2] + 1
    for say in second.lines[:lost]:
        _refuse(craft, second, say, fatal=True)
    craft.send(first, second.changed(lambda lines: lines[lost:]))


@twin
def run_again_and_a_block_moved_by_the_storage(craft: Craft) -> None:
    first, second = rerun(craft, 90.0, other_node=True)
    craft.send(first, second)
    for path in sorted((craft.out / LOGS).rglob("*.txt")):
        data, size = path.read_bytes(), 1024
        at = len("".join(f"{written(first, say)}\n" for say in first.lines).encode()) // size * size
        if craft.shape in ("single", "text"):
            moved = data[: at - size] + data[at : at + size] + data[at - size : at] + data[at + size :]
            path.write_bytes(moved)


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
        _refuse(craft, run, say, fatal=False)
    for say in run.lines[30:32]:
        _refuse(craft, run, say, fatal=True)
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


def _refuse(craft: Craft, one: Told, say: Say, fatal: bool) -> None:
    """An append that failed because somebody held the file."""
    file = task_log.file_name(one.recipe.number, one.recipe.suffix)
    correlation = one.recipe.root + say.path
    craft.note(one.by, say.at, lambda log: log.append_retry(correlation, 1, file))
    if fatal:
        craft.note(one.by, say.at + 4, lambda log: log.append_failure(correlation, file))


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
