"""Lines of a buffer, and columns cut out of it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import blocks
from analyzer.blocks import AS_STORED, BYTES, UNITS, Block, block, found_in, split, views


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\r\nb\r\n", [b"a", b"b"]),
        (b"\r\n\r\n", [b"", b""]),
        (b"a\rb\n\r", [b"a\rb", b""]),
        (b"a\n\nb", [b"a", b"", b"b"]),
    ],
)
def test_lines(data, lines):
    made = block("x", data)
    assert [made.raw(row) for row in range(len(made))] == lines
    assert made.lines.tolist() == list(range(1, len(lines) + 1))


@given(flags=st.lists(st.booleans(), max_size=40))
def test_flags_that_are_set(flags):
    assert found_in(np.array(flags, bool)).tolist() == [at for at, flag in enumerate(flags) if flag]


@given(data=st.binary(max_size=200).map(lambda data: data.replace(b"\x00", b"\n").replace(b"\x01", b"\r")))
def test_splitting_agrees_with_the_simple_way(data):
    starts, ends = split(data)
    lines = data.split(b"\n")
    lines = lines[:-1] if lines[-1] == b"" else lines
    assert [data[a:b] for a, b in zip(starts, ends, strict=True)] == [line.removesuffix(b"\r") for line in lines]


@pytest.mark.parametrize("data", [b"", b"\n", b"ab\n", b"\n\nab\nc\nde"])
def test_what_is_looked_for_in_parts(data, monkeypatch):
    monkeypatch.setattr(blocks, "PART", 3)
    octets = np.frombuffer(data, np.uint8)
    expected = [at for at, byte in enumerate(data) if byte == ord("\n")]
    assert blocks.places(octets, lambda part: part == ord("\n")).tolist() == expected
    assert blocks.count(octets, lambda part: part == ord("\n")) == len(expected)
    starts, ends = split(data)
    monkeypatch.setattr(blocks, "PIECE", 3)
    assert [each.tolist() for each in split(data)] == [starts.tolist(), ends.tolist()]


def test_line_numbers_and_offsets_go_on_from_the_block_before():
    made = block("x", b"a\nbc\n", first_line=7, offset=100)
    assert (made.lines.tolist(), made.offsets.tolist(), made.source) == ([7, 8], [100, 102], "x")


@given(
    words=st.lists(st.text(alphabet="aä€😀\0", max_size=9)),
    more=st.lists(st.integers(0, 30), min_size=1),
)
def test_views_are_the_slices(words, more):
    data = " ".join(words).encode()
    marks = np.array([0, *np.cumsum([len(word.encode()) + 1 for word in words])], np.int64)
    starts, ends = marks[:-1], marks[1:] - 1
    column = views(data, starts, ends)
    column.validate(full=True)
    assert column.to_pylist() == words
    assert column.cast(pa.string()).to_pylist() == words


def test_texts_and_source_names_of_a_block_of_several_sources():
    data = b"one\na line of more than twelve bytes\n"
    starts, ends = split(data)
    which = np.array([1, 0])
    made = Block(("x", "y"), data, starts, ends, np.array([1, 1]), np.array([0, 0]), which)
    assert made.texts().to_pylist() == ["one", "a line of more than twelve bytes"]
    assert made.source_column(np.array([0, 1, 1])).to_pylist() == ["y", "x", "x"]


@pytest.mark.parametrize(
    ("coding", "expected"),
    [(AS_STORED, [100, 101, 103, 106, 110]), (BYTES, [100, 101, 102, 103, 104]), (UNITS, [100, 102, 104, 106, 110])],
)
def test_where_a_byte_of_a_line_is_stored(coding, expected):
    data = "first\naä€😀z".encode()
    starts, ends = split(data)
    made = Block(("x",), data, starts, ends, starts + 1, np.array([0, 100]), starts, np.array([AS_STORED, coding]))
    rows, places = np.array([1, 1, 1, 1, 1, 0]), np.array([0, 1, 3, 6, 10, 4])
    assert made.stored(rows, places).tolist() == [*expected, 4]
    assert block("x", data).stored(rows, places).tolist() == [6, 7, 9, 12, 16, 4]
