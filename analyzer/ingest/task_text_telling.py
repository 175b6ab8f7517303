"""The messages of cleared text downloads without which their tasks cannot be judged, as EVENTS."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Ints
from analyzer.ingest.fixed_places import seconds_of, word_of
from analyzer.ingest.task_text_columns import HEAD
from analyzer.ingest.task_text_look import MESSAGE, MORE, Look
from analyzer.ingest.triage import HOST, VERSION, naming

_VERSION = [(place, word_of(VERSION[place : place + 8])) for place in (0, 8, len(VERSION) - 8)]
_NAMED = np.array([chr(byte).isascii() and chr(byte).isalnum() for byte in range(256)])
_SERVERS = np.array([chr(byte) in "Oo" for byte in range(256)])
"""Bytes that a name begins with, and those that Octopus.Server does."""


def telling(found: Look, tasks: pa.Array, paths: pa.Array, more: Sequence[int]) -> pa.Table:
    """EVENTS of the good sources' messages that name a server's machine or its version, each once, and of some `more`.

    `tasks`: of each source. `paths`: of each activity. `more` and all that is chosen: places in `found.messages`.
    """
    block, rows = found.block, found.messages
    some = np.array([at for at in more if found.good[block.which[rows[at]]]], np.int64)
    apart, servers = _machines(found)
    once = [_each_once(found, places) for places in (servers, _versions(found))]
    at = np.unique(np.concatenate((some, apart, *once)))
    begin, stop = rows[at], _stops(found, at)
    levels = [found.level(row) for row in begin.tolist()]
    columns = {
        "source": block.source_column(begin),
        "line": block.lines[begin],
        "lines": stop - begin,
        "offset": block.offsets[begin],
        "task": tasks.take(pa.array(block.which[begin])),
        "activity": paths.take(pa.array(found.activity(at))),
        "level": levels,
        "severity": found.severity[at],
        "kind": "message",
        "tick": 0,
        "wall": seconds_of(found.words[block.starts[begin]]) * 1_000_000,
        "clock": "none",
        "message": _messages(found, at, stop),
    }
    return schema.build(schema.EVENTS, len(at), columns)


def _stops(found: Look, at: Ints) -> Ints:
    """The rows behind the last line of each of these messages."""
    ends = np.append(np.flatnonzero(found.kind != MORE), len(found.kind))
    stops: Ints = ends[np.searchsorted(ends, found.messages[at], "right")]
    return stops


def _machines(found: Look) -> tuple[Ints, Ints]:
    """Messages of good sources that name a host process: those that may be read with others, and those of a server.

    The first are all that name a host or a machine in sources where one of them does not name both, in the usual way:
    whose machine that is, the next message of its activity may tell.
    """
    (hosts, whose), (_, named) = (_spoken(found, at) for at in naming(found.octets, found.words))
    after = found.octets[hosts + len(HOST)]
    first = np.where(after == ord(" "), found.octets[hosts + len(HOST) + 1], after)
    hosting, odd = np.zeros(len(found.good), bool), np.zeros(len(found.good), bool)
    hosting[_sources(found, whose)] = True
    odd[_sources(found, np.concatenate((whose[~_NAMED[first]], np.setxor1d(whose, named))))] = True
    every, servers = np.union1d(whose, named), np.unique(whose[_SERVERS[first]])
    return every[(hosting & odd)[_sources(found, every)]], servers[~odd[_sources(found, servers)]]


def _spoken(found: Look, at: Ints) -> tuple[Ints, Ints]:
    """Those of these places that are in messages of good sources, and in which messages."""
    rows = np.searchsorted(found.block.starts, at, "right") - 1
    kinds = found.kind[rows]
    spoken = ((kinds == MESSAGE) | (kinds == MORE)) & found.good[found.block.which[rows]]
    return at[spoken], np.searchsorted(found.messages, rows[spoken], "right") - 1


def _sources(found: Look, at: Ints) -> Ints:
    """Whose these messages are."""
    return found.block.which[found.messages[at]]


def _versions(found: Look) -> Ints:
    """Messages of good sources that begin like the naming of a version."""
    at = np.flatnonzero(found.begins == _VERSION[0][1])
    for place, word in _VERSION[1:]:
        at = at[found.words[found.texts[at] + place] == word]
    return at[found.good[_sources(found, at)]]


def _each_once(found: Look, at: Ints) -> Ints:
    """The first message of each source with each text."""
    sources, begins = _sources(found, at).tolist(), found.texts[at].tolist()
    ends = found.block.ends[_stops(found, at) - 1].tolist()
    first: dict[tuple[int, bytes], int] = {}
    last: tuple[int, bytes] | None = None
    for place, source, begin, end in zip(at.tolist(), sources, begins, ends, strict=True):
        said = source, bytes(found.block.data[begin:end])
        if said != last:  # mostly a source says the same again
            first.setdefault(said, place)
        last = said
    return np.array([*first.values()], np.int64)


def _messages(found: Look, at: Ints, stops: Ints) -> list[str]:
    """Messages with the lines that continue them, without their indentation."""
    block, rows = found.block, found.messages[at]
    indents = found.texts[at] - block.starts[rows] - HEAD
    columns = (each.tolist() for each in (found.texts[at], block.ends[stops - 1], indents, stops - rows))
    texts = (
        _message(bytes(block.data[begin:end]), indent, lines)
        for begin, end, indent, lines in zip(*columns, strict=True)
    )
    return [text.decode("utf-8", "replace") for text in texts]


def _message(text: bytes, indent: int, lines: int) -> bytes:
    """A message without the heads of its later lines and as many of the blanks behind them as its own line has."""
    head = b"\n" + b" " * (HEAD - 1) + b"|"
    text = text.replace(b"\r\n", b"\n")
    if text.count(head + b" " * indent) == lines - 1:
        return text.replace(head + b" " * indent, b"\n")
    first, *others = text.split(head)
    return b"\n".join((first, *(line[min(indent, len(line) - len(line.lstrip(b" "))) :] for line in others)))
