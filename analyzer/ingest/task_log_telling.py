"""The lines of cleared task logs without which their tasks cannot be judged: machines and versions."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from analyzer.blocks import Ints
from analyzer.ingest.fixed_places import Small, mask_of, word_of
from analyzer.ingest.task_log_heads import TEXT
from analyzer.ingest.task_log_look import Look
from analyzer.ingest.triage import HOST, NAMED_HOST, OF_SERVER, VERSION

_WORD = np.array([bytes([byte]).isalnum() or byte == ord("_") for byte in range(256)])
"""Bytes that a name may begin with (`NAMED_HOST`)."""


def telling(look: Look) -> Ints:
    """The telling lines of the good sources, in order."""
    return np.array(sorted({*_machine_lines(look), *_version_lines(look)}), np.int64)


def candidates(look: Look) -> Ints:
    """The lines among which the telling ones of a longer log are: which of them are, all of them say together."""
    return np.array(sorted({*_naming(look)[0].tolist(), *_version_lines(look)}), np.int64)


def _machine_lines(look: Look) -> list[int]:
    """Lines of cleared sources that name a machine or a host process: where each names both, a server's texts once.

    A machine that is named by a text of its own may be the server's if the host process is named behind it.
    """
    rows, said = _naming(look)
    sources = look.block.which[rows]
    apart = np.zeros(len(look.good), bool)
    apart[sources[said == _Said.ONE]] = True
    lines: list[int] = rows[apart[sources]].tolist()
    return lines + _once(look, rows[~apart[sources] & (said == _Said.SERVER)])


class _Said(IntEnum):
    """What a text names: not both machine and host process, a server and its machine, or another's."""

    ONE, SERVER, OTHER = range(3)


def _naming(look: Look) -> tuple[Ints, Small]:
    """The lines of cleared sources whose text names a host process or a machine, and what it names.

    Most texts that name both name one host, the first letters behind which say whether it is a server's.
    """
    (host, hosts), (_, machines) = (_in_texts(look, places) for places in (look.hosts, look.machines))
    rows = np.unique(np.concatenate((hosts, machines)))
    said = np.full(len(rows), _Said.ONE, np.int8)
    count, first = _count(hosts, rows)
    both = np.flatnonzero((count > 0) & (_count(machines, rows)[0] > 0))
    begin = host[first[both]] + len(HOST)
    begin += look.octets[begin] == ord(" ")
    plain = _WORD[look.octets[begin]] & (begin + 16 <= len(look.octets)) & (count[both] == 1)
    begin, small = begin[plain], word_of(b" " * 8)  # which makes capital letters small ones
    server = look.words[begin] | small == word_of(b"octopus.")
    server &= (look.words[begin + 8] | small) & mask_of(b"server..", b"serv") == word_of(b"server")
    said[both[plain]] = np.where(server, _Said.SERVER, _Said.OTHER)
    rest = both[~plain]
    said[rest] = [_said(text) for text in look.raws(rows[rest])]
    return rows, said


def _count(held: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """How often each of these lines is among others, and the first place in which it is."""
    first = np.searchsorted(held, rows)
    return np.searchsorted(held, rows, "right") - first, first


def _in_texts(look: Look, places: Ints) -> tuple[Ints, Ints]:
    """Which of these places are in texts of cleared sources, and of which lines."""
    rows = np.searchsorted(look.block.starts, places, "right") - 1
    held = look.good[look.block.which[rows]] & (places >= look.ends[rows] + TEXT) & (places < look.stop[rows])
    return places[held], rows[held]


def _said(text: bytes) -> _Said:
    """What a text says in which both a machine and a host process are spoken of."""
    if not NAMED_HOST.search(text):
        return _Said.ONE
    return _Said.SERVER if OF_SERVER.search(text) else _Said.OTHER


def _version_lines(look: Look) -> list[int]:
    """The first line of each cleared source with each text that begins like the naming of a version."""
    rows = np.flatnonzero(look.begins == word_of(VERSION[:8]))
    rows = rows[look.good[look.block.which[rows]]]
    return _once(look, rows[[text.startswith(VERSION) for text in look.raws(rows)]])


def _once(look: Look, rows: Ints) -> list[int]:
    """Of these lines the first of each source with each text."""
    rows = rows[::-1]  # of the same keys a dictionary keeps the last value
    keys = zip(look.block.which[rows].tolist(), look.raws(rows), strict=True)
    return [*dict(zip(keys, rows.tolist(), strict=True)).values()]
