"""Where words stand in a buffer: all words at once, four bytes at a time.

    ....... correlationId Serv...     a word of eight bytes or more covers four bytes that stand at a multiple of
        |   |   |   |   |   |         four, wherever it begins: one piece of it for each remainder is looked for

Each piece has a mark in a small table, so that what a buffer costs does not grow with the number of words: 0.4 ns a
byte for all, where `bytes.find` takes 0.2 ns for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np
import numpy.typing as npt

from analyzer.blocks import Ints, words_of

WIDTH = 4
LEAST = 8
"""Bytes of the shortest word that can be looked for; so many are compared as one number."""
BITS = 14  # of the table's size: it stays in the fastest cache, and few other pieces share a place with one of ours
PART = 1 << 16
"""Numbers that are looked at together: what is made of them stays in the cache."""
COMMON = b" etaoinsrlcdupmgbfh"
"""The most frequent letters first: a piece with others is found less often where there is no word."""

Numbers = npt.NDArray[np.uint32]


class Search:
    """Looks for words of at least eight bytes together. Raises ValueError for a shorter one."""

    def __init__(self, words: Sequence[bytes]) -> None:
        if any(len(word) < LEAST for word in words):
            raise ValueError(f"{min(words, key=len)!r} has fewer than {LEAST} bytes")
        self._words = words
        pieces = _pieces(words)
        self._word, self._at = (np.array(column) for column in zip(*pieces, strict=True))
        self._head = np.array([int.from_bytes(words[word][:LEAST], "little") for word, _ in pieces], np.uint64)
        numbers = np.array([int.from_bytes(words[word][at : at + WIDTH], "little") for word, at in pieces], np.uint32)
        self._factor = next(factor for factor in _factors() if _apart(_places(numbers, factor)))
        places = _places(numbers, self._factor)
        self._marked = np.zeros(1 << BITS, bool)
        self._piece = np.zeros(1 << BITS, np.int64)
        self._marked[places], self._piece[places] = True, np.arange(len(pieces))

    def find(self, data: bytes) -> Ints:
        """Where the words begin, in order."""
        numbers = np.frombuffer(data, "<u4", len(data) // WIDTH)
        parts = [self._pieces_in(numbers[begin : begin + PART]) for begin in range(0, len(numbers), PART)]
        if not parts:
            return np.empty(0, np.int64)
        at = np.concatenate([at + number * PART for number, (at, _) in enumerate(parts)])
        piece = np.concatenate([piece for _, piece in parts])
        starts = at * WIDTH - self._at[piece]
        inside = (starts >= 0) & (starts <= len(data) - LEAST)
        starts, piece = starts[inside], piece[inside]
        heads = words_of(data)
        same = heads[starts] == self._head[piece]
        likely = zip(starts[same].tolist(), self._word[piece[same]].tolist(), strict=True)
        found = [start for start, word in likely if data.startswith(self._words[word], start)]
        return np.sort(np.array(found, np.int64))

    def _pieces_in(self, numbers: Numbers) -> tuple[Ints, Ints]:
        """Where pieces of words may be, and which."""
        places = _places(numbers, self._factor)
        at = np.flatnonzero(np.take(self._marked, places, mode="wrap"))
        return at, self._piece[places[at]]


def _pieces(words: Sequence[bytes]) -> list[tuple[int, int]]:
    """Of each word, by number, where four pieces of it begin, one for each remainder; no two are the same bytes."""
    taken: set[bytes] = set()
    pieces = []
    for number, word in enumerate(words):
        for remainder in range(WIDTH):
            every = [at for at in range(remainder, len(word) - WIDTH + 1, WIDTH) if word[at : at + WIDTH] not in taken]
            if not every:
                raise ValueError(f"{word!r} has no piece of its own")
            at = min(every, key=lambda at: _commonness(word[at : at + WIDTH]))
            taken.add(word[at : at + WIDTH])
            pieces.append((number, at))
    return pieces


def _commonness(piece: bytes) -> int:
    return sum(len(COMMON) - COMMON.find(byte) for byte in piece if byte in COMMON)


def _factors() -> Iterator[np.uint32]:
    """Odd numbers: Knuth's, and those behind it."""
    return (np.uint32((2654435761 + 2 * step) % 2**32) for step in count())


def _places(numbers: Numbers, factor: np.uint32) -> Numbers:
    places: Numbers = numbers * factor
    places >>= np.uint32(32 - BITS)
    return places


def _apart(places: Numbers) -> bool:
    return len(np.unique(places)) == len(places)
