"""Checks the certificate beside this file against the original logs:  python3 verify.py PATH [PATH ...]

PATH is what was audited: the folder, a zip or tar of it, or the single file. Where several PATHs were audited, give them
all, in any order. Only Python's standard library is used, 3.8 or later. Exit code 0: every cited line was found as
cited, and the finding follows from them; 1: a cited byte differs, a line is missing, or the finding does not follow;
2: wrong usage, or a container that the standard library cannot read.

A cited line is named by its source; its number, counted from 1 over newline bytes; the offset of its first byte in the
source as stored (decompressed, not decoded; the first line begins behind a byte order mark); and the sha256 of its
bytes from that first one up to its newline, or to the carriage return before the newline. In UTF-16 a newline is two
bytes. An entry may begin inside its line (a task in a JSON page) and may go on over the following lines; every one of
them is cited. Of certificate.json only the choice of lines is believed: what they say, which bounds follow and
whether the executions overlap is worked out here again, and must agree with what is written there.

    names of sources      how the analyzer names the files below PATH
    lines                 where the lines of a source begin and end
    entries               what a line says: task log, server log, API, database export, download
    arguments             the proofs, one function for each kind
"""

from __future__ import annotations

import bz2
import calendar
import csv
import gzip
import hashlib
import io
import json
import lzma
import os
import re
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple, NoReturn

Json = Any
Place = Any  # {"source": ..., "line": ..., "offset": ...}


class Refuted(Exception):
    """The certificate does not hold (exit code 1)."""


class Unusable(Exception):
    """The PATH cannot be used (exit code 2)."""


# Names of sources

NESTED = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".tbz2", ".txz")
ARCHIVE = re.compile(r"(\.tar)?\.(zip|tar|tgz|tbz2|txz|gz|bz2|xz)$", re.IGNORECASE)
COMPRESSED: Any = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
FOREIGN = (
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x28\xb5\x2f\xfd",
    b"MSCF",
    b"\x04\x22\x4d\x18",
    b"LZIP",
    b"\x1f\x9d",
)
FOREIGN_NAMES = (".7z", ".rar", ".zst", ".zstd", ".cab", ".lz4", ".lz", ".z", ".iso", ".arj", ".lzh")
UNPACK = "the standard library cannot read it: unpack it and give the folder"
DAMAGED = (OSError, EOFError, ValueError, KeyError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)
Need = Callable[[str], bool]
Sources = Iterator["tuple[str, IO[bytes]]"]


def sources_of(path: Path, prefix: str, need: Need) -> Sources:
    """Name and stream of every needed file below a PATH; each stream is to be read before the next one is asked for."""
    if not path.is_dir():
        with path.open("rb") as stream:
            if stream.read(8).startswith(FOREIGN) or path.suffix.lower() in FOREIGN_NAMES:
                raise Unusable(f"{path}: {UNPACK}")
            yield from opened(stream, prefix or speakable(path.name), path.name, prefix, need)
        return
    found = [
        (Path(top, name).relative_to(path).as_posix(), top, name) for top, _, some in os.walk(path) for name in some
    ]
    found.sort(key=lambda one: one[0] if "/" in one[0] else f"./{one[0]}")
    for name, (_, top, file) in zip(unique([one[0] for one in found]), found):
        full = f"{prefix}/{name}" if prefix else name
        nested = full.lower().endswith(NESTED)
        if need(full) or (nested and need(f"{full}!/")):
            with Path(top, file).open("rb") as stream:
                if nested:
                    yield from opened(stream, full, file, f"{full}!", need)
                else:
                    yield full, stream


def opened(stream: IO[bytes], name: str, file: str, root: str, need: Need) -> Sources:
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


def zipped(stream: IO[bytes], root: str, stem: str, need: Need) -> Sources:
    """Members of a zip."""
    with zipfile.ZipFile(stream) as archive:
        infos = [info for info in archive.infolist() if not info.filename.endswith(("/", "\\"))]
        infos.sort(key=lambda info: info.filename)
        for name, info in zip(unique([info.filename for info in infos], stem), infos):
            yield from member(lambda info=info: archive.open(info), f"{root}/{name}" if root else name, need)


def tarred(stream: IO[bytes], root: str, stem: str, need: Need) -> Sources:
    """Members of a tar, compressed or not."""
    with tarfile.open(fileobj=stream, mode="r:*") as archive:
        infos = [info for info in archive if info.isfile() or info.islnk() or info.issym()]
        for name, info in zip(unique([info.name for info in infos], stem), infos):
            yield from member(lambda info=info: archive.extractfile(info), f"{root}/{name}" if root else name, need)


def member(enter: Callable[[], Any], full: str, need: Need) -> Sources:
    """One member of an archive, or the members of the archive that it is itself."""
    nested = full.lower().endswith(NESTED)
    if not need(full) and not (nested and need(f"{full}!/")):
        return
    try:
        inner = enter()
    except RuntimeError as error:  # encrypted, or packed by a method that is not known here
        raise Unusable(f"{full}: {error}; {UNPACK}") from None
    with inner:
        if nested:
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
    if len(set(paths)) != len(prefixes):
        names = ", ".join(prefixes)
        raise Unusable(f"{len(prefixes) if names else 'one'} PATH was audited, give the same: {names}")
    found: dict[str, Path] = {}
    for prefix in sorted(prefixes, key=len, reverse=True):
        wanted = ARCHIVE.sub("", prefix).casefold()
        ends = [path for path in paths if path not in found.values() and f"/{bare(path)}".endswith(f"/{wanted}")]
        if len(ends) != 1:
            raise Unusable(f"which PATH is the {prefix} that was audited? Give it under that name")
        found[prefix] = ends[0]
    return found


def bare(path: Path) -> str:
    """A PATH without the suffix of an archive."""
    return ARCHIVE.sub("", path.resolve().as_posix()).casefold()


