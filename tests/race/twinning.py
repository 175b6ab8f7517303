"""Every made twin in every shape and at several clock skews, and who of them is accused."""

from __future__ import annotations

import tempfile
from itertools import product
from pathlib import Path

from .auditing import audited
from .craft import SHAPES, Craft, Shape
from .twins import TWINS

SKEWS = (0.0, -150.0, 90.0)
ACCUSING = ("OCT101", "OCT102")
CASES = tuple(product(TWINS, SHAPES, SKEWS))


def accusations(name: str, shape: Shape, skew: float, out: Path) -> list[str]:
    """What the audit of a twin's bundle, written to `out`, wrongly says."""
    craft = Craft(out, shape, skew)
    TWINS[name](craft)
    document, _ = audited(craft.finish())
    return [
        f"{one['code']} {one['verdict']} {one['summary']}" for one in document["findings"] if one["code"] in ACCUSING
    ]


def run_twin(case: tuple[str, Shape, float]) -> list[str]:
    """The same in a folder that is gone afterwards, each accusation with the name of the case."""
    with tempfile.TemporaryDirectory() as folder:
        return [f"{' '.join(map(str, case))}: {said}" for said in accusations(*case, Path(folder))]
