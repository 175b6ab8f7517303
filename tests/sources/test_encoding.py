"""From stored bytes to UTF-8 lines that know where they stand."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.sources import encoding
from analyzer.sources.encoding import Decoder

Lines = list[tuple[int, int, bytes]]


def read(data: bytes, chunk: int = 1 << 20, head: int = 64 << 10, passing: bool = False) -> tuple[Decoder, Lines]:
    """The decoder at its end, and (line, offset, bytes as UTF-8) of every line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "CHUNK", chunk)
        patch.setattr(encoding, "HEAD", head)
        decoder = Decoder("x", io.BytesIO(data))
        lines = []
        for block in decoder.blocks(passing):
            block.texts().validate(full=True)
            places = zip(block.lines.tolist(), block.offsets.tolist(), strict=True)
            lines += [(line, offset, block.raw(row)) for row, (line, offset) in enumerate(places)]
    assert decoder.bytes == len(data)
    assert decoder.lines == len(lines)
    assert [line for line, _, _ in lines] == list(range(1, len(lines) + 1))
    return decoder, lines


@pytest.mark.parametrize(
    ("data", "name", "lines"),
    [
        (b"", "utf-8", []),
        (b"a\nb", "utf-8", [(0, "a"), (2, "b")]),
        (b"a\r\n\r\nb\r\n", "utf-8", [(0, "a"), (3, ""), (5, "b")]),
        (b"\xef\xbb\xbfa\nb\n", "utf-8-sig", [(3, "a"), (5, "b")]),
        ("ä\n€\n".encode(), "utf-8", [(0, "ä"), (3, "€")]),
        (b"\xe4\n" + "€\n".encode() + b"x\x80\n", "cp1252", [(0, "ä"), (2, "€"), (6, "x€")]),
        (b"\xe4\r\nb\r\n\x81", "cp1252", [(0, "ä"), (3, "b"), (6, "\x81")]),
        (b"\xff\xfea\0\n\0\xe4\0", "utf-16-le", [(2, "a"), (6, "ä")]),
        (b"\xfe\xff\0a\0\n\0\xe4", "utf-16-be", [(2, "a"), (6, "ä")]),
        ("some words\r\nb\r\n".encode("utf-16-le"), "utf-16-le", [(0, "some words"), (24, "b")]),
        ("some words\nb".encode("utf-16-be"), "utf-16-be", [(0, "some words"), (22, "b")]),
        ("\ufeffĊ\n\u0a0a\n".encode("utf-16-le"), "utf-16-le", [(2, "Ċ"), (6, "\u0a0a")]),
        (b"\xff\xfe\x00\xd8\n\0a\0", "utf-16-le", [(2, "\ufffd"), (6, "a")]),
        (b"\xff\xfea\0\n\0b", "utf-16-le", [(2, "a"), (6, "\ufffd")]),
        (b"\xff\xfe", "utf-16-le", []),
        (bytes(20), "utf-8", [(0, "\0" * 20)]),
    ],
)
def test_encodings(data, name, lines):
    decoder, found = read(data)
    assert decoder.encoding == name
    assert [(offset, raw.decode()) for _, offset, raw in found] == lines


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_head_is_utf8_without_a_mark(name):
    text = "Task ID: ServerTasks-1\nä\n"
    decoder, _ = read(text.encode(name), head=31)
    assert decoder.head.decode(errors="ignore").startswith("Task ID: Serve")


@pytest.mark.parametrize("name", ["utf-8", "utf-16", "cp1252"])
def test_a_line_longer_than_a_chunk(name):
    text = "a\n" + "ä" * 2_500_000 + "\nb\n"
    _, lines = read(text.encode(name))
    assert [raw.decode() for _, _, raw in lines] == text.split("\n")[:-1]


hostile = st.one_of(
    st.binary(max_size=60),
    st.text(alphabet="aä€😀\r\n\u0a0d\u0d0a", max_size=40).flatmap(
        lambda text: st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]).map(text.encode)
    ),
    st.lists(st.sampled_from([b"\xe4", b"\n", b"\r\n", b"a", "€".encode(), b"\x81"]), max_size=30).map(b"".join),
)


@settings(deadline=None)
@given(data=hostile, chunk=st.integers(1, 9), head=st.integers(8, 20))
@example("\ufeffa\n😀\nb".encode("utf-16-le"), 1, 8)
def test_borders_between_chunks_change_nothing(data, chunk, head):
    """Inside a character, a CRLF, a UTF-16 unit. (The head alone decides whether it is UTF-16, so it is kept whole.)"""
    head = max(head, len(data)) if not data.startswith(tuple(encoding.BOMS)) else head
    decoder, lines = read(data, chunk, head)
    whole, expected = read(data)
    assert lines == expected
    assert decoder.encoding == whole.encoding
    assert read(data, chunk, head, passing=True)[1] == expected


@settings(deadline=None)
@given(data=hostile)
def test_offsets_point_at_the_stored_bytes(data):
    decoder, lines = read(data)
    ends = [offset for _, offset, _ in lines[1:]] + [len(data)]
    for (_, offset, raw), end in zip(lines, ends, strict=False):
        stored = data[offset:end]
        if decoder.encoding.startswith("utf-16"):
            text = stored.decode(decoder.encoding, "replace").encode()
        else:
            text = stored if encoding.is_utf8(stored) else encoding.windows(stored).encode()
        assert text.removesuffix(b"\n").removesuffix(b"\r") == raw


def test_a_stream_that_breaks_gives_the_lines_before(monkeypatch):
    monkeypatch.setattr(encoding, "PIECE", 1000)
    data = b"".join(b"line %d of a log\n" % number for number in range(1000))
    stored = gzip.compress(data)
    decoder = Decoder("x", gzip.GzipFile(fileobj=io.BytesIO(stored[: len(stored) // 2])))
    read_bytes = b"".join(block.data for block in decoder.blocks())
    assert data.startswith(read_bytes)
    assert len(read_bytes) > 1000
    assert decoder.problem == (
        "could not be read to the end: EOFError: Compressed file ended before the end-of-stream marker was reached"
    )
    assert decoder.lines == read_bytes.count(b"\n") + (not read_bytes.endswith(b"\n"))


def test_a_line_that_memory_cannot_hold_ends_the_source(monkeypatch):
    monkeypatch.setattr(encoding, "LONGEST", 1 << 20)
    decoder = Decoder("x", io.BytesIO(b"a\n" + b"b" * (3 << 20) + b"\nc\n"))
    assert [block.data for block in decoder.blocks()] == [b"a\n"]
    assert decoder.problem == "could not be read to the end: a line of more than 1 MiB"
