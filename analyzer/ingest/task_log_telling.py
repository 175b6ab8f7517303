"""The lines of cleared task logs without which their tasks cannot be judged: machines and versions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from analyzer.blocks import Ints
from analyzer.ingest.fixed_places import word_of
from analyzer.ingest.task_log_look import Look

HOST, MACHINE = b"HostProcessName:", b"MachineName:"
NAMED_HOST = re.compile(HOST + rb"[ \t]*\w")
OF_SERVER = re.compile(HOST + rb"[ \t]*octopus\.server", re.IGNORECASE)
VERSION = b"Octopus Server version"


def telling(look: Look) -> Ints:
    """The telling lines of the good sources, in order."""
    return np.array(sorted({*_machine_lines(look), *_version_lines(look)}), np.int64)


def _machine_lines(look: Look) -> Iterator[int]:
    """Lines of cleared sources that name a machine or a host process: where each names both, a server's texts once.

    A machine that is named by a text of its own may be the server's if the host process is named behind it.
    """
    rows = sorted(_rows_with(look, HOST) | _rows_with(look, MACHINE))
    texts: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for row, source in zip(rows, look.block.which[rows].tolist(), strict=True):
        texts[source, look.raw(row)].append(row)
    apart = {source for source, text in texts if MACHINE not in text or not NAMED_HOST.search(text)}
    for (source, text), same in texts.items():
        if source in apart:
            yield from same
        elif OF_SERVER.search(text):
            yield same[0]


def _rows_with(look: Look, words: bytes) -> set[int]:
    """Lines of cleared sources that contain some words."""
    data, places = look.block.data, []
    at = data.find(words)
    while at >= 0:
        places.append(at)
        at = data.find(words, at + len(words))
    rows = np.searchsorted(look.block.starts, np.array(places, np.int64), "right") - 1
    return set(rows[look.good[look.block.which[rows]]].tolist())


def _version_lines(look: Look) -> Iterator[int]:
    """The first line of each cleared source with each text that begins like the naming of a version."""
    seen: set[tuple[int, bytes]] = set()
    for row in np.flatnonzero(look.begins == word_of(VERSION[:8])).tolist():
        source, text = int(look.block.which[row]), look.raw(row)
        if look.good[source] and text.startswith(VERSION) and (source, text) not in seen:
            seen.add((source, text))
            yield row
