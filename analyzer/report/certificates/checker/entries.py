"""Entries: what a cited line says."""

from __future__ import annotations

import calendar
import csv
import io
import json
import re
from typing import Any, NamedTuple

SECOND = 10_000_000  # times are counted in 100 ns
STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE)
SERVER = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{4}(?: [+-]\d\d:\d\d)?) +(?:\d+ +)?\d+ +[A-Z]+ *(.*)", re.DOTALL
)
TEXT = re.compile(r"(?:\d{4}-\d\d-\d\dT)?(\d\d):(\d\d):(\d\d) +([^ \t|]+) *\| ?( *)(.*)", re.DOTALL)
ORDER = ("id", "name", "description", "queuetime", "starttime", "completedtime")  # the table's own first columns
SEPARATORS = ",;\t|"
NO_ENTRY = (ValueError, TypeError, KeyError, IndexError, AttributeError, StopIteration, csv.Error)


class Refuted(Exception):
    """The certificate does not hold (exit code 1)."""


class Entry(NamedTuple):
    """What a cited place says. `time` is in 100 ns since 1970 (in downloads midnight), UTC where `zone` is known."""

    source: str = ""
    line: int = 0
    task: str = ""
    log: str = ""
    path: str = ""  # activity below the root, "" for the root
    category: str = ""
    time: int | None = None
    zone: int | None = None
    message: str = ""
    indent: int = 0
    fields: Any = None  # of a row or a JSON object, by their names in lower case

    @property
    def step(self) -> str:
        """The activity directly below the root."""
        return self.path.split("/")[0]

    @property
    def where(self) -> str:
        """For prose."""
        return f"{self.source} line {self.line}"


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
    """The entry that begins a text. Raises one of NO_ENTRY where it is none, or not whole."""
    if form == "task-log":
        fields, _ = json.JSONDecoder(strict=False).raw_decode(text)
        match = re.fullmatch(r"(ServerTasks-\d+)(?:_([^/]*))?(?:/(.*))?", fields[0])
        if not match or len(fields) != 6:
            raise ValueError("no entry of a task log")
        wall, zone = ticks(fields[2])
        task, log, path = match[1], match[2] or "", match[3] or ""
        return Entry("", 0, task, log, path, fields[1], wall - (zone or 0), zone, fields[3])
    if form == "server-log":
        match = SERVER.match(text)
        if not match:
            raise ValueError("no line of a server log")
        wall, zone = ticks(match[1])
        return Entry(time=wall - (zone or 0), zone=zone, message=match[2])
    if form == "task-text":
        match = TEXT.fullmatch(text)
        if not match:
            raise ValueError("no message of a downloaded log")
        hour, minute, second = (int(match[at]) for at in (1, 2, 3))
        time = ((hour * 60 + minute) * 60 + second) * SECOND
        return Entry(category=match[4], time=time, indent=len(match[5]), message=match[6])
    if form == "servertask-csv":
        return Entry(fields=csv_row(text, header))
    return json_object(text)


def json_object(text: str) -> Entry:
    """A task of the API, or a log element of `/details`. Raises ValueError."""
    fields, _ = json.JSONDecoder(strict=False).raw_decode(text.lstrip())
    if not isinstance(fields, dict):
        raise ValueError("no JSON object")
    fields = {name.casefold(): value for name, value in fields.items()}
    time = ticks(fields["occurredat"])[0] if "occurredat" in fields else None
    return Entry(
        "", 0, category=fields.get("category") or "", time=time, message=fields.get("messagetext") or "", fields=fields
    )


def csv_row(text: str, header: str) -> dict[str, Any]:
    """The fields of a row by the names in the header, else by the table's own order. Raises ValueError."""
    if text.count('"') % 2:
        raise ValueError("the row goes on in the next line")
    mark = max(SEPARATORS, key=(header or text).count)
    row = next(csv.reader(io.StringIO(text), delimiter=mark))
    names = next(csv.reader([header], delimiter=mark)) if header else ORDER
    named = {name.strip(' []"').casefold(): value.strip() for name, value in zip(names, row)}
    return {name: None if value in ("", "NULL") else value for name, value in named.items()}


def row_time(entry: Entry, field: str) -> int:
    """A time of a row of the API or the database: UTC; what is below a microsecond is not used. Raises Refuted."""
    text = (entry.fields or {}).get(field.casefold())
    wall, zone = ticks(text) if isinstance(text, str) else (0, None)
    if zone is None:
        raise Refuted(f"{entry.where} has no {field} with a zone")
    return (wall - zone) // 10 * 10


def seconds(span: int) -> str:
    """Seconds for prose, always with a sign."""
    return f"{span / SECOND:+.3f} s"


def line_numbers(entries: list[Entry]) -> str:
    """Line numbers for prose."""
    texts = [str(entry.line) for entry in entries]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def quoted(text: str) -> str:
    """Words of a log in quotation marks, not longer than they have to be."""
    return f'"{text}"' if len(text) <= 120 else f'"{text[:117]}..."'


def visible(text: str) -> str:
    """The text with characters written out that could steer a terminal."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