# Lines

NEWLINES = {"utf-16-le": (b"\n\0", b"\r\0"), "utf-16-be": (b"\0\n", b"\0\r")}
MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
LOG_ENTRY = re.compile(r'\["(ServerTasks-\d+)(?:_([^/"]*))?(?:/([^/"]*)((?:/[^"]*)?))?","([A-Za-z]+)"')


class Brief(NamedTuple):
    """A line of a task log as far as its head tells; `step` is "" for the root, `deeper` what is below the step."""

    line: int
    task: str
    log: str
    step: str
    deeper: str
    category: str
    text: str  # the entry, of the root's and the steps' own lines; "" for deeper ones


class Source:
    """One read source: its hash, the lines that are kept, and the course of the task log in it."""

    def __init__(self, form: str) -> None:
        self.form = form
        self.encoding, self.bytes, self.sha256 = "utf-8", 0, ""
        self.lines: dict[int, tuple[int, bytes]] = {}
        self.course: list[Brief] = []
        self.texts: list[str] = []  # all lines of a document that has to be seen whole

    def read(self, stream: IO[bytes], keep: Callable[[int, bytes], bool]) -> Source:
        """Read everything; `keep` says which lines are needed."""
        for number, offset, raw in self._lines(stream):
            if keep(number, raw):
                self.lines[number] = (offset, raw)
            if self.form == "task-log":
                self.course += briefs(number, decoded(raw, self.encoding))
            elif self.form in ("task-text", "api-details"):
                self.texts.append(decoded(raw, self.encoding))
        return self

    def _lines(self, stream: IO[bytes]) -> Iterator[tuple[int, int, bytes]]:
        digest = hashlib.sha256()
        held = stream.read(1 << 16)
        self.encoding, offset = encoding_of(held)
        newline, back = NEWLINES.get(self.encoding, (b"\n", b"\r"))
        digest.update(held)
        self.bytes, held, number, more = len(held), held[offset:], 0, True
        while more:
            chunk = stream.read(1 << 20)
            digest.update(chunk)
            self.bytes, more = self.bytes + len(chunk), bool(chunk)
            *whole, held = split(held + chunk, newline)
            for raw in [*whole, held] if not more and held else whole:
                number += 1
                yield number, offset, raw[: -len(back)] if raw.endswith(back) else raw
                offset += len(raw) + len(newline)
        self.sha256 = digest.hexdigest()


def split(data: bytes, newline: bytes) -> list[bytes]:
    """The lines of a buffer that begins with a line; the last piece has no newline yet."""
    if len(newline) == 1:
        return data.split(newline)
    cuts = [at.start() for at in re.finditer(re.escape(newline), data) if at.start() % 2 == 0]
    return [data[begin:end] for begin, end in zip([0, *(cut + 2 for cut in cuts)], [*cuts, len(data)])]


def encoding_of(head: bytes) -> tuple[str, int]:
    """Encoding, and length of the byte order mark; UTF-16 without one has a zero in every second byte."""
    for mark, name in MARKS.items():
        if head.startswith(mark):
            return name, len(mark)
    sample = head[: len(head) & ~1][:4096]
    if len(sample) >= 8:
        zeros = [sample[side::2].count(0) / (len(sample) / 2) for side in (0, 1)]
        for this, other, name in ((1, 0, "utf-16-le"), (0, 1, "utf-16-be")):
            if zeros[this] > 0.7 and zeros[other] < 0.1:
                return name, 0
    return "utf-8", 0


def decoded(raw: bytes, encoding: str) -> str:
    """A line as text; one that is not UTF-8 is Windows-1252."""
    if encoding.startswith("utf-16"):
        return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def briefs(number: int, text: str) -> list[Brief]:
    """The entries of a task log in a line; their beginning cannot stand inside a JSON string unescaped."""
    return [
        Brief(number, at[1], at[2] or "", at[3] or "", at[4] or "", at[5], "" if at[4] else text[at.start() :])
        for at in LOG_ENTRY.finditer(text)
    ]


# Entries

SECOND = 10_000_000  # times are counted in 100 ns
STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE)
SERVER = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{4}(?: [+-]\d\d:\d\d)?) +(?:\d+ +)?\d+ +[A-Z]+ *(.*)", re.DOTALL
)
TEXT = re.compile(r"(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d +([^ \t|]+) *\| ?( *)(.*)", re.DOTALL)
BLOCK = re.compile(
    r" *\| *(?:== )?(?:Success|Failed|Running|Pending|Skipped|Cancell?ed|Success ?[Ww]ith ?[Ww]arning): .+"
)
ORDER = ("id", "name", "description", "queuetime", "starttime", "completedtime")  # the table's own first columns
SEPARATORS = ",;\t|"


class Entry(NamedTuple):
    """What a cited place says. `time` is in 100 ns since 1970, UTC where the zone is known; fields are a row's."""

    source: str
    line: int
    task: str = ""
    log: str = ""
    path: str = ""  # activity below the root, "" for the root
    category: str = ""
    time: int | None = None
    zone: int | None = None
    message: str = ""
    indent: int = 0
    fields: Any = None

    @property
    def step(self) -> str:
        """The activity directly below the root."""
        return self.path.split("/")[0]

    def where(self) -> str:
        """For prose."""
        return f"line {self.line}"


def ticks(text: str) -> tuple[int, int | None]:
    """Local time and zone, both in 100 ns; the zone is None where the text gives none. Raises ValueError."""
    match = STAMP.fullmatch(text.strip())
    if not match:
        raise ValueError(f"no time: {text[:40]!r}")
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    wall = calendar.timegm((year, month, day, hour, minute, second)) * SECOND + int((match[7] or "").ljust(7, "0")[:7])
    if not match[8]:
        return wall, None
    digits = match[8].upper().replace("Z", "+0000").replace(":", "")
    zone = (int(digits[1:3]) * 60 + int(digits[3:5])) * 60 * SECOND
    return wall, -zone if digits[0] == "-" else zone


