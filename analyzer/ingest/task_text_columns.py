"""The lines of a text download as columns: nearly all stand in one of two shapes, and those are never decoded.

    09:14:02   Verbose  | ...     a message: time, level and bar in fixed places
                        | ...     no message: twenty blanks and a bar
    0          11       20

Both are judged as a matrix of their first bytes. Any other line that begins like one of them is judged by its pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.blocks import Block, Ints

Flags = npt.NDArray[np.bool_]
Octets = npt.NDArray[np.uint8]

# date, time, level, what follows the bar
REGULAR = r"^(?:([0-9]{4}-[0-9]{2}-[0-9]{2})T)?((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]) +([^ \t|]+) *\|(.*)$"
MESSAGE = re.compile(REGULAR)
BAR = re.compile(rb" *\|")
LEVEL = re.compile(rb"[!-{}~]+ *")  # what a level of ASCII may be
HEAD = 21  # bytes up to the bar
TIME = np.array([0, 1, 3, 4, 6, 7])
WINDOW = 32  # blanks looked at behind a bar; eight levels of activities need 18
BLANK, COLON, PIPE, ZERO, NINE = b" :|09"


@dataclass
class Lines:
    """All lines of a block. What is said of messages is 0 for other lines."""

    regular: Flags  # a message
    bars: Flags  # no message, but blanks and a bar
    blank: Flags  # of these, nothing but white space behind the bar
    indents: Ints  # blanks behind the bar and its own blank
    begins: Ints  # where the text behind them begins in the buffer
    days: Ints  # since 1970
    dated: Flags
    seconds: Ints  # of the day
    level: Ints  # index into `levels`
    levels: list[str]


def find_lines(block: Block) -> Lines:
    """Judge all lines of a block."""
    count = len(block)
    flags, numbers = np.zeros((4, count), bool), np.zeros((5, count), np.int64)
    lines = Lines(
        flags[0], flags[1], flags[2], numbers[0], numbers[1], numbers[2], flags[3], numbers[3], numbers[4], []
    )
    octets = np.frombuffer(block.data + bytes(WINDOW), np.uint8)
    bar = np.zeros(count, np.int64)
    rows = np.flatnonzero(block.ends - block.starts >= HEAD)
    head = _windows(octets, block.starts[rows], HEAD)
    barred = head[:, HEAD - 1] == PIPE
    _fixed_messages(lines, rows[barred], head[barred])
    empty = rows[barred & (head[:, : HEAD - 1] == BLANK).all(axis=1)]
    lines.bars[empty] = True
    bar[rows[barred]] = block.starts[rows[barred]] + HEAD
    _by_pattern(block, lines, octets[block.starts], bar)
    _behind(block, lines, octets, bar)
    return lines


def _windows(octets: Octets, at: Ints, width: int) -> Octets:
    """Some bytes from each place on, as a matrix."""
    return np.lib.stride_tricks.sliding_window_view(octets, width)[at]


def _fixed_messages(lines: Lines, rows: Ints, head: Octets) -> None:
    """Messages with everything in its place; the level stands in nine bytes, the last of them blank."""
    digits = head[:, TIME] - ZERO  # unsigned: what is below "0" wraps around and is no digit either
    shaped = (digits < 10).all(axis=1) & (head[:, 2] == COLON) & (head[:, 5] == COLON)
    shaped &= (head[:, 8:11] == BLANK).all(axis=1) & (head[:, 11] != BLANK) & (head[:, 19] == BLANK)
    hours, minutes, seconds = (digits[:, at] * 10 + digits[:, at + 1] for at in (0, 2, 4))
    shaped &= (hours < 24) & (minutes < 60) & (seconds < 60)
    words, which = np.unique(np.ascontiguousarray(head[:, 11:19]).view(np.uint64)[:, 0], return_inverse=True)
    texts = [word.tobytes() for word in words]
    known = np.array([LEVEL.fullmatch(text) is not None for text in texts], bool)
    shaped &= known[which]
    lines.levels += [text.rstrip(b" ").decode("ascii", "replace") for text in texts]
    found = rows[shaped]
    lines.regular[found] = True
    lines.level[found] = which[shaped]
    lines.seconds[found] = (hours * np.int64(3600) + minutes * np.int64(60) + seconds)[shaped]


def _by_pattern(block: Block, lines: Lines, first: Octets, bar: Ints) -> None:
    """Lines of other shapes that may be a message or begin with a bar."""
    left = ~(lines.regular | lines.bars) & (block.ends > block.starts)
    for row in np.flatnonzero(left & (first >= ZERO) & (first <= NINE)).tolist():
        _message(block, lines, row, bar)
    for row in np.flatnonzero(left & ((first == BLANK) | (first == PIPE))).tolist():
        if match := BAR.match(block.raw(row)):
            lines.bars[row], bar[row] = True, block.starts[row] + match.end()


def _message(block: Block, lines: Lines, row: int, bar: Ints) -> None:
    match = MESSAGE.match(block.text(row))
    if match is None:
        return
    date, time, level, rest = match.groups()
    try:
        lines.days[row] = np.datetime64(date or "1970-01-01", "D").astype(np.int64)
    except ValueError:  # there is no such day
        return
    lines.regular[row], lines.dated[row] = True, date is not None
    lines.seconds[row] = int(time[:2]) * 3600 + int(time[3:5]) * 60 + int(time[6:])
    lines.level[row] = len(lines.levels)
    lines.levels.append(level)
    bar[row] = block.ends[row] - len(rest.encode())


def _behind(block: Block, lines: Lines, octets: Octets, bar: Ints) -> None:
    """Indentation and beginning of the text behind the bars."""
    rows = np.flatnonzero(lines.regular | lines.bars)
    full = _windows(octets, bar[rows], WINDOW) != BLANK  # a line's end is no blank either
    blanks = full.argmax(axis=1)
    for at in np.flatnonzero(~full.any(axis=1)).tolist():
        text = block.data[bar[rows[at]] : block.ends[rows[at]]]
        blanks[at] = len(text) - len(text.lstrip(b" "))
    lines.begins[rows] = bar[rows] + blanks
    lines.indents[rows] = np.maximum(blanks - 1, 0)
    empty = lines.bars & (lines.begins == block.ends)
    lines.blank |= empty
    begins = octets[lines.begins]
    for row in np.flatnonzero(lines.bars & ~empty & ((begins <= BLANK) | (begins > ord("~")))).tolist():
        lines.blank[row] = not block.data[lines.begins[row] : block.ends[row]].decode("utf-8", "replace").strip()
