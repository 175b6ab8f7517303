"""Sources and ingest put together: every member of every path becomes rows, and is noted as found.

Small sources of one format wait for one another (`_Pack`) and are parsed together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import partial
from io import BytesIO
from itertools import chain

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block, Text, joined, keep_freed_memory, together
from analyzer.ingest import LOOKS, TRIAGE, TRIAGE_LONG, at_once, recognise
from analyzer.ingest.triage import Triage, nothing
from analyzer.model import Batch, Format
from analyzer.reading.harvest import SHORT, Found, Harvest, Options, short_log
from analyzer.reading.order import by_place
from analyzer.reading.parts import WHOLE, noted, parts_of, watched, whole
from analyzer.reading.spool import Spool
from analyzer.sources import Decoder, Member, is_utf8, plain

PACK = 4 << 20
"""Small sources of one format share a block of about this many bytes: work that a block costs once weighs less so (with
half as many, a first look at text downloads takes a tenth longer).
"""
_OF_TASK = re.compile(r"(?:^|/)(servertasks-\d+)(?!\d)[^/]*(?:/[^/]+\.tl)?\.txt$", re.IGNORECASE | re.ASCII)


class _Kind(IntEnum):
    """Whole sources, which a first look may clear, short ones by themselves; parts of others; telling lines."""

    SHORT, WHOLE, PART, TELLING = range(4)


@dataclass
class _Pack:
    """Small sources, blocks of others, or lines that wait to be parsed together."""

    form: Format
    kind: _Kind
    parts: list[Block | Text] = field(default_factory=list)
    size: int = 0


_Packs = dict[tuple[str, _Kind], _Pack]


def read_members(members: Iterable[Member], options: Options) -> Harvest:
    """Read these members."""
    keep_freed_memory()
    found = Harvest(spool=Spool(options.spool) if options.spool else None)
    packs: _Packs = {}
    for member in members:
        _read_member(found, packs, member, options)
    for kind in _Kind:  # what a first look does not clear waits once more
        for pack in [pack for pack in packs.values() if pack.kind is kind]:
            _unpack(found, packs, pack)
    found.cleared, found.short = _joined(found.cleared), _joined(found.short)
    if found.spool:
        found.spool.close()
        found.spool = None
    return found


def _joined(tables: list[pa.Table]) -> list[pa.Table]:
    """Tables of a few hundred rows as one: each takes as long to be sent or looked at as the rows themselves."""
    return [pa.concat_tables(tables).combine_chunks()] if len(tables) > 1 else tables


def _read_member(harvested: Harvest, packs: _Packs, member: Member, options: Options) -> None:
    if options.tasks and _not_asked_for(member.name, options.tasks):
        return
    if options.triage and member.data and plain(member.data) and (form := at_once(member.data)):  # no mark begins so
        _wait_short(harvested, packs, form, Text(member.name, member.data), options)
        return
    decoder = Decoder(member.name, member.stream, member.data) if member.stream else None
    form = recognise(decoder.head, member.name) if decoder else None
    if decoder and form and form.PACKED and options.triage and (text := decoder.short()) and text.data:
        _wait_short(harvested, packs, form, text, options)
        return
    found = harvested.found[member.name] = Found(member.name, "unknown", member.size, problem=member.problem)
    if decoder is None:
        return
    if form is not None:
        found.format = form.NAME
        _parse(harvested, packs, form, decoder, options)
    elif member.named:
        found.problem = "no known format" if decoder.head else "it is empty"
    found.size = decoder.bytes if form else max(member.size, decoder.bytes)
    found.encoding, found.lines = decoder.encoding, decoder.lines
    found.problem = decoder.problem or found.problem


def _not_asked_for(name: str, tasks: frozenset[str]) -> bool:
    """A task log says in its name whose it is: others need not be read when tasks are asked for."""
    match = _OF_TASK.search(name)
    return match is not None and match[1].casefold() not in {task.casefold() for task in tasks}


def _parse(harvested: Harvest, packs: _Packs, form: Format, decoder: Decoder, options: Options) -> None:
    """Parse one source; a small one of a packable format waits for others, and so does one to be looked at first."""
    if form.PACKED:
        looks = options.triage and form.NAME in TRIAGE_LONG  # short ones are looked at together
        for part in _doubtful(harvested, packs, form, decoder, options) if looks else parts_of(decoder, options):
            _wait(harvested, packs, form, _Kind.PART, part)
        return
    blocks = watched(decoder, options.progress)
    if options.triage and form.NAME in TRIAGE:
        held: Block | Text | None = decoder.whole()
        if held is None:
            held, blocks = whole(blocks)
        elif options.progress:
            options.progress(decoder.name, len(held.data))
        if held is not None:
            _wait(harvested, packs, form, _Kind.WHOLE, held)
            return
    try:
        if options.triage and form.NAME in LOOKS:
            seen = LOOKS[form.NAME](blocks)
            harvested.note(decoder.name, seen)
            if sum(len(block.data) for block in seen.telling) > WHOLE:
                harvested.tell(form.parse(seen.telling))
            elif seen.telling:
                _wait(harvested, packs, form, _Kind.TELLING, joined(seen.telling))
        else:
            harvested.take(list(form.parse(blocks)))
    except Exception as error:  # noqa: BLE001 (one bad source must not stop a case)
        for _ in blocks:  # so that every line is counted
            pass
        place = {"source": decoder.name, "line": 1, "lines": decoder.lines, "offset": 0, "bytes": decoder.bytes}
        harvested.give_up(error, place)


def _wait_short(harvested: Harvest, packs: _Packs, form: Format, text: Text, options: Options) -> None:
    _wait(harvested, packs, form, _Kind.SHORT, text)
    if options.progress:
        options.progress(text.source, len(text.data))


def _wait(harvested: Harvest, packs: _Packs, form: Format, kind: _Kind, part: Block | Text) -> None:
    """Put a part to those of its kind, and parse them once they are many."""
    pack = packs.get((form.NAME, kind))
    if pack is None:
        pack = packs[form.NAME, kind] = _Pack(form, kind)
    pack.parts.append(part)
    pack.size += len(part.data)
    if pack.size >= PACK:
        _unpack(harvested, packs, pack)


def _unpack(harvested: Harvest, packs: _Packs, pack: _Pack) -> None:
    """Parse what waits in a pack, or look at it first."""
    parts, pack.parts, pack.size = pack.parts, [], 0
    if pack.kind is _Kind.PART:
        parse_together(harvested, parts, partial(_spooled, harvested.spool, pack.form))
    elif pack.kind is _Kind.TELLING and parts:
        harvested.tell(pack.form.parse([together(parts)]))
    elif pack.kind is _Kind.SHORT and parts:
        _look_at_short(harvested, packs, pack.form, [part for part in parts if isinstance(part, Text)])
    elif parts:
        block = together(parts)
        _look(harvested, packs, pack.form, parts, block, _seen(pack.form, block))


def _look_at_short(harvested: Harvest, packs: _Packs, form: Format, texts: Sequence[Text]) -> None:
    """Look at short sources, which are UTF-8 if all of them together are."""
    block = together(texts)
    if not is_utf8(block.data):
        for name, data in (text for text in texts if not is_utf8(text.data)):
            _read_member(harvested, packs, Member(name, len(data), BytesIO(data), data=data), Options())
        sound = [text for text in texts if is_utf8(text.data)]
        if sound:
            _look_at_short(harvested, packs, form, sound)
        return
    seen = _seen(form, block)
    lines = np.bincount(block.which, minlength=len(texts)).tolist()
    known = [(name, len(data), count) for (name, data), count in zip(texts, lines, strict=True)]
    for number in sorted({*range(len(texts))} - seen.cleared):
        harvested.found[texts[number].source] = short_log(*known[number])
    columns = zip(SHORT.names, zip(*known, strict=True), strict=True)
    table = schema.build(SHORT, len(texts), dict(columns))
    harvested.short.append(table.take(pa.array(sorted(seen.cleared), pa.int64())))
    _look(harvested, packs, form, texts, block, seen)


def _seen(form: Format, block: Block) -> Triage:
    try:
        return TRIAGE[form.NAME](block)
    except Exception:  # noqa: BLE001 (what it cannot look at is decoded)
        return nothing()


def _look(
    harvested: Harvest, packs: _Packs, form: Format, parts: Sequence[Block | Text], block: Block, seen: Triage
) -> None:
    """Clear what a first look clears: it leaves a row of LOGS and its telling lines. The rest waits to be decoded."""
    for part in (part for number, part in enumerate(parts) if number not in seen.cleared):
        if form.PACKED:
            _wait(harvested, packs, form, _Kind.PART, part)
        else:
            parse_together(harvested, [part], partial(_decoded, form))
    _keep(harvested, packs, form, seen)


def _doubtful(harvested: Harvest, packs: _Packs, form: Format, decoder: Decoder, options: Options) -> Iterator[Block]:
    """A source is looked at block by block: its blocks if it is not cleared, or none where it has to be read again."""
    held: list[Block] = []
    blocks = watched(decoder, options.progress)
    try:
        seen = TRIAGE_LONG[form.NAME](noted(held, blocks))
    except Exception:  # noqa: BLE001 (what it cannot look at is decoded)
        seen = nothing()
        held.clear()
    if seen.cleared:
        _keep(harvested, packs, form, seen)
    elif held:
        yield from chain(held, blocks)
    elif decoder.head:
        harvested.again.add(decoder.name)


def _keep(harvested: Harvest, packs: _Packs, form: Format, seen: Triage) -> None:
    """What cleared sources leave."""
    if seen.telling is not None:
        _wait(harvested, packs, form, _Kind.TELLING, seen.telling)
    if harvested.spool and seen.events and seen.cleared:
        with suppress(Exception):  # what is not written down is decoded where it is asked for
            harvested.spool.put(seen.events())
    if seen.told.events is not None:
        harvested.telling.append(seen.told.events)
    harvested.take([replace(seen.told, events=None)])
    harvested.cleared.append(seen.logs)
    for source, entries in seen.entries.items():
        harvested.found[source].entries = entries


Parse = Callable[[Sequence[Block | Text]], list[Batch]]
"""What some parts give."""


def parse_together(harvested: Harvest, parts: Sequence[Block | Text], parse: Parse) -> None:
    """Add what small sources and blocks of others give."""
    waiting = [parts]
    while waiting:
        parts = waiting.pop()
        if not parts:
            continue
        try:
            harvested.take(parse(parts))
        except Exception as error:  # noqa: BLE001 (the neighbours in the pack must not suffer)
            if len(parts) > 1:
                waiting += [[part] for part in reversed(parts)]
                continue
            block = together(parts)
            place = {"source": block.source, "line": int(block.lines[0]), "lines": len(block)}
            harvested.give_up(error, {**place, "offset": int(block.offsets[0]), "bytes": len(block.data)})


def _decoded(form: Format, parts: Sequence[Block | Text]) -> list[Batch]:
    return list(form.parse([together(parts)]))


def _spooled(spool: Spool | None, form: Format, parts: Sequence[Block | Text]) -> list[Batch]:
    """The same, written down where all EVENTS will be asked for."""
    batches = _decoded(form, parts)
    for events in filter(None, (batch.events for batch in batches)):
        if spool:
            spool.put(by_place(events).cast(schema.CODED))
    return batches
