"""EVENTS that a first reading has at hand, written down for whoever will ask for all of them.

A folder holds two files for each process's share of the sources: pieces one behind the other, and an index of them,
which is written last. Sources that no index names are decoded when their events are asked for, and so are all of a
share for which the folder had no room.

    1.arrow  | a.txt b.txt d.txt | c.txt |      pieces, each by source and place: c.txt waited for others like it
    1.index  a.txt  begin end  start stop       where the piece begins and ends, and the rows of the source in it
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory, mkstemp
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.reading.order import SHORT, runs

WINDOW = 1 << 17
"""Rows that are put in order at once."""
HELD = 8
"""Pieces that are held: logs that were not cleared wait long for one another, and theirs are needed again."""
INDEX = pa.schema([("source", pa.string()), *((name, pa.int64()) for name in ("begin", "end", "start", "stop"))])


@contextmanager
def spool_folder() -> Iterator[str]:
    """A folder that goes in the end; "" where there can be none.

    Windows removes no file that is still mapped into memory, as where writing failed: that must not hide why.
    """
    with ExitStack() as used:
        try:
            folder = used.enter_context(TemporaryDirectory(prefix="analyzer-", ignore_cleanup_errors=True))
        except OSError:
            folder = ""
        yield folder


class Spool:
    """What one process writes."""

    def __init__(self, folder: str) -> None:
        file, self._path = mkstemp(".arrow", dir=folder)
        self._sink = os.fdopen(file, "wb")
        self._index: list[pa.Table] = []
        self._room = True

    def put(self, events: pa.Table) -> None:
        """Write rows of EVENTS (`schema.CODED`), those of every source together and by place."""
        if not len(events) or not self._room:
            return
        filled = events.select([name for name in events.schema.names if events[name].null_count < len(events)])
        begin = self._sink.tell()
        try:
            with pa.ipc.new_stream(self._sink, filled.schema) as writer:
                writer.write_table(filled)
        except OSError:
            self._room = False
            return
        rows = runs(events, 0)
        columns = {name: rows[name] for name in ("source", "start", "stop")}
        self._index.append(schema.build(INDEX, len(rows), {**columns, "begin": begin, "end": self._sink.tell()}))

    def close(self) -> None:
        """Write the index."""
        with suppress(OSError), self._sink:
            self._sink.flush()
            if self._room and self._index:
                with pa.OSFile(f"{self._path}.index", "wb") as sink, pa.ipc.new_stream(sink, INDEX) as writer:
                    writer.write_table(pa.concat_tables(self._index))


def begun(folder: str) -> Spool | None:
    """A spool in this folder, if there is one and it takes files."""
    if not folder:
        return None
    try:
        return Spool(folder)
    except OSError:
        return None


class Piece(NamedTuple):
    """Where a piece stands."""

    path: str
    begin: int
    end: int


class Stretch(NamedTuple):
    """Rows of a piece."""

    piece: Piece
    start: int
    stop: int


class Spooled:
    """What all processes wrote into a folder."""

    def __init__(self, folder: str) -> None:
        self._of: dict[str, list[Stretch]] = {}
        self._piece = lru_cache(HELD)(_read)
        for index in sorted(Path(folder).glob("*.index")) if folder else ():
            self._of = _stretches(index) | self._of  # a share that was read twice is there twice

    def __contains__(self, source: str) -> bool:
        return source in self._of

    def pieces(self, sources: Iterable[str]) -> Iterator[pa.Table]:
        """EVENTS of these sources, in their order."""
        held: list[Stretch] = []
        rows = 0
        for one in (one for source in sources for one in self._of[source]):
            held.append(one)
            rows += one.stop - one.start
            if rows >= WINDOW:
                yield from self._window(held)
                held, rows = [], 0
        if held:
            yield from self._window(held)

    def _window(self, stretches: Sequence[Stretch]) -> Iterator[pa.Table]:
        """These rows: as slices, or copied where many slices would be short."""
        whole = _joined(stretches)
        tables = {piece: self._piece(piece) for piece in dict.fromkeys(one.piece for one in whole)}
        if SHORT * len(whole) <= sum(one.stop - one.start for one in whole):
            yield from (tables[one.piece].slice(one.start, one.stop - one.start) for one in whole)
            return
        bases = dict(zip(tables, accumulate(map(len, tables.values()), initial=0), strict=False))
        rows = np.concatenate([np.arange(one.start, one.stop) + bases[one.piece] for one in whole])
        yield pa.concat_tables(tables.values()).unify_dictionaries().take(rows)


def _stretches(index: Path) -> dict[str, list[Stretch]]:
    found: dict[str, list[Stretch]] = {}
    with pa.OSFile(str(index)) as file:
        table = pa.ipc.open_stream(file).read_all()
    path = str(index.with_suffix(""))
    for source, begin, end, start, stop in zip(*(table[name].to_pylist() for name in INDEX.names), strict=True):
        found.setdefault(source, []).append(Stretch(Piece(path, begin, end), start, stop))
    return found


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The same rows in fewer stretches where one goes on with the other."""
    whole: list[Stretch] = []
    for one in stretches:
        if whole and whole[-1].piece == one.piece and whole[-1].stop == one.start:
            whole[-1] = whole[-1]._replace(stop=one.stop)
        else:
            whole.append(one)
    return whole


def _read(piece: Piece) -> pa.Table:
    with pa.memory_map(piece.path) as file:
        file.seek(piece.begin)
        table = pa.ipc.open_stream(file.read_buffer(piece.end - piece.begin)).read_all()
    return schema.build(schema.CODED, len(table), {name: table[name] for name in table.schema.names})
