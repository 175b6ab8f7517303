r"""A first look at whole task logs: which of them are certainly one plain and complete execution.

    ["ServerTasks-733_K2JD81MNQA/5f0c...e1","INF","2023-09-18T09:14:02.1180427+00:00","Say \"hi\"","",0]
     ^start                               ^id's end (+0)                               ^+45 text   ^stop

Most logs of a share are innocent, and decoding them is most of the work. So every line is looked at and almost none is
decoded: behind the id all places are fixed, an id is the log's own with 33 bytes more for each level, and eight bytes
at a time are compared as one number. That a line is what it seems follows from counting: it has ten quotes in known
places, so where a source has ten for each of its lines (escaped ones aside) no text hides another.

A log is cleared only if every detector would find nothing in it: one root that opens the log and closes it, each step
announced once and under one name, every activity below a known parent and closed by its last line, time that never
goes back, no resume, and no failure, or one that climbed to the root and ended the task (`_structure`, `_roots`). All
others are decoded exactly (`task_log`). What a cleared log still has to say, its machines and versions, stands in its
`telling` lines; that it failed, in its worst severity.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import AS_STORED, NEWLINE, RETURN, Block, Ints
from analyzer.clocks import JITTER
from analyzer.ingest.fixed_places import FINISHED, PLANNED, Words, instants, levels, mask_of, shaped, word_of
from analyzer.ingest.task_log_fields import Flags, escapes
from analyzer.ingest.triage import NOTHING, Triage
from analyzer.names import CANCELED, CORRELATION, ERROR, FATAL, RESUMED

LEVEL, STAMP, TEXT = 3, 9, 45  # from the id's closing quote on
SHORTEST = TEXT + len('","",0]')
DEEPEST = 6
LEVEL_BYTES = 33  # a slash and 32 hexadecimal digits
HOST, MACHINE = b"HostProcessName:", b"MachineName:"
NAMED_HOST = re.compile(HOST + rb"[ \t]*\w")
VERSION = b"Octopus Server version"
ESCAPED = np.array(
    [word_of(b"\\u00" + code) for code in (b"22", b"26", b"27", b"2b", b"2B", b"3c", b"3C", b"3e", b"3E", b"60")]
)
"""Characters of ASCII that .NET's writers escape by their number."""


@dataclass
class _Look:
    """What the heads and tails of a block's lines say, one entry a line; `good` is one entry a source."""

    block: Block
    octets: npt.NDArray[np.uint8]
    words: Words
    first: Ints  # first line of each source
    good: Flags
    ends: Ints  # of ids
    depth: Ints
    stop: Ints  # of texts
    texts: dict[int, bytes]  # of lines whose tail is not the usual one
    instant: Ints
    severity: Ints
    kind: Ints
    begins: Words  # of texts

    def doubt(self, lines: Ints | Flags) -> None:
        """The sources of these lines are not cleared."""
        self.good[self.block.which[lines]] = False

    def raw(self, row: int) -> bytes:
        """The text of a line as it is stored."""
        return self.block.data[self.ends[row] + TEXT : self.stop[row]]

    def text(self, row: int) -> bytes:
        """The text of a line in UTF-8, not whether it is valid."""
        if row in self.texts:
            return self.texts[row]
        raw = self.raw(row)
        return str(json.loads(b'"%b"' % raw)).encode("utf-8", "surrogatepass") if b"\\" in raw else raw


def triage(block: Block) -> Triage:
    """Look at whole task logs, stored as UTF-8, one source after the other."""
    count = len(block.sources)
    first = np.searchsorted(block.which, np.arange(count))
    if len(block.data) < 2 * SHORTEST or not np.array_equal(block.which[first % len(block)], np.arange(count)):
        return NOTHING
    octets = np.frombuffer(block.data, np.uint8)
    words: Words = np.ndarray((len(octets) - 7,), "<u8", block.data, 0, (1,))
    names = _names(block, first)
    good = np.array([name is not None for name in names])
    if block.coding is not None:
        good[block.which[block.coding != AS_STORED]] = False
    if not good.any():
        return NOTHING
    look = _lines(block, octets, words, first, good, names)
    _texts_are_whole(look)
    keys = _keys(look, names)
    _structure(look, *keys)
    _roots(look)
    return _cleared(look, names)


