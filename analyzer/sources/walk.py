"""Every file of the given paths, archives included, as a stream; nothing is extracted to disk.

A source is named relative to its PATH with forward slashes, the same for a folder and for a zip of it; `!/` marks an
archive nested inside PATH; with several PATHs each gets a prefix made from its name (design document, section 4).
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, NamedTuple, cast

from analyzer.errors import PathMissing
from analyzer.sources.broken import BROKEN, reason

NESTED = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".tbz2", ".txz")
ARCHIVE = re.compile(r"(\.tar)?\.(zip|tar|tgz|tbz2|txz|gz|bz2|xz)$", re.IGNORECASE)
COMPRESSED: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda stream: cast(IO[bytes], gzip.GzipFile(fileobj=stream)),
    b"BZh": lambda stream: bz2.BZ2File(stream),
    b"\xfd7zXZ": lambda stream: lzma.LZMAFile(stream),  # noqa: SIM115 (its users close it)
}
NESTED_LIMIT = 512 << 20  # an archive inside an archive is held in memory, because its index stands at its end
SMALL, BUFFER = 1 << 20, 1 << 16  # a small file is read by one call
READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
TOO_LARGE = f"an archive of more than {NESTED_LIMIT >> 20} MiB inside an archive: unpack it first"
DEEPEST = 5  # archives in archives; there are archives that contain themselves
TOO_DEEP = f"archives in one another more than {DEEPEST} deep: unpack them first"
ELSEWHERE = "a link to a folder elsewhere, which is not followed"


class Member(NamedTuple):
    """One file. `stream` is open until the next member is asked for; None where it could not be opened."""

    name: str
    size: int
    stream: IO[bytes] | None
    problem: str | None = None
    named: bool = False  # the user named this very file (or an archive that could not be opened)
    data: bytes | None = None  # all of it, where that was read at once


def prefixes(paths: Sequence[Path]) -> dict[Path, str]:
    """The prefix of each path's sources: "" for one path, else as much of the path's end as sets it apart."""
    paths = sorted({path.resolve() for path in paths})
    if len(paths) == 1:
        return {paths[0]: ""}
    result = {}
    for path in paths:
        depth = 1
        while depth < len(path.parts) and sum(other.parts[-depth:] == path.parts[-depth:] for other in paths) > 1:
            depth += 1
        result[path] = _speakable("/".join(part.strip("/\\") for part in path.parts[-depth:]))
    return result


def outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The paths without those that are given twice, or that lie below another one: their files count once."""
    kept: dict[Path, Path] = {}
    for path in paths:
        kept.setdefault(path.resolve(), path)
    return tuple(path for real, path in kept.items() if kept.keys().isdisjoint(real.parents))


class Place(NamedTuple):
    """A file on disk, which may be an archive, and what its source is called ("" for the only PATH)."""

    name: str
    path: str
    named: bool = False
    problem: str | None = None
    size: int = 0  # as far as its folder says
    plain: bool = False  # a file, neither a link nor called like an archive
    member: int | None = None  # which member, by name, of the zip on disk

    def may_hold(self, sources: Container[str]) -> bool:
        """Whether it is one of these sources, or an archive that may hold some."""
        return self.named or self.name in sources or self.name.lower().endswith(NESTED)


def places(path: Path, prefix: str = "") -> list[Place]:
    """Every file below `path`, by name. Raises PathMissing."""
    if not path.exists():
        raise PathMissing(path)
    if not path.is_dir():
        return [Place(prefix, str(path), named=True)]
    found = _files(str(path))
    names = [one.name for one in found]
    every = "\n".join(names)
    if not prefix and "\\" not in every and _speakable(every) == every:  # the rest holds of every folder
        return found
    return [one._replace(name=_join(prefix, name)) for name, one in zip(_names(names), found, strict=True)]


def opened(place: Place) -> Iterator[Member]:
    """The members of a place, each to be read before the next is asked for."""
    if place.plain and place.size <= SMALL:
        yield _small(place)
    elif place.member is not None:
        yield from _of_index(place, place.member)
    elif place.problem is None:
        yield from _file(place.path, place.name, named=place.named)
    else:
        yield Member(place.name, 0, None, place.problem)


