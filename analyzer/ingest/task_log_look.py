"""The lines of whole task logs at a glance: where their fields stand, and whether each is what it seems.

    ["ServerTasks-733_K2JD81MNQA/5f0c...e1","INF","2023-09-18T09:14:02.1180427+00:00","Say \\"hi\\"","",0]
     ^start                               ^id's end (+0)                               ^+45 text   ^stop

Behind the id all places are fixed, an id is the log's own with 33 bytes more for each level, and eight bytes at a time
are compared as one number. That a line is what it seems follows from counting: it has ten quotes in known places, so
where a source has ten for each of its lines (escaped ones aside) no text hides another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from analyzer.blocks import Block, Flags, Ints, Octets, count, words_of
from analyzer.ingest.fixed_places import KINDS_OF, SEVERITIES, Small, Words, mask_of, word_of
from analyzer.ingest.task_log_fields import control, escapes, line_ends
from analyzer.ingest.task_log_heads import LEVEL_BYTES, TEXT, heads, tails, usual_depths
from analyzer.ingest.task_log_sweep import Sweep, sweep
from analyzer.ingest.triage import named_before

NONE = np.empty(0, np.int64)
ESCAPED = np.array(
    [word_of(b"\\u00" + code) for code in (b"22", b"26", b"27", b"2b", b"2B", b"3c", b"3C", b"3e", b"3E", b"60")]
)
"""Characters of ASCII that .NET's writers escape by their number."""


@dataclass
class Look:
    """What the heads and tails of a block's lines say, one entry a line; `good` is one entry a source."""

    block: Block
    octets: Octets
    words: Words
    first: Ints  # first line of each source
    good: Flags
    ends: Ints  # of ids
    depth: Small
    stop: Ints  # of texts
    texts: dict[int, bytes]  # of lines whose tail is not the usual one
    instant: Ints
    level: Small  # number in CODES
    severity: Small
    kind: Small
    begins: Words  # of texts
    escapes: Ints  # where one begins, anywhere in the block
    hosts: Ints  # and where a host process is named
    machines: Ints  # or a machine
    stretches: list[tuple[Ints, Flags]] = field(default_factory=list)
    """Lines of one depth, and which of them do not go on with the activity of the one before: `task_log_activities`."""

    def doubt(self, lines: Ints | Flags) -> None:
        """The sources of these lines are not cleared."""
        self.good[self.block.which[lines]] = False

    def raws(self, rows: Ints) -> list[bytes]:
        """The texts of lines as they are stored."""
        begins, stops = (self.ends[rows] + TEXT).tolist(), self.stop[rows].tolist()
        return [bytes(self.block.data[begin:stop]) for begin, stop in zip(begins, stops, strict=True)]

    def read(self, rows: Ints) -> list[bytes]:
        """The texts of different lines in UTF-8, not whether they are valid."""
        texts = dict(zip(rows.tolist(), self.raws(rows), strict=True))
        escaped = [row for row, raw in texts.items() if b"\\" in raw and row not in self.texts]
        texts |= zip(escaped, _unescaped([texts[row] for row in escaped]), strict=True)
        return [*(texts | {row: self.texts[row] for row in texts if row in self.texts}).values()]


def look(block: Block, first: Ints, roots: Ints, good: Flags) -> Look:
    """Look at the lines of a block. `first`: the first line of each source; `roots`: how long the id of its root is."""
    octets, own = np.frombuffer(block.data, np.uint8), block.starts + roots[block.which]
    order = usual_depths(block.data, own)
    swept = sweep(block, own + LEVEL_BYTES * order[0])
    one, tail = heads(block, own, order, swept.behind), tails(block, octets, swept.last)
    seen = Look(
        block,
        octets,
        words_of(block.data),
        first,
        good,
        one.ends,
        one.depth,
        tail.stop,
        {},
        one.instant,
        one.level,
        SEVERITIES[one.level],
        KINDS_OF[one.level],
        one.begins,
        NONE,
        *named_before(swept.names, words_of(block.data)),
    )
    seen.doubt(np.flatnonzero(~one.good | (one.ends + TEXT > tail.stop)))
    _details(seen, np.flatnonzero(~tail.usual))
    _texts_are_whole(seen, swept, np.flatnonzero(tail.slashed))
    return seen


