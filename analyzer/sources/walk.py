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
import stat
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from analyzer.errors import PathMissing

NESTED = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".tbz2", ".txz")
COMPRESSED: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": lambda stream: bz2.BZ2File(stream),
    b"\xfd7zXZ": lambda stream: lzma.LZMAFile(stream),
}
NESTED_LIMIT = 512 << 20  # an archive inside an archive is held in memory, because its index stands at its end
BROKEN = (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, RuntimeError, ValueError)
"""What the standard library raises over damaged, encrypted (RuntimeError) or unsupported archives."""


@dataclass(frozen=True)
class Member:
    """One file. `stream` is open until the next member is asked for; None where it could not be opened."""

    name: str
    size: int
    stream: IO[bytes] | None
    problem: str | None = None
    named: bool = False  # the user named this very file (or an archive that could not be opened)


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
        result[path] = "/".join(path.parts[-depth:])
    return result


def members(path: Path, prefix: str = "") -> Iterator[Member]:
    """Every file below `path`, each to be read before the next is asked for. Raises PathMissing."""
    if not path.exists():
        raise PathMissing(path)
    if path.is_dir():
        for name, file in _files(path):
            yield from _file(file, _join(prefix, name), named=False)
    else:
        yield from _file(path, prefix, named=True)


def _join(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix else name


def _files(folder: Path) -> list[tuple[str, Path]]:
    found = []
    for parent, _, names in os.walk(folder):
        found += [(Path(parent, name).relative_to(folder).as_posix(), Path(parent, name)) for name in names]
    return sorted(found)


def _file(path: Path, name: str, *, named: bool) -> Iterator[Member]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            yield Member(name or path.name, 0, None, "not a regular file", named)
            return
        with path.open("rb") as stream:
            inside = _archive(stream, path.name) if named or path.suffix.lower() in NESTED else None
            if inside is None:
                yield Member(name or path.name, path.stat().st_size, stream, named=named)
            else:
                root = name if named else name + "!"
                yield from _inside(stream, root, path, inside)
    except BROKEN as error:
        yield Member(name or path.name, path.stat().st_size if path.exists() else 0, None, _reason(error), named)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


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


def _inside(stream: IO[bytes], root: str, path: Path | PurePosixPath, kind: str) -> Iterator[Member]:
    if kind == "zip":
        yield from _zip(stream, root, path.stem)
    elif kind == "tar":
        yield from _tar(stream, root, path.name.split(".")[0])
    else:
        yield from _compressed(stream, root.removesuffix("!") or path.name, path)


def _compressed(stream: IO[bytes], name: str, path: Path | PurePosixPath) -> Iterator[Member]:
    head = stream.read(6)
    stream.seek(0)
    opener = next(opener for magic, opener in COMPRESSED.items() if head.startswith(magic))
    with opener(stream) as inner:
        yield Member(name, 0, inner)


def _zip(stream: IO[bytes], root: str, stem: str) -> Iterator[Member]:
    with zipfile.ZipFile(stream) as archive:
        infos = sorted((info for info in archive.infolist() if not info.is_dir()), key=lambda info: info.filename)
        names = _member_names([info.filename for info in infos], stem)
        for name, info in zip(names, infos, strict=True):
            full = _join(root, name)
            try:
                with archive.open(info) as inner:
                    yield from _member(inner, full, info.file_size)
            except BROKEN as error:
                yield Member(full, info.file_size, None, _reason(error))


def _tar(stream: IO[bytes], root: str, stem: str) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r:*") as archive:
        infos = [info for info in archive.getmembers() if info.isfile()]
        names = _member_names([info.name for info in infos], stem)
        for name, info in zip(names, infos, strict=True):
            inner = archive.extractfile(info)
            if inner is not None:
                yield from _member(inner, _join(root, name), info.size)


def _member(inner: IO[bytes], name: str, size: int) -> Iterator[Member]:
    """One member of an archive, or the members of the archive that it is itself."""
    path = PurePosixPath(name)
    if path.suffix.lower() not in NESTED:
        yield Member(name, size, inner)
        return
    if size > NESTED_LIMIT:
        yield Member(name, size, None, "an archive of more than 512 MiB inside an archive: unpack it first")
        return
    held = io.BytesIO(inner.read())
    kind = _archive(held, path.name)
    if kind is None:
        yield Member(name, size, held)
    else:
        try:
            yield from _inside(held, name + "!", path, kind)
        except BROKEN as error:
            yield Member(name, size, None, _reason(error))


def _member_names(names: Sequence[str], stem: str) -> list[str]:
    """Names as in the folder that was packed: packing a folder `bundle` into `bundle.zip` may add `bundle/` to each."""
    clean = [name.replace("\\", "/").removeprefix("./").lstrip("/") for name in names]
    tops = {name.split("/", 1)[0] for name in clean}
    if len(tops) == 1 and all("/" in name for name in clean) and next(iter(tops)).casefold() == stem.casefold():
        clean = [name.split("/", 1)[1] for name in clean]
    seen: Counter[str] = Counter()
    result = []
    for name in clean:
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return result
