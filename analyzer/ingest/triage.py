"""What a first look at whole sources of a format finds: see `task_log_triage` and `task_text_triage`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block, Ints, Octets
from analyzer.ingest.fixed_places import Words, word_of
from analyzer.model import Batch

HOST, MACHINE = b"HostProcessName:", b"MachineName:"
NAMED_HOST = re.compile(HOST + rb"[ \t]*\w")
OF_SERVER = re.compile(HOST + rb"[ \t]*(?i:octopus\.server)")
VERSION = b"Octopus Server version"
"""What telling lines say: which machine, which program wrote the block, which version."""
PIECE = 256 << 10
"""Bytes that are looked at together, eight at a time: they and what is made of them stay in the cache."""


def naming(octets: Octets, words: Words) -> tuple[Ints, Ints]:
    """Where HOST and where MACHINE begin: one look at the colons finds both."""
    ends = np.concatenate((np.empty(0, np.int64), *_colons(octets))) + 2
    hosts, machines = (_begins(ends, word, words) for word in (HOST, MACHINE))
    return hosts, machines


def _colons(octets: Octets) -> Iterator[Ints]:
    """The letters with which both words end, where a colon follows: in less than half the time of one look at all
    bytes."""
    colons, letters = np.empty((2, PIECE), bool)
    for at in range(0, len(octets) - 1, PIECE):
        part = octets[at : at + PIECE + 1]
        size = len(part) - 1
        np.equal(part[1:], HOST[-1], out=colons[:size])
        np.equal(part[:-1], HOST[-2], out=letters[:size])
        colons &= letters
        colons[size:] = False
        eights = np.flatnonzero(colons.view(np.uint64) != 0)  # they are rare
        which, place = np.nonzero(colons.reshape(-1, 8)[eights])
        yield eights[which] * 8 + place + at


def _begins(ends: Ints, word: bytes, words: Words) -> Ints:
    at = ends[ends >= len(word)] - len(word)
    found: Ints = at[(words[at] == word_of(word[:8])) & (words[at + len(word) - 9] == word_of(word[-9:-1]))]
    return found


@dataclass(frozen=True)
class Triage:
    """Cleared logs as rows of LOGS, by number of their source in the block, and their lines that tell something.

    `told`: what else the cleared sources say, their telling EVENTS included where no line tells them alone. `entries`:
    how many EVENTS a source has, where that is not the number of its lines. `events`: makes all their EVENTS
    (`schema.CODED`), where that is less work than to decode them.
    """

    logs: pa.Table
    cleared: frozenset[int]
    telling: Block | None = None
    told: Batch = field(default_factory=Batch)
    entries: Mapping[str, int] = field(default_factory=dict)
    events: Callable[[], pa.Table] | None = None


def nothing() -> Triage:
    """No source is cleared."""
    return Triage(schema.empty(schema.LOGS), frozenset())
