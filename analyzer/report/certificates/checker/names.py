"""Names of sources: how the analyzer names the files below PATH."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any

NESTED = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".tbz2", ".txz")
ARCHIVE = re.compile(r"(\.tar)?\.(zip|tar|tgz|tbz2|txz|gz|bz2|xz)$", re.IGNORECASE)
COMPRESSED: Any = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
FOREIGN = (b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd", b"MSCF", b"\x04\x22\x4d\x18", b"LZIP", b"\x1f\x9d")
FOREIGN_NAMES = (".7z", ".rar", ".zst", ".zstd", ".cab", ".lz4", ".lz", ".z", ".iso", ".arj", ".lzh")
UNPACK = "the standard library cannot read it: unpack it and give the folder"


class Unusable(Exception):
    """The PATH cannot be used (exit code 2)."""


def sources_of(path: Path, prefix: str, need: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and stream of every needed file below a PATH; each stream is read before the next one is asked for."""
    if not path.is_dir():
        with path.open("rb") as stream:
            if stream.read(8).startswith(FOREIGN) or path.suffix.lower() in FOREIGN_NAMES:
                raise Unusable(f"{path}: {UNPACK}")
            yield from opened(stream, prefix or speakable(path.name), path.name, prefix, need)
        return
    found = [
        (Path(top, name).relative_to(path).as_posix(), top, name) for top, _, some in os.walk(path) for name in some
    ]
    found.sort(key=lambda one: one[0])
    for name, (_, top, file) in zip(unique([one[0] for one in found]), found):
        full = f"{prefix}/{name}" if prefix else name
        if wanted(full, need):
            with Path(top, file).open("rb") as stream:
                if nested(full):
                    yield from opened(stream, full, file, f"{full}!", need)
                else:
                    yield full, stream


def nested(name: str) -> bool:
    """Whether a file inside PATH is opened when it is an archive."""
    return PurePosixPath(name).suffix.lower() in NESTED


def wanted(name: str, need: Callable[[str], bool]) -> bool:
    """Whether the file, or something in the archive that it is, is needed."""
    return need(name) or (nested(name) and need(f"{name}!/"))


def opened(
    stream: IO[bytes], name: str, file: str, root: str, need: Callable[[str], bool]
) -> Iterator[tuple[str, IO[bytes]]]:
    """The file itself, or what is in it where it is an archive; the names of members begin with `root`."""
    stream.seek(0)
    head = stream.read(512)
    stream.seek(0)
    stem = ARCHIVE.sub("", PurePosixPath(file).name)
    opener = next((COMPRESSED[magic] for magic in COMPRESSED if head.startswith(magic)), None)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        yield from zipped(stream, root, stem, need)
    elif head[257:262] == b"ustar" or (opener and is_tar(stream, opener)):
        yield from tarred(stream, root, stem, need)
    elif opener:
        with opener(stream) as inner:
            yield name, inner
    else:
        yield name, stream


def is_tar(stream: IO[bytes], opener: Any) -> bool:
    """Whether a compressed file holds a tar."""
    with opener(stream) as inner:
        found = bool(inner.read(512)[257:262] == b"ustar")
    stream.seek(0)
    return found


def zipped(stream: IO[bytes], root: str, stem: str, need: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
    """Members of a zip."""
    with zipfile.ZipFile(stream) as archive:
        infos = [info for info in archive.infolist() if not info.filename.endswith(("/", "\\"))]
        infos.sort(key=lambda info: info.filename)
        for name, info in zip(unique([info.filename for info in infos], stem), infos):
            full = f"{root}/{name}" if root else name
            if wanted(full, need):
                try:
                    inner = archive.open(info)
                except RuntimeError as error:  # encrypted, or packed by a method that is not known here
                    raise Unusable(f"{full}: {error}; {UNPACK}") from None
                yield from member(inner, full, need)


def tarred(stream: IO[bytes], root: str, stem: str, need: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
    """Members of a tar, compressed or not."""
    with tarfile.open(fileobj=stream, mode="r:*") as archive:
        infos = [info for info in archive if info.isfile() or info.islnk() or info.issym()]
        for name, info in zip(unique([info.name for info in infos], stem), infos):
            full = f"{root}/{name}" if root else name
            inner = archive.extractfile(info) if wanted(full, need) else None
            if inner is not None:
                yield from member(inner, full, need)


def member(inner: IO[bytes], full: str, need: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
    """One member of an archive, or the members of the archive that it is itself."""
    with inner:
        if nested(full):
            yield from opened(io.BytesIO(inner.read()), full, full, f"{full}!", need)
        else:
            yield full, inner


def unique(names: Sequence[str], stem: str = "") -> list[str]:
    """Names as in the folder that was packed: packing `bundle` into `bundle.zip` may add `bundle/` to each."""
    parts = [[part for part in name.replace("\\", "/").split("/") if part not in ("", ".")] for name in names]
    if {one[0].casefold() for one in parts if one} == {stem.casefold()} and all(len(one) > 1 for one in parts):
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
    """Bytes of a file name that are no text, written out."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def prefixed(paths: Sequence[Path], prefixes: Sequence[str]) -> dict[str, Path]:
    """Which PATH is which of those that were audited, by the end of its name; archive suffixes do not matter."""
    for path in paths:
        if not path.exists():
            raise Unusable(f"no such file or folder: {path}")
    if list(prefixes) == [""] and len(paths) == 1:
        return {"": paths[0]}
    if len(paths) != len(prefixes):
        raise Unusable(f"audited, and to be given here: {', '.join(prefixes) or 'one PATH'}")
    found: dict[str, Path] = {}
    for prefix in sorted(prefixes, key=len, reverse=True):
        end = f"/{ARCHIVE.sub('', prefix).casefold()}"
        same = [path for path in paths if path not in found.values() and f"/{bare(path)}".endswith(end)]
        exact = [path for path in same if path.resolve().as_posix().endswith(f"/{prefix}")] or same
        if len(exact) != 1:
            raise Unusable(f"which of the PATHs is the {prefix} that was audited? Give it under that name")
        found[prefix] = exact[0]
    return found


def bare(path: Path) -> str:
    """A PATH without the suffix of an archive."""
    return ARCHIVE.sub("", path.resolve().as_posix()).casefold()
