"""One pass over the bytes of a block of task logs: all that is looked for or fetched in them, piece by piece.

A piece of half a megabyte stays in a processor's second cache until everything is done with it: so the passes take two
thirds of what they take over a block of 4 MB each, and a look-up takes half.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzer.blocks import PIECE, Block, Ints, found_in, words_of
from analyzer.ingest.fixed_places import Words
from analyzer.ingest.task_log_heads import fetched
from analyzer.ingest.triage import ends_of_names


@dataclass(frozen=True)
class Sweep:
    """What was found in all bytes, and for each line the words behind its id and its last eight bytes."""

    behind: Words
    last: Words
    slashes: Ints
    names: Ints  # where the names of machines may end
    quotes: int
    controls: int


def sweep(block: Block, ends: Ints) -> Sweep:
    """Sweep a block. `ends`: where the ids of its lines probably end."""
    octets, words = np.frombuffer(block.data, np.uint8), words_of(block.data)
    places = range(0, len(octets), PIECE)
    edges = np.searchsorted(block.starts, np.array([*places, len(octets)])).tolist()
    behind, last, slashes, names, quotes, controls = [], [], [], [], 0, 0
    for at, begin, end in zip(places, edges[:-1], edges[1:], strict=True):
        piece = octets[at : at + PIECE]
        slashes.append(found_in(piece == ord("\\")) + at)
        names.append(ends_of_names(piece) + at)
        quotes += int(np.count_nonzero(piece == ord('"')))
        controls += int(np.count_nonzero(piece < ord(" ")))
        behind.append(fetched(block.data, ends[begin:end]))
        last.append(words[np.maximum(block.ends[begin:end] - 8, 0)])
    return Sweep(
        np.ascontiguousarray(np.concatenate(behind).T),
        np.concatenate(last),
        np.concatenate(slashes),
        np.concatenate(names),
        quotes,
        controls,
    )
