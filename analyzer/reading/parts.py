"""How a source is taken: as it is where it is short, else block by block, or as one block; how much of it is held."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from analyzer.blocks import Block, Text, joined
from analyzer.model import Progress
from analyzer.reading.harvest import Options
from analyzer.sources import Decoder

WHOLE = 32 << 20
"""So much of a source is held while it is looked at; a raw task log of more is read again if it is not cleared."""
ENTIRE = 512 << 20
"""A text download is looked at as one block, which takes four times its size, or decoded, which takes twenty."""


def watched(decoder: Decoder, progress: Progress | None, passing: bool = False) -> Iterator[Block]:
    """The blocks of a source; `progress` is told of each once it is done with. `passing`: they are not kept."""
    before = 0
    for block in decoder.blocks(passing):
        yield block
        if progress:
            progress(decoder.name, decoder.bytes - before)
            before = decoder.bytes


def parts_of(decoder: Decoder, options: Options) -> Iterator[Block | Text]:
    """A source as it waits for others."""
    text = decoder.whole()
    if text is None:
        yield from watched(decoder, options.progress)
    elif text.data:
        yield text
        if options.progress:
            options.progress(decoder.name, len(text.data))


def whole(blocks: Iterator[Block]) -> tuple[Block | None, Iterator[Block]]:
    """A source as one block, and none left; or none, and its blocks, where it is too long for that."""
    held: list[Block] = []
    for block in blocks:
        held.append(block)
        if sum(len(one.data) for one in held) > ENTIRE:
            return None, chain(held, blocks)
    return (joined(held) if held else None), iter(())


def noted(held: list[Block], blocks: Iterator[Block]) -> Iterator[Block]:
    """The blocks; all of them are held, or none where they are too long for that."""
    size = 0
    for block in blocks:
        size += len(block.data)
        held.append(block)
        if size > WHOLE:
            held.clear()
        yield block
