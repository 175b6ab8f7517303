"""Names and streams of every file below a PATH."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import PathMissing
from analyzer.sources import archives, walk
from analyzer.sources.walk import divided, members, opened, outermost, places, prefixes
from tests.bundles import folder, tarred, zip_bytes, zipped

FILES = {"node-a/Logs/x.txt": b"one\n", "node-b/Logs/x.txt": b"two\n", "shared/empty.txt": b"", "z.txt": b"no newline"}


def read(path: Path, prefix: str = "") -> dict[str, bytes | str]:
    """Name -> content, or the problem in words."""
    found = {}
    for member in members(path, prefix):
        assert member.name not in found
        found[member.name] = member.problem if member.stream is None else member.stream.read()
    return found


def test_a_folder(tmp_path):
    assert read(folder(tmp_path / "bundle", FILES)) == FILES


@pytest.mark.parametrize("inside", ["", "bundle/", "BUNDLE/", "./", "./bundle/", "/", "bundle//"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_archive_has_the_names_of_the_folder(tmp_path, pack, inside):
    path = tmp_path / ("bundle.zip" if pack is zipped else "bundle.tar.gz")
    assert read(pack(path, {inside + name: data for name, data in FILES.items()})) == FILES


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_every_kind_of_tar_whatever_its_name(tmp_path, mode):
    assert read(tarred(tmp_path / "upload", FILES, mode)) == FILES


def test_windows_zips_have_backslashes_and_folders_of_their_own(tmp_path):
    files = {
        "bundle\\": b"",
        "bundle\\node-a\\": b"",
        **{f"bundle\\{n}".replace("/", "\\"): d for n, d in FILES.items()},
    }
    assert read(zipped(tmp_path / "bundle.zip", files)) == FILES


def test_a_name_with_dots_is_stripped_of_its_archive_suffix_alone(tmp_path):
    assert read(tarred(tmp_path / "octo.2023.3.tar.gz", {"octo.2023.3/a.txt": b"a"})) == {"a.txt": b"a"}


def test_only_a_folder_that_holds_everything_is_left_out(tmp_path):
    files = {"bundle/a.txt": b"a", "b.txt": b"b"}
    assert read(zipped(tmp_path / "bundle.zip", files)) == files
    other = {"other/a.txt": b"a"}
    assert read(zipped(tmp_path / "bundle.zip", other)) == other


def test_members_of_one_name_are_numbered(tmp_path):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for data in (b"1", b"2", b"3"):
            info = tarfile.TarInfo("a.txt")
            info.size = 1
            archive.addfile(info, io.BytesIO(data))
    (tmp_path / "x.tar").write_bytes(stream.getvalue())
    assert read(tmp_path / "x.tar") == {"a.txt": b"1", "a.txt#2": b"2", "a.txt#3": b"3"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_only_spelling_tells_apart_are_numbered(tmp_path):
    files = {"a/x": b"1", "./a/x": b"2", "a\\x": b"3", "a/x#2": b"4"}
    found = read(zipped(tmp_path / "x.zip", files))
    assert sorted(found) == ["a/x", "a/x#2", "a/x#2#2", "a/x#3"]
    assert sorted(found.values()) == [b"1", b"2", b"3", b"4"]


def test_archives_in_archives(tmp_path):
    deep = zip_bytes({"deep/b.txt": b"b"})
    inner = {"c.txt": b"c", "inner.zip": zip_bytes({"a.txt": b"a", "deep.zip": deep})}
    expected = {"c.txt": b"c", "inner.zip!/a.txt": b"a", "inner.zip!/deep.zip!/b.txt": b"b"}
    assert read(folder(tmp_path / "f", inner)) == expected
    assert read(zipped(tmp_path / "z.zip", inner)) == expected
    assert read(tarred(tmp_path / "t.tgz", inner)) == expected


def test_an_archive_that_goes_on_and_on_is_refused(tmp_path):
    data = zip_bytes({"a.txt": b"a"})
    for _ in range(archives.DEEPEST + 2):
        data = zip_bytes({"x.zip": data})
    (found,) = read(folder(tmp_path, {"y.zip": data})).items()
    assert found == ("y.zip!/" + "x.zip!/" * (archives.DEEPEST - 1) + "x.zip", archives.TOO_DEEP)


def test_a_large_archive_inside_an_archive_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "NESTED_LIMIT", 100)
    found = read(zipped(tmp_path / "z.zip", {"big.zip": bytes(101), "a.txt": bytes(101)}))
    assert found == {"a.txt": bytes(101), "big.zip": archives.TOO_LARGE}


@pytest.mark.parametrize("library", [gzip, bz2, lzma], ids=["gzip", "bz2", "lzma"])
def test_a_compressed_file_keeps_its_name(tmp_path, library):
    files = {"logs/a.txt.gz": library.compress(b"text")}
    assert read(folder(tmp_path / "f", files)) == {"logs/a.txt.gz": b"text"}
    assert read(zipped(tmp_path / "z.zip", files)) == {"logs/a.txt.gz": b"text"}
    assert read(tmp_path / "f/logs/a.txt.gz") == {"a.txt.gz": b"text"}
    assert read(tmp_path / "f/logs/a.txt.gz", "pre") == {"pre": b"text"}


def test_an_archive_by_name_alone_is_a_file(tmp_path):
    files = {"a.zip": b"no archive", "b.gz": b"", "c.tar": bytes(2000)}
    assert read(folder(tmp_path / "f", files)) == files
    assert read(zipped(tmp_path / "z.zip", files)) == files


def test_a_single_file_is_named_and_others_are_not(tmp_path):
    folder(tmp_path, {"a.txt": b"a", "b.gz": gzip.compress(b"b")})
    assert [(one.name, one.named) for one in members(tmp_path / "a.txt")] == [("a.txt", True)]
    assert [(one.name, one.named) for one in members(tmp_path / "b.gz")] == [("b.gz", True)]
    assert [one.named for one in members(tmp_path)] == [False, False]


@pytest.mark.parametrize("size", [0, 3, 10, 11, 99])
def test_all_of_a_file_is_read_that_has_changed_since_it_was_listed(tmp_path, size):
    folder(tmp_path, {"a.txt": b"ten bytes\n"})
    (place,) = places(tmp_path)
    assert (place.size, place.plain) == (10, True)
    (member,) = opened(place._replace(size=size))
    assert (member.name, member.size, member.data) == ("a.txt", 10, b"ten bytes\n")
    assert member.stream.read() == member.data


def test_a_file_that_is_gone_since_it_was_listed_is_said(tmp_path):
    folder(tmp_path, {"a.txt": b"one\n"})
    (place,) = places(tmp_path)
    (tmp_path / "a.txt").unlink()
    ((name, _, stream, problem, *_),) = opened(place)
    assert (name, stream) == ("a.txt", None)
    assert problem is not None


@pytest.mark.skipif(os.name == "nt", reason="needs links")
def test_what_may_be_an_archive_or_elsewhere_is_not_plain(tmp_path):
    folder(tmp_path, {"a.txt": b"one\n", "b.txt.GZ": b"two\n"})
    (tmp_path / "link.txt").symlink_to("a.txt")
    assert {place.name: place.plain for place in places(tmp_path)} == {
        "a.txt": True,
        "b.txt.GZ": False,
        "link.txt": False,
    }


def test_an_empty_folder_and_an_empty_zip(tmp_path):
    (tmp_path / "none").mkdir()
    assert read(tmp_path / "none") == {}
    assert read(zipped(tmp_path / "z.zip", {})) == {}


def test_a_missing_path(tmp_path):
    with pytest.raises(PathMissing):
        read(tmp_path / "none")


# Damage


def test_an_encrypted_member_is_refused_and_the_others_are_read(tmp_path):
    data = bytearray(zip_bytes({"a.txt": b"secret", "b.txt": b"b"}))
    for signature, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flag] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    found = read(tmp_path / "x.zip")
    assert "encrypted" in found["a.txt"]
    assert found["b.txt"] == b"b"


def test_a_truncated_zip_is_one_refused_source(tmp_path):
    data = zip_bytes(FILES)[:-30]
    expected = {"x.zip": "BadZipFile: File is not a zip file"}
    assert read(folder(tmp_path / "f", {"x.zip": data}) / "x.zip") == expected
    assert read(tmp_path / "f") == expected
    assert read(zipped(tmp_path / "z.zip", {"x.zip": data})) == expected


def test_a_corrupt_member_is_refused_and_the_others_are_read(tmp_path):
    data = bytearray(zip_bytes({"a.txt": b"a" * 500, "b.txt": b"b"}))
    data[data.index(b"a.txt")] = ord("q")  # the local header no longer agrees with the index
    (tmp_path / "x.zip").write_bytes(data)
    found = read(tmp_path / "x.zip")
    assert "differ" in found["a.txt"]
    assert found["b.txt"] == b"b"


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_that_is_cut_off_gives_what_stands_before(tmp_path, mode):
    path = tarred(tmp_path / "x.tar", {"a.txt": os.urandom(2000), "b.txt": os.urandom(2000)}, mode)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2 if mode == "w:gz" else 2900])
    found = read(path) if mode == "w" else {one.name: one.problem for one in members(path)}
    assert "a.txt" in found
    assert found["x.tar"].startswith("the archive is damaged or cut off")


def test_a_tar_with_a_damaged_header_does_not_pass_for_whole(tmp_path):
    path = tarred(tmp_path / "x.tar", {"a.txt": b"a", "b.txt": b"b"}, "w")
    data = bytearray(path.read_bytes())
    data[1024 + 150] ^= 1  # in the checksum of the second header
    path.write_bytes(data)
    assert read(path) == {"a.txt": b"a", "x.tar": "the archive is damaged or cut off at byte 1024"}


@settings(max_examples=60, deadline=None)
@given(
    wounds=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=5),
    cut=st.integers(0, 99),
)
@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "gz"])
def test_damaged_archives_never_raise_before_their_members_are_read(tmp_path_factory, kind, wounds, cut):
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind}"
    files = {name: data * 50 for name, data in FILES.items()}
    if kind == "zip":
        zipped(path, files)
    elif kind == "gz":
        path.write_bytes(gzip.compress(b"text" * 300))
    else:
        tarred(path, files, "w" if kind == "tar" else "w:gz")
    data = bytearray(path.read_bytes())
    for at, byte in wounds:
        data[at % len(data)] = byte
    path.write_bytes(data[: len(data) * (cut + 1) // 100])
    names = [one.name for one in members(path)]
    assert len(set(names)) == len(names)


# What lies on a disk


def test_links(tmp_path):
    bundle = folder(tmp_path / "bundle", {"logs/a.txt": b"a"})
    folder(tmp_path / "far", {"b.txt": b"b"})
    (bundle / "loop").symlink_to(bundle)
    (bundle / "self").symlink_to("self")
    (bundle / "far").symlink_to(tmp_path / "far")
    (bundle / "far.txt").symlink_to(tmp_path / "far/b.txt")
    found = read(bundle)
    assert "symbolic" in found.pop("self")
    assert found == {"logs/a.txt": b"a", "far.txt": b"b", "far": walk.ELSEWHERE}


def test_links_in_a_tar(tmp_path):
    bundle = folder(tmp_path / "bundle", {"a.txt": b"a", "sub/x.txt": b"x"})
    (bundle / "hard.txt").hardlink_to(bundle / "a.txt")
    (bundle / "soft.txt").symlink_to("a.txt")
    (bundle / "lost.txt").symlink_to("/nowhere/a.txt")
    (bundle / "folder").symlink_to("sub")
    with tarfile.open(tmp_path / "bundle.tar", "w") as archive:
        archive.add(bundle, "bundle")
    found = read(tmp_path / "bundle.tar")
    assert "not found" in found.pop("lost.txt")
    assert found == {"a.txt": b"a", "hard.txt": b"a", "soft.txt": b"a", "sub/x.txt": b"x"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no fifos here")
def test_a_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert read(tmp_path) == {"pipe": "not a regular file"}


def test_a_folder_that_may_not_be_read_is_said(tmp_path, monkeypatch):
    folder(tmp_path, {"a.txt": b"a", "locked/b.txt": b"b"})
    scan = os.scandir

    def refusing(place):
        if str(place).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr(os, "scandir", refusing)
    found = read(tmp_path)
    assert found.pop("locked").startswith("PermissionError")
    assert found == {"a.txt": b"a"}


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_text_are_written_out(tmp_path):
    bundle = folder(tmp_path / "bundle", {"a.txt": b"a"})
    Path(os.fsdecode(os.fsencode(bundle) + b"/\xff.txt")).write_bytes(b"b")
    expected = {"a.txt": b"a", "\\udcff.txt": b"b"}
    assert read(bundle) == expected
    with tarfile.open(tmp_path / "bundle.tar", "w") as archive:
        archive.add(bundle, "bundle")
    assert read(tmp_path / "bundle.tar") == expected


# Several paths


def test_one_path_needs_no_prefix(tmp_path):
    assert prefixes([tmp_path / "a", tmp_path / "x/../a"]) == {tmp_path / "a": ""}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/c/node-a.zip", "/c/node-b.zip"], ["node-a.zip", "node-b.zip"]),
        (["/c/one/Logs", "/c/two/Logs", "/c/x"], ["one/Logs", "two/Logs", "x"]),
        (["/b/c", "/c"], ["b/c", "/c"]),
    ],
)
def test_prefixes_are_what_sets_the_paths_apart(paths, expected):
    paths = [Path(path) for path in paths]
    assert list(prefixes(paths).values()) == expected or os.name == "nt"
    assert prefixes(paths[::-1]) == prefixes(paths)


def test_paths_given_twice_or_below_one_another_count_once():
    paths = [Path(path) for path in ("/c/x/y", "/c/x", "/c/z.zip", "/c/x", "/c/xx")]
    assert [str(path) for path in outermost(paths)] == ["/c/x", "/c/z.zip", "/c/xx"] or os.name == "nt"


def test_an_archive_can_be_damaged_below_the_names(tmp_path):
    """A member whose checksum is wrong is found out by its reader, not here."""
    data = bytearray(zip_bytes({"a.txt": b"a" * 500}))
    at = data.index(b"PK\x01\x02") + 16
    data[at] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(data)
    for member in members(tmp_path / "x.zip"):
        with pytest.raises(zipfile.BadZipFile, match="CRC"):
            member.stream.read()


def test_a_log_with_a_zip_behind_it_is_no_archive(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a log\n" + zip_bytes({"b.txt": b"b"}))
    place = places(tmp_path / "a.txt")[0]
    assert divided(place) == [place]
