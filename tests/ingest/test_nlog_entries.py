"""Entries are found where `nlog_heads` finds their first lines, and at the same time."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.blocks import block
from analyzer.ingest.nlog_entries import find_entries
from analyzer.ingest.nlog_heads import find_heads
from tests.ingest.test_nlog_heads import SHAPES, lines

USUAL = [f"2021-02-09 06:{minute:02}:01.0{minute:02}3   7012     44  INFO  as ever" for minute in range(60)]


@settings(max_examples=500, deadline=None)
@given(st.lists(lines() | st.sampled_from(USUAL), min_size=1, max_size=30), st.booleans())
@example([*USUAL, *SHAPES], True)
@example([*USUAL, "2021-02-09 06:30:60.0103   7012    315 ERROR  a second too many"], True)
@example([*USUAL, "2021-02-09 06:30:00.0103   7012    3 5 ERROR  a blank in a number"], True)
@example([*USUAL, "2021-02-09 06:30:00.0103   7012        ERROR  no thread"], True)
def test_entries_are_those_of_the_heads(texts, newline):
    page = block("x.txt", ("\n".join(texts) + "\n" * newline).encode())
    found, heads = find_entries(page), find_heads(page)
    for name in ("rows", "begin", "shift", "real"):
        assert getattr(found, name).tolist() == getattr(heads, name).tolist(), name
    assert found.wall[found.real].tolist() == heads.wall[heads.real].tolist()
