"""The lines of cleared task logs without which their tasks cannot be judged: machines and versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from analyzer.blocks import Ints
from analyzer.ingest.fixed_places import word_of
from analyzer.ingest.task_log_look import Look
from analyzer.ingest.triage import HOST, MACHINE, NAMED_HOST, OF_SERVER, VERSION


def telling(look: Look) -> Ints:
    """The telling lines of the good sources, in order."""
    return np.array(sorted({*_machine_lines(look), *_version_lines(look)}), np.int64)


def _machine_lines(look: Look) -> Iterator[int]:
    """Lines of cleared sources that name a machine or a host process: where each names both, a server's texts once.

    A machine that is named by a text of its own may be the server's if the host process is named behind it.
    """
    rows = _naming_rows(look)
    texts: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for row, source in zip(rows.tolist(), look.block.which[rows].tolist(), strict=True):
        texts[source, look.raw(row)].append(row)
    texts = {key: same for key, same in texts.items() if MACHINE in key[1] or HOST in key[1]}
    apart = {source for source, text in texts if MACHINE not in text or not NAMED_HOST.search(text)}
    for (source, text), same in texts.items():
        if source in apart:
            yield from same
        elif OF_SERVER.search(text):
            yield same[0]


def _naming_rows(look: Look) -> Ints:
    """Lines of cleared sources with words that end like the two: one look at the colons finds both at once."""
    octets = look.octets
    colons = octets[1:] == HOST[-1]
    colons &= octets[:-1] == HOST[-2]
    at = np.flatnonzero(colons) + 1
    before = look.words[np.maximum(at - 8, 0)]
    at = at[(before == word_of(HOST[-9:-1])) | (before == word_of(MACHINE[-9:-1]))]
    rows: Ints = np.unique(np.searchsorted(look.block.starts, at, "right") - 1, return_index=True)[0]
    return rows[look.good[look.block.which[rows]]]


def _version_lines(look: Look) -> Iterator[int]:
    """The first line of each cleared source with each text that begins like the naming of a version."""
    seen: set[tuple[int, bytes]] = set()
    for row in np.flatnonzero(look.begins == word_of(VERSION[:8])).tolist():
        source, text = int(look.block.which[row]), look.raw(row)
        if look.good[source] and text.startswith(VERSION) and (source, text) not in seen:
            seen.add((source, text))
            yield row