def _small(place: Place) -> Member:
    """A small file is read by few calls: those of Python's file objects take longer than the system does."""
    try:
        file = os.open(place.path, READ)
        try:
            pieces = [os.read(file, place.size + 1)]
            while piece := os.read(file, BUFFER):
                pieces.append(piece)
        finally:
            os.close(file)
    except BROKEN as error:
        return Member(place.name, place.size, None, reason(error))
    data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    return Member(place.name, len(data), io.BytesIO(data), data=data)


def divided(place: Place) -> list[Place]:
    """The members of a zip as places of their own, which several processes can read; any other place as it is."""
    if place.problem is not None or not (place.named or place.path.lower().endswith(".zip")):
        return [place]
    try:
        with zipfile.ZipFile(place.path) as archive:
            infos = _infos(archive)
    except BROKEN:
        return [place]
    names = _full_names(infos, place.name if place.named else f"{place.name}!", _stem(Path(place.path)))
    return [
        Place(name, place.path, size=info.file_size, member=number)
        for number, (name, info) in enumerate(zip(names, infos, strict=True))
    ]


def holds_many(place: Place) -> bool:
    """Whether it is an archive of files; False where it cannot be read."""
    if place.problem is not None or not (place.named or place.path.lower().endswith(NESTED)):
        return False
    try:
        with open(place.path, "rb") as stream:  # noqa: PTH123
            return _archive(stream, place.path) in ("zip", "tar")
    except BROKEN:
        return False


def members(path: Path, prefix: str = "", only: Collection[str] | None = None) -> Iterator[Member]:
    """Every file below `path`, or those called `only`, each to be read before the next is asked for.

    Raises PathMissing.
    """
    for place in places(path, prefix) if only is None else _known(path, prefix, only):
        yield from (one for one in opened(place) if only is None or one.name in only)


def _known(path: Path, prefix: str, only: Collection[str]) -> list[Place]:
    """The places that may hold these sources: a folder is only walked where one is no file of it by its name."""
    found = []
    for name in sorted(one for one in only if not prefix or one.startswith(f"{prefix}/")):
        file = path.joinpath(*name.removeprefix(f"{prefix}/" if prefix else "").split("/"))
        if not file.is_file():
            return [place for place in places(path, prefix) if place.may_hold(only)]
        found.append(Place(name, str(file)))
    return found


