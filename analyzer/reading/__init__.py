"""Read the paths: every line of every source becomes an event, a state, a reject or structure.

harvest   what is asked for, and what all sources gave
parts     how a source is taken: whole, or block by block
packs     where small sources wait for one another: buffers that are used again
reader    members and their formats; logs that a first look clears are not decoded
doubt     which of these must be decoded all the same, because another source speaks of their task
naming    whose log it is
stream    all EVENTS, piece by piece
spool     those that a first reading has at hand, written down meanwhile
workers   processes that share a large input
order     rows by source and place
tables    EVENTS, STATES, REJECTS and the cleared rows of LOGS
listing   SOURCES
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from analyzer.reading.doubt import alike, digest, doubted
from analyzer.reading.harvest import Options
from analyzer.reading.naming import give_nodes
from analyzer.reading.reader import read_members, tell
from analyzer.reading.stream import decoded
from analyzer.reading.tables import tables
from analyzer.reading.workers import read_places
from analyzer.sources import Member, Place, members, places, prefixes

__all__ = ["Options", "Reading", "read_tables", "stream_events"]


class Reading:
    """What was read of some paths. Raises PathMissing, and UsageError where a node is given no source.

    `meanwhile` is called once where other processes read: this one waits for them.
    """

    def __init__(self, paths: Sequence[Path], options: Options, meanwhile: Callable[[], None] = lambda: None) -> None:
        self._options = options
        self._named = prefixes(paths)
        self._harvest = read_places(_places(self._named), options, meanwhile)
        tell(self._harvest)
        self.decode(self._harvest.again)
        self.decode(doubted(self._harvest, options.decode) | self._not_told_apart())

    def _not_told_apart(self) -> set[str]:
        """Server logs that perhaps repeat others, which only their entries say; those of the same bytes surely do."""
        pairs = alike(self._harvest)
        sources = frozenset(source for pair in pairs for source in pair)
        digests = {member.name: digest(member.stream) for member in self._members(sources)}
        same = {pair for pair in pairs if digests.get(pair[0]) is not None and len({*map(digests.get, pair)}) == 1}
        decoded = {source for pair in pairs if pair not in same for source in pair}
        for original, copy in sorted(map(sorted, pairs), reverse=True):  # the first by name comes last
            if not {original, copy} & decoded:
                self._harvest.found[copy].duplicate_of = original
        return decoded

    def _members(self, wanted: frozenset[str]) -> Iterator[Member]:
        return (one for path in sorted(self._named) for one in members(path, self._named[path], only=wanted))

    def decode(self, sources: Collection[str]) -> None:
        """Read these sources again, exactly, although a first look had cleared them."""
        if sources:
            exact = replace(self._options, triage=False, spool="")
            wanted = frozenset(sources)
            self._harvest.replace(read_members(self._members(wanted), exact))

    def tables(self) -> dict[str, pa.Table]:
        """SOURCES, EVENTS, STATES and REJECTS, and LOGS with a row for each log that a first look cleared.

        Of a cleared log EVENTS has only the lines that name a machine or a version.
        """
        if self._options.nodes:
            self._harvest.unfold()
        give_nodes(self._harvest.found, self._options.nodes, self._named)
        return tables(self._harvest, self._options.customer)


def read_tables(paths: Sequence[Path], options: Options) -> dict[str, pa.Table]:
    """SOURCES, EVENTS, STATES, REJECTS and cleared LOGS of everything below the paths. Raises PathMissing."""
    return Reading(paths, options).tables()


def stream_events(paths: Sequence[Path], options: Options, nodes: Mapping[str, str | None]) -> Iterator[pa.Table]:
    """All EVENTS of the sources in `nodes` (source -> whose it is), piece by piece, by source and place.

    Raises PathMissing, and UsageError where the temporary folder has no room for what an archive holds.
    """
    return decoded(_places(prefixes(paths)), options, nodes)


def _places(named: Mapping[Path, str]) -> list[Place]:
    return [place for path in sorted(named) for place in places(path, named[path])]