def parse(form: str, text: str, header: str = "") -> Entry:
    """The entry that begins a text. Raises ValueError where it is none, or not whole."""
    if form == "task-log":
        fields, _ = json.JSONDecoder(strict=False).raw_decode(text)
        match = re.fullmatch(r"(ServerTasks-\d+)(?:_([^/]*))?(?:/(.*))?", fields[0])
        if not match or len(fields) != 6:
            raise ValueError("no entry of a task log")
        wall, zone = ticks(fields[2])
        time = None if zone is None else wall - zone
        return Entry("", 0, match[1], match[2] or "", match[3] or "", fields[1], time, zone, fields[3])
    if form == "server-log":
        match = SERVER.match(text)
        if not match:
            raise ValueError("no line of a server log")
        wall, zone = ticks(match[1])
        return Entry("", 0, time=wall - (zone or 0), zone=zone, message=match[2])
    if form == "task-text":
        match = TEXT.fullmatch(text)
        if not match:
            raise ValueError("no message of a downloaded log")
        return Entry("", 0, category=match[1], indent=len(match[2]), message=match[3])
    if form == "servertask-csv":
        return Entry("", 0, fields=csv_row(text, header))
    fields, _ = json.JSONDecoder(strict=False).raw_decode(text)
    fields = fields.get("Task", fields) if isinstance(fields, dict) else {}
    return Entry("", 0, fields={str(name).casefold(): value for name, value in fields.items()})


def csv_row(text: str, header: str) -> dict[str, Any]:
    """The fields of a row by the names in the header, else by the table's own order. Raises ValueError."""
    if sum(text.count(quote) for quote in '"') % 2:
        raise ValueError("the row goes on in the next line")
    mark = max(SEPARATORS, key=(header or text).count)
    row = next(csv.reader(io.StringIO(text), delimiter=mark))
    names = [name.strip(' []"').casefold() for name in next(csv.reader([header], delimiter=mark))] if header else ORDER
    return {name: None if value.strip() in ("", "NULL") else value.strip() for name, value in zip(names, row)}


def row_time(entry: Entry, field: str) -> int:
    """A time of a row of the API or the database: UTC; what is below a microsecond is not used."""
    text = entry.fields.get(field.casefold()) if entry.fields else None
    wall, zone = ticks(text) if isinstance(text, str) else (0, None)
    if zone is None:
        raise Refuted(f"{entry.source} {entry.where()} has no {field} with a zone")
    return (wall - zone) // 10 * 10


# Arguments

DATABASE = "the database"
DRIFT = 200  # millionths that two clocks may drift apart
UNKNOWN_SKEW = 1800 * SECOND  # the moment of a line is itself known only to within a clock's error
RESOLUTION = 20_000  # times of the API are cut to milliseconds, at both ends of a comparison
WRITING = 2 * SECOND  # a line is stamped up to this long before it is written, a row updated up to this long after
ONE_CLOCK = SECOND  # threads of one node may write this much out of order
JITTER = SECOND // 5
RESUMED = "Resuming after"
COMPLETED = ("The deployment completed", "The run completed")
REASONS = {  # which of the two places is a row, its field, and the slack
    "queued before started": (0, "QueueTime", RESOLUTION),
    "taken before its first line": (0, "StartTime", WRITING),
    "last line before it was marked complete": (1, "CompletedTime", WRITING),
    "paused before it was resumed": (None, "", WRITING),
}
ORDERED = "the lines of a file stand in the order in which they were appended: nobody rearranged the file afterwards"
ONCE = "one execution announces its root once and gives every step of its plan one activity id"


class Proof:
    """One certificate being derived: `said` are its steps in words, `trust` is what the cited lines do not show."""

    def __init__(self, certificate: Json, sources: dict[str, Source]) -> None:
        self.argument, self.finding, self.sources = certificate["argument"], certificate["finding"], sources
        self.headers = {one["source"]: one.get("header") for one in certificate["sources"]}
        self.said: list[str] = []
        self.trust: list[str] = []

    def text(self, place: Place) -> str:
        """The cited bytes from a place on, over as many following lines as are cited."""
        source, number = self.source(place), place["line"]
        if number not in source.lines:
            raise Refuted(f"{place['source']} line {number} is used but not cited")
        offset, raw = source.lines[number]
        if not offset <= place["offset"] <= offset + len(raw):
            raise Refuted(f"{place['source']} line {number} does not hold byte {place['offset']}")
        lines = [decoded(raw[place["offset"] - offset :], source.encoding)]
        while number + 1 in source.lines:
            number += 1
            lines.append(decoded(source.lines[number][1], source.encoding))
        return "\n".join(lines)

    def entry(self, place: Place) -> Entry:
        """What a place says, in as few of its lines as make it whole."""
        form, lines = self.source(place).form, self.text(place).split("\n")
        header = self.headers.get(place["source"])
        named = self.text({**place, **header}).split("\n")[0] if header else ""
        error = "nothing there"
        for count in range(1, len(lines) + 1):
            try:
                entry = parse(form, "\n".join(lines[:count]), named)
            except (ValueError, TypeError, KeyError, IndexError, csv.Error) as problem:
                error = str(problem)
                continue
            return entry._replace(source=place["source"], line=place["line"])
        raise Refuted(f"{place['source']} line {place['line']}: {error}")

    def own(self, place: Place) -> Entry:
        """An entry of this finding's task."""
        entry = self.entry(place)
        if self.source(place).form == "server-log":
            wanted = rf"{re.escape(self.finding['task'])}(?!\d)"
            self.need(bool(re.search(wanted, self.text(place))), entry, f"does not name {self.finding['task']}")
        elif self.source(place).form == "task-log":
            self.need(entry.task == self.finding["task"], entry, f"is not of {self.finding['task']}")
        return entry

    def source(self, place: Place) -> Source:
        """The source of a place."""
        if place["source"] not in self.sources:
            raise Refuted(f"{place['source']} is used but not cited")
        return self.sources[place["source"]]

    def need(self, holds: bool, entry: Entry, otherwise: str) -> None:
        """Refuted where a condition does not hold."""
        if not holds:
            raise Refuted(f"{entry.source} {entry.where()} {otherwise}")

    def course(self, entry: Entry) -> list[Brief]:
        """The log that an entry is in, as far as the heads of its lines tell."""
        lines = self.sources[entry.source].course
        return [one for one in lines if (one.task, one.log) == (entry.task, entry.log)]

    def message(self, brief: Brief) -> str:
        """What a line of the root or of a step says; lines that are no entry say nothing."""
        try:
            return parse("task-log", brief.text).message
        except (ValueError, TypeError, IndexError):
            return ""

    def spoken(self, entry: Entry) -> list[tuple[Brief, str]]:
        """The root's own lines in the log of an entry, and their words."""
        return [(one, self.message(one)) for one in self.course(entry) if not one.step]