def _join(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix else name


def _files(folder: str) -> list[Place]:
    """Files below a folder, by their names relative to it; with why one cannot be read where that shows already."""
    root = Path(folder).resolve()
    found: list[Place] = []
    waiting = [("", folder)]
    while waiting:
        inside, place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    name = inside + entry.name
                    file = _listed(entry, name)
                    if file or not _is_folder(entry):
                        found.append(file or Place(name, entry.path))
                    elif not entry.is_symlink():
                        waiting.append((f"{name}/", entry.path))
                    elif not Path(entry.path).resolve().is_relative_to(root):
                        found.append(Place(name, entry.path, problem=ELSEWHERE))
        except OSError as error:
            found.append(Place(inside.rstrip("/") or os.path.basename(folder), place, problem=reason(error)))  # noqa: PTH119
    return sorted(found, key=itemgetter(0))


def _listed(entry: os.DirEntry[str], name: str) -> Place | None:
    """A file with what its folder says of it; None where that is a link, or is no file, or is not told."""
    try:
        if entry.is_file(follow_symlinks=False):
            size = entry.stat(follow_symlinks=False).st_size
            return Place(name, entry.path, size=size, plain=not name.lower().endswith(NESTED))
    except OSError:  # whoever opens it will say so
        pass
    return None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _file(path: str, name: str, *, named: bool) -> Iterator[Member]:
    short = os.path.basename(path)  # noqa: PTH119 (hundreds of thousands of files: Path costs as much as reading them)
    shown = name or _speakable(short)
    size = 0
    try:
        status = os.stat(path)  # noqa: PTH116
        if not stat.S_ISREG(status.st_mode):
            yield Member(shown, 0, None, "not a regular file", named)
            return
        size = status.st_size
        with open(path, "rb", buffering=0 if size <= SMALL else BUFFER) as stream:  # noqa: PTH123
            inside = _archive(stream, short) if named or short.lower().endswith(NESTED) else None
            if inside is not None:
                yield from _inside(stream, shown, PurePosixPath(short), inside, name if named else f"{name}!")
            elif size <= SMALL:
                yield Member(shown, size, io.BytesIO(stream.read()), named=named)
            else:
                yield Member(shown, size, stream, named=named)
    except BROKEN as error:
        yield Member(shown, size, None, reason(error), named)


def _archive(stream: IO[bytes], name: str) -> str | None:
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


def _inside(stream: IO[bytes], name: str, path: PurePosixPath, kind: str, root: str) -> Iterator[Member]:
    """Members of the archive that is called `name`; their names begin with `root` ("" for the PATH itself)."""
    if kind == "zip":
        yield from _zip(stream, root, _stem(path))
    elif kind == "tar":
        yield from _tar(stream, name, root, _stem(path))
    else:
        head = stream.read(6)
        stream.seek(0)
        opener = next(opener for magic, opener in COMPRESSED.items() if head.startswith(magic))
        with opener(stream) as inner:
            yield Member(name, 0, inner, named=not root.endswith("!"))


def _stem(path: PurePath) -> str:
    return ARCHIVE.sub("", path.name)


def _zip(stream: IO[bytes], root: str, stem: str) -> Iterator[Member]:
    with zipfile.ZipFile(stream) as archive:
        infos = _infos(archive)
        for name, info in zip(_full_names(infos, root, stem), infos, strict=True):
            yield from _of_zip(archive, info, name)


def _infos(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    infos = [info for info in archive.infolist() if not info.filename.endswith(("/", "\\"))]
    return sorted(infos, key=lambda info: info.filename)


def _full_names(infos: Iterable[zipfile.ZipInfo], root: str, stem: str) -> list[str]:
    return [_join(root, name) for name in _names([info.filename for info in infos], stem)]


def _of_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Iterator[Member]:
    try:
        with archive.open(info) as inner:
            yield from _member(inner, name, info.file_size)
    except BROKEN as error:
        yield Member(name, info.file_size, None, reason(error))


@lru_cache(maxsize=1)
def _index(path: str) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """A zip and its members by name: read once by a process that reads some of them and then others."""
    archive = zipfile.ZipFile(path)
    return archive, _infos(archive)


def _of_index(place: Place, number: int) -> Iterator[Member]:
    try:
        archive, infos = _index(place.path)
    except BROKEN as error:
        yield Member(place.name, place.size, None, reason(error))
        return
    yield from _of_zip(archive, infos[number], place.name)


def _tar(stream: IO[bytes], name: str, root: str, stem: str) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r:*") as archive:
        infos, problem = _entries(archive)
        for short, info in zip(_names([info.name for info in infos], stem), infos, strict=True):
            full = _join(root, short)
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


def _member(inner: IO[bytes], name: str, size: int) -> Iterator[Member]:
    """One member of an archive, or the members of the archive that it is itself."""
    path = PurePosixPath(name)
    if path.suffix.lower() not in NESTED:
        yield Member(name, size, inner)
        return
    if size > NESTED_LIMIT or name.count("!/") >= DEEPEST:
        yield Member(name, size, None, TOO_LARGE if size > NESTED_LIMIT else TOO_DEEP)
        return
    held = io.BytesIO(inner.read())
    kind = _archive(held, path.name)
    if kind is None:
        yield Member(name, size, held)
        return
    try:
        yield from _inside(held, name, path, kind, f"{name}!")
    except BROKEN as error:
        yield Member(name, size, None, reason(error))


def _names(names: Sequence[str], stem: str = "") -> list[str]:
    """Names as in the folder that was packed: packing a folder `bundle` into `bundle.zip` may add `bundle/` to each.

    Windows packs backslashes, tar packs `./`; a name that comes twice gets a number.
    """
    parts = [[part for part in name.replace("\\", "/").split("/") if part not in ("", ".")] for name in names]
    tops = {one[0].casefold() for one in parts if one}
    if tops == {stem.casefold()} and all(len(one) > 1 for one in parts):
        parts = [one[1:] for one in parts]
    taken: set[str] = set()
    result = []
    for one in parts:
        name = plain = _speakable("/".join(one)) or "unnamed"
        number = 1
        while name in taken:
            number += 1
            name = f"{plain}#{number}"
        taken.add(name)
        result.append(name)
    return result


def _speakable(name: str) -> str:
    """Bytes of a file name that are no text, written out: neither Arrow nor JSON can hold them."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
