"""The raw task log: one JSON array of six elements a line.

["ServerTasks-21_GJZWYYV2KT","INF","2016-07-29T04:18:52.0474477+00:00","Deploy OctoFX release 3.2.18987","",0]
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..clock import iso

ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
CODED = "'<>&\u0085\u2028\u2029"


@dataclass(frozen=True)
class Row:
    """A line read back."""

    correlation: str
    category: str
    time: str
    message: str
    percentage: int


def encode(text: str) -> str:
    """As .NET's JavaScriptStringEncode does."""
    return "".join(
        ESCAPES.get(char) or (f"\\u{ord(char):04x}" if char in CODED or char < " " else char) for char in text
    )


def line(correlation: str, category: str, ticks: int, message: str, percentage: int = 0) -> str:
    """One line, without its newline."""
    return f'["{correlation}","{category}","{iso(ticks)}","{encode(message)}","",{percentage}]'


def file_name(number: int, suffix: str) -> str:
    """`servertasks-21_gjzwyyv2kt.txt`."""
    return f"servertasks-{number}_{suffix.lower()}.txt"


def segment_name(number: int, suffix: str, segment: str) -> str:
    """`servertasks-370_abc/def.tl.txt`."""
    return f"servertasks-{number}_{suffix.lower()}/{segment.lower()}.tl.txt"


def rows(paths: list[Path]) -> list[Row]:
    """All rows of one task log, several segments stitched together by time; damaged lines are left out."""
    found = []
    for path in paths:
        for text in path.read_bytes().decode("utf-8", "replace").split("\n"):
            try:
                correlation, category, time, message, _, percentage = json.loads(text)
            except ValueError:
                continue
            found.append(Row(correlation, category, time, message, percentage))
    return found if len(paths) < 2 else sorted(found, key=lambda row: row.time)
