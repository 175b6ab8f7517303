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
        head = last_head(block)
        if head is None and held is not None:
            block, held = join(held, block, len(block)), None
            head = last_head(block)
        head = head or 0
        if len(block.data) - int(block.starts[head]) > limit:
            head = len(block)
        done = cut(block, 0, head) if held is None else join(held, block, head)
        held = cut(block, head, len(block)) if head < len(block) else None
        if len(done):
            yield done
    if held is not None:
        yield held


def join(left: Block, right: Block, stop: int) -> Block:
    """A block and the lines of the next one of the same source before row `stop` as one."""
    shift = len(left.data)
    end = int(right.starts[stop]) if stop < len(right) else len(right.data)
    return Block(
        left.sources,
        b"".join((left.data, memoryview(right.data)[:end])),
        np.concatenate((left.starts, right.starts[:stop] + shift)),
        np.concatenate((left.ends, right.ends[:stop] + shift)),
        np.concatenate((left.lines, right.lines[:stop])),
        np.concatenate((left.offsets, right.offsets[:stop])),
        np.concatenate((left.which, right.which[:stop])),
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