def _names(block: Block, first: Ints) -> list[bytes | None]:
    """The id of each source's root, which its first line has; None where that is no root of a task with a suffix."""
    names: list[bytes | None] = []
    for start, end in zip(block.starts[first].tolist(), block.ends[first].tolist(), strict=True):
        stop = block.data.find(b'"', start + 2, end)
        name = block.data[start + 2 : stop] if stop > 0 and block.data.startswith(b'["', start) else b""
        match = CORRELATION.fullmatch(name.decode()) if name.startswith(b"ServerTasks-") else None
        plain = match is not None and match["log"] is not None and match["activity"] is None and b"\\" not in name
        names.append(name if plain else None)
    return names


def _lines(
    block: Block, octets: npt.NDArray[np.uint8], words: Words, first: Ints, good: Flags, names: list[bytes | None]
) -> _Look:
    """Where the fields of every line stand, and their values."""
    safe = len(octets) - SHORTEST - 8  # behind this place no line has room
    root = np.array([len(name) + 2 if name else 0 for name in names])[block.which]
    ends, depth, found = _ids(words, block.starts, root, safe)
    found &= ends + SHORTEST <= block.ends
    ends, depth = np.where(found, ends, 0), np.where(found, depth, 0)
    severity, kind, known = levels(words, ends + LEVEL)
    instant, real = instants(words, ends + STAMP)
    look = _Look(
        block,
        octets,
        words,
        first,
        good,
        ends,
        depth,
        block.ends.copy(),
        {},
        instant,
        severity,
        kind,
        words[ends + TEXT],
    )
    look.doubt(~found | ~known | ~real)
    _tails(look)
    return look


def _ids(words: Words, starts: Ints, root: Ints, safe: int) -> tuple[Ints, Ints, Flags]:
    """Where the ids end, how many levels below the root they are, and which of them end at all."""
    mask, separated = mask_of(b'","...",', b'",'), word_of(b'","\0\0\0",')
    ends, depth = starts + root, np.zeros(len(starts), np.int64)
    todo, at = np.arange(len(starts)), ends
    for level in range(1, DEEPEST + 1):
        deeper = (words[np.minimum(at, safe)] & mask != separated) | (at > safe)
        todo, at = todo[deeper], at[deeper] + LEVEL_BYTES
        if not len(todo):
            break
        ends[todo], depth[todo] = at, level
    found = np.ones(len(starts), bool)
    found[todo] = False
    return ends, depth, found


def _tails(look: _Look) -> None:
    """Where texts end: before `","",0]`, with one to three digits; other lines are read one by one."""
    ends, unusual = look.block.ends, np.arange(len(look.block))
    last = look.words[np.maximum(ends - 8, 0)]
    for shape in (b'","",d]', b'","",dd]', b'","",ddd]'):
        part = shape[-8:]
        _, wrong = shaped(last[unusual] >> np.uint64(8 * (8 - len(part))), part.ljust(8, b"\0"))
        at = np.maximum(ends[unusual] - len(shape), 0)
        fits = (wrong & word_of(b"\x80" * 8) == 0) & (look.octets[at] == ord('"'))
        if b"dd" in shape:
            fits &= look.octets[at + shape.index(b"d")] != ord("0")
        look.stop[unusual[fits]] = at[fits]
        unusual = unusual[~fits]
        if not len(unusual):
            break
    look.doubt(look.stop < look.ends + TEXT)
    for row in unusual[look.good[look.block.which[unusual]]].tolist():
        text = _text_of(look.block.raw(row))
        if text is None:
            look.doubt(np.array([row]))
        else:
            look.texts[row] = text


