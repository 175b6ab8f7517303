"""JSON with positions: which line and byte each object of a document stands on.

The outer structure of a document (a list page, the tree of a task's details) is walked here; every value inside it is
decoded by the standard library at C speed. A source may hold one document over many lines, or one document per line.
What a document does not say is never guessed: it is decoded up to the first error, and the rest is one reject.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass

SPACE = re.compile(r"[ \t\r\n]*")
SEPARATORS = re.compile(r"[ \t\r\n,]*")
_decode = json.JSONDecoder(strict=False).raw_decode


class Broken(ValueError):
    """The text is not JSON from here on."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


@dataclass(frozen=True, slots=True)
class Item:
    """A JSON object and the characters it stands on."""

    at: int
    end: int
    fields: dict[str, object]

    def get(self, name: str) -> object:
        """A field's value, None if it is missing."""
        return self.fields.get(name)

    def items(self, name: str) -> list[Item]:
        """The objects in an array field that was walked."""
        value = self.fields.get(name)
        return [one for one in value if isinstance(one, Item)] if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Row:
    """A row of one of the tables, and the characters it was read from."""

    table: str  # events | states | rejects
    at: int
    end: int
    columns: Mapping[str, object]


Rows = Generator[Row, None, int]
"""Rows of the document that begins at a position; returns where it ends."""


def reject(at: int, end: int, reason: str) -> Row:
    """Characters that become nothing."""
    return Row("rejects", at, end, {"reason": reason})


# Walking


def skip(text: str, at: int) -> int:
    """The next character that is not white space."""
    match = SPACE.match(text, at)
    return match.end() if match else at


def separated(text: str, at: int) -> int:
    """The next character that is neither white space nor a comma."""
    match = SEPARATORS.match(text, at)
    return match.end() if match else at


def value(text: str, at: int) -> tuple[object, int]:
    """Any JSON value and where it ends. Raises Broken."""
    try:
        return _decode(text, at)
    except json.JSONDecodeError as error:
        raise Broken(f"not JSON: {error.msg}", error.pos) from None
    except RecursionError:
        raise Broken("nested too deeply", at) from None
    except ValueError as error:
        raise Broken(f"not JSON: {error}", at) from None


def _expect(text: str, at: int, mark: str) -> int:
    at = skip(text, at)
    if not text.startswith(mark, at):
        raise Broken(f"not JSON: {mark!r} expected", at)
    return at + len(mark)


def members(text: str, at: int) -> Generator[tuple[str, int], int, int]:
    """Keys of the object at a position and where their values begin; wants to be sent where each value ends."""
    at = skip(text, _expect(text, at, "{"))
    more = not text.startswith("}", at)
    while more:
        _expect(text, at, '"')
        key, at = value(text, skip(text, at))
        at = skip(text, _expect(text, at, ":"))
        at = skip(text, (yield str(key), at))
        more = text.startswith(",", at)
        at = at + 1 if more else at
    return _expect(text, at, "}")


def elements(text: str, at: int) -> Generator[int, int, int]:
    """Where the elements of the array at a position begin; wants to be sent where each of them ends."""
    at = skip(text, _expect(text, at, "["))
    more = not text.startswith("]", at)
    while more:
        at = skip(text, (yield skip(text, at)))
        more = text.startswith(",", at)
        at = at + 1 if more else at
    return _expect(text, at, "]")


def listed(text: str, at: int, key: str = "Items") -> Generator[Item | Row, None, int]:
    """The objects of a list page, of a bare array, or the one object itself, each as soon as it is whole."""
    if text.startswith("[", at):
        return (yield from _listed(text, at))
    fields: dict[str, object] = {}
    page = False
    walk = members(text, at)
    try:
        name, start = next(walk)
        while True:
            if name == key and text.startswith("[", start):
                page = True
                end = yield from _listed(text, start)
            else:
                fields[name], end = value(text, start)
            name, start = walk.send(end)
    except StopIteration as stop:
        end = int(stop.value)
    if not page:
        yield Item(at, end, fields)
    return end


def _listed(text: str, at: int) -> Generator[Item | Row, None, int]:
    walk = elements(text, at)
    try:
        start = next(walk)
        while True:
            fields, end = value(text, start)
            yield Item(start, end, fields) if isinstance(fields, dict) else reject(start, end, "not a JSON object")
            start = walk.send(end)
    except StopIteration as stop:
        return int(stop.value)


def tree(text: str, at: int, inside: Mapping[str, bool]) -> Item:
    """The object at a position, with the objects below some keys as Items: trees again where the key is True.

    Raises Broken or RecursionError.
    """
    fields: dict[str, object] = {}
    walk = members(text, at)
    try:
        name, start = next(walk)
        while True:
            if name in inside:
                fields[name], end = _branch(text, start, inside if inside[name] else {})
            else:
                fields[name], end = value(text, start)
            name, start = walk.send(end)
    except StopIteration as stop:
        return Item(at, int(stop.value), fields)


def _branch(text: str, at: int, inside: Mapping[str, bool]) -> tuple[object, int]:
    """The Items of an array; one object alone counts as an array of it."""
    if not text.startswith("[", at):
        one = _twig(text, at, inside)
        return ([one], one.end) if one else value(text, at)
    found: list[object] = []
    walk = elements(text, at)
    try:
        start = next(walk)
        while True:
            one = _twig(text, start, inside)
            found += [one] if one else []
            start = walk.send(one.end if one else value(text, start)[1])
    except StopIteration as stop:
        return found, int(stop.value)


def _twig(text: str, at: int, inside: Mapping[str, bool]) -> Item | None:
    if not text.startswith("{", at):
        return None
    if inside:
        return tree(text, at, inside)
    fields, end = value(text, at)
    return Item(at, end, fields) if isinstance(fields, dict) else None


# Recognising


def outline(head: bytes) -> dict[str, object] | None:
    """As much of the first object as its head shows: whole values, and the beginnings of nested objects and arrays.

    Of a bare array it is the first element; None for what does not begin like either.
    """
    text = head.decode("utf-8", "ignore")
    at = skip(text, 0)
    if text.startswith("[", at):
        at = skip(text, at + 1)
    return _outline(text, at, 0) if text.startswith("{", at) else None


def _outline(text: str, at: int, depth: int) -> dict[str, object]:
    fields: dict[str, object] = {}
    walk = members(text, at)
    try:
        name, start = next(walk)
        while True:
            fields[name] = _beginning(text, start, depth)
            fields[name], end = value(text, start)
            name, start = walk.send(end)
    except (StopIteration, Broken):
        return fields


def _beginning(text: str, at: int, depth: int) -> object:
    if depth < 4 and text.startswith("{", at):
        return _outline(text, at, depth + 1)
    if depth < 4 and text.startswith("[", at):
        first = skip(text, at + 1)
        return [_outline(text, first, depth + 1)] if text.startswith("{", first) else []
    return None


def first_item(fields: dict[str, object], key: str = "Items") -> dict[str, object]:
    """The first object of a list page's outline; the object itself if it is not a page."""
    found = fields.get(key, fields)
    if isinstance(found, list):
        found = found[0] if found else {}
    return found if isinstance(found, dict) else {}
