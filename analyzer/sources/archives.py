"""What is in an archive: zip, tar, or one compressed file, also inside one another; nothing is extracted to disk.

Members are called as in the folder that was packed (design document, section 4).
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePath, PurePosixPath
from typing import IO, NamedTuple, cast

from analyzer.sources.broken import BROKEN, reason
from analyzer.sources.zips import entries_of, infos_of, whole

NESTED = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".tbz2", ".txz")
ARCHIVE = re.compile(r"(\.tar)?\.(zip|tar|tgz|tbz2|txz|gz|bz2|xz)$", re.IGNORECASE)
COMPRESSED: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda stream: cast(IO[bytes], gzip.GzipFile(fileobj=stream)),
    b"BZh": lambda stream: bz2.BZ2File(stream),
    b"\xfd7zXZ": lambda stream: lzma.LZMAFile(stream),  # noqa: SIM115 (its users close it)
}
UNTIDY = ("\\", "\n/", "/\n", "//", "\n\n", "\n./", "/./", "/.\n", "\n.\n")
"""Names, each in lines of its own, that are not written as in a folder."""
NESTED_LIMIT = 512 << 20  # an archive inside an archive is held in memory, because its index stands at its end
TOO_LARGE = f"an archive of more than {NESTED_LIMIT >> 20} MiB inside an archive: unpack it first"
DEEPEST = 5  # archives in archives; there are archives that contain themselves
TOO_DEEP = f"archives in one another more than {DEEPEST} deep: unpack them first"


class Member(NamedTuple):
    """One file. `stream` is open until the next member is asked for; None where it could not be opened."""

    name: str
    size: int
    stream: IO[bytes] | None
    problem: str | None = None
    named: bool = False  # the user named this very file (or an archive that could not be opened)
    data: bytes | None = None  # all of it, where that was read at once


def kind_of(stream: IO[bytes], name: str) -> str | None:
    """zip, tar or gz (a single compressed file) by content; leaves the stream at its start."""
    head = stream.read(512)
    stream.seek(0)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if head[257:262] == b"ustar":
        return "tar"
    opener = next((opener for magic, opener in COMPRESSED.items() if head.startswith(magic)), None)
    if opener is None:
        return None
    try:
        with opener(stream) as inner:
            is_tar = inner.read(512)[257:262] == b"ustar"
    except BROKEN:
        is_tar = name.lower().endswith((".tgz", ".tar.gz", ".tbz2", ".txz"))
    stream.seek(0)
    return "tar" if is_tar else "gz"


def unpacked(stream: IO[bytes], name: str, path: PurePosixPath, kind: str, root: str) -> Iterator[Member]:
    """Members of the archive that is called `name`; their names begin with `root` ("" for the PATH itself)."""
    if kind == "zip":
        yield from _zip(stream, root, stem_of(path))
    elif kind == "tar":
        yield from _tar(stream, name, root, stem_of(path))
    else:
        head = stream.read(6)
        stream.seek(0)
        opener = next(opener for magic, opener in COMPRESSED.items() if head.startswith(magic))
        with opener(stream) as inner:
            yield Member(name, 0, inner, named=not root.endswith("!"))


def stem_of(path: PurePath) -> str:
    """The name of an archive without what says that it is one."""
    return ARCHIVE.sub("", path.name)


def _zip(stream: IO[bytes], root: str, stem: str) -> Iterator[Member]:
    with zipfile.ZipFile(stream) as archive:
        infos = infos_of(archive)
        for name, info, entry in zip(full_names(infos, root, stem), infos, entries_of(archive, infos), strict=True):
            data = whole(stream, entry)
            yield from of_zip(archive, info, name) if data is None else of_data(data, name)


def full_names(infos: Iterable[zipfile.ZipInfo], root: str, stem: str) -> list[str]:
    """What the files of a zip are called as sources."""
    return [join(root, name) for name in names_of([info.filename for info in infos], stem)]


def of_data(data: bytes, name: str) -> Iterator[Member]:
    """A file in an archive of which these are all bytes, or the members of the archive that it is itself."""
    return _member(io.BytesIO(data), name, len(data), data)


def of_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Iterator[Member]:
    """A file in a zip, or the members of the archive that it is itself."""
    try:
        with archive.open(info) as inner:
            yield from _member(inner, name, info.file_size)
    except BROKEN as error:
        yield Member(name, info.file_size, None, reason(error))


def _tar(stream: IO[bytes], name: str, root: str, stem: str) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r:*") as archive:
        infos, problem = _entries(archive)
        for short, info in zip(names_of([info.name for info in infos], stem), infos, strict=True):
            full = join(root, short)
            try:
                inner = archive.extractfile(info)
                if inner is not None:  # a link to a folder has no content of its own
                    yield from _member(inner, full, info.size)
            except BROKEN as error:
                yield Member(full, info.size, None, reason(error))
    if problem:
        yield Member(name, 0, None, problem, named=not root.endswith("!"))


def _entries(archive: tarfile.TarFile) -> tuple[list[tarfile.TarInfo], str | None]:
    """The files in a tar, and what is wrong with it: the library takes a damaged header for the end."""
    found: list[tarfile.TarInfo] = []
    problem = None
    try:
        found += archive
        assert archive.fileobj is not None
        archive.fileobj.seek(archive.offset)
        if archive.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0") or not archive.fileobj.tell() > archive.offset:
            problem = f"the archive is damaged or cut off at byte {archive.offset}"
    except BROKEN as error:
        problem = f"the archive is damaged or cut off: {reason(error)}"
    return [info for info in found if info.isfile() or info.islnk() or info.issym()], problem


def _member(inner: IO[bytes], name: str, size: int, data: bytes | None = None) -> Iterator[Member]:
    """One member of an archive, or the members of the archive that it is itself."""
    if not name.lower().endswith(NESTED) or (path := PurePosixPath(name)).suffix.lower() not in NESTED:
        yield Member(name, size, inner, data=data)
        return
    if size > NESTED_LIMIT or name.count("!/") >= DEEPEST:
        yield Member(name, size, None, TOO_LARGE if size > NESTED_LIMIT else TOO_DEEP)
        return
    held = io.BytesIO(inner.read())
    kind = kind_of(held, path.name)
    if kind is None:
        yield Member(name, size, held)
        return
    try:
        yield from unpacked(held, name, path, kind, f"{name}!")
    except BROKEN as error:
        yield Member(name, size, None, reason(error))


def names_of(names: Sequence[str], stem: str = "") -> list[str]:
    """Names as in the folder that was packed: packing a folder `bundle` into `bundle.zip` may add `bundle/` to each.

    Windows packs backslashes, tar packs `./`; a name that comes twice gets a number.
    """
    return _tidy(names, stem) or _tidied(names, stem)


def _tidy(names: Sequence[str], stem: str) -> list[str]:
    """The names where they are written as in a folder, as most are: a quarter of the time; none else."""
    every = "\n".join(["", *names, ""])
    if any(one in every for one in UNTIDY) or speakable(every) != every:
        return []
    top = stem.casefold()
    inside = [name.partition("/") for name in names]
    packed = all(inner and outer.casefold() == top for outer, _, inner in inside)
    result = [inner for _, _, inner in inside] if packed else [*names]
    return result if len(set(result)) == len(result) else []


def _tidied(names: Sequence[str], stem: str) -> list[str]:
    parts = [[part for part in name.replace("\\", "/").split("/") if part not in ("", ".")] for name in names]
    tops = {one[0].casefold() for one in parts if one}
    if tops == {stem.casefold()} and all(len(one) > 1 for one in parts):
        parts = [one[1:] for one in parts]
    taken: set[str] = set()
    result = []
    for one in parts:
        name = plain = speakable("/".join(one)) or "unnamed"
        number = 1
        while name in taken:
            number += 1
            name = f"{plain}#{number}"
        taken.add(name)
        result.append(name)
    return result


def speakable(name: str) -> str:
    """Bytes of a file name that are no text, written out: neither Arrow nor JSON can hold them."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def join(prefix: str, name: str) -> str:
    """A name below a prefix, which may be empty."""
    return f"{prefix}/{name}" if prefix else name
