"""Twins of a double run, audited: none of them may be accused; and controls, which must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from .auditing import audited
from .craft import SHAPES, Craft, Shape
from .twinning import TOGETHER, accusations
from .twins import TWINS

BEHIND = -150.0
"""By the clocks, whatever the second node does soon after the first one was before it."""


@pytest.mark.parametrize(("shape", "skew"), [("single", 0.0), ("segments", BEHIND)])
@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_not_accused(tmp_path: Path, name: str, shape: Shape, skew: float) -> None:
    assert accusations([name], shape, skew, tmp_path) == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("skew", [0.0, BEHIND])
def test_twins_in_one_bundle_are_not_accused(tmp_path: Path, shape: Shape, skew: float) -> None:
    assert accusations(TOGETHER, shape, skew, tmp_path) == []


@pytest.mark.parametrize("shape", ["single", "segments", "text"])
def test_a_double_run_in_the_same_surroundings_is_proved(tmp_path: Path, shape: Shape) -> None:
    craft = Craft(tmp_path, shape, BEHIND)
    task = craft.recipe("deploy")
    craft.send(craft.run(task, craft.a, 0.0), craft.run(task, craft.b, 3.0))
    document, _ = audited(craft.finish())
    proved = [one["task"] for one in document["findings"] if (one["code"], one["verdict"]) == ("OCT101", "proved")]
    assert proved == [task.id]