def _text_of(line: bytes) -> bytes | None:
    """The text of a line that has a detail; None where it is no entry."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(entry, list) and [type(one) for one in entry] == [str] * 5 + [int] and 0 <= entry[5] <= 999
    return entry[3].encode("utf-8", "surrogatepass") if whole else None


def _texts_are_whole(look: _Look) -> None:
    """Doubt the sources in which a text holds a quote, a control character or an escape that JSON does not know."""
    octets, block = look.octets, look.block
    begun, unknown = escapes(octets)
    following = octets[np.minimum(begun + 1, len(octets) - 1)]
    for at in (unknown, _spelt(look.words, begun[following == ord("u")])):
        look.doubt(np.searchsorted(block.starts, at, "right") - 1)
    tail = look.stop - 1
    slashed = np.flatnonzero(octets[tail] == ord("\\"))
    if len(slashed):  # the quote that seems to close the text is a part of it
        at = np.searchsorted(begun, tail[slashed])
        look.doubt(slashed[begun[np.minimum(at, len(begun) - 1)] == tail[slashed]])
    begins = np.append(block.starts[look.first], len(octets))
    _ten_quotes(look, begins, begun[following == ord('"')] + 1)
    breaks = octets < ord(" ")
    returns = int(np.count_nonzero(octets[np.minimum(block.ends, len(octets) - 1)] == RETURN))
    newlines = len(block) - (0 if block.data.endswith(b"\n") else 1)
    if np.count_nonzero(breaks) != newlines + returns:
        at = np.flatnonzero(breaks & (octets != NEWLINE))
        at = at[(octets[at] != RETURN) | (octets[np.minimum(at + 1, len(octets) - 1)] != NEWLINE)]
        look.good[np.searchsorted(begins, at, "right") - 1] = False


def _ten_quotes(look: _Look, begins: Ints, escaped: Ints) -> None:
    """Doubt the sources that do not have ten quotes for each line. `begins`: of sources; `escaped`: places of quotes.

    A line of a good source has ten for certain, so that sources may be counted together; in a doubted one a line may
    have fewer, which would make up for one too many elsewhere.
    """
    quotes = look.octets == ord('"')
    lines = np.append(look.first, len(look.block))
    hidden = np.searchsorted(escaped, begins)

    def spare(begin: int, end: int) -> int:
        found = int(np.count_nonzero(quotes[begins[begin] : begins[end]])) - int(hidden[end] - hidden[begin])
        return found - 10 * int(lines[end] - lines[begin])

    edges = np.flatnonzero(np.diff(np.concatenate(([False], look.good, [False])))).tolist()
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if spare(begin, end):
            look.good[begin:end] = [spare(source, source + 1) == 0 for source in range(begin, end)]


def _spelt(words: Words, at: Ints) -> Ints:
    r"""Which of the `\uXXXX` stand for what no writer escapes: words that are looked for could hide there."""
    word = words[np.minimum(at, len(words) - 1)] & mask_of(b"......", b".")
    high = word >> np.uint64(32) & np.uint64(255)
    ascii_ = (word & mask_of(b"....", b".") == word_of(b"\\u00")) & (high >= ord("2")) & (high <= ord("7"))
    other = ~(word[ascii_, None] == ESCAPED).any(axis=1)
    found: Ints = at[ascii_][other]
    return found


def _keys(look: _Look, names: list[bytes | None]) -> tuple[Words, Words, Words]:
    """Numbers that stand for the activity of each line, for its parent and for its step (64 bits of its whole id)."""
    block, words = look.block, look.words
    factors = [
        word_of(text) | np.uint64(1) for text in (b"activity", b"identity", b"of-lines", b"in-a-log", b"by-level")
    ]
    root = np.array([len(name) + 2 if name else 0 for name in names])
    _same_log(look, root)
    key = (block.which.astype(np.uint64) + np.uint64(1)) * factors[0]
    parent, step = key.copy(), key.copy()
    for level in range(1, int(look.depth.max()) + 1):
        rows = np.flatnonzero(look.depth >= level)
        at = block.starts[rows] + root[block.which[rows]] + LEVEL_BYTES * (level - 1)
        look.doubt(rows[look.octets[at] != ord("/")])
        part = sum(
            (words[at + 1 + 8 * i] * factor for i, factor in enumerate(factors[:4])), np.zeros(len(rows), np.uint64)
        )
        parent[rows] = key[rows]
        key[rows] = key[rows] * factors[4] + part
        if level == 1:
            step[rows] = key[rows]
    return key, parent, step


def _same_log(look: _Look, root: Ints) -> None:
    """Doubt the sources in which a line begins with another log's id, or with none."""
    starts, which = look.block.starts, look.block.which
    first = starts[look.first]
    for place in range(0, int(root.max()), 8):
        at = np.maximum(np.minimum(place, root - 8), 0)  # the last word overlaps the one before
        own = look.words[np.minimum(first + at, len(look.words) - 1)]
        look.doubt(look.words[np.minimum(starts + at[which], len(look.words) - 1)] != own[which])