def _details(seen: Look, rows: Ints) -> None:
    """Read the texts of lines that have a detail one by one."""
    for row in rows[seen.good[seen.block.which[rows]]].tolist():
        text = _text_of(seen.block.raw(row))
        if text is None:
            seen.doubt(np.array([row]))
        else:
            seen.texts[row] = text


def _unescaped(raws: list[bytes]) -> Iterator[bytes]:
    """Texts as they were before JSON escaped them: of all at once, which takes a third of the time."""
    texts: list[str] = json.loads(b'["%b"]' % b'","'.join(raws)) if raws else []
    return (text.encode("utf-8", "surrogatepass") for text in texts)


def _text_of(line: bytes) -> bytes | None:
    """The text of a line that has a detail; None where it is no entry."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(entry, list) and [type(one) for one in entry] == [str] * 5 + [int] and 0 <= entry[5] <= 999
    return entry[3].encode("utf-8", "surrogatepass") if whole else None


def _texts_are_whole(seen: Look, swept: Sweep, slashed: Ints) -> None:
    """Doubt the sources in which a text holds a quote, a control character or an escape that JSON does not know."""
    octets, block = seen.octets, seen.block
    begun, following, unknown = escapes(octets, swept.slashes)
    seen.escapes = begun
    for at in (unknown, _spelt(seen.words, begun[following == ord("u")])):
        seen.doubt(np.searchsorted(block.starts, at, "right") - 1)
    if len(slashed):  # the quote that seems to close the text may be a part of it
        tail = seen.stop[slashed] - 1
        at = np.searchsorted(begun, tail)
        seen.doubt(slashed[begun[np.minimum(at, len(begun) - 1)] == tail])
    begins = np.append(block.starts[seen.first], len(octets))
    _ten_quotes(seen, swept.quotes, begins, begun[following == ord('"')] + 1)
    if swept.controls != line_ends(block):
        seen.good[np.searchsorted(begins, control(octets), "right") - 1] = False


def _ten_quotes(seen: Look, quotes: int, begins: Ints, escaped: Ints) -> None:
    """Doubt the sources that do not have ten quotes for each line.

    `quotes`: of all sources; `begins`: of sources; `escaped`: places of quotes. A line of a good source has ten for
    certain, so that sources may be counted together; in a doubted one a line may have fewer, which would make up for
    one too many elsewhere.
    """
    lines = np.append(seen.first, len(seen.block))
    hidden = np.searchsorted(escaped, begins)

    def spare(begin: int, end: int) -> int:
        quotes = count(seen.octets[begins[begin] : begins[end]], lambda part: part == ord('"'))
        found = quotes - int(hidden[end] - hidden[begin])
        return found - 10 * int(lines[end] - lines[begin])

    edges = np.flatnonzero(np.diff(np.concatenate(([True], seen.good, [True])))).tolist()
    doubted = sum(spare(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True))
    if quotes - len(escaped) - 10 * len(seen.block) != doubted:
        good = np.flatnonzero(seen.good)
        seen.good[good] = [spare(source, source + 1) == 0 for source in good.tolist()]


def _spelt(words: Words, at: Ints) -> Ints:
    r"""Which of the `\uXXXX` stand for what no writer escapes: words that are looked for could hide there."""
    word = words[np.minimum(at, len(words) - 1)] & mask_of(b"......", b".")
    high = word >> np.uint64(32) & np.uint64(255)
    ascii_ = (word & mask_of(b"....", b".") == word_of(b"\\u00")) & (high >= ord("2")) & (high <= ord("7"))
    other = ~(word[ascii_, None] == ESCAPED).any(axis=1)
    found: Ints = at[ascii_][other]
    return found
