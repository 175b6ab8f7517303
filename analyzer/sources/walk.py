"""Every file of the given paths, archives included, as a stream; nothing is extracted to disk.

A source is named relative to its PATH with forward slashes, the same for a folder and for a zip of it; `!/` marks an
archive nested inside PATH; with several PATHs each gets a prefix made from its name (design document, section 4).
"""

from __future__ import annotations

import io
import os
import stat
import sys
import zipfile
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from analyzer.errors import PathMissing
from analyzer.sources.archives import (
    NESTED,
    Member,
    full_names,
    join,
    kind_of,
    names_of,
    of_data,
    of_zip,
    speakable,
    stem_of,
    unpacked,
)
from analyzer.sources.broken import BROKEN, reason
from analyzer.sources.zips import Entry, entries_of, infos_of, whole

SMALL, BUFFER = 1 << 20, 1 << 16  # a small file is read by one call
READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
ELSEWHERE = "a link to a folder elsewhere, which is not followed"


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
        result[path] = speakable("/".join(part.strip("/\\") for part in path.parts[-depth:]))
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
    member: Entry | None = None  # of the zip on disk

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
    if not prefix and "\\" not in every and speakable(every) == every:  # the rest holds of every folder
        return found
    return [one._replace(name=join(prefix, name)) for name, one in zip(names_of(names), found, strict=True)]


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
            data = os.read(file, place.size + 1)
            if len(data) != place.size:  # it has changed, or its system gives it in pieces
                data = b"".join([data, *iter(partial(os.read, file, BUFFER), b"")])
        finally:
            os.close(file)
    except BROKEN as error:
        return Member(place.name, place.size, None, reason(error))
    return Member(place.name, len(data), io.BytesIO(data), data=data)


def read_into(place: Place, room: memoryview) -> bool:
    """Whether a small file was read into `room`, which has a byte more than its folder says of it: it may have changed.

    A file whose bytes go into memory that is there already costs half the time of one that is read into its own.
    """
    try:
        file = os.open(place.path, READ)
        try:
            return _read_into(file, room) == place.size
        finally:
            os.close(file)
    except BROKEN:
        return False


if sys.platform == "win32":

    def _read_into(file: int, room: memoryview) -> int:
        data = os.read(file, len(room))
        room[: len(data)] = data
        return len(data)

else:

    def _read_into(file: int, room: memoryview) -> int:
        return os.readv(file, [room])


def divided(place: Place) -> list[Place]:
    """The members of a zip as places of their own, which several processes can read; any other place as it is."""
    if _kind(place) != "zip":
        return [place]
    try:
        with zipfile.ZipFile(place.path) as archive:
            infos = infos_of(archive)
            entries = entries_of(archive, infos)
    except BROKEN:
        return [place]
    names = full_names(infos, place.name if place.named else f"{place.name}!", stem_of(Path(place.path)))
    whose = (place.path, False, None)
    return [Place(name, *whose, one.size, False, one) for name, one in zip(names, entries, strict=True)]


def holds_many(place: Place) -> bool:
    """Whether it is an archive of files; False where it cannot be read."""
    return _kind(place) in ("zip", "tar")


def _kind(place: Place) -> str | None:
    """What archive a place is, if any; None where it cannot be read."""
    if place.problem is not None or not (place.named or place.path.lower().endswith(NESTED)):
        return None
    try:
        with open(place.path, "rb") as stream:  # noqa: PTH123
            return kind_of(stream, place.path)
    except BROKEN:
        return None


def members(path: Path, prefix: str = "", only: Collection[str] | None = None) -> Iterator[Member]:
    """Every file below `path`, or those called `only`, each to be read before the next is asked for.

    Raises PathMissing.
    """
    if only is None:
        yield from (one for place in places(path, prefix) for one in opened(place))
        return
    for place in (part for known in _known(path, prefix, only) for part in divided(known)):  # a zip is not read for few
        if place.may_hold(only):
            yield from (one for one in opened(place) if one.name in only)


def _known(path: Path, prefix: str, only: Collection[str]) -> list[Place]:
    """The places that may hold these sources: a folder is only walked where one is no file of it by its name."""
    found = []
    for name in sorted(one for one in only if not prefix or one.startswith(f"{prefix}/")):
        file = path.joinpath(*name.removeprefix(f"{prefix}/" if prefix else "").split("/"))
        if not file.is_file():
            return [place for place in places(path, prefix) if place.may_hold(only)]
        found.append(Place(name, str(file)))
    return found


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
    shown = name or speakable(short)
    size = 0
    try:
        status = os.stat(path)  # noqa: PTH116
        if not stat.S_ISREG(status.st_mode):
            yield Member(shown, 0, None, "not a regular file", named)
            return
        size = status.st_size
        with open(path, "rb", buffering=0 if size <= SMALL else BUFFER) as stream:  # noqa: PTH123
            kind = kind_of(stream, short) if named or short.lower().endswith(NESTED) else None
            if kind is not None:
                yield from unpacked(stream, shown, PurePosixPath(short), kind, name if named else f"{name}!")
            elif size <= SMALL:
                yield Member(shown, size, io.BytesIO(stream.read()), named=named)
            else:
                yield Member(shown, size, stream, named=named)
    except BROKEN as error:
        yield Member(shown, size, None, reason(error), named)


class _Kept:
    """A file that is closed once nobody keeps it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream

    def __del__(self) -> None:
        self.stream.close()


@lru_cache(maxsize=1)
def _kept(path: str, process: int) -> _Kept:
    """A zip, opened once by a process that reads some of its members and then others: a forked one has its own."""
    return _Kept(open(path, "rb"))  # noqa: PTH123


@lru_cache(maxsize=1)
def _index(path: str, process: int) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """The same zip and its members by name."""
    archive = zipfile.ZipFile(path)
    return archive, infos_of(archive)


def _of_index(place: Place, entry: Entry) -> Iterator[Member]:
    data = None
    with suppress(OSError):
        data = whole(_kept(place.path, os.getpid()).stream, entry)
    if data is not None:
        yield from of_data(data, place.name)
        return
    try:
        archive, infos = _index(place.path, os.getpid())
    except BROKEN as error:
        yield Member(place.name, place.size, None, reason(error))
        return
    yield from of_zip(archive, infos[entry.number], place.name)
