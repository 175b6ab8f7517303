"""The lines of cleared task logs without which their tasks cannot be judged: machines and versions."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import numpy as np

from analyzer.blocks import Ints
from analyzer.ingest.fixed_places import word_of
from analyzer.ingest.task_log_look import Look
from analyzer.ingest.triage import HOST, MACHINE, NAMED_HOST, OF_SERVER, VERSION


def telling(look: Look) -> Ints:
    """The telling lines of the good sources, in order."""
    return np.array(sorted({*_machine_lines(look), *_version_lines(look)}), np.int64)


def candidates(look: Look) -> Ints:
    """The lines among which the telling ones of a longer log are: which of them are, all of them say together."""
    rows = _naming_rows(look)
    naming = [_said(text) is not _Said.NOTHING for text in look.raws(rows)]
    return np.array(sorted({*rows[naming].tolist(), *_version_lines(look)}), np.int64)


def _machine_lines(look: Look) -> Iterator[int]:
    """Lines of cleared sources that name a machine or a host process: where each names both, a server's texts once.

    A machine that is named by a text of its own may be the server's if the host process is named behind it.
    """
    rows = _naming_rows(look)
    texts, sources = look.raws(rows), look.block.which[rows].tolist()
    said = {text: _said(text) for text in set(texts)}
    apart = {source for source, text in zip(sources, texts, strict=True) if said[text] is _Said.ONE}
    seen: set[tuple[int, bytes]] = set()
    for row, source, text in zip(rows.tolist(), sources, texts, strict=True):
        if source in apart:
            if said[text] is not _Said.NOTHING:
                yield row
        elif said[text] is _Said.SERVER and (source, text) not in seen:
            seen.add((source, text))
            yield row


class _Said(Enum):
    """What a text names: no machine, not both machine and host process, a server and its machine, or another's."""

    NOTHING, ONE, SERVER, OTHER = range(4)


def _said(text: bytes) -> _Said:
    if MACHINE not in text and HOST not in text:
        return _Said.NOTHING
    if MACHINE not in text or not NAMED_HOST.search(text):
        return _Said.ONE
    return _Said.SERVER if OF_SERVER.search(text) else _Said.OTHER


def _naming_rows(look: Look) -> Ints:
    """Lines of cleared sources in which a host process or a machine is named somewhere."""
    rows: Ints = np.unique(np.searchsorted(look.block.starts, look.names, "right") - 1, return_index=True)[0]
    return rows[look.good[look.block.which[rows]]]


def _version_lines(look: Look) -> Iterator[int]:
    """The first line of each cleared source with each text that begins like the naming of a version."""
    seen: set[tuple[int, bytes]] = set()
    rows = np.flatnonzero(look.begins == word_of(VERSION[:8]))
    rows = rows[look.good[look.block.which[rows]]]
    for row, source, text in zip(rows.tolist(), look.block.which[rows].tolist(), look.raws(rows), strict=True):
        if text.startswith(VERSION) and (source, text) not in seen:
            seen.add((source, text))
            yield row