def _structure(look: _Look, key: Words, parent: Words, step: Words) -> None:
    """Doubt the sources whose activities do not all begin below a known parent, go on in time, and end."""
    opens = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))  # an activity's lines stand in stretches
    closes = np.append(opens[1:], len(key)) - 1
    back = np.diff(look.instant, prepend=look.instant[0])
    back[opens] = 0
    look.doubt(back < -JITTER)
    order = np.argsort(key[opens], kind="stable")
    opens, closes = opens[order], closes[order]
    known = key[opens]
    turns = np.flatnonzero(np.concatenate(([True], known[1:] != known[:-1])))
    back = look.instant[opens[1:]] - look.instant[closes[:-1]]
    back[turns[1:] - 1] = 0
    look.doubt(opens[1:][back < -JITTER])
    known, begin, last = known[turns], opens[turns], closes[np.append(turns[1:], len(order)) - 1]
    below = look.depth[begin] > 0
    look.doubt(last[below & (look.kind[last] < FINISHED)])
    above = np.minimum(np.searchsorted(known, parent[begin]), len(known) - 1)
    look.doubt(begin[known[above] != parent[begin]])
    look.doubt(_strange_ids(look, begin[below]))
    plans = np.flatnonzero(look.kind == PLANNED)
    planned = np.zeros(len(known), bool)
    planned[np.searchsorted(known, key[plans])] = True
    _steps(look, begin[below], step[begin[below]], planned[below])


def _strange_ids(look: _Look, begin: Ints) -> Ints:
    """First lines of activities whose id holds a backslash, which would begin an escape."""
    strange = np.zeros(len(begin), bool)
    for place in (-32, -24, -16, -8):
        word = look.words[look.ends[begin] + place] ^ word_of(b"\\" * 8)
        strange |= ((word - word_of(b"\1" * 8)) & ~word & word_of(b"\x80" * 8)) != 0
    return begin[strange]


def _steps(look: _Look, begin: Ints, step: Words, planned: Flags) -> None:
    """Doubt the sources in which two steps have one name, or work was done under a step that the plan does not have."""
    which = look.block.which[begin]
    steps, number = np.unique(step, return_inverse=True)
    activities = np.bincount(number, minlength=len(steps))
    has_plan = np.zeros(len(steps), bool)
    np.logical_or.at(has_plan, number, planned)
    announced = np.zeros(len(look.good), bool)
    announced[which[planned]] = True
    look.doubt(begin[announced[which] & ~has_plan[number] & (activities[number] > 1)])
    seen: set[tuple[int, bytes]] = set()
    top = look.depth[begin] == 1
    for row, source in zip(begin[top].tolist(), which[top].tolist(), strict=True):
        if look.good[source]:
            name = (source, look.text(row))
            if name in seen:
                look.good[source] = False
            seen.add(name)


def _roots(look: _Look) -> None:
    """Doubt the sources whose root does not open the log, once, and close it by its last line."""
    which = look.block.which
    last = np.append(look.first[1:], len(look.block)) - 1
    root = look.depth == 0
    _failures(look, root, last)
    look.good &= root[look.first] & (look.kind[look.first] == 0) & root[last] & (look.kind[last] == FINISHED)
    finishes = np.bincount(which[root & (look.kind == FINISHED)], minlength=len(look.good))
    look.good &= finishes == 1
    _in_time(look, last)
    for words in (RESUMED.encode(), CANCELED.encode()):
        rows = np.flatnonzero((look.begins == word_of(words[:8])) & look.good[which]).tolist()
        look.doubt(np.array([row for row in rows if look.text(row).startswith(words)], np.int64))
    titles: dict[int, bytes] = {}
    for row in np.flatnonzero(root & (look.kind == 0) & look.good[which]).tolist():
        source, text = int(which[row]), look.text(row)
        if text == titles.setdefault(source, text) and row != look.first[source]:
            look.good[source] = False


