"""Heads and tails of the lines of whole task logs: where their ids end, what stands behind them, where their texts end.

    ["ServerTasks-733_K2JD81MNQA/5f0c...e1","INF","2023-09-18T09:14:02.1180427+00:00","Say \\"hi\\"","",0]
     ^start                               ^end                                         ^+45 text   ^stop
                                       ------IN F","2023-09-18T09:14:02.1180427+00:00","Say....

An id is the log's own with 33 bytes more for each level, and behind it all places are fixed. So what stands there is
fetched at once, seven words a line, and each column of them is compared and computed with as numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analyzer.blocks import Block, Data, Flags, Ints, Octets, words_at
from analyzer.ingest.fixed_places import Small, Words, levels, mask_of, shaped, stamps, word_of

BEFORE, TEXT = 3, 45  # from the id's closing quote on: what is fetched, and the text, which begins its last word
SHORTEST = TEXT + len('","",0]')
LEAST = TEXT + 8
"""Bytes of the smallest block that can be looked at: eight stand where a text would."""
DEEPEST = 6
LEVEL_BYTES = 33  # a slash and 32 hexadecimal digits
SAMPLE = 64
"""Of how many lines it is found out how deep most lines of a block are."""
_OPENS, _CLOSES = (mask_of(shape, b'",') for shape in (b'...","..', b'.","....'))
_YEAR = mask_of(b'..."2023', b'"023')


@dataclass(frozen=True)
class Heads:
    """One entry a line; `good`: which are what they seem."""

    ends: Ints  # of ids
    depth: Small
    level: Small  # number in CODES
    instant: Ints
    begins: Words  # of texts
    good: Flags


@dataclass(frozen=True)
class Tails:
    """One entry a line; `usual`: the others have a detail, or no tail."""

    stop: Ints  # of texts
    usual: Flags
    slashed: Flags  # a backslash stands before the quote that closes the text


def heads(block: Block, own: Ints, order: Sequence[int], words: Words) -> Heads:
    """What the heads of all lines say.

    `own`: where the id of the root ends. `order`: of the depths at which the id is tried to end. `words`: those that
    were fetched where it ends at the first of them.
    """
    ends, depth, found = _ids(block, own, order, words)
    before, behind, date, clock, fraction, zone, begins = words
    level, known = levels(before >> np.uint64(48) | (behind & np.uint64(255)) << np.uint64(16))
    instant, real = stamps(behind & _YEAR, date, clock, fraction, zone)
    good = found & known & real & (ends + SHORTEST <= block.ends)
    return Heads(ends, depth, level, instant, begins, good)


def _ids(block: Block, own: Ints, order: Sequence[int], words: Words) -> tuple[Ints, Small, Flags]:
    """Where the ids end, how many levels below the root they are, and which of them end at all. Corrects the words."""
    ends, depth = own + LEVEL_BYTES * order[0], np.full(len(own), order[0], np.int8)
    found = _ended(block.data, ends, words)
    todo = np.flatnonzero(~found)
    for other in order[1:]:
        if not len(todo):
            break
        at = own[todo] + LEVEL_BYTES * other
        ends[todo], depth[todo] = at, other
        words[:, todo] = others = fetched(block.data, at).T
        found[todo] = _ended(block.data, at, others)
        todo = todo[~found[todo]]
    return ends, depth, found


def usual_depths(data: Data, own: Ints) -> list[int]:
    """The depths of lines, that of most lines first. `own`: where the ids of their roots end."""
    depths = np.arange(DEEPEST + 1)
    ends = own[:: len(own) // SAMPLE + 1] + LEVEL_BYTES * depths[:, None]
    found = _ended(data, ends.ravel(), fetched(data, ends.ravel()).T).reshape(ends.shape)
    order: list[int] = np.argsort(-found.sum(axis=1), kind="stable").tolist()
    return order


def fetched(data: Data, ends: Ints) -> Words:
    """Seven words from each end of an id on, a row each: of the last place there is where it is too near to the end."""
    return words_at(data, np.clip(ends, BEFORE, len(data) - LEAST) - BEFORE, 7)


def _ended(data: Data, ends: Ints, words: Words) -> Flags:
    """Whether ids end in these places, by the words there."""
    wrong = words[0] & _OPENS ^ word_of(b'\0\0\0","') | words[1] & _CLOSES ^ word_of(b'\0","')
    ended: Flags = (wrong == 0) & (ends <= len(data) - LEAST)
    return ended


def tails(block: Block, octets: Octets, last: Words) -> Tails:
    """Where texts end: before `","",0]`, with one to three digits. `last`: the last words of lines."""
    stop = block.ends - len('","",0]')
    usual = last >> np.uint64(8) == word_of(b'","",0]')
    slashed = last & np.uint64(255) == ord("\\")
    rest = np.flatnonzero(~usual)
    if len(rest):
        stop[rest], usual[rest] = _other_tails(last[rest], octets, block.ends[rest])
        slashed[rest] = octets[np.maximum(stop[rest] - 1, 0)] == ord("\\")
    return Tails(stop, usual, slashed)


def _other_tails(last: Words, octets: Octets, close: Ints) -> tuple[Ints, Flags]:
    """Where the texts of lines with other digits end, and which these lines are; the others' end with the line."""
    stop, todo = close.copy(), np.arange(len(close))
    for shape in (b'","",d]', b'","",dd]', b'","",ddd]'):
        part = shape[-8:]
        _, wrong = shaped(last[todo] >> np.uint64(8 * (8 - len(part))), part.ljust(8, b"\0"))
        at = np.maximum(close[todo] - len(shape), 0)
        fits = (wrong & word_of(b"\x80" * 8) == 0) & (octets[at] == ord('"'))
        if b"dd" in shape:
            fits &= octets[at + shape.index(b"d")] != ord("0")
        stop[todo[fits]] = at[fits]
        todo = todo[~fits]
    usual = np.ones(len(close), bool)
    usual[todo] = False
    return stop, usual
