"""Processes that share the reading of a large input. One that dies costs the source it died on, never the case.

A process that has one thread forks them: they have everything loaded and start at once. Where it has more, one of these
may hold what a forked process would wait for in vain: there each process starts anew, in 0.3 s of CPU time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from analyzer.reading.harvest import Found, Harvest, Options
from analyzer.reading.reader import read_all
from analyzer.sources import Place, divided
from analyzer.startup import lightly

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

LARGE = {"fork": 64 << 20, "spawn": 384 << 20}
"""Bytes, by how processes start: less is read sooner than others have started."""
SHARE = 16 << 20
DIED = "the reader died on it"

Share = tuple[Place, ...]
Read = Callable[[Options, Share], Harvest]


def read_share(options: Options, share: Share) -> Harvest:
    """Read the members of these places."""
    return read_all(share, options)


def read_places(
    places: Sequence[Place], options: Options, meanwhile: Callable[[], None] = lambda: None, read: Read = read_share
) -> Harvest:
    """Read all places: in this process, or by `options.workers` others where there is much to read.

    `meanwhile` is called once these have started. What is decoded as a whole is not sent from one process to another:
    only a first look is shared out.
    """
    shared = options.workers > 1 and options.triage
    members = [member for place in places for member in _members(place)] if shared else []
    sizes = [_size(member) for member in members]
    if sum(sizes) < LARGE[_start()] or len(members) < 2:
        return read(options, tuple(places))
    found = Harvest()
    quiet = replace(options, progress=None)
    shares = [*_shares(members, sizes)]
    for share, size, harvested in _in_order(partial(read, quiet), shares, options.workers, meanwhile):
        found.add(harvested)
        if options.progress:
            options.progress(share[-1].name, size)
    return found


def _members(place: Place) -> list[Place]:
    """A place, or the members of a zip that is large enough: text shrinks to a tenth or less."""
    return [place] if place.plain or _size(place) * 16 < LARGE[_start()] else divided(place)


def _size(place: Place) -> int:
    """Bytes of a place; 0 where its reader will say why there are none."""
    if place.plain or place.member is not None:
        return place.size
    with suppress(OSError):
        return os.stat(place.path).st_size  # noqa: PTH116 (as `sources.walk`)
    return 0


def _shares(places: Sequence[Place], sizes: Sequence[int]) -> Iterator[tuple[Share, int]]:
    """Neighbours of together about SHARE bytes."""
    begin, held = 0, 0
    for at, size in enumerate(sizes, 1):
        held += size
        if held >= SHARE or at == len(places):
            yield tuple(places[begin:at]), held
            begin, held = at, 0


def _in_order(
    read: Callable[[Share], Harvest],
    shares: Sequence[tuple[Share, int]],
    workers: int,
    meanwhile: Callable[[], None],
) -> Iterator[tuple[Share, int, Harvest]]:
    start = _start()
    with _pool(workers, start, shares if start == "fork" else ()) as pool:
        if start == "fork":
            futures = [pool.submit(_read_held, read, number) for number in range(len(shares))]
        else:
            futures = [pool.submit(read, share) for share, _ in shares]
        meanwhile()
        for (share, size), future in zip(shares, futures, strict=True):
            yield share, size, _result(future, read, share)


def _result(future: Future[Harvest], read: Callable[[Share], Harvest], share: Share) -> Harvest:
    """What a share gave. Where a process died, its shares are read again by one each, in ever smaller parts."""
    try:
        return future.result()
    except BrokenExecutor:
        return _alone(read, share)


def _alone(read: Callable[[Share], Harvest], share: Share) -> Harvest:
    with _pool(1, _start()) as pool, suppress(BrokenExecutor):
        return pool.submit(read, share).result()
    if len(share) == 1:
        name = share[0].name
        return Harvest(found={name: Found(name, "unknown", 0, problem=DIED)})
    found = Harvest()
    for part in (share[: len(share) // 2], share[len(share) // 2 :]):
        found.add(_alone(read, part))
    return found


_HELD: list[tuple[Share, int]] = []
"""What a forked process has to read, and need not be sent: 100,000 files take 0.4 s of CPU time to be sent."""


def _hold(shares: Sequence[tuple[Share, int]]) -> None:
    lightly()
    _HELD.extend(shares)


def _read_held(read: Callable[[Share], Harvest], number: int) -> Harvest:
    return read(_HELD[number][0])


def _pool(workers: int, start: str, held: Sequence[tuple[Share, int]] = ()) -> ProcessPoolExecutor:
    """Processes, each of which has what it is given here: only a forked one has it at once."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(workers, mp_context=get_context(start), initializer=_hold, initargs=(held,))


def _start() -> str:
    """How a process is started from this one. Where there is no list of its threads it may have several."""
    with suppress(OSError):
        if len(os.listdir("/proc/self/task")) == 1:  # noqa: PTH208 (no Path is needed)
            return "fork"
    return "spawn"
