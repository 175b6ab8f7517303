"""First lines judged by fixed places and by their pattern are the same lines."""

from __future__ import annotations

import re
from datetime import datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.blocks import block
from analyzer.ingest.nlog_heads import AFTER_STAMP, LEVELS, NONE, STAMP, find_heads

SHAPES = (
    "2021-02-09 06:30:00.0103   7012    315 ERROR  since 3.15",
    "2024-02-29 23:59:59.9999  12345      1  INFO  x",
    "2023-02-29 06:30:00.0103   7012    315  WARN  no such day",
    "2021-02-09 06:30:00.0103   7012    315 TRACE   three blanks",
    "2021-02-09 06:30:00.0103   7012    315 FATAL  ",
    "2021-02-09 06:30:00.0103   7012    315 ERROR",
    "2021-02-09 06:30:00.0103   2749  INFO  since 3.0",
    "2021-02-09 06:30:00.0103 123456    315 DEBUG  wide",
    "2021-02-09 06:30:00.0103 +10:00   7012    315  WARN  custom",
    "2021-02-09 06:30:00.0103 -00:01   7012    315  WARN  custom",
    "2021-02-09 06:30:00.0103          315    ABC  grüßt",
    "System.Exception: continuation",
    "",
)
EPOCH = datetime(1970, 1, 1)


@st.composite
def lines(draw):
    """A line that stands in one of the shapes, or nearly."""
    text = draw(st.sampled_from(SHAPES))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        junk = draw(st.sampled_from(["", " ", "  ", "7", "a", "A", "-", ":", "é", "\t"]))
        text = text[:at] + junk + text[at + draw(st.integers(0, 3)) :]
    return text


@settings(max_examples=300, deadline=None)
@given(st.lists(lines(), min_size=1, max_size=8))
@example(list(SHAPES))
@example(
    [f"2021-02-09 06:30:00.0103   7012    315 {'AB'[at % 2]}{chr(65 + at // 2)}CDE  x" for at in range(LEVELS + 9)]
)
def test_columns_are_what_the_pattern_says(texts):
    page = block("x.txt", "".join(f"{text}\n" for text in texts).encode())
    heads = find_heads(page)
    expected = {row: head for row, text in enumerate(texts) if (head := _head(text))}
    assert heads.rows.tolist() == list(expected)
    for at, (row, (wall, shift, process, thread, level, message)) in enumerate(expected.items()):
        assert heads.real[at] == (wall is not None)
        assert wall is None or heads.wall[at] == wall
        assert (heads.shift[at], heads.process[at], heads.thread[at]) == (shift, process, thread)
        assert heads.levels[heads.level[at]] == level
        assert page.data[heads.begin[at] : page.ends[row]].decode() == message


def _head(text):
    stamp = re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{4}", text)
    match = stamp and re.match(AFTER_STAMP, text[STAMP:])
    if not match:
        return None
    prefix, offset, process, thread, level = match.groups()
    try:
        wall = (datetime.fromisoformat(stamp[0][:19]) - EPOCH).total_seconds() * 1e6 + int(stamp[0][20:]) * 100
    except ValueError:
        wall = None
    return wall, _shift(offset), int(process or NONE), int(thread), level, text[STAMP + len(prefix) :]


def _shift(offset):
    if offset is None or int(offset[4:]) > 59:
        return NONE
    size = int(offset[1:3]) * 60 + int(offset[4:])
    return NONE if size > 14 * 60 else -size if offset[0] == "-" else size
