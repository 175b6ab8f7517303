"""Twins of a double run, audited: none of them may be accused; and two controls, which must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from .auditing import audited
from .craft import SHAPES, Craft, Shape
from .twins import TWINS, Twin

SKEWS = (0.0, -150.0)
ACCUSING = ("OCT101", "OCT102")


def accused(bundle: Path) -> list[str]:
    document, _ = audited(bundle)
    return [f"{one['verdict']} {one['summary']}" for one in document["findings"] if one["code"] in ACCUSING]


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("make", TWINS.values(), ids=TWINS)
def test_a_twin_is_not_accused(tmp_path: Path, make: Twin, shape: Shape, skew: float) -> None:
    craft = Craft(tmp_path, shape, skew)
    make(craft)
    assert accused(craft.finish()) == []


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("shape", ["single", "segments", "text"])
def test_a_double_run_in_the_same_surroundings_is_proved(tmp_path: Path, shape: Shape, skew: float) -> None:
    craft = Craft(tmp_path, shape, skew)
    task = craft.recipe("deploy")
    craft.send(craft.run(task, craft.a, 0.0), craft.run(task, craft.b, 3.0))
    (said,) = accused(craft.finish())
    assert said.startswith(f"proved {task.id} was executed twice at the same time")
