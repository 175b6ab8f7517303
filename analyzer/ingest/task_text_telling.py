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
from analyzer.ingest.triage import HOST, MACHINE, NAMED_HOST, OF_SERVER, VERSION
from analyzer.names import SEVERITY

_VERSION = [(place, word_of(VERSION[place : place + 8])) for place in (0, 8, len(VERSION) - 8)]


def telling(found: Look, tasks: Sequence[str | None], paths: Sequence[str], more: Sequence[int]) -> pa.Table:
    """EVENTS of the good sources' messages that name a server's machine or its version, each once, and of some `more`.

    `tasks`: of each source. `paths`: of each activity. `more` and all that is chosen: places in `found.messages`.
    """
    block, rows = found.block, found.messages
    some = np.array([at for at in more if found.good[block.which[rows[at]]]], np.int64)
    machines, versions = _machines(found), _versions(found)
    told = (_each_once(found, machines, of_machines=True), _each_once(found, versions, of_machines=False), some)
    at = np.unique(np.concatenate(told))
    begin, stop = rows[at], _stops(found, at)
    levels = [found.level(row) for row in begin.tolist()]
    columns = {
        "source": block.source_column(begin),
        "line": block.lines[begin],
        "lines": stop - begin,
        "offset": block.offsets[begin],
        "task": pa.array(tasks, pa.string()).take(pa.array(block.which[begin])),
        "activity": [paths[activity] for activity in found.activity[at].tolist()],
        "level": levels,
        "severity": [SEVERITY[level] for level in levels],
        "kind": "message",
        "tick": 0,
        "wall": seconds_of(found.words[block.starts[begin]]) * 1_000_000,
        "clock": "none",
        "message": [_message(found, *one) for one in zip(at.tolist(), begin.tolist(), stop.tolist(), strict=True)],
    }
    return schema.build(schema.EVENTS, len(at), columns)


def _stops(found: Look, at: Ints) -> Ints:
    """The rows behind the last line of each of these messages."""
    ends = np.append(np.flatnonzero(found.kind != MORE), len(found.kind))
    stops: Ints = ends[np.searchsorted(ends, found.messages[at], "right")]
    return stops


def _machines(found: Look) -> Ints:
    """Messages that name a host process or a machine, of sources that name a host process; None else tells one."""
    hosts = _with(found, HOST)
    hosting = np.zeros(len(found.good), bool)
    hosting[found.block.which[found.messages[hosts]]] = True
    if not hosting.any():
        return hosts
    named = _with(found, MACHINE)
    named = named[hosting[found.block.which[found.messages[named]]]]
    return np.union1d(hosts, named)


def _with(found: Look, words: bytes) -> Ints:
    """Messages of good sources that contain some words."""
    data, places = found.block.data, []
    at = data.find(words)
    while at >= 0:
        places.append(at)
        at = data.find(words, at + len(words))
    rows = np.searchsorted(found.block.starts, np.array(places, np.int64), "right") - 1
    rows = rows[found.good[found.block.which[rows]] & np.isin(found.kind[rows], (MESSAGE, MORE))]
    return np.unique(np.searchsorted(found.messages, rows, "right") - 1)


def _versions(found: Look) -> Ints:
    """Messages of good sources that begin like the naming of a version."""
    at = np.flatnonzero(found.words[found.texts] == _VERSION[0][1])
    for place, word in _VERSION[1:]:
        at = at[found.words[found.texts[at] + place] == word]
    return at[found.good[found.block.which[found.messages[at]]]]


def _each_once(found: Look, at: Ints, *, of_machines: bool) -> Ints:
    """The first message of each source with each text; of those of machines, whose process is Octopus Server.

    Every one where a message of the source names a host or a machine alone: whose machine that is, the next message of
    its activity may tell.
    """
    block, rows = found.block, found.messages[at]
    begins, ends = found.texts[at].tolist(), block.ends[_stops(found, at) - 1].tolist()
    texts = [block.data[begin:end] for begin, end in zip(begins, ends, strict=True)]
    keys = list(zip(block.which[rows].tolist(), texts, strict=True))
    distinct = dict.fromkeys(keys) if of_machines else {}
    said = {text for _, text in distinct}  # sources say the same: each text is looked at once
    alone = {text for text in said if MACHINE not in text or not NAMED_HOST.search(text)}
    apart = {source for source, text in distinct if text in alone}
    others = {text for text in said if not OF_SERVER.search(text)}
    seen = {key for key in distinct if key[1] in others}
    kept = []
    for place, key in zip(at.tolist(), keys, strict=True):
        if key not in seen or key[0] in apart:
            seen.add(key)
            kept.append(place)
    return np.array(kept, np.int64)


def _message(found: Look, at: int, row: int, stop: int) -> str:
    """A message with the lines that continue it, without its indentation."""
    block, begin = found.block, int(found.texts[at])
    indent = begin - int(block.starts[row]) - HEAD - 1
    pieces = [block.data[begin : block.ends[row]]]
    for more in range(row + 1, stop):
        text = block.data[block.starts[more] + HEAD : block.ends[more]]
        blanks = len(text) - len(text.lstrip(b" "))
        pieces.append(text[blanks - max(blanks - 1 - indent, 0) :])
    return b"\n".join(pieces).decode("utf-8", "replace")
