"""Cited lines read back from the stored bytes."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from analyzer import citing
from analyzer.citing import EXCERPT, cite
from analyzer.model import Evidence, Finding, Severity, Verdict
from analyzer.reading import Options, read_tables
from tests.bundles import folder, raw, server, tarred, zip_bytes, zipped


def finding(*places: tuple[str, int]) -> Finding:
    evidence = tuple(Evidence(source, 0, offset, "as the detector wrote it") for source, offset in places)
    return Finding("OCT101", "x", Severity.ERROR, Verdict.PROVED, "x", evidence)


def excerpts(paths: Path | list[Path], *places: tuple[str, int]) -> tuple[list[str], dict[str, str]]:
    (found,), hashes = cite([finding(*places)], paths if isinstance(paths, list) else [paths])
    return [one.excerpt for one in found.evidence], hashes


LONG = "ä" * 300
TEXT = f"one\r\n{LONG}\n\nlast €"
STORED = {
    "utf-8": TEXT.encode(),
    "utf-8-sig": TEXT.encode("utf-8-sig"),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16-le": ("plain words\n" + TEXT).encode("utf-16-le"),
    "utf-16-be": ("plain words\n" + TEXT).encode("utf-16-be"),
    "cp1252": TEXT.encode("cp1252"),
}


@pytest.mark.parametrize("code", STORED)
@pytest.mark.parametrize("pack", ["folder", "zip", "tar", "nested", "gz"])
@pytest.mark.parametrize("chunk", [7, 1 << 16])
def test_the_beginning_of_the_line_at_an_offset(tmp_path, monkeypatch, code, pack, chunk):
    if chunk == 7 and code in ("utf-16-le", "utf-16-be"):
        chunk = 24  # enough to tell that it is UTF-16
    monkeypatch.setattr(citing, "CHUNK", chunk)
    data = STORED[code]
    path, name = tmp_path / "b", "x.txt"
    if pack == "folder":
        folder(path, {name: data})
    elif pack == "zip":
        zipped(path, {name: data})
    elif pack == "tar":
        tarred(path, {name: data})
    elif pack == "nested":
        zipped(path, {"n.zip": zip_bytes({"n/x.txt": data})})
        name = "n.zip!/x.txt"
    else:
        name = "x.txt.gz"
        folder(path, {name: gzip.compress(data)})
    wide = "utf-16-le" if code == "utf-16" else code.removesuffix("-sig")
    offsets = [data.index(part.encode(wide)) for part in ("one", LONG, "last")]
    lines, hashes = excerpts(path, *((name, offset) for offset in offsets[::-1]))
    assert lines == ["last €", LONG[:EXCERPT], "one"]
    assert hashes == {name: hashlib.sha256(data).hexdigest()}


def test_every_row_of_a_case_can_be_cited(tmp_path):
    """Offsets of the tables, also of several entries on one line, in every encoding."""
    text = raw(1, "Ünï", "b").decode().replace("\n", "", 1) + "torn ü\n"
    for code in ("utf-8", "utf-16", "utf-16-be", "cp1252"):
        path = folder(tmp_path / code, {"a.txt": text.encode(code), "s.txt": server("ü", "v").decode().encode(code)})
        found = read_tables([path], Options())
        rows = [row for name in ("events", "rejects") for row in found[name].to_pylist()]
        assert len(rows) == 6
        lines, _ = excerpts(path, *((row["source"], row["offset"]) for row in rows))
        for row, line in zip(rows, lines, strict=True):
            assert (row.get("message") or row["excerpt"]) in line.replace("\\u00dc", "Ü")
            assert line.startswith(('["ServerTasks-1', "2023-09-18", "torn"))


def test_an_excerpt_never_ends_inside_a_character(tmp_path):
    for before in range(4):
        data = b"a" * before + "😀".encode() * 300
        assert excerpts(folder(tmp_path, {"x": data}), ("x", 0))[0] == [("a" * before + "😀" * 300)[:EXCERPT]]


def test_what_cannot_be_read_keeps_its_excerpt_and_has_no_hash(tmp_path, monkeypatch):
    monkeypatch.setattr(citing, "CHUNK", 100)
    data = b"".join(b"line %d\n" % number for number in range(1000))
    path = folder(tmp_path, {"x.gz": gzip.compress(data, 0)[:4000], "y": b"z"})
    lines, hashes = excerpts(path, ("x.gz", 0), ("x.gz", 8000), ("missing", 0), ("y", 0), ("y", 5))
    default = "as the detector wrote it"
    assert lines == ["line 0", default, default, "z", default]
    assert hashes == {"y": hashlib.sha256(b"z").hexdigest()}


def test_several_paths(tmp_path):
    paths = [zipped(tmp_path / f"{name}.zip", {"x": name.encode()}) for name in ("b", "a")]
    assert excerpts(paths, ("a.zip/x", 0), ("b.zip/x", 0))[0] == ["a", "b"]


def test_nothing_cited_nothing_read(tmp_path):
    assert cite([], [tmp_path / "is not even there"]) == ([], {})
