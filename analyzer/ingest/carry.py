"""Entries that cross the border between two blocks.

A log entry of several lines may begin in one block and go on in the next. `whole` moves the entry that is still open
at the end of a block to the front of the next one, so that parsers see whole entries only:

    block 1 | entry A | entry B, first line |        gives  | entry A |
    block 2 | entry B, second line | entry C |       gives  | entry B, both lines | and at the end | entry C |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from analyzer.blocks import Block

LIMIT = 4 * 1024 * 1024
"""An entry that is longer is closed at the border of its block: memory stays bounded whatever a file holds."""


def whole(blocks: Iterable[Block], last_head: Callable[[Block], int | None], limit: int = LIMIT) -> Iterator[Block]:
    """Blocks that end where an entry ends; `last_head` says in which row the last entry of a block begins."""
    held: Block | None = None
    for block in blocks:
        if not len(block):
            continue
        joined = block if held is None else join(held, block)
        head = last_head(joined) or 0
        if len(joined.data) - int(joined.starts[head]) > limit:
            held = None
            yield joined
            continue
        held = cut(joined, head, len(joined))
        if head:
            yield cut(joined, 0, head)
    if held is not None:
        yield held


def join(left: Block, right: Block) -> Block:
    """Two blocks of one source as one."""
    shift = len(left.data)
    return Block(
        left.sources,
        left.data + right.data,
        np.concatenate((left.starts, right.starts + shift)),
        np.concatenate((left.ends, right.ends + shift)),
        np.concatenate((left.lines, right.lines)),
        np.concatenate((left.offsets, right.offsets)),
        np.concatenate((left.which, right.which)),
    )


def cut(block: Block, first: int, stop: int) -> Block:
    """Some consecutive lines of a block."""
    start = int(block.starts[first])
    end = int(block.starts[stop]) if stop < len(block) else len(block.data)
    rows = slice(first, stop)
    return Block(
        block.sources,
        block.data[start:end],
        block.starts[rows] - start,
        block.ends[rows] - start,
        block.lines[rows],
        block.offsets[rows],
        block.which[rows],
    )