def in_one_file(proof: Proof, places: Sequence[Place]) -> list[Entry]:
    """Entries of the finding's task that stand in one source, one behind the other."""
    entries = [proof.own(place) for place in places]
    for before, after in zip(places, places[1:]):
        entry = entries[places.index(after)]
        same = (before["source"], entries[0].log) == (after["source"], entry.log)
        proof.need(same, entry, "is in another log than the line before it")
        proof.need((before["line"], before["offset"]) < (after["line"], after["offset"]), entry, "is out of order")
    return entries


def opens(proof: Proof) -> dict[int, Entry]:
    """Where the executions begin, said and checked."""
    found = {one["number"]: proof.own(one["opens"]) for one in proof.argument["executions"] if one.get("opens")}
    announced = [entry for entry in found.values() if not entry.path and entry.category not in ("FIN", "PLN")]
    if len(announced) == len(found) > 1 and len({entry.message for entry in announced}) == 1:
        places = " and again in ".join(f"{entry.source} {entry.where()}" for entry in announced)
        proof.said.append(f'The root of the log is announced in {places}, in the same words: "{announced[0].message}".')
    else:
        proof.trust.append("where each execution begins: not every one of them announces the root in a cited line")
    return found


def twins(proof: Proof) -> dict[str, str]:
    """Steps that stand under two ids: second id -> first id, said and checked."""
    found: dict[str, str] = {}
    for pair in proof.argument.get("twins", []):
        (one, name), (other, again) = (named(proof, place) for place in pair)
        proof.need(name == again and one.step != other.step, other, "does not name the same step under another id")
        found[other.step] = one.step
        at = f"{one.where()} as {one.step[:8]}..., in {other.source} {other.where()} as {other.step[:8]}..."
        proof.said.append(f'The step "{name}" is announced twice, under two ids: in {one.source} {at}')
    if not found:
        proof.trust.append("that both did the same work: no step is seen under two ids in lines that can be cited")
    return found


def named(proof: Proof, place: Place) -> tuple[Entry, str]:
    """The announcement of a step: its line in the plan, or the first line of its own in the log; and its name."""
    entry = proof.own(place)
    proof.need(bool(entry.path) and entry.path == entry.step, entry, "is no line of a step itself")
    first = next(one.line for one in proof.course(entry) if one.step == entry.step)
    proof.need(entry.category == "PLN" or first == entry.line, entry, "does not announce its step")
    return entry, entry.message


def append_order(proof: Proof) -> None:
    """Lines of one execution before and behind a line of the other, in one file."""
    numbers = [place["execution"] for place in proof.argument["lines"]]
    a, b = numbers[0], next((number for number in numbers if number != numbers[0]), None)
    if len(numbers) < 3 or numbers != [a, b, a, b][: len(numbers)] or b is None:
        raise Refuted("the cited lines do not alternate between two executions")
    entries = in_one_file(proof, proof.argument["lines"])
    begins, same = opens(proof), twins(proof)
    for place in proof.argument.get("steps", []):
        named(proof, place)
    course = proof.course(entries[0])
    start = begins[b].line if b in begins and begins[b].source == entries[0].source else entries[1].line
    early = {one.step for one in course if one.step and one.line < start}
    others = announcements(proof, begins, entries[-1])
    steps: dict[int, set[str]] = {a: set(), b: set()}
    for number, entry in zip(numbers, entries):
        why = owner(entry, number, b, early, same, begins, others)
        steps[number].add(entry.step)
        proof.said.append(f"Line {entry.line} is execution {number}: {why}.")
    if (steps[a] & steps[b]) - {""}:
        raise Refuted("both executions wrote in one step")
    first, third = entries[0].time, entries[2].time
    if first is None or third is None or third < first - JITTER:
        raise Refuted(f"line {entries[2].line} is older than line {entries[0].line}: it may only have come late")
    proof.said.append(
        f"Had one ended before the other began, all lines of the one would stand before all lines of the other. But line "
        f"{entries[0].line} and line {entries[2].line} are execution {a}, and between them line {entries[1].line} is "
        f"execution {b}: they ran at the same time. No clock is involved."
    )
    proof.trust += [ORDERED, ONCE]


def announcements(proof: Proof, begins: dict[int, Entry], last: Entry) -> int:
    """How many times the root is announced up to a line, in the words of the cited announcement."""
    words = {entry.message for entry in begins.values() if not entry.path}
    said = [one for one, text in proof.spoken(last) if text in words and one.category not in ("FIN", "PLN")]
    return sum(one.line <= last.line for one in said)


