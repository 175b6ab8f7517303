"""Read the cited lines from the original bytes, once for all certificates of an audit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer.report.certificates.checker.entries import NO_ENTRY, SEPARATORS, parse
from analyzer.report.certificates.checker.lines import Source, decoded
from analyzer.sources import members, prefixes
from analyzer.sources.broken import BROKEN

LOOK_AHEAD = 20  # lines in which the header of an export stands
LONGEST = 2000  # lines of one entry
Place = Mapping[str, Any]
Spot = tuple[str, int, int]


def places(argument: object) -> Iterator[Place]:
    """Every place that an argument names."""
    if isinstance(argument, Mapping):
        if {"source", "line", "offset"} <= argument.keys():
            yield argument
        for value in argument.values():
            yield from places(value)
    elif isinstance(argument, list):
        for value in argument:
            yield from places(value)


@dataclass
class Reader:
    """Keeps the lines of one source that are cited: from an entry's first one on as many as make it whole."""

    source: Source
    wanted: dict[int, list[tuple[int, str]]]  # line: offsets of entries in it, and what their text must name
    lines: dict[tuple[int, int], list[int]] = field(default_factory=dict)  # (line, offset) of an entry: its lines
    header: Place | None = None
    _names: str = ""
    _open: dict[tuple[int, int, str], list[str]] = field(default_factory=dict)

    def keep(self, number: int, offset: int, raw: bytes) -> bool:
        """Whether a line belongs to a cited entry."""
        starting = self.wanted.get(number, [])
        looking = self.source.form == "servertask-csv" and number <= LOOK_AHEAD and self.header is None
        if not (starting or self._open or looking):
            return False
        if looking:
            self._look(number, offset, decoded(raw, self.source.encoding))
        for entry in self._open.values():
            entry.append(decoded(raw, self.source.encoding))
        for at, names in starting:
            self._open[number, at, names] = [decoded(raw[max(at - offset, 0) :], self.source.encoding)]
        used = bool(self._open)
        for line, at, names in list(self._open):
            text = "\n".join(self._open[line, at, names])
            if self._whole(text, names) or number - line >= LONGEST:
                del self._open[line, at, names]
                self.lines[line, at] = list(range(line, number + 1))
        return used or (self.header or {}).get("line") == number

    def finish(self) -> None:
        """At the end of the source nothing more can follow."""
        for (line, at, _), entry in self._open.items():
            self.lines[line, at] = list(range(line, line + len(entry)))

    def _look(self, number: int, offset: int, text: str) -> None:
        fields = {name.strip(' []"').casefold() for mark in SEPARATORS for name in text.split(mark)}
        if {"id", "state"} <= fields:
            self.header, self._names = {"line": number, "offset": offset}, text

    def _whole(self, text: str, names: str) -> bool:
        if names not in text:
            return False
        try:
            parse(self.source.form, text, self._names)
        except NO_ENTRY:
            return False
        return True


def read(spots: Iterable[tuple[Place, str]], forms: Mapping[str, str], paths: Sequence[Path]) -> dict[str, Reader]:
    """Source -> its reader, for places and the task that a server log's text must name there."""
    wanted: dict[str, dict[int, list[tuple[int, str]]]] = defaultdict(dict)
    for one, task in spots:
        entries = wanted[one["source"]].setdefault(one["line"], [])
        names = task if forms.get(one["source"]) == "server-log" else ""
        if (one["offset"], names) not in entries:
            entries.append((one["offset"], names))
    found: dict[str, Reader] = {}
    named = prefixes(paths)
    for path in sorted(named):
        for member in members(path, named[path]):
            if member.name in wanted and member.stream is not None:
                reader = Reader(Source(forms[member.name]), wanted[member.name])
                try:
                    reader.source.read(member.stream, reader.keep)
                except BROKEN:
                    continue  # SOURCES says why; a finding that cites it gets no certificate
                reader.finish()
                found[member.name] = reader
    return found
