"""`analyzer.toml`: what is known about a customer's nodes, and which findings are known and accepted.

    [nodes]
    OCTO-HA-A = "node-a"        # a folder or file below a PATH; as in --node

    [utc-offsets]
    OCTO-HA-A = "+10:00"        # as in --utc-offset

    [[suppress]]
    code = "OCT204"             # or a pattern: OCT2*
    task = "ServerTasks-482*"   # may be left out: every task
    customer = "contoso*"       # may be left out: every customer
    reason = "SAN failure of 18 September, case 4711"
    expires = 2023-12-31

A reason and an end are required: what is hidden without them is forgotten. Every mistake is a UsageError that names the
key and its line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NoReturn

from analyzer.arguments import OFFSET
from analyzer.errors import UsageError
from analyzer.model import Suppression

NAME = "analyzer.toml"
TABLES = ("nodes", "utc-offsets", "suppress")
KEYS = ("code", "task", "customer", "reason", "expires")
HEADER = re.compile(r"\s*\[\[?\s*[\"']?([^\]\"']*?)[\"']?\s*\]")


@dataclass(frozen=True)
class Config:
    """What the file says; nothing where there is none."""

    nodes: Mapping[str, str] = field(default_factory=dict)
    utc_offsets: Mapping[str, str] = field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()
    path: str = ""


def load(given: str) -> Config:
    """The file that was named, else `analyzer.toml` of the working directory where it is there. Raises UsageError."""
    path = given or NAME
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        if not given:
            return Config()
        raise UsageError(f"no such configuration: {path}") from None
    except OSError as error:
        raise UsageError(f"cannot read the configuration {path}: {error.strerror or error}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"the configuration {path} is not UTF-8") from None
    return _File(path, text).config()


@dataclass(frozen=True)
class _File:
    path: str
    text: str

    def config(self) -> Config:
        try:
            content = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{self.path}: {error}") from None
        self._only(content, TABLES, "", 0)
        nodes = {name: self._beside(value) for name, value in self._pairs(content, "nodes").items()}
        offsets = self._pairs(content, "utc-offsets")
        for node, offset in offsets.items():
            if not OFFSET.fullmatch(offset):
                self._refuse(f"an offset is +HH:MM or -HH:MM, not {offset!r}", "utc-offsets", node)
        entries = content.get("suppress", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self._refuse("suppressions are tables, each under its own [[suppress]]", "", "suppress")
        suppressions = tuple(self._suppression(entry, number) for number, entry in enumerate(entries))
        return Config(nodes, offsets, suppressions, self.path)

    def _pairs(self, content: Mapping[str, object], table: str) -> dict[str, str]:
        found = content.get(table, {})
        if not isinstance(found, dict):
            self._refuse(f"[{table}] is a table: NODE = ...", "", table)
        for name, value in found.items():
            if not isinstance(value, str) or not value:
                self._refuse("a text in quotes is expected", table, name)
        return found

    def _beside(self, value: str) -> str:
        """A path is meant from the file's folder; what is not there may be the name of a source."""
        place = Path(self.path).parent / value
        return str(place) if place.exists() else value

    def _suppression(self, entry: Mapping[str, object], number: int) -> Suppression:
        self._only(entry, KEYS, "suppress", number)
        texts = {key: entry[key] for key in KEYS[:-1] if key in entry}
        for key in ("code", "reason", "expires"):
            if not entry.get(key):
                self._refuse(f"a suppression needs its {key}", "suppress", key, number)
        for key, value in texts.items():
            if not isinstance(value, str) or not value.strip():
                self._refuse("a text in quotes is expected", "suppress", key, number)
        self._known(str(texts["code"]), number)
        return Suppression(
            **{key: str(value) for key, value in texts.items()},
            expires=self._day(entry["expires"], number),
            place=f"{self.path}, line {self._line('suppress', number=number)}",
        )

    def _known(self, code: str, number: int) -> None:
        from analyzer.detectors import CATALOGUE  # heavy, and only suppressions need it

        if not any(fnmatchcase(one.CODE, code) for one in CATALOGUE):
            self._refuse(f"no code is {code}: `analyzer detectors` lists them all", "suppress", "code", number)

    def _day(self, value: object, number: int) -> date:
        if isinstance(value, str):
            with suppress(ValueError):
                value = date.fromisoformat(value)
        if not isinstance(value, date) or isinstance(value, datetime):
            self._refuse(f"a date is expected, as in 2023-12-31, not {value}", "suppress", "expires", number)
        return value

    def _only(self, table: Mapping[str, object], known: tuple[str, ...], name: str, number: int) -> None:
        for key in table:
            if key not in known:
                self._refuse(f"this is not known here; known are {', '.join(known)}", name, key, number)

    def _refuse(self, what: str, table: str, key: str, number: int = 0) -> NoReturn:
        where = f", line {line}" if (line := self._line(table, key, number)) else ""
        raise UsageError(f"{self.path}{where}, {key}: {what}")

    def _line(self, table: str, key: str = "", number: int = 0) -> int:
        """The line of a key in the given table, that of the table's header where it has none; 0 for an inline table."""
        at, seen, inside = 0, -1, not table
        named = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=") if key else None
        for line, text in enumerate(self.text.splitlines(), 1):
            header = HEADER.match(text)
            if header:
                seen += header[1] == table
                inside = header[1] == table and seen == number
                at = line if inside or (not table and header[1] == key) else at
            elif inside and named and named.match(text):
                return line
        return at