def owner(
    entry: Entry, number: int, late: int, early: set[str], same: dict[str, str], begins: dict[int, Entry], roots: int
) -> str:
    """Why a line is of an execution, in words; `late` is the execution that began second. Raises Refuted."""
    if entry.line in (one.line for one in begins.values() if one.source == entry.source):
        if begins.get(number) is None or begins[number].line != entry.line:
            raise Refuted(f"line {entry.line} opens another execution than {number}")
        return "it opens it"
    if entry.step in early:
        if number == late:
            raise Refuted(f"line {entry.line} is in a step that is older than execution {late}")
        return f"its step {entry.step[:8]}... stands in the log before execution {late} begins"
    if entry.step and same.get(entry.step) in early and roots == 2:
        if number != late:
            raise Refuted(f"line {entry.line} is in the second execution's copy of a step")
        return f"its step {entry.step[:8]}... has a name that the other plan has under another id"
    return "on trust: the analyzer tells it by the order of times, the machine or the neighbouring lines"


def alternating_step(proof: Proof) -> None:
    """One step of the plan under two ids whose lines alternate."""
    entries = in_one_file(proof, proof.argument["lines"])
    same = twins(proof)
    steps = [entry.step for entry in entries]
    pair = {steps[0], steps[1]}
    if len(steps) != 3 or steps[0] != steps[2] or not any({one, other} == pair for one, other in same.items()):
        raise Refuted("the cited lines do not alternate between the two ids of one step")
    turns = [one.step for one in proof.course(entries[0]) if one.step in pair and one.category != "PLN"]
    changes = sum(one != other for one, other in zip(turns, turns[1:]))
    proof.said.append(
        f"Line {entries[0].line} and line {entries[2].line} are of the one id and line {entries[1].line}, between them, of "
        f"the other; in the whole file they alternate {changes} times. A step that is tried again begins behind its first "
        "attempt, so two executions were at this step at the same time."
    )
    proof.trust += [ORDERED, ONCE, "which of the two executions wrote which line is not claimed"]


def root_order(proof: Proof) -> None:
    """The root opened for each execution before it closed for any, and closed once for each behind that."""
    argument = proof.argument
    if proof.source(argument["openings"][0]).form != "task-log":
        return tree_order(proof)
    openings, closings, finishes = (in_one_file(proof, argument[name]) for name in ("openings", "closings", "finishes"))
    twins(proof)
    last, begun = openings[-1], len(openings)
    for entry in [*closings, *finishes]:
        proof.need(not entry.path and entry.line > last.line, entry, "is no line of the root behind the last opening")
    spoken = proof.spoken(last)
    said_last: set[str] = set()
    words = ""
    for one, text in spoken:
        if one.category == "FIN":
            said_last.add(words)
        elif one.category not in ("PLN", "UPD", "ABN"):
            words = text
    for entry in finishes:
        proof.need(entry.category == "FIN", entry, "is no finish of the root")
    for entry in closings:
        proof.need(entry.category == "FAT" or entry.message in said_last, entry, "are no closing words of the root")
    what = began(proof, openings, finishes[-1], spoken)
    if min(len(closings), len(finishes)) < begun or begun < 2:
        raise Refuted(f"the root opened {begun} times and closed {min(len(closings), len(finishes))} times behind that")
    proof.said.append(
        f"{what} Behind line {last.line} it says its closing words {len(closings)} times (lines {numbers(closings)}) and "
        f"finishes {len(finishes)} times (lines {numbers(finishes)})."
    )
    proof.said.append(
        f"Had any of the {begun} executions ended before line {last.line}, at most {begun - 1} could close behind it, but "
        f"{min(len(closings), len(finishes))} do: at line {last.line} all of them were running. No clock is involved."
    )
    proof.trust += [ORDERED, "one execution says its closing words once and finishes its root once"]
    return None


def began(proof: Proof, openings: Sequence[Entry], end: Entry, spoken: Sequence[tuple[Brief, str]]) -> str:
    """How the executions opened, in words; no opening in the file may be left out."""
    if all(entry.message.startswith(RESUMED) for entry in openings):
        proof.trust.append("a pause is resumed by one execution at a time, and each of these lines is one that began")
        return f"The paused task was resumed in lines {numbers(openings)}."
    words = openings[0].message
    said = [(one, text) for one, text in spoken if text == words and one.category not in ("FIN", "PLN")]
    cited = [entry.line for entry in openings if not entry.path and entry.message == words]
    if [one.line for one, _ in said if openings[0].line <= one.line <= end.line] != cited or not cited:
        raise Refuted("the root opens in lines that are not cited")
    before = sum(one.line < openings[0].line for one, _ in said)
    over = sum(one.category == "FIN" and one.line < openings[0].line for one, _ in spoken)
    if before > over:
        raise Refuted(f"an execution that began before line {openings[0].line} may not be over there")
    if len(cited) < len(openings):
        proof.trust.append(
            f"that an execution whose announcement is lost began in one of the lines {numbers(openings)}"
        )
    return f'The root opened in lines {numbers(openings)} ("{words}") and nowhere else in this stretch of the file.'


def numbers(entries: Sequence[Entry]) -> str:
    """Line numbers for prose."""
    return ", ".join(str(entry.line) for entry in entries)


