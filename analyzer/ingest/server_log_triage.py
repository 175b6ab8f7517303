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
from analyzer.blocks import Block, Flags, Ints, joined, of_spans
from analyzer.ingest import nlog
from analyzer.ingest.carry import LIMIT, cut
from analyzer.ingest.fixed_places import word_of
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
        b"Error 1222",
        b"error 1222",
        b"Lock request time out",
        b"An error occured reading the log file",
    ),
    b"Octopus.Server ServerTasks-1 Task task request Process process Error error the first",
)
OPENING = (
    b"Octopus.Server version ",
    b"Octopus.Server.exe version ",
    b"Defaulting server",
    b"Environment Information:",
    b"[ServerTasks-",
)
"""How messages begin that start-up lines and one tie are."""
LONGEST = max(map(len, OPENING))


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
class _Open:
    """Lines of an entry that may go on in the next block, or of none, which are lines that no entry begins."""

    parts: list[Block] = field(default_factory=list)
    entry: bool = False
    real: bool = False
    telling: bool = False

    def add(self, block: Block, first: int, stop: int) -> None:
        """Take some lines of a block."""
        if first < stop:
            self.parts.append(cut(block, first, stop))


@dataclass
class _Seen:
    """What is known of the entries so far."""

    source: str = ""
    telling: list[Block] = field(default_factory=list)
    refused: list[Batch] = field(default_factory=list)
    entries: int = 0
    lines: int = 0
    times: dict[str, list[Ints]] = field(default_factory=lambda: {"local": [], "offset": []})
    last: _Open = field(default_factory=_Open)


def look(blocks: Iterable[Block]) -> Look:
    """Look at the blocks of one source."""
    seen = _Seen()
    for block in blocks:
        _look_at(block, seen)
    _close(seen)
    united = {clock: stretches.united(parts) for clock, parts in seen.times.items()}
    table = stretches.table(seen.source, united, cleared=True)
    return Look(seen.telling, seen.refused, seen.entries, seen.lines, table)


def _look_at(block: Block, seen: _Seen) -> None:
    """Count the entries of a block, take their times and the telling ones. The last one stays open, as in `carry`."""
    seen.source = block.source
    found = find_entries(block)
    telling, before = _tells(block, found)
    first = int(found.rows[0]) if len(found.rows) else len(block)
    seen.last.add(block, 0, first)
    seen.last.telling |= before
    if len(found.rows):
        _close(seen)
        _take(block, found, telling, seen)
        seen.last = _Open([], True, bool(found.real[-1]), bool(telling[-1]))
        seen.last.add(block, int(found.rows[-1]), len(block))
    if sum(len(part.data) for part in seen.last.parts) > LIMIT:
        _close(seen)


def _take(block: Block, found: Entries, telling: Flags, seen: _Seen) -> None:
    """The entries of a block, and all but the last are whole."""
    if not seen.entries and found.real.any():
        telling[found.real.argmax()] = True  # by its first entry a copy of the source is known
    seen.entries += int(np.count_nonzero(found.real))
    for clock, times in _times(found).items():
        seen.times[clock].append(stretches.of_times(times))
    rows, stops = found.rows[:-1], found.rows[1:]
    spans = nlog.unreal(rows, stops, found.real[:-1])
    if spans:
        seen.refused.append(Batch(rejects=rejects(block, spans)))
    seen.lines += int(stops[-1] - rows[0]) - sum(stop - start for start, stop, _ in spans) if len(rows) else 0
    told = np.flatnonzero(telling[:-1] & found.real[:-1])
    if len(told):
        seen.telling.append(of_spans(block, rows[told], stops[told]))


def _close(seen: _Seen) -> None:
    """No more lines belong to the last entry."""
    last, seen.last = seen.last, _Open()
    if not last.parts:
        return
    if last.real:
        seen.lines += sum(map(len, last.parts))
        seen.telling += [joined(last.parts)] if last.telling else []
        return
    block, reason = joined(last.parts), nlog.IMPOSSIBLE if last.entry else nlog.CONTINUATION
    seen.refused.append(Batch(rejects=rejects(block, [(0, len(block), reason)])))


def _times(found: Entries) -> dict[str, Ints]:
    """Times of the entries that have one, by clock: local, or in UTC where the line says its offset."""
    local = found.shift == NONE
    if local.all():
        return {"local": found.wall[found.real]}
    shifted = found.wall - found.shift * 60_000_000
    return {"local": found.wall[found.real & local], "offset": shifted[found.real & ~local]}


def _tells(block: Block, found: Entries) -> tuple[Flags, bool]:
    """Which entries hold one of the words in their message; whether one stands before the first of them."""
    telling = np.zeros(len(found.rows), bool)
    places = ANYWHERE.find(block.data)
    entry = np.searchsorted(block.starts[found.rows], places, "right") - 1
    inside = entry >= 0
    entry, places, before = entry[inside], places[inside], not inside.all()
    telling[entry[places >= found.begin[entry]]] = True
    opens = np.zeros(len(telling), bool)
    for opening in OPENING:
        opens |= found.opening == word_of(opening[:8])
    for at in np.flatnonzero(opens).tolist():
        telling[at] |= bytes(block.data[found.begin[at] : found.begin[at] + LONGEST]).startswith(OPENING)
    return telling, before
