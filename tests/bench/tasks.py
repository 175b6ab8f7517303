"""What the tasks of a share are like: mostly healthy deployments, a few that fail, wait or run twice.

An execution is what `tests.race` would have it say; only its size is made to order.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace

from tests.race.clock import TICKS, iso, ticks_at
from tests.race.formats.task_log import line
from tests.race.pen import Place, Say
from tests.race.phrases import VERSION_TABLE
from tests.race.script import write_script
from tests.race.task import Recipe, Step
from tests.race.words import Words

from .templates import NOISE, NUMBERS, SUFFIX

KINDS = {"plain": 80, "retry": 5, "failing": 4, "health": 4, "parallel": 3, "guided": 2, "manual": 2}
"""Per cent of the tasks that ran once."""
TWICE = "twice"
START = "2023-09-18T00:00:00"
BASE = ticks_at(START, 0)
VERSION = "2023.3.12936"
MACHINES = ("DRAUMEL-HA1", "KIRAND-HA2", "SOUVEX-HA3")


@dataclass(frozen=True)
class Told:
    """One task and all that its executions say, in the order of the file."""

    recipe: Recipe
    says: list[Say]
    seconds: float
    outcome: str

    def log(self) -> str:
        """The raw task log."""
        rows = (
            line(
                self.recipe.root + say.path,
                say.category,
                BASE + int(say.at * TICKS),
                say.message,
                say.percentage,
            )
            for say in self.says
        )
        return "".join(f"{row}\n" for row in rows)


def drawn_kind(rng: random.Random) -> str:
    """A kind of innocent task, as often as a share has it."""
    return rng.choices(list(KINDS), list(KINDS.values()))[0]


def tell(kind: str, seed: object, size: int) -> Told:
    """A task of a kind whose log is of about `size` bytes."""
    words = Words(f"bench {seed}")
    count = max(1, min(6, size // 8000))
    lines, drawn = 3, words.rng.getrandbits(32)
    told = _tell(drawn, kind, count, lines)
    while (now := len(told.log())) < size * 0.9 and lines < 1 << 16:
        lines = max(lines + 1, int(lines * min(4.0, size / now)))
        told = _tell(drawn, kind, count, lines)
    return told


def _tell(seed: int, kind: str, count: int, lines: int) -> Told:
    words = Words(seed)
    recipe = _recipe(words, kind, count, lines)
    first = write_script(recipe, _place(words, 0), f"{seed} 0", "", 0)
    says, outcome = first.lines, first.outcome
    if kind == TWICE:
        second = write_script(recipe, _place(words, 1), f"{seed} 1", "", 0).lines
        says = _mixed(says, second, words.rng.uniform(0.5, 4))
    elif outcome == "Paused":
        at = says[-1].at + words.rng.uniform(300, 9000)
        plan = json.loads(first.plan)
        plan["wait"] |= {"by": words.person(), "at": iso(BASE + int((at - 1) * TICKS))}
        second = write_script(recipe, _place(words, 1), f"{seed} 1", json.dumps(plan), 0)
        says, outcome = says + [replace(say, at=say.at + at) for say in second.lines], second.outcome
    return Told(recipe, _with_noise(says), says[-1].at, outcome)


def _mixed(first: list[Say], second: list[Say], delay: float) -> list[Say]:
    """Both executions in one file, as one clock saw them."""
    return sorted([*first, *(replace(say, at=say.at + delay) for say in second)], key=lambda say: say.at)


def _place(words: Words, turn: int) -> Place:
    """The node of an execution; the second one is another's."""
    return Place(MACHINES[turn], VERSION)


def _recipe(words: Words, kind: str, count: int, lines: int) -> Recipe:
    number = NUMBERS[0]
    if kind == "health":
        steps = tuple(Step(at, words.target(), "health", (), 4.0, 3) for at in range(count * max(1, lines // 2)))
        return Recipe(number, SUFFIX, kind, "Health", f"Check {words.word()} health", 1, steps)
    made = [_step(words, at, count, lines) for at in range(1, count + 1)]
    special = words.rng.randrange(count)
    made[special] = replace(made[special], **_special(kind, words.rng))
    if kind == "parallel":
        made[1:] = [replace(step, parallel=True) for step in made[1:]]
    description = f"Deploy {words.title()} release {words.rng.randint(0, 9)}.{words.rng.randint(0, 40)}.{number} to QA"
    return Recipe(number, SUFFIX, kind, "Deploy", description, words.rng.randint(1, 300), tuple(made))


def _special(kind: str, rng: random.Random) -> dict[str, object]:
    """What one step of a task of this kind has that others have not."""
    every: dict[str, dict[str, object]] = {
        "retry": {"retries": rng.randint(1, 3), "sort": "script"},
        "failing": {"fails": True},
        "guided": {"fails": True, "sort": "rolling", "guided": rng.choice(("Retry", "Ignore", "Fail"))},
        "manual": {"sort": "manual", "targets": ()},
    }
    return every.get(kind, {})


def _step(words: Words, number: int, count: int, lines: int) -> Step:
    sort = words.rng.choice(("script", "package", "server", "rolling")) if count > 1 else "server"
    targets = ("Octopus Server",) if sort == "server" else tuple(words.target() for _ in range(words.rng.randint(1, 3)))
    return Step(number, words.step(), sort, targets, words.rng.uniform(8, 28), lines)


def _with_noise(says: list[Say]) -> list[Say]:
    """Every second line of script output gets digits that differ from file to file."""
    begun: set[str] = set()
    made = []
    for number, say in enumerate(says):
        output = say.category in ("INF", "VBS") and say.path in begun and not set(say.message) & set(":\n")
        output = output and say.path.count("/") > 1 and say.message not in VERSION_TABLE
        made.append(replace(say, message=f"{say.message} {NOISE}") if output and number % 2 else say)
        begun.add(say.path)
    return made