def tree_order(proof: Proof) -> None:
    """A download or `/details`: the root's own lines stand together, in the order in which they were appended."""
    places = [*proof.argument["openings"], proof.argument["closings"][0]]
    source = proof.source(places[0])
    if source.form == "task-text":
        entries = [proof.entry(place) for place in places]
        texts = source.texts[places[0]["line"] : places[-1]["line"] - 1]
        blocks = [at for at, text in enumerate(texts) if BLOCK.fullmatch(text) and not texts[at - 1].strip(" |")]
        if blocks or len({entry.indent for entry in entries}) != 1:
            raise Refuted("the cited lines are not all the root's own")
    else:
        entries = elements(proof, places)
    if [place["line"] for place in places] != sorted({place["line"] for place in places}):
        raise Refuted("the cited lines are out of order")
    first, second, end = entries[0], entries[1], entries[-1]
    proof.need(first.message == second.message, second, "does not open the root in the same words")
    proof.need(end.category == "Fatal" or end.message.startswith(COMPLETED), end, "does not close the root")
    proof.said.append(
        f'The root opens in {first.source} line {first.line} and again in line {second.line} ("{first.message}"), and it '
        f"closes for the first time in line {end.line}. An execution closes its root at its end, so neither of the two had "
        f"ended when the second one began: they ran at the same time. No clock is involved."
    )
    proof.trust += ["inside one activity this format keeps the order in which lines were appended", ONCE]


def elements(proof: Proof, places: Sequence[Place]) -> list[Entry]:
    """Log elements of the root of a `/details` document, in the order in which they stand there."""
    text = "\n".join(proof.source(places[0]).texts)
    document, _ = json.JSONDecoder(strict=False).raw_decode(text[text.index("{") :])
    roots = document.get("ActivityLogs") or [document.get("ActivityLog")]
    own = [{name.casefold(): value for name, value in one.items()} for one in roots[0]["LogElements"]]
    found, at = [], 0
    for place in places:
        entry = proof.entry(place)
        if entry.fields not in own[at:]:
            raise Refuted(f"{place['source']} line {place['line']} is no line of the root behind the one before")
        at = own.index(entry.fields, at) + 1
        found.append(entry._replace(category=entry.fields.get("category"), message=entry.fields.get("messagetext")))
    return found


def clock_bounds(proof: Proof) -> None:
    """The executions overlap under every offset between their clocks that the constraints admit."""
    argument = proof.argument
    first, second = (span(proof, argument[side]) for side in ("first", "second"))
    opens(proof)
    twins(proof)
    agree("moment", argument["moment"], first[1])
    a, b = argument["first"]["clock"], argument["second"]["clock"]
    low, high = (-ONE_CLOCK, ONE_CLOCK) if a == b else offsets(proof, a, b, first[1])
    least, most = second[0] - first[1], second[1] - first[0]
    agree("offset", argument["offset"], [low, high])
    agree("overlap_between", argument["overlap_between"], [least, most])
    clocks(proof)
    if a == b:
        proof.said.append(
            f"Both are stamped by one clock, that of {a}; lines may be {seconds(ONE_CLOCK)} out of order."
        )
    else:
        proof.said.append(f"So the clock of {b} is between {seconds(low)} and {seconds(high)} ahead of that of {a}.")
    proof.said.append(
        f"The two would be one after the other only if it were {seconds(least)} or less, or {seconds(most)} or more, ahead."
    )
    if not least < low <= high < most:
        raise Refuted("the constraints admit an offset with which one ended before the other began")
    proof.said.append("The bounds exclude both: under every offset that they admit the two ran at the same time.")


def span(proof: Proof, side: Json) -> tuple[int, int]:
    """First and last time of an execution, from its lines."""
    begin, end = proof.own(side["from"]), proof.own(side["to"])
    times = [instant(proof, entry) for entry in (begin, end)]
    for place, time in zip((side["from"], side["to"]), times):
        agree(f"time of {place['source']} line {place['line']}", place["instant"], time)
    if times[1] < times[0]:
        raise Refuted(f"execution {side['from']['execution']} ends before it begins")
    proof.said.append(
        f"By the clock of {side['clock']}, execution {side['from']['execution']} ran {seconds(times[1] - times[0])[1:]}: from "
        f"{begin.source} line {begin.line} to {end.source + ' ' if end.source != begin.source else ''}line {end.line}."
    )
    return times[0], times[1]


def instant(proof: Proof, entry: Entry) -> int:
    """When a line was stamped; a server log without zones takes the one that the certificate names, on trust."""
    form = proof.sources[entry.source].form
    if entry.time is None or form not in ("task-log", "server-log"):
        raise Refuted(f"{entry.source} {entry.where()} has no time with a zone")
    if form == "task-log" or entry.zone is not None:
        return entry.time
    minutes = proof.argument.get("zones", {}).get(entry.source)
    if not isinstance(minutes, int) or minutes % 15 or abs(minutes) > 14 * 60:
        raise Refuted(f"{entry.source} has no zone, and the certificate names none")
    told = f"the zone of {entry.source}, which is in local time: UTC{minutes / 60:+.2f} h"
    if told not in proof.trust:
        proof.trust.append(told)
    return entry.time - minutes * 60 * SECOND


def offsets(proof: Proof, a: str, b: str, moment: int) -> tuple[int, int]:
    """By how much clock b may be ahead of clock a: shortest paths over the constraints, both ways."""
    edges: dict[tuple[str, str], int] = {}
    for one in proof.argument["constraints"]:
        way, bound = (one["before"], one["after"]), constraint(proof, one, moment)
        edges[way] = min(bound, edges.get(way, bound))
    names = sorted({name for way in edges for name in way} | {a, b})
    far = {(one, other): edges.get((one, other)) for one in names for other in names}
    for middle in names:
        for one in names:
            for other in names:
                left, right, known = far[one, middle], far[middle, other], far[one, other]
                if left is not None and right is not None and (known is None or left + right < known):
                    far[one, other] = left + right
    if any((far[name, name] or 0) < 0 for name in names):
        raise Refuted("the constraints contradict one another")
    there, back = far[a, b], far[b, a]
    if there is None or back is None:
        raise Refuted(f"the constraints do not bound the clocks of {a} and {b} on both sides")
    return -back, there


