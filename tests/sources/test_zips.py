"""Files in zips that are read at once are those that `zipfile` reads, and hold the same."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.sources import zips
from analyzer.sources.broken import BROKEN
from analyzer.sources.walk import divided, opened, places
from analyzer.sources.zips import entries_of, infos_of, whole

FILES = {"a/one.txt": b"one\n" * 99, "a/two ü.txt": os.urandom(999), "empty.txt": b"", "z.txt": b"no newline"}


def packed(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def read(data: bytes) -> dict[str, bytes | None]:
    """What is read at once of each file; None where it is not."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = infos_of(archive)
        entries = entries_of(archive, infos)
        return {info.filename: whole(io.BytesIO(data), one) for info, one in zip(infos, entries, strict=True)}


@pytest.mark.parametrize("inflating", [zips.inflating, zlib])
def test_files_are_read_at_once_but_for_empty_ones(monkeypatch, inflating):
    monkeypatch.setattr(zips, "inflating", inflating)
    assert read(packed(FILES)) == FILES | {"empty.txt": None}
    assert read(b"#!/bin/sh\n" + packed(FILES)) == FILES | {"empty.txt": None}


def test_large_files_and_other_methods_are_read_as_streams(monkeypatch):
    assert read(packed({"a": b"a"}, zipfile.ZIP_LZMA)) == {"a": None}
    assert read(packed({"a": b"a"}, zipfile.ZIP_STORED)) == {"a": None}
    monkeypatch.setattr(zips, "WHOLE", 100)
    assert read(packed({"a": bytes(100), "b": bytes(101)})) == {"a": bytes(100), "b": None}


@pytest.mark.parametrize(("claimed", "least"), [(9, None), (11, None), (10, b"ten bytes\n")])
def test_a_file_of_another_size_than_the_index_says_is_left_to_zipfile(claimed, least):
    data = bytearray(packed({"a.txt": b"ten bytes\n"}))
    data[data.index(b"PK\1\2") + 24] = claimed
    assert read(bytes(data)) == {"a.txt": least}


def test_a_file_that_reaches_into_the_next_one_is_left_to_zipfile():
    data = bytearray(packed({"a.txt": os.urandom(50), "b.txt": b"b"}))
    place = data.rindex(b"PK\1\2") + 42
    assert read(bytes(data))["a.txt"] is not None
    data[place : place + 4] = (60).to_bytes(4, "little")
    assert read(bytes(data)) == {"a.txt": None, "b.txt": None}


@settings(max_examples=200, deadline=None)
@given(wounds=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=3))
def test_what_is_read_of_a_damaged_zip_is_what_zipfile_reads(wounds):
    data = bytearray(packed(FILES))
    for at, byte in wounds:
        data[at % len(data)] = byte
    try:
        found = read(bytes(data))
    except BROKEN:
        return  # for whoever opens it
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert all(archive.read(name) == held for name, held in found.items() if held is not None)


def test_members_of_a_divided_zip_are_read_at_once_or_as_streams(tmp_path):
    path = tmp_path / "bundle.zip"
    path.write_bytes(packed(FILES))
    found = {}
    for place in divided(places(path)[0]):
        for member in opened(place):
            found[member.name] = (member.stream.read(), member.data)
    assert found == {name: (data, data or None) for name, data in FILES.items()}