def _failures(look: _Look, root: Flags, last: Ints) -> None:
    """Doubt the sources with a failure, unless the root says so once, right before its end, and a step said so, too."""
    fatal = look.severity >= FATAL
    before = np.maximum(last - 1, look.first)
    closing = np.zeros(len(fatal), bool)
    closing[before] = root[before] & fatal[before]
    look.doubt(root & (look.severity >= ERROR) & ~closing)
    failed, explained = np.zeros((2, len(look.good)), bool)
    failed[look.block.which[closing]] = True
    explained[look.block.which[fatal & (look.depth == 1)]] = True
    look.doubt(fatal & ~failed[look.block.which])
    look.good &= explained | ~failed


def _in_time(look: _Look, last: Ints) -> None:
    """Doubt the sources whose first line is not their earliest, or whose last is not their latest."""
    earliest = np.minimum.reduceat(look.instant, look.first)
    latest = np.maximum.reduceat(look.instant, look.first)
    look.good &= (look.instant[look.first] == earliest) & (look.instant[last] == latest)


def _cleared(look: _Look, names: list[bytes | None]) -> Triage:
    block = look.block
    numbers = np.flatnonzero(look.good)
    first, last = look.first[numbers], (np.append(look.first[1:], len(block)) - 1)[numbers]
    matches = [CORRELATION.fullmatch((names[number] or b"").decode()) for number in numbers.tolist()]
    each = np.arange(len(numbers) + 1, dtype=np.int32)
    plans = np.zeros(len(look.good), np.int64)
    plans[block.which[(look.kind == PLANNED) & (look.depth == 1)]] = 1
    columns = {
        "customer": "",
        "task": [match["task"] for match in matches if match],
        "log": [match["log"] for match in matches if match],
        "sources": pa.ListArray.from_arrays(each, [block.sources[number] for number in numbers.tolist()]),
        "segments": 1,
        "lines": last - first + 1,
        "roots": 1,
        "plans": plans[numbers],
        "nodes": pa.ListArray.from_arrays(each * 0, pa.array([], pa.string())),
        "back_steps": 0,
        "finishes": 1,
        "worst": np.maximum.reduceat(look.severity, look.first)[numbers],
        "cleared": True,
    }
    for name, row in (("first", first), ("last", last)):
        columns[name] = pa.array(look.instant[row] // 10, pa.int64()).cast(schema.TIME)
        columns[f"{name}_tick"] = look.instant[row] % 10
        columns[f"{name}_line"], columns[f"{name}_offset"] = block.lines[row], block.offsets[row]
    telling = sorted({*_machine_lines(look), *_version_lines(look)})
    return Triage(
        schema.build(schema.LOGS, len(numbers), columns), frozenset(numbers.tolist()), np.array(telling, np.int64)
    )


def _machine_lines(look: _Look) -> Iterator[int]:
    """Lines of cleared sources that name a host process or a machine; where each names both, each text once."""
    rows = sorted(_rows_with(look, HOST) | _rows_with(look, MACHINE))
    texts: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for row, source in zip(rows, look.block.which[rows].tolist(), strict=True):
        texts[source, look.raw(row)].append(row)
    apart = {source for source, text in texts if MACHINE not in text or not NAMED_HOST.search(text)}
    for (source, _), same in texts.items():
        yield from same if source in apart else same[:1]


def _rows_with(look: _Look, words: bytes) -> set[int]:
    """Lines of cleared sources that contain some words."""
    data, places = look.block.data, []
    at = data.find(words)
    while at >= 0:
        places.append(at)
        at = data.find(words, at + len(words))
    rows = np.searchsorted(look.block.starts, np.array(places, np.int64), "right") - 1
    return set(rows[look.good[look.block.which[rows]]].tolist())


def _version_lines(look: _Look) -> Iterator[int]:
    """The first line of each cleared source with each text that begins like the naming of a version."""
    seen: set[tuple[int, bytes]] = set()
    for row in np.flatnonzero(look.begins == word_of(VERSION[:8])).tolist():
        source, text = int(look.block.which[row]), look.raw(row)
        if look.good[source] and text.startswith(VERSION) and (source, text) not in seen:
            seen.add((source, text))
            yield row