def constraint(proof: Proof, one: Json, moment: int) -> int:
    """How much the clock of `after` may at most be ahead of that of `before`, from the two cited places."""
    if one["reason"] not in REASONS:
        raise Refuted(f"no rule says why {one['reason']!r} bounds clocks")
    which, field, slack = REASONS[one["reason"]]
    entries = [proof.entry(place) for place in one["places"]]
    if which is not None and one[("before", "after")[which]] != DATABASE:
        raise Refuted(f"{field} is not on the clock of {one[('before', 'after')[which]]}")
    times = [row_time(entry, field) if at == which else instant(proof, entry) for at, entry in enumerate(entries)]
    tasks = {entry.fields.get("id") if at == which else entry.task for at, entry in enumerate(entries)}
    if len(tasks) != 1 or None in tasks:
        raise Refuted(f"{one['reason']}: the two places are not about one task")
    drift = (abs(times[0] - moment) + UNKNOWN_SKEW) * DRIFT // 1_000_000
    bound = times[1] - times[0] + slack + drift
    agree(one["reason"], [one["earlier"], one["later"], one["slack"], one["bound"]], [*times, slack, bound])
    left, right = (
        f"{entry.source} line {entry.line}" + (f" ({field})" if at == which else "") for at, entry in enumerate(entries)
    )
    proof.said.append(
        f"{tasks.pop()}, {one['reason']}: {left} happened before {right}; so {one['after']} is at most {seconds(bound)} "
        f"ahead of {one['before']} ({seconds(times[1] - times[0])}, {seconds(slack)} for writing and rounding, "
        f"{seconds(drift)} for drift)."
    )
    if field in ("StartTime", "CompletedTime") and times[1] - times[0] + slack < 0:
        proof.said.append(f"{field} there cannot be by the node's own clock: the order would be the other way round.")
    return bound


def clocks(proof: Proof) -> None:
    """Whose clock stamped what: by the machine that a log names, else on trust."""
    argument = proof.argument
    shown: set[tuple[str, str]] = set()
    for one in argument.get("machines", []):
        text = "\n".join(proof.entry(place).message for place in one["lines"])
        name = re.search(r"MachineName:[ \t]*([^\s,;]+)", text)
        if not name or not re.search(r"HostProcessName:[ \t]*Octopus\.Server", text, re.IGNORECASE):
            raise Refuted(
                f"{one['lines'][0]['source']} line {one['lines'][0]['line']} names no machine of Octopus Server"
            )
        says = (
            f"{one['lines'][0]['source']} line {one['lines'][0]['line']} names the machine {name[1]} of Octopus Server"
        )
        proof.said.append(says + ("." if name[1].casefold() == one["clock"] else f", which is node {one['clock']}."))
        if name[1].casefold() != one["clock"]:
            proof.trust.append(f"that the machine {name[1]} is node {one['clock']}")
        shown.add((one["lines"][0]["source"], one["clock"]))
    used = {
        (argument[side][end]["source"], argument[side]["clock"])
        for side in ("first", "second")
        for end in ("from", "to")
    }
    for one in argument["constraints"]:
        ways = zip(("before", "after"), one["places"])
        used |= {(place["source"], one[way]) for way, place in ways if one[way] != DATABASE}
    for source, clock in sorted(used - shown):
        proof.trust.append(f"that the cited lines of {source} were stamped by the clock of {clock}")
    reasons = {one["reason"] for one in argument["constraints"]}
    if used & shown:
        proof.trust.append("that a log which names one machine was written by that machine")
    if reasons & {"taken before its first line", "last line before it was marked complete"}:
        proof.trust.append("that the database stamps StartTime and CompletedTime by its own clock")
    if reasons:
        proof.trust.append("that the tasks of the constraints ran once, and that no clock was set in between")


def repeated(proof: Proof) -> None:
    """The work was done, finished, and done again by an execution that is neither a resume nor a re-run."""
    argument = proof.argument
    begins, same = opens(proof), twins(proof)
    for place in [*argument.get("closings", []), *argument["finishes"]]:
        entry = proof.own(place)
        tree = proof.source(place).form in ("task-text", "api-details")
        if tree:
            entry = entry._replace(message=entry.message or entry.fields.get("messagetext"))
        ended = entry.message.startswith(COMPLETED) if tree else entry.category == "FIN" and not entry.path
        proof.need(ended or entry.category == "Fatal", entry, "does not end an execution")
        proof.said.append(f"An execution ends in {entry.source} line {entry.line}.")
        for later in [one for one in begins.values() if one.source == entry.source][1:]:
            proof.need(entry.line < later.line, later, "does not open behind the end of the first execution")
    for place in argument.get("ties", []):
        entry = proof.own(place)
        proof.said.append(
            f"{entry.source} line {entry.line}: the node's own server log says that it executes the task."
        )
    row = proof.entry(argument["kind_of_task"])
    kind = (row.fields or {}).get("name")
    proof.need((row.fields or {}).get("id") == proof.finding["task"], row, f"is not {proof.finding['task']}")
    proof.need(bool(kind) and kind != "Deploy", row, "says that the task is a deployment")
    proof.said.append(
        f'{row.source} line {row.line}: the task is of kind "{kind}". Only deployments run again under their id.'
    )
    if len(begins) < 2 and not argument.get("ties"):
        raise Refuted("two executions are not shown")
    proof.said.append("The task ran to its end, and another execution began it anew: it was executed twice.")
    proof.trust += ["only deployments are legitimately run again under their id", ONCE] if same else [ONCE]


