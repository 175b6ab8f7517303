"""What can be found and what can be read: the catalogues of detectors and formats, for people."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence
from difflib import get_close_matches

from analyzer import detectors, incidents, ingest
from analyzer.case import Detector
from analyzer.errors import UsageError


def explain(code: str) -> str:
    """What a code (or its name) means, how it is recognised and what cannot be known: the detector's own docstring.

    Raises UsageError for an unknown code.
    """
    return inspect.cleandoc(_detector(code).__doc__ or "")


def _detector(code: str) -> Detector:
    known = {key: module for module in detectors.CATALOGUE for key in (module.CODE.casefold(), module.NAME.casefold())}
    wanted = code.strip().casefold()
    if wanted not in known:
        close = get_close_matches(wanted, known, n=1)
        hint = f"did you mean {known[close[0]].CODE}? " if close else ""
        raise UsageError(f"no such code: {code}; {hint}`analyzer detectors` lists them all")
    return known[wanted]


def codes() -> list[tuple[str, str, str, str]]:
    """Code, name, severity and first sentence of every detector, by code."""
    rows = [(one.CODE, one.NAME, str(one.SEVERITY), first_sentence(one)) for one in detectors.CATALOGUE]
    return sorted(rows)


def formats() -> list[tuple[str, str]]:
    """Name and title of every format that can be read."""
    return [(one.NAME, one.TITLE) for one in ingest.FORMATS]


def known_incidents() -> list[tuple[str, str, str, str]]:
    """Issue, title, affected versions and what tells it from its twins, for every known incident."""
    return [
        (f"[{one.id}]({one.link})" + "".join(f", {also}" for also in one.also), one.title, one.affected, one.twins)
        for one in incidents.CATALOGUE
    ]


def first_sentence(module: Detector) -> str:
    """The first paragraph of a detector's docstring, on one line."""
    return " ".join(inspect.cleandoc(module.__doc__ or "").split("\n\n")[0].split())


def columns(rows: Sequence[Sequence[str]], width: int) -> str:
    """Rows with aligned columns; the last column is wrapped under itself and no word is cut."""
    sizes = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        head = "".join(cell.ljust(size + 2) for cell, size in zip(row[:-1], sizes, strict=True))
        room = max(20, width - len(head))
        text = textwrap.wrap(row[-1], room, break_long_words=False, break_on_hyphens=False) or [""]
        lines += [(head if at == 0 else " " * len(head)) + part for at, part in enumerate(text)]
    return "\n".join(line.rstrip() for line in lines) + "\n"
