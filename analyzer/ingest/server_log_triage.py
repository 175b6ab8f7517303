"""A first look at server logs: which of their entries tell something, and when the others were written.

    2021-02-09 06:30:00.0103   7012    315  INFO  "HTTP" "GET" to ...      counted, and its time is taken
    2021-02-09 06:31:12.5500   7012     44 ERROR  Error in transaction     decoded: it ties this node to a task
    'DeploymentTaskController|ServerTasks-9-5b1f0c9e-...

A server log is millions of lines about requests and connections, of which judging needs a few: those that tie the node
to a task, name a node, its machine or its version, or are the sign of a known incident. They are found by a word that
is in every such message (ANYWHERE, OPENING), decoded as always, and are all that EVENTS has of the log. Of the others
only the head is looked at (`nlog_entries`): they are counted, and leave the log's STRETCHES.

Whoever asks messages of server logs for something new gives its words here: the tests audit all samples with and
without a first look.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from analyzer import stretches
from analyzer.blocks import Block, Ints, of_spans, words_of
from analyzer.ingest import nlog
from analyzer.ingest.nlog_entries import Entries, find_entries
from analyzer.ingest.nlog_heads import NONE
from analyzer.ingest.values import rejects
from analyzer.ingest.words import Search
from analyzer.model import Batch

ANYWHERE = Search(
    (
        b"TaskController|ServerTasks-",  # ties: `server_log.TIES`
        b"correlationId",
        b"Failed to append the following log entry:",
        b"Append log entry to",
        b"Unable to mark task",
        b"HostProcessName",  # machines: `names.SERVER_MACHINE`
        b"become leader",  # nodes: `detectors.serverlogs.MENTIONS`
        b"went offline",
        b"Error Number",  # known incidents: `incidents.catalogue`
        b"rror 1222",
        b"Lock request time out",
        b"An error occured reading the log file",
    )
)
OPENING = (
    b"Octopus.Server version ",
    b"Octopus.Server.exe version ",
    b"Defaulting server",
    b"Environment Information:",
    b"[ServerTasks-",
)
"""How messages begin that start-up lines and one tie are."""


@dataclass
class Look:
    """What a first look at a source finds: its telling entries, not decoded yet, its rejects, and of all entries how
    many they are, their lines and their STRETCHES.
    """

    telling: list[Block]
    refused: list[Batch]
    entries: int
    lines: int
    stretches: pa.Table


@dataclass
class _Seen:
    """What is known of the entries so far."""

    source: str = ""
    telling: list[Block] = field(default_factory=list)
    refused: list[Batch] = field(default_factory=list)
    entries: int = 0
    lines: int = 0
    times: dict[str, list[Ints]] = field(default_factory=lambda: {"local": [], "offset": []})


def look(blocks: Iterable[Block]) -> Look:
    """Look at the blocks of one source."""
    seen = _Seen()
    for block in nlog.whole_entries(blocks):
        _look_at(block, seen)
    united = {clock: stretches.united(parts) for clock, parts in seen.times.items()}
    table = stretches.table(seen.source, united, cleared=True)
    return Look(seen.telling, seen.refused, seen.entries, seen.lines, table)


def _look_at(block: Block, seen: _Seen) -> None:
    """Count the entries of a block, take their times and the telling ones."""
    found = find_entries(block)
    stops = nlog.stops_of(found.rows, len(block))
    spans = nlog.no_entries(found.rows, found.real, len(block))
    if spans:
        seen.refused.append(Batch(rejects=rejects(block, spans)))
    first = not seen.entries
    seen.source = block.source
    seen.entries += int(np.count_nonzero(found.real))
    seen.lines += len(block) - sum(stop - start for start, stop, _ in spans)
    for clock, times in _times(found).items():
        seen.times[clock].append(stretches.of_times(times))
    telling = _tells(block, found)
    if first and found.real.any():
        telling[found.real.argmax()] = True  # by its first entry a copy of the source is known
    telling &= found.real
    if telling.any():
        seen.telling.append(of_spans(block, found.rows[telling], stops[telling]))


def _times(found: Entries) -> dict[str, Ints]:
    """Times of the entries that have one, by clock: local, or in UTC where the line says its offset."""
    local = found.shift == NONE
    shifted = found.wall - found.shift * 60_000_000
    return {"local": found.wall[found.real & local], "offset": shifted[found.real & ~local]}


def _tells(block: Block, found: Entries) -> np.ndarray:
    """Which entries hold one of the words in their message."""
    telling = np.zeros(len(found.rows), bool)
    if not len(telling):
        return telling
    places = ANYWHERE.find(block.data)
    entry = np.searchsorted(block.starts[found.rows], places, "right") - 1
    telling[entry[(entry >= 0) & (places >= found.begin[entry])]] = True
    words = words_of(block.data)
    begins = words[np.minimum(found.begin, len(words) - 1)]
    for opening in OPENING:
        for at in np.flatnonzero(begins == int.from_bytes(opening[:8], "little")).tolist():
            telling[at] |= block.data.startswith(opening, found.begin[at])
    return telling
