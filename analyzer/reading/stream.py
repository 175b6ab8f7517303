"""All EVENTS of some places, piece by piece (`schema.CODED`), by source and place: memory holds one piece.

The places are read in the order of their sources' names, and of what is read nothing stays. Members of an archive come
in an order of its own: what they give waits in a temporary file until all of the archive is read.

    a/one.txt | a/two.txt | b.tar: z, y | c.txt      places
    one.txt   | two.txt   | (z y) y  z  | c.txt      pieces
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import groupby, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block, Text, keep_freed_memory, together
from analyzer.errors import UsageError
from analyzer.ingest import CODED, recognise
from analyzer.model import Batch, Format
from analyzer.reading.harvest import Found, Harvest, Options
from analyzer.reading.order import by_place, in_order
from analyzer.reading.packs import PACK, parse_together
from analyzer.reading.parts import parts_of, watched
from analyzer.reading.spool import Spooled, begun
from analyzer.reading.tables import stamped
from analyzer.sources import Decoder, Member, Place, holds_many, opened

GATHERED = 16 << 20
"""Bytes of slices that are copied at once."""
NAMES_INSIDE = "!/"
"""What stands between the name of an archive and those of its members."""


def decoded(places: Iterable[Place], options: Options, nodes: Mapping[str, str | None]) -> Iterator[pa.Table]:
    """EVENTS, coded, of the sources in `nodes`, which says whose they are.

    Raises UsageError where an archive's lines cannot wait in the temporary folder.
    """
    keep_freed_memory()
    exact = Options(customer=options.customer, progress=options.progress)
    known = {source: node for source, node in nodes.items() if node is not None}
    names = sorted(nodes)
    spooled = Spooled(options.spool)
    archives = {place: holds_many(place) for place in places if place.may_hold(nodes)}
    ordered = sorted(archives, key=lambda one: f"{one.name}{NAMES_INSIDE}" if archives[one] else one.name)
    sources = {place: _inside(place, names) if archives[place] else [place.name] for place in ordered}
    if options.spool:
        spooled = _completed(spooled, [place for place in ordered if archives[place]], sources, options.spool)
    written = {place: all(source in spooled for source in of_place) for place, of_place in sources.items()}
    for (many, at_hand), group in groupby(ordered, lambda place: (archives[place], written[place])):
        if at_hand:
            found = spooled.pieces(name for place in group for name in sources[place] if name in nodes)
        else:
            found = _events((member for place in group for member in opened(place) if member.name in nodes), exact)
        pieces = (_stamped(piece, options.customer, known) for piece in found if len(piece))
        yield from _waiting(pieces) if many and not at_hand else pieces


def _inside(archive: Place, names: Sequence[str]) -> Sequence[str]:
    """Which of these names, which are sorted, are those of members of an archive."""
    prefix = f"{archive.name}{'/' if archive.named else NAMES_INSIDE}" if archive.name else ""
    begin = bisect_left(names, prefix)
    return names[begin : bisect_left(names, f"{prefix[:-1]}0")] if prefix else names  # 0 comes behind a slash


def _completed(
    spooled: Spooled, archives: Sequence[Place], sources: Mapping[Place, Sequence[str]], folder: str
) -> Spooled:
    """What was written down, and now the rest of what archives hold of these sources, too."""
    missing = {source for place in archives for source in sources[place] if source not in spooled}
    lacking = [place for place in archives if not missing.isdisjoint(sources[place])]
    spool = begun(folder) if lacking else None
    if spool is None:
        return spooled
    members = (member for place in lacking for member in opened(place) if member.name in missing)
    for piece in _events(members, Options()):
        spool.put(piece.cast(schema.CODED))
    spool.close()
    return Spooled(folder)


def _stamped(piece: pa.Table, customer: str, nodes: Mapping[str, str]) -> pa.Table:
    """A piece in the coded form, with customer and node filled in."""
    if piece.schema.equals(schema.EVENTS) or not nodes.keys().isdisjoint(_sources(piece)):
        return stamped(piece.cast(schema.EVENTS), customer, nodes).cast(schema.CODED)
    whose = pa.DictionaryArray.from_arrays(np.zeros(len(piece), np.int32), pa.array([customer]))
    return piece.set_column(0, schema.CODED.field(0), whose)


def _sources(piece: pa.Table) -> Iterator[str]:
    """The sources that a coded piece may have rows of."""
    return (name for chunk in piece["source"].chunks for name in chunk.dictionary.to_pylist())


def _events(members: Iterable[Member], options: Options) -> Iterator[pa.Table]:
    """EVENTS of the members in their order; small neighbours of one format are parsed together."""
    pack: list[Block | Text] = []
    size, packed = 0, None
    for member in members:
        decoder = Decoder(member.name, member.stream) if member.stream else None
        form = recognise(decoder.head, member.name) if decoder else None
        if decoder is None or form is None:  # gone since it was first read
            continue
        if form is not packed or not form.PACKED:
            yield from _of_pack(packed, pack)
            pack, size, packed = [], 0, form
        if not form.PACKED:
            yield from _of_source(form, decoder, options)
            continue
        for part in parts_of(decoder, options):
            pack.append(part)
            size += len(part.data)
            if size >= PACK:
                yield from _of_pack(form, pack)
                pack, size = [], 0
    yield from _of_pack(packed, pack)


def _of_pack(form: Format | None, parts: Sequence[Block | Text]) -> list[pa.Table]:
    if form is None or not parts:
        return []
    names = {source for part in parts for source in (part.sources if isinstance(part, Block) else [part.source])}
    harvested = Harvest({name: Found(name, form.NAME, 0) for name in names})
    parse_together(harvested, parts, partial(_batches, form))
    return harvested.tables["events"]


def _batches(form: Format, parts: Sequence[Block | Text]) -> list[Batch]:
    code, block = CODED.get(form.NAME), together(parts)
    return [code(block)] if code else [_by_place(batch) for batch in form.parse([block])]


def _by_place(batch: Batch) -> Batch:
    return batch if batch.events is None else replace(batch, events=by_place(batch.events))


def _of_source(form: Format, decoder: Decoder, options: Options) -> Iterator[pa.Table]:
    batches = form.parse(watched(decoder, options.progress))
    while True:
        try:
            batch = next(batches, None)
        except Exception:  # noqa: BLE001 (it has changed since it was first read, which told of what is wrong with it)
            return
        if batch is None:
            return
        if batch.events is not None:
            yield by_place(batch.events)


def _waiting(pieces: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same rows by source and place. The file is mapped into memory: of it only what is looked at is read."""
    with ExitStack() as used:
        try:
            folder = used.enter_context(TemporaryDirectory(prefix="analyzer-"))
            file = str(Path(folder, "events.arrow"))
            begins = _spilled(pieces, file)
        except OSError as error:
            raise UsageError(f"cannot write into the folder {gettempdir()}: {error.strerror or error}") from None
        if len(begins) == 1:
            return
        mapped = used.enter_context(pa.memory_map(file))
        held = [_read(mapped, begin, end) for begin, end in pairwise(begins)]
        yield from _gathered(in_order(held))
        del held


def _gathered(slices: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Copies of the slices, small ones together: nothing may stay mapped when the file is removed."""
    held: list[pa.Table] = []
    size = 0
    for one in slices:
        held.append(one)
        size += one.nbytes
        if size >= GATHERED:
            yield _copied(held)
            held, size = [], 0
    if held:
        yield _copied(held)


def _copied(slices: Sequence[pa.Table]) -> pa.Table:
    table = pa.concat_tables(slices).cast(schema.EVENTS)
    return table.take(np.arange(len(table))).cast(schema.CODED)


def _read(mapped: pa.MemoryMappedFile, begin: int, end: int) -> pa.Table:
    mapped.seek(begin)
    return pa.ipc.open_stream(mapped.read_buffer(end - begin)).read_all()


def _spilled(pieces: Iterator[pa.Table], file: str) -> list[int]:
    """Write the pieces; where they begin, and where the last one ends."""
    begins = [0]
    with pa.OSFile(file, "wb") as sink:
        for piece in pieces:
            with pa.ipc.new_stream(sink, piece.schema) as writer:
                writer.write_table(piece)
            begins.append(sink.tell())
    return begins
