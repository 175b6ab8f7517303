"""The words of the command line made into values. Every refusal is a sentence that names what was given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analyzer.errors import PathMissing, UsageError

OFFSET = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")
TASK = re.compile(r"(?:ServerTasks-)?(\d+)", re.IGNORECASE)
ARCHIVE = re.compile(r"(\.tar)?\.(zip|tar|tgz|tbz2|txz|gz|bz2|xz)$", re.IGNORECASE)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
PICTURES = ("svg", "png", "pdf")


def existing(paths: Sequence[str]) -> list[str]:
    """The paths as given. Raises PathMissing for the first that does not exist, UsageError for one out of reach."""
    for path in paths:
        try:
            there = Path(path).exists()
        except OSError as error:
            raise UsageError(f"cannot look at {path}: {error.strerror or error}") from None
        if not there:
            raise PathMissing(path)
    return list(paths)


def pairs(option: str, form: str, values: Iterable[str]) -> dict[str, str]:
    """NAME=VALUE options as a dictionary. Raises UsageError for one without both, or a name given two values."""
    result: dict[str, str] = {}
    for text in values:
        name, _, value = text.partition("=")
        if not name or not value:
            raise UsageError(f"{option} takes {form}, not {text!r}")
        if result.get(name, value) != value:
            raise UsageError(f"{option} gives {name} two values: {result[name]} and {value}")
        result[name] = value
    return result


def override(known: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What is known of nodes, and what is given of them now; names are compared without case."""
    said = {name.casefold() for name in given}
    return {name: value for name, value in known.items() if name.casefold() not in said} | dict(given)


def utc_offsets(values: Iterable[str]) -> dict[str, str]:
    """`--utc-offset NODE=+HH:MM`."""
    offsets = pairs("--utc-offset", "NODE=+HH:MM", values)
    for node, offset in offsets.items():
        if not OFFSET.fullmatch(offset):
            raise UsageError(f"--utc-offset of {node} is +HH:MM or -HH:MM, as in +10:00 or -05:30, not {offset!r}")
    return offsets


def task_ids(values: Iterable[str]) -> list[str]:
    """`--task 48211` or `--task ServerTasks-48211`."""
    result = []
    for text in values:
        match = TASK.fullmatch(text.strip())
        if not match:
            raise UsageError(f"a task is named as ServerTasks-48211 or 48211, not {text!r}")
        result.append(f"ServerTasks-{match[1]}")
    return result


def moment(option: str, text: str, *, end: bool = False) -> datetime | None:
    """An ISO date or date-time; without a zone it is UTC. With `end`, a bare date means the end of that day."""
    if not text:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} takes a date or date-time as in 2023-09-18T04:18:52+00:00, not {text!r}") from None
    if end and DATE.fullmatch(text):
        value += timedelta(days=1)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def period(since: str, until: str) -> tuple[datetime | None, datetime | None]:
    """`--since` and `--until`, the later one not before the earlier."""
    first, last = moment("--since", since), moment("--until", until, end=True)
    if first and last and last < first:
        raise UsageError(f"--until {until} is before --since {since}")
    return first, last


def output_file(text: str) -> None:
    """Checks before the long read that a file can be written; "-" is stdout, "" is none. Raises UsageError."""
    path = Path(text)
    if text not in ("", "-") and (path.is_dir() or not path.parent.is_dir()):
        raise UsageError(f"cannot write {text}: {'it is a folder' if path.is_dir() else 'its folder does not exist'}")


def picture(text: str) -> str:
    """The format of a picture by its file's name, "" for none. Raises UsageError before the long read."""
    output_file(text)
    kind = Path(text).suffix.lower().lstrip(".")
    if text and kind not in PICTURES:
        raise UsageError(f"a picture is {', '.join(f'.{one}' for one in PICTURES)}, not {text}")
    return kind


def output_folder(text: str) -> Path:
    """A folder, made where it is missing. Raises UsageError."""
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {text}: {error.strerror or error}") from None
    return path


def certificates_folder(text: str, paths: Sequence[str]) -> Path:
    """A new or empty folder outside of what is audited. Raises UsageError before anything is read.

    Certificates of two audits are never mixed, and a later audit must not read the lines that they cite as a log.
    """
    real = Path(text).resolve()
    for path in map(Path, paths):
        if real == path.resolve() or path.resolve() in real.parents:
            raise UsageError(f"--certificates {text} lies in {path}, where the next audit would read it as logs")
    folder = output_folder(text)
    if any(folder.iterdir()):
        raise UsageError(f"--certificates {text} is not empty: give a new folder, or empty it")
    return folder


def output_files(files: Mapping[str, str], form: str) -> str:
    """Checks the FILE of every output option before the long read; what stands on stdout: that of "-", else `form`.

    Raises UsageError, also where two results would go to one place.
    """
    for text in files.values():
        output_file(text)
    taken: dict[str, str] = {} if form == "table" else {"-": f"format {form}"}
    for name, text in files.items():
        place = text if text in ("", "-") else str(Path(text).resolve())
        if place and place in taken:
            raise UsageError(f"--{taken[place]} and --{name} both write to {'stdout' if text == '-' else text}")
        taken[place] = name
    return form if form != "table" else taken.get("-", form)


def write(text: str, content: bytes | Iterable[bytes]) -> None:
    """Content into a file. Raises UsageError where it cannot be written."""
    try:
        with Path(text).open("wb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
    except OSError as error:
        raise UsageError(f"cannot write {text}: {error.strerror or error}") from None


def customers(paths: Sequence[str], nodes: Sequence[str]) -> dict[str, str]:
    """PATH and the customer it is named after (`--each`): as much of its end as sets it apart, archives without suffix.

    Raises UsageError together with --node, which cannot say whose node is meant.
    """
    from analyzer.sources import prefixes

    if nodes:
        raise UsageError("--node names a node of one customer, --each takes every PATH as another: use one of them")
    names = {str(path): prefix or path.name for path, prefix in prefixes([Path(path) for path in paths]).items()}
    bare = {path: ARCHIVE.sub("", name) for path, name in names.items()}
    return bare if len(set(bare.values())) == len(bare) else names


def size(paths: Iterable[str]) -> int | None:
    """Bytes below the paths, unpacked, which is what progress is measured against; None where an archive hides it."""
    total = 0
    for path in map(Path, paths):
        for file in path.rglob("*") if path.is_dir() else [path]:
            with suppress(OSError):  # gone, or not ours to see: the reader will say so
                if not file.is_file():
                    continue
                held = _unpacked(file)
                if held is None:
                    return None
                total += held
    return total


def _unpacked(file: Path) -> int | None:
    if not ARCHIVE.search(file.name):
        return file.stat().st_size
    import zipfile

    try:
        with zipfile.ZipFile(file) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return None