def resumed_twice(proof: Proof) -> None:
    """One pause was resumed by two executions, and both came to the end of the task."""
    argument = proof.argument
    resumes, finishes = ([proof.own(place) for place in argument[name]] for name in ("resumes", "finishes"))
    if len({(entry.source, entry.line) for entry in resumes}) != 2 or len({(e.source, e.line) for e in finishes}) != 2:
        raise Refuted("two executions are not shown")
    for resume, finish in zip(resumes, finishes):
        proof.need(finish.category == "FIN" and not finish.path, finish, "is no finish of the root")
        proof.need(finish.source == resume.source and finish.line > resume.line, finish, "is not behind its resume")
        proof.said.append(
            f"An execution takes over in {resume.source} line {resume.line} and finishes the root in line {finish.line}."
        )
        if not resume.message.startswith(RESUMED):
            proof.trust.append(f"that line {resume.line} of {resume.source} is where an execution took over")
    shared = [proof.own(place) for place in argument["shared"]]
    proof.need(len({entry.step for entry in shared}) == 1 and bool(shared[0].step), shared[-1], "is in another step")
    places = " and ".join(f"{entry.source} line {entry.line}" for entry in shared)
    proof.said.append(
        f"Both go on with the same activities, by the same ids: {places} are of step {shared[0].step[:8]}...."
    )
    proof.said.append("One pause was resumed twice, and twice the task came to its end: it was executed twice.")
    proof.trust.append("a pause is resumed once")


KINDS: dict[str, Callable[[Proof], None]] = {
    "append order": append_order,
    "alternating step": alternating_step,
    "root order": root_order,
    "clock bounds": clock_bounds,
    "one clock": clock_bounds,
    "repeated": repeated,
    "resumed twice": resumed_twice,
}


def agree(what: str, written: Json, found: Json) -> None:
    """What the certificate says must be what the lines say."""
    if written != found:
        raise Refuted(f"the certificate says {written} for {what}, the cited lines say {found}")


def seconds(ticks: int) -> str:
    """Seconds for prose, always with a sign."""
    return f"{ticks / SECOND:+.3f} s"


def derive(certificate: Json, sources: dict[str, Source]) -> Proof:
    """Derive the finding from the cited lines. Raises Refuted."""
    proof = Proof(certificate, sources)
    kind = certificate["argument"].get("kind")
    if kind not in KINDS:
        raise Refuted(f"no rule for an argument of the kind {kind!r}")
    KINDS[kind](proof)
    proof.trust = list(dict.fromkeys(proof.trust))
    return proof


def cited(certificate: Json, sources: dict[str, Source]) -> list[str]:
    """What is wrong with the cited lines: missing, elsewhere, or of other bytes."""
    wrong = []
    for one in certificate["lines"]:
        name, number = one["source"], one["line"]
        if name not in sources:
            wrong.append(f"{name}: not found in PATH")
            continue
        offset, raw = sources[name].lines.get(number, (None, b""))
        if offset is None:
            wrong.append(f"{name} line {number}: the file has no such line")
        elif hashlib.sha256(raw).hexdigest() != one["sha256"] or len(raw) != one["bytes"]:
            wrong.append(f"{name} line {number}: its bytes are not the cited ones")
        elif offset != one["offset"]:
            wrong.append(f"{name} line {number}: it begins at byte {offset}, not {one['offset']}")
    return list(dict.fromkeys(wrong))


def gathered(certificate: Json, paths: Sequence[Path]) -> dict[str, Source]:
    """The cited sources, read. Raises Refuted and Unusable."""
    forms = {one["source"]: one["format"] for one in certificate["sources"]}
    wanted = {(one["source"], one["line"]) for one in certificate["lines"]}
    found: dict[str, Source] = {}

    def need(name: str) -> bool:
        return name in forms or (name.endswith("!/") and any(one.startswith(name) for one in forms))

    for prefix, path in prefixed(paths, certificate["prefixes"]).items():
        try:
            for name, stream in sources_of(path, prefix, need):
                if name in forms:
                    found[name] = Source(forms[name]).read(stream, lambda at, _, name=name: (name, at) in wanted)
        except DAMAGED as error:
            raise Refuted(f"{path} cannot be read: {error or type(error).__name__}") from None
        except RuntimeError as error:
            raise Unusable(f"{path}: {error}; {UNPACK}") from None
    return found


def check(certificate: Json, paths: Sequence[Path]) -> list[str]:
    """Everything, in words. Raises Refuted and Unusable."""
    sources = gathered(certificate, paths)
    wrong = cited(certificate, sources)
    if wrong:
        raise Refuted("\n".join(wrong))
    finding = certificate["finding"]
    told = [
        f"{finding['code']} {finding['name']}: {finding['task']}",
        f"{len(certificate['lines'])} cited lines: as cited.",
    ]
    for one in certificate["sources"]:
        if sources[one["source"]].sha256 != one["sha256"]:
            told.append(f"Note: {one['source']} has changed since, but not in the cited lines.")
    proof = derive(certificate, sources)
    told += [f"{at:>2}. {text}" for at, text in enumerate(proof.said, 1)]
    return [*told, "Taken on trust:", *(f"  - {text}" for text in proof.trust), "It holds."]


def fail(code: int, text: str) -> NoReturn:
    """Say it and exit."""
    print(text, file=sys.stderr)
    raise SystemExit(code)


def main(words: Sequence[str]) -> None:
    """The command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if not words or words[0] in ("-h", "--help"):
        fail(2, str(__doc__).split("\n\n    names")[0])
    try:
        certificate = json.loads(Path(__file__).with_name("certificate.json").read_text(encoding="utf-8"))
        print("\n".join(check(certificate, [Path(word) for word in words])))
    except Unusable as error:
        fail(2, str(error))
    except Refuted as error:
        fail(1, f"{error}\nIt does not hold.")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        fail(1, f"the certificate cannot be read: {type(error).__name__}: {error}\nIt does not hold.")


if __name__ == "__main__":
    main(sys.argv[1:])
