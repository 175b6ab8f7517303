"""From blocks to JSON documents, and from rows that know their characters to tables that know lines and bytes.

Lines: every row gets the lines from its first to its last byte that no other row begins on. Where rows are nested the
inner one gets them; the remaining lines are structure.

    1 {"ItemType": "Task", "Items": [   structure
    2   {"Id": "ServerTasks-7",         row 1, lines 2
    3    "State": "Success"},           row 1
    4   {"Id": "ServerTasks-8"} ]}      row 2, lines 1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from analyzer import schema
from analyzer.blocks import Block, Ints, packed
from analyzer.ingest.api_json import Broken, Row, Rows, reject, separated, skip, value
from analyzer.ingest.values import EXCERPT, rejects
from analyzer.model import Batch

LIMIT = 256 * 1024 * 1024
"""A larger document is refused: it would have to be held in memory as a whole."""
TOO_LARGE = f"a JSON document of more than {LIMIT >> 20} MiB is not read"

Reader = Callable[[str, int], Rows]
"""Gives the rows of the document that begins at a position of a text."""


@dataclass(frozen=True)
class Document:
    """Some consecutive lines of one source, as bytes and as text."""

    block: Block
    text: str


def batches(blocks: Iterable[Block], read: Reader) -> Iterator[Batch]:
    """Rows of all documents of one source: block by block where each line is a document, else at the end."""
    held: list[Block] = []
    by_line: bool | None = None
    refused = False
    for block in blocks:
        if by_line is None and block.data.strip():
            by_line = _is_whole(block)
        held.append(block)
        refused = refused or sum(len(one.data) for one in held) > LIMIT
        if refused:
            yield from (Batch(rejects=rejects(one, [(0, len(one), TOO_LARGE)])) for one in held if len(one))
        elif by_line:
            yield _batch(_document(held), read, by_line=True)
        if refused or by_line:
            held = []
    if held:
        yield _batch(_document(held), read, by_line=False)


def _is_whole(block: Block) -> bool:
    """Whether the first line that is not blank is a JSON document of its own."""
    line = next((text for row in range(len(block)) if (text := block.text(row).strip())), "")
    try:
        return skip(line, value(line, 0)[1]) == len(line)
    except Broken:
        return False


def _document(blocks: list[Block]) -> Document:
    whole = packed(blocks)
    return Document(whole, whole.data.decode("utf-8", "replace"))


def _rows(document: Document, read: Reader, by_line: bool) -> Iterator[Row]:
    """Rows of all documents in the text; damage ends with its line where each line is a document."""
    if not by_line:
        yield from _rows_from(document, document.text, 0, read)
        return
    begin = 0
    for line in document.text.split("\n"):
        yield from _rows_from(document, line, begin, read)
        begin += len(line) + 1


def _rows_from(document: Document, text: str, begin: int, read: Reader) -> Iterator[Row]:
    """Rows of a part of the document's text, which begins at a position in it."""
    at = skip(text, 0)
    while at < len(text):
        done = at
        rows = read(text, at)
        try:
            while True:
                row = next(rows)
                done = max(done, row.end)
                yield Row(row.table, row.at + begin, row.end + begin, row.columns)
        except StopIteration as stop:
            at = skip(text, int(stop.value))
        except (Broken, RecursionError) as error:
            yield reject(begin + separated(text, done), begin + len(text), _reason(document, text, begin, error))
            return


def _reason(document: Document, text: str, begin: int, error: Broken | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if error.at >= len(text.rstrip()):
        return f"the JSON document is cut off ({error.reason})"
    at = begin + error.at
    line = document.block.lines[document.text.count("\n", 0, at)]
    return f"{error.reason} (line {line}, column {at - document.text.rfind(chr(10), 0, at)})"


def _batch(document: Document, read: Reader, by_line: bool) -> Batch:
    rows = list(_rows(document, read, by_line))
    begins = _bytes(document.text, [row.at for row in rows])
    ends = _bytes(document.text, [max(row.end - 1, row.at) for row in rows])
    first, last = (np.searchsorted(document.block.starts, places, "right") - 1 for places in (begins, ends))
    source = document.block.sources[0]
    offsets = document.block.stored(first, begins - document.block.starts[first]).tolist()
    counts, structure = _lines(first.tolist(), last.tolist(), len(document.block.starts))
    tables: dict[str, list[dict[str, object]]] = {"events": [], "states": [], "rejects": []}
    places = zip(rows, first.tolist(), begins.tolist(), ends.tolist(), offsets, counts, strict=True)
    for row, line, begin, end, offset, lines in places:
        place = {
            "source": source,
            "line": int(document.block.lines[line]),
            "lines": lines,
            "offset": offset,
        }
        if row.table == "rejects":
            beginning = document.block.data[begin : min(begin + 4 * EXCERPT, end + 1)].partition(b"\n")[0].rstrip(b"\r")
            place |= {"bytes": end + 1 - begin, "excerpt": beginning.decode("utf-8", "replace")[:EXCERPT]}
        tables[row.table].append({**place, **row.columns})
    return Batch(
        events=schema.from_rows(schema.EVENTS, tables["events"]),
        states=schema.from_rows(schema.STATES, tables["states"]),
        rejects=schema.from_rows(schema.REJECTS, tables["rejects"]),
        structure={source: structure},
    )


def _bytes(text: str, places: list[int]) -> Ints:
    """Byte positions of characters, in one pass over the text."""
    if text.isascii():
        return np.array(places, np.int64)
    order = np.argsort(places, kind="stable")
    found = np.zeros(len(places), np.int64)
    before = byte = 0
    for index in order:
        byte += len(text[before : places[index]].encode("utf-8"))
        before = places[index]
        found[index] = byte
    return found


def _lines(first: list[int], last: list[int], total: int) -> tuple[list[int], int]:
    """Lines that each row accounts for (rows in the order of their begin), and lines that none does."""
    owner = np.full(total, -1)
    order = sorted(range(len(first)), key=lambda row: first[row])
    for row in order:
        owner[first[row] : last[row] + 1] = row
    for row in reversed(order):
        owner[first[row]] = row
    counts = np.bincount(owner + 1, minlength=len(first) + 1).tolist()
    return counts[1:], counts[0]
