"""What a first look at whole sources of a format finds: see `task_log_triage` and `task_text_triage`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import PIECE, Block, Ints, Octets, found_in
from analyzer.ingest.fixed_places import Words, word_of
from analyzer.model import Batch

HOST, MACHINE = b"HostProcessName:", b"MachineName:"
NAMED_HOST = re.compile(HOST + rb"[ \t]*\w")
OF_SERVER = re.compile(HOST + rb"[ \t]*(?i:octopus\.server)")
VERSION = b"Octopus Server version"
"""What telling lines say: which machine, which program wrote the block, which version."""
_CLOSING, _OPENING = (np.uint16(int.from_bytes(pair, "little")) for pair in (b"e:", b"Na"))


def naming(octets: Octets, words: Words) -> tuple[Ints, Ints]:
    """Where HOST and where MACHINE begin."""
    parts = (ends_of_names(octets[at : at + PIECE]) + at for at in range(0, len(octets), PIECE))
    return named_before(np.concatenate((np.empty(0, np.int64), *parts)), words)


def ends_of_names(octets: Octets) -> Ints:
    """Where HOST or MACHINE may end. Both end in `Name:`, and only every second pair of bytes is looked at: of a word
    that begins in an even place the pair `e:` is one, of all others `Na`.
    """
    pairs = octets[: len(octets) & ~1].view("<u2")
    flags = pairs == _CLOSING
    flags |= pairs == _OPENING
    at = found_in(flags)
    return 2 * at + np.where(pairs[at] == _CLOSING, 2, 5)


def named_before(ends: Ints, words: Words) -> tuple[Ints, Ints]:
    """Where HOST and where MACHINE begin, of words that may end in these places."""
    hosts, machines = (_begins(ends, word, words) for word in (HOST, MACHINE))
    return hosts, machines


def _begins(ends: Ints, word: bytes, words: Words) -> Ints:
    at = ends[(ends >= len(word)) & (ends < len(words) + 8)] - len(word)
    found: Ints = at[(words[at] == word_of(word[:8])) & (words[at + len(word) - 8] == word_of(word[-8:]))]
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
