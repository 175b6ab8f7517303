"""Sources and ingest put together: every member of every path becomes rows, and is noted as found.

Small sources of one format wait for one another (`packs`) and are looked at or parsed together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import chain

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block, Text, joined, keep_freed_memory, together
from analyzer.ingest import FORMATS, LOOKS, TRIAGE, TRIAGE_LONG, at_once, recognise, task_log
from analyzer.ingest.triage import Triage, nothing
from analyzer.model import Batch, Format
from analyzer.reading.harvest import SHORT, Found, Harvest, Options, short_log
from analyzer.reading.order import by_place
from analyzer.reading.packs import Kind, Pack, Segments, Shelf, Waiting, even, parse_together
from analyzer.reading.parts import WHOLE, noted, parts_of, watched, whole
from analyzer.reading.spool import Spool, begun
from analyzer.sources import Decoder, Member, Place, is_short, is_sound, opened, read_into, unmarked


def read_members(members: Iterable[Member], options: Options) -> Harvest:
    """Read these members."""
    found, waiting = _begun(options)
    for member in members:
        _read_member(found, waiting, member, options)
    return _ended(found, waiting)


def read_all(places: Sequence[Place], options: Options) -> Harvest:
    """Read the members of these places."""
    found, waiting = _begun(options)
    small = [place.size for place in places if is_short(place.size)]
    waiting.size = even(sum(small), max(small, default=0))
    for place in places:
        if not (options.triage and place.plain and _read_small(found, waiting, place, options)):
            for member in opened(place):
                _read_member(found, waiting, member, options)
    return _ended(found, waiting)


def _begun(options: Options) -> tuple[Harvest, Waiting]:
    keep_freed_memory()
    return Harvest(spool=begun(options.spool)), Waiting()


def _ended(found: Harvest, waiting: Waiting) -> Harvest:
    """What was found, with what still waits."""
    for shelf in waiting.shelves.values():
        _clear(found, waiting, shelf)
    for kind in Kind:  # what a first look does not clear waits once more
        for pack in [pack for pack in waiting.packs.values() if pack.kind is kind]:
            _unpack(found, waiting, pack)
    found.cleared, found.short = _joined(found.cleared), _joined(found.short)
    if found.spool:
        found.spool.close()
        found.spool = None
    return found


def tell(harvested: Harvest) -> None:
    """Decode the telling entries of server logs: behind the reading, as each process that reads would load polars."""
    forms = {form.NAME: form for form in FORMATS}
    waiting = Waiting()
    for name, block in harvested.untold:
        _wait(harvested, waiting, forms[name], Kind.TELLING, block)
    for pack in waiting.packs.values():
        _unpack(harvested, waiting, pack)
    harvested.untold = []


def _joined(tables: list[pa.Table]) -> list[pa.Table]:
    """Tables of a few hundred rows as one: each takes as long to be sent or looked at as the rows themselves."""
    return [pa.concat_tables(tables).combine_chunks()] if len(tables) > 1 else tables


def _read_small(harvested: Harvest, waiting: Waiting, place: Place, options: Options) -> bool:
    """Read a small file to where others like the last one wait; False where that is not possible."""
    if not is_short(place.size) or options.leaves_out(place.name):
        return False
    shelf = waiting.latest or waiting.shelf(task_log)
    if not shelf.fits(place.size):
        _clear(harvested, waiting, shelf)
    room = shelf.room(place.size)
    if not read_into(place, room):
        return False
    data = room[: place.size]
    form = at_once(data) or (recognise(bytes(head), place.name) if (head := unmarked(data)) else None)
    if form is shelf.form:
        shelf.keep(place.name, place.size)
    elif form and form.NAME in TRIAGE:
        _put(harvested, waiting, form, Text(place.name, bytes(data)))
    else:
        held = bytes(data)
        _read_member(harvested, waiting, Member(place.name, place.size, BytesIO(held), data=held), options)
        return True
    if options.progress:
        options.progress(place.name, place.size)
    return True


def _put(harvested: Harvest, waiting: Waiting, form: Format, text: Text) -> None:
    """Put a short source to those of its format."""
    shelf = waiting.shelf(form)
    size = len(text.data)
    if not shelf.fits(size):
        _clear(harvested, waiting, shelf)
    shelf.room(size)[:size] = text.data
    shelf.keep(text.source, size)


def _read_member(harvested: Harvest, waiting: Waiting, member: Member, options: Options) -> None:
    if options.leaves_out(member.name):
        return
    decoder = Decoder(member.name, member.stream, member.data) if member.stream else None
    form = recognise(decoder.head, member.name) if decoder else None
    if decoder and form and form.NAME in TRIAGE and options.triage and (text := decoder.short()) and text.data:
        _put(harvested, waiting, form, text)
        if options.progress:
            options.progress(text.source, len(text.data))
        return
    _read_decoder(harvested, waiting, member, decoder, form, options)


def _read_decoder(
    harvested: Harvest,
    waiting: Waiting,
    member: Member,
    decoder: Decoder | None,
    form: Format | None,
    options: Options,
) -> None:
    found = harvested.found[member.name] = Found(member.name, "unknown", member.size, problem=member.problem)
    if decoder is None:
        return
    if form is not None:
        found.format = form.NAME
        _parse(harvested, waiting, form, decoder, options)
    elif member.named:
        found.problem = "no known format" if decoder.head else "it is empty"
    found.size = decoder.bytes if form else max(member.size, decoder.bytes)
    found.encoding, found.lines = decoder.encoding, decoder.lines
    found.problem = decoder.problem or found.problem


def _parse(harvested: Harvest, waiting: Waiting, form: Format, decoder: Decoder, options: Options) -> None:
    """Parse one source; a small one of a packable format waits for others, and so does one to be looked at first."""
    if form.PACKED:
        looks = options.triage and form.NAME in TRIAGE_LONG  # short ones are looked at together
        for part in _doubtful(harvested, waiting, form, decoder, options) if looks else parts_of(decoder, options):
            _wait(harvested, waiting, form, Kind.PART, part)
        return
    passing = options.triage and form.NAME in LOOKS
    blocks = watched(decoder, options.progress, passing)
    if options.triage and form.NAME in TRIAGE:
        held, blocks = whole(blocks)
        if held is not None:
            _wait(harvested, waiting, form, Kind.WHOLE, held)
            return
    try:
        if passing:
            seen = LOOKS[form.NAME](blocks)
            harvested.note(decoder.name, seen)
            if sum(len(block.data) for block in seen.telling) > WHOLE:
                harvested.tell(form.parse(seen.telling))
            elif seen.telling:
                harvested.untold.append((form.NAME, joined(seen.telling)))
        else:
            harvested.take(list(form.parse(blocks)))
    except Exception as error:  # noqa: BLE001 (one bad source must not stop a case)
        for _ in blocks:  # so that every line is counted
            pass
        place = {"source": decoder.name, "line": 1, "lines": decoder.lines, "offset": 0, "bytes": decoder.bytes}
        harvested.give_up(error, place)


def _wait(harvested: Harvest, waiting: Waiting, form: Format, kind: Kind, part: Block | Text) -> None:
    """Put a part to those of its kind, and parse them once they are many."""
    pack = waiting.pack(form, kind)
    if pack.put(part):
        _unpack(harvested, waiting, pack)


def _unpack(harvested: Harvest, waiting: Waiting, pack: Pack) -> None:
    """Parse what waits in a pack, or look at it first."""
    parts = pack.taken()
    if pack.kind is Kind.PART:
        parse_together(harvested, parts, partial(_spooled, harvested.spool, pack.form))
    elif pack.kind is Kind.TELLING and parts:
        harvested.tell(pack.form.parse([together(parts)]))
    elif parts:
        block = together(parts)
        _look(harvested, waiting, pack.form, parts.__getitem__, block, _seen(pack.form, block))


def _clear(harvested: Harvest, waiting: Waiting, shelf: Shelf) -> None:
    """Look at the sources on a shelf, which are UTF-8 if all of them together are."""
    if not shelf.sources:
        return
    segments = shelf.taken()
    if is_sound(segments.data):
        _look_at_short(harvested, waiting, shelf.form, segments)
        shelf.empty()
        return
    texts = [segments.text(number) for number in range(len(segments.sources))]
    shelf.empty()
    for text in texts:
        if is_sound(text.data):
            _put(harvested, waiting, shelf.form, text)
        else:
            member = Member(text.source, len(text.data), None)
            decoder = Decoder(text.source, BytesIO(), text.data)
            _read_decoder(harvested, waiting, member, decoder, shelf.form, Options(triage=True))
    _clear(harvested, waiting, shelf)


def _look_at_short(harvested: Harvest, waiting: Waiting, form: Format, segments: Segments) -> None:
    """Look at short sources. Cleared task logs, which are many, are noted as rows of a table."""
    block = segments.block()
    seen = _seen(form, block)
    lines = np.bincount(block.which, minlength=len(block.sources))
    rows = sorted(seen.cleared) if form is task_log else []
    columns = {"source": pa.array(block.sources, pa.string()), "bytes": segments.sizes, "lines": lines}
    harvested.short.append(schema.build(SHORT, len(lines), columns).take(pa.array(rows, pa.int64())))
    for number in sorted({*range(len(lines))}.difference(rows)):
        size, count = int(segments.sizes[number]), int(lines[number])
        harvested.found[block.sources[number]] = short_log(block.sources[number], size, count, form.NAME)
    _look(harvested, waiting, form, segments.text, block, seen)


def _seen(form: Format, block: Block) -> Triage:
    try:
        return TRIAGE[form.NAME](block)
    except Exception:  # noqa: BLE001 (what it cannot look at is decoded)
        return nothing()


def _look(
    harvested: Harvest,
    waiting: Waiting,
    form: Format,
    part: Callable[[int], Block | Text],
    block: Block,
    seen: Triage,
) -> None:
    """Clear what a first look clears: it leaves a row of LOGS and its telling lines. The rest waits to be decoded."""
    for number in sorted({*range(len(block.sources))} - seen.cleared):
        if form.PACKED:
            _wait(harvested, waiting, form, Kind.PART, part(number))
        else:
            parse_together(harvested, [part(number)], partial(_decoded, form))
    _keep(harvested, waiting, form, seen)


def _doubtful(
    harvested: Harvest, waiting: Waiting, form: Format, decoder: Decoder, options: Options
) -> Iterator[Block]:
    """A source is looked at block by block: its blocks if it is not cleared, or none where it has to be read again."""
    held: list[Block] = []
    blocks = watched(decoder, options.progress)
    try:
        seen = TRIAGE_LONG[form.NAME](noted(held, blocks))
    except Exception:  # noqa: BLE001 (what it cannot look at is decoded)
        seen = nothing()
        held.clear()
    if seen.cleared:
        _keep(harvested, waiting, form, seen)
    elif held:
        yield from chain(held, blocks)
    elif decoder.head:
        harvested.again.add(decoder.name)


def _keep(harvested: Harvest, waiting: Waiting, form: Format, seen: Triage) -> None:
    """What cleared sources leave."""
    if seen.telling is not None:
        _wait(harvested, waiting, form, Kind.TELLING, seen.telling)
    if harvested.spool and seen.events and seen.cleared:
        with suppress(Exception):  # what is not written down is decoded where it is asked for
            harvested.spool.put(seen.events())
    if seen.told.events is not None:
        harvested.telling.append(seen.told.events)
    harvested.take([replace(seen.told, events=None)])
    harvested.cleared.append(seen.logs)
    for source, entries in seen.entries.items():
        harvested.found[source].entries = entries


def _decoded(form: Format, parts: Sequence[Block | Text]) -> list[Batch]:
    return list(form.parse([together(parts)]))


def _spooled(spool: Spool | None, form: Format, parts: Sequence[Block | Text]) -> list[Batch]:
    """The same, written down where all EVENTS will be asked for."""
    batches = _decoded(form, parts)
    for events in filter(None, (batch.events for batch in batches)):
        if spool:
            spool.put(by_place(events).cast(schema.CODED))
    return batches
