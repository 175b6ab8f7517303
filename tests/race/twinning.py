"""Made twins, audited: each by itself, or those that leave the cluster alone together in one bundle."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from .auditing import audited
from .craft import SHAPES, Craft, Shape
from .twins import TWINS

SKEWS = (0.0, -150.0, 90.0)
ACCUSING = ("OCT101", "OCT102")
CASES = tuple(product(TWINS, SHAPES, SKEWS))
ALONE = (
    "archive copied twice",
    "server logs in several zones",
    "local time goes back between two runs",
    "local time goes back during a run",
)
"""Twins that are about the whole cluster and not about one task."""
TOGETHER = tuple(name for name in TWINS if name not in ALONE)


def accusations(names: Sequence[str], shape: Shape, skew: float, out: Path) -> list[str]:
    """What the audit of these twins' bundle, written to `out`, wrongly says; each with the twin's name."""
    craft = Craft(out, shape, skew)
    whose: dict[str, str] = {}
    for name in names:
        before = craft.number
        TWINS[name](craft)
        whose |= {f"ServerTasks-{number}": name for number in range(before + 1, craft.number + 1)}
    document, _ = audited(craft.finish())
    said = [one for one in document["findings"] if one["code"] in ACCUSING]
    return [
        f"{whose.get(one['task'], 'plain')}, {shape}, {skew:g} s: {one['code']} {one['verdict']} {one['summary']}"
        for one in said
    ]


def run_twin(case: tuple[str, Shape, float]) -> list[str]:
    """One twin in a folder that is gone afterwards."""
    name, shape, skew = case
    with tempfile.TemporaryDirectory() as folder:
        return accusations([name], shape, skew, Path(folder))
