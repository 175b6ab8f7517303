"""Raw task logs, line by line: what a tolerant reader accepts, and what damage leaves."""

from __future__ import annotations

import time

import numpy as np
import pytest

from analyzer.blocks import UNITS, Block, block
from analyzer.ingest.task_log_lines import read_lines

T = "2023-09-18T09:14:02.1234567+00:00"


def entry(message="x", percentage="0", corr="ServerTasks-7_ABC") -> str:
    return f'["{corr}","INF","{T}","{message}","",{percentage}]'


def read(text: str) -> list[tuple[object, ...]]:
    """(row, byte, lines, message or reason) of all entries and fragments in their order."""
    made = block("x", text.encode())
    found = read_lines(made, np.arange(len(made)))
    both = [(one.row, one.byte, one.lines, one.message) for one in found.entries]
    both += [(one.row, one.byte, one.lines, one.reason.partition(" at ")[0]) for one in found.fragments]
    assert sum(lines for _, _, lines, _ in both) + len(found.blank) == len(made)
    return sorted(both)


ONE = len(entry())
BEHIND, UNENDED = "text behind a log entry", "torn log entry: Unterminated string starting"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (entry("a") + entry("b"), [(0, 0, 1, "a"), (0, ONE, 0, "b")]),
        (entry("a") + " , " + entry("b"), [(0, 0, 1, "a"), (0, ONE, 0, BEHIND), (0, ONE + 3, 0, "b")]),
        (entry("ä") + entry("b"), [(0, 0, 1, "ä"), (0, ONE + 1, 0, "b")]),
        (entry("a\nb"), [(0, 0, 2, "a\nb")]),
        (entry("a\r\nb\n\nc"), [(0, 0, 4, "a\nb\n\nc")]),
        (entry("a\nb") + entry("c") + "\n" + entry("d"), [(0, 0, 2, "a\nb"), (1, 8, 0, "c"), (2, 0, 1, "d")]),
        (entry("a") + "\n\n  \n" + entry("b"), [(0, 0, 1, "a"), (3, 0, 1, "b")]),
        ("  " + entry("a") + "  ", [(0, 2, 1, "a")]),
        ("junk " + entry("a"), [(0, 0, 1, "not a log entry"), (0, 5, 0, "a")]),
        (entry("a") + "junk", [(0, 0, 1, "a"), (0, ONE, 0, BEHIND)]),
        ("junk\n" + entry("a"), [(0, 0, 1, "not a log entry"), (1, 0, 1, "a")]),
        (entry("a")[:40] + entry("b"), [(0, 0, 1, "torn log entry: Expecting ',' delimiter"), (0, 40, 0, "b")]),
        (entry("a")[:50] + "\n" + entry("b"), [(0, 0, 1, UNENDED), (1, 0, 1, "b")]),
        (entry("a")[30:] + "\n" + entry("b"), [(0, 0, 1, "not a log entry"), (1, 0, 1, "b")]),
        (entry("a", "null") + entry("b", "4.5"), [(0, 0, 1, "a"), (0, ONE + 3, 0, "b")]),
        (entry("a", "0,1"), [(0, 0, 1, "wrong number of fields for a log entry: 7 instead of 6")]),
        (entry("a", "true"), [(0, 0, 1, "the percentage is not a number")]),
        (entry("a", "Infinity"), [(0, 0, 1, "the percentage is not a number")]),
        (entry("a", "9" * 5000), [(0, 0, 1, "torn log entry: a number that is too long")]),
        (entry("a", "[" * 99_999), [(0, 0, 1, "torn log entry: nested too deeply")]),
        (entry(corr="ScheduledTask_x"), [(0, 0, 1, "the correlation id cannot be read")]),
        (entry("\\ud83d\\ude00 \\ud83d"), [(0, 0, 1, "😀 \\ud83d")]),
        (f'["ServerTasks-7",4,"{T}","","",0]', [(0, 0, 1, "a field that should be text is not")]),
    ],
    ids=range(23),
)  # fmt: skip
def test_lines(text, expected):
    assert read(text) == expected


def test_an_array_over_too_many_lines_is_damage():
    found = read(entry("\n" * 60))
    assert [reason for _, _, _, reason in found] == [UNENDED, "not a log entry"]


def test_places_in_a_line_of_utf16():
    text = entry("ä€") + entry("b")
    data = text.encode()
    made = Block(("x",), data, *(np.array([n]) for n in (0, len(data), 1, 2, 0, UNITS)))
    places = np.array([one.byte for one in read_lines(made, np.arange(1)).entries])
    assert made.stored(np.array([0, 0]), places).tolist() == [2, 2 + 2 * (ONE + 1)]


def test_a_line_that_holds_a_whole_log_is_read_in_one_pass():
    text = entry("ä") * 20_000
    begin = time.process_time()
    assert len(read(text)) == 20_000
    assert time.process_time() - begin < 5
