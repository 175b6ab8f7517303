"""Lines judged by fixed places and by their pattern are the same lines."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.blocks import block
from analyzer.ingest.task_text_columns import REGULAR, WINDOW, find_lines

BEHIND = re.compile(r" ?( *)(.*)", re.DOTALL)
SHAPES = (
    "09:14:02   Verbose  |   Guided failure is not enabled",
    "23:59:59   Info     | ",
    "24:00:00   Info     | no such time",
    "09:14:02   Fatal    |" + " " * (WINDOW + 9) + "deep",
    "09:14:02   Abcdefgh | a level of eight letters",
    "09:14:02   Abcdefghi| of nine",
    "09:14:02   Two words| none",
    "2023-09-18T09:14:02 Info | dated",
    "2023-02-29T09:14:02 Info | no such day",
    " " * 20 + "|",
    " " * 20 + "| \u2028 ",
    " " * 20 + "|     == Success: Step 1 ==",
    "  | indented by hand",
    "| == Success: first line without its blanks ==",
    "Task ID:        ServerTasks-733",
)


@st.composite
def lines(draw):
    """A line that stands in one of the shapes, or nearly."""
    text = draw(st.sampled_from(SHAPES))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        junk = draw(st.sampled_from(["", " ", "|", "\t", ":", "7", "é", "\u00a0", "\r", "T"]))
        text = text[:at] + junk + text[at + draw(st.integers(0, 3)) :]
    return text


@settings(max_examples=300, deadline=None)
@given(st.lists(lines(), min_size=1, max_size=8))
@example(list(SHAPES))
def test_columns_are_what_the_patterns_say(texts):
    texts = [text.removesuffix("\r") for text in texts]
    page = block("x.txt", "".join(f"{text}\n" for text in texts).encode())
    found = find_lines(page)
    for row, text in enumerate(texts):
        message = _message(text)
        bar = None if message else re.match(" *\\|", text)
        assert (bool(found.regular[row]), bool(found.bars[row])) == (message is not None, bar is not None), text
        behind = BEHIND.fullmatch(message[3] if message else text[bar.end() :] if bar else "")
        if message or bar:
            assert found.indents[row] == len(behind[1])
            assert page.data[found.begins[row] : page.ends[row]].decode() == behind[2]
        if message:
            day, seconds, level, _ = message
            assert (found.days[row], found.dated[row]) == ((day - date(1970, 1, 1)).days if day else 0, day is not None)
            assert (found.seconds[row], found.levels[found.level[row]]) == (seconds, level)
        assert found.blank[row] == (bar is not None and not behind[2].strip())


def _message(text):
    match = re.match(REGULAR, text)
    if match is None:
        return None
    try:
        day = match[1] and date.fromisoformat(match[1])
    except ValueError:
        return None
    hours, minutes, seconds = map(int, match[2].split(":"))
    return day, hours * 3600 + minutes * 60 + seconds, match[3], match[4]


@pytest.mark.parametrize("text", ["", "\n", "|", "09:14:02   Info     |"])
def test_lines_at_the_very_end_of_a_buffer(text):
    assert len(find_lines(block("x.txt", text.encode())).regular) == bool(text)
