"""The lines of whole text downloads at a glance: four words of eight bytes tell what nearly every line is.

    09:14:02   Verbose  |     ... a message: time, level, bar and at least three blanks in fixed places
                        |     ... twenty blanks and a bar: an activity, a blank line, or more of the message above
    0       8       16      24    where the words begin; the text behind them is looked at only where it matters

What a line without a time is follows from its neighbours, as in `task_text_lines`. Of whatever could be read in another
way the source is doubted: it is read exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.blocks import Block, Flags, Ints, words_at, words_of
from analyzer.ingest.carry import LIMIT
from analyzer.ingest.fixed_places import Words, clock_times, word_of
from analyzer.ingest.task_text_columns import HEAD
from analyzer.ingest.task_text_lines import ACTIVITY
from analyzer.names import SEVERITY

LEVELS = ("Trace", "Verbose", "Info", "Alert", "Warning", "Error", "Fatal")
"""Levels of eight letters or less that begin with different letters; a source with any other is read exactly."""
OVER = ("Success", "Skipped", "SuccessWithWarning", "Success with warning", "Failed")
DEEPEST = 5  # levels below the root
FARTHEST = 16  # bytes behind a bar among which its text is looked for
ROOM = 64  # bytes behind the buffer, so that words can be taken near its end
BLANKS = word_of(b" " * 8)
LOW = np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64)
"""Masks of the first bytes of a word."""
ARROWS, ARROWED, PLAIN, ENDING = word_of(b"== Succe"), word_of(b"ss: "), word_of(b"Success:"), word_of(b" ==")
OTHER, MESSAGE, MORE, BLANK, ACTIVE = range(5)

BAR = word_of(b"    |")
LEAST = 3
"""Blanks between the bar and the text of a message of the root; two more for each level below."""

_EVERY = {ord(name[0]): name for name in LEVELS}
_MIDDLE, _TAIL, _SEVERITY = np.full(256, ~np.uint64(0)), np.zeros(256, np.uint64), np.zeros(256, np.int64)
for _letter, _name in _EVERY.items():
    _head = f"   {_name:8} |   ".encode()
    _MIDDLE[_letter], _TAIL[_letter], _SEVERITY[_letter] = word_of(_head[:8]), word_of(_head[8:]), SEVERITY[_name]


@dataclass
class Activities:
    """The lines that begin an activity."""

    rows: Ints
    depth: Ints
    begin: Ints  # of the name in the buffer
    end: Ints
    states: Mapping[int, str]  # of rows that are no plain Success


@dataclass
class Look:
    """`kind` and `letter` (of the level) are one entry a line, `good`, `first` (line) and `body` (first line behind the
    header) one a source; `messages` are lines, of each of which `texts` (where they begin), `begins` (their first eight
    bytes), `times` and `severity` tell. `opens`: each activity's first message, and as the last the number of messages.
    """

    block: Block
    octets: npt.NDArray[np.uint8]
    words: Words
    good: Flags
    first: Ints
    body: Ints
    kind: npt.NDArray[np.uint8]
    letter: npt.NDArray[np.uint8]
    activities: Activities
    messages: Ints
    opens: Ints
    texts: Ints
    begins: Words
    times: Words
    severity: Ints

    def doubt(self, lines: Ints | Flags) -> None:
        """The sources of these lines are not cleared."""
        self.good[self.block.which[lines]] = False

    def activity(self, messages: Ints) -> Ints:
        """In which of the activities these messages stand, which are numbers of `messages`."""
        found: Ints = np.searchsorted(self.opens, messages, "right") - 1
        return found

    def level(self, row: int) -> str:
        """The level of a message."""
        return _EVERY[int(self.letter[row])]


def look(block: Block, first: Ints, good: Flags) -> Look:
    """All lines of the good sources in a block, each of which has lines; `first`: of each source."""
    padded = block.data + bytes(ROOM)
    octets, words = np.frombuffer(padded, np.uint8), words_of(padded)
    heads = words_at(padded, block.starts, 4)
    letter = (heads[:, 1] >> np.uint64(24)).astype(np.uint8)
    kind, time = _kinds(heads, letter)
    none = np.empty(0, np.int64)
    activities = Activities(none, none, none, none, {})
    found = Look(
        block, octets, words, good, first, first, kind, letter, activities, none, none, none, words[:0], time, none
    )
    _headers(found)
    _barred(found)
    found.good &= kind[np.minimum(found.body, len(block) - 1)] == ACTIVE
    _contents(found, heads[:, 3])
    return found


def _kinds(heads: Words, letter: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], Words]:
    """MESSAGE, MORE (for now, every line of blanks and a bar) or OTHER; times of messages."""
    head, middle, tail = (heads[:, place] for place in range(3))
    time, real = clock_times(head)
    said = (middle == _MIDDLE[letter]) & (tail == _TAIL[letter]) & real
    more = (head == BLANKS) & (middle == BLANKS) & (tail & LOW[5] == BAR)
    return said * np.uint8(MESSAGE) + more * np.uint8(MORE), time


def _headers(found: Look) -> None:
    """Where the bodies begin: lines of no kind stand only in front of them."""
    others = np.flatnonzero(found.kind == OTHER)
    which = found.block.which[others]
    counts = np.bincount(which, minlength=len(found.good))
    before = np.cumsum(counts) - counts
    found.doubt(others[others - found.first[which] != np.arange(len(others)) - before[which]])
    found.body = found.first + counts
    found.good &= (counts > 0) & (found.body < np.append(found.first[1:], len(found.block)))


def _barred(found: Look) -> None:
    """Tell activities, blank lines and continuations apart."""
    block, kind = found.block, found.kind
    rows = np.flatnonzero(kind == MORE)
    last = found.octets[block.ends[rows] - 1]
    seen = (last > ord(" ")) & (last < 127) & (block.ends[rows] - block.starts[rows] > HEAD)
    _blank(found, rows[~seen])
    rows = rows[kind[rows] == MORE]
    opens = np.zeros(len(block) + 1, bool)
    opens[np.minimum(found.body, len(block))] = True
    candidates = rows[(kind[rows - 1] == BLANK) | opens[rows]]
    found.activities = _activities(found, candidates)
    active = found.activities.rows
    found.doubt(rows[(kind[rows - 1] == ACTIVE) & ~opens[rows] & (kind[rows] == MORE)])
    found.doubt(rows[opens[rows] & (kind[rows] == MORE)])
    _follow_messages(found, active, candidates[kind[candidates] == MORE])


def _blank(found: Look, rows: Ints) -> None:
    """Mark lines of which nothing but blanks follows the bar; what else may be white space is doubted."""
    block, words = found.block, found.words
    at, width = block.starts[rows] + HEAD, block.ends[rows] - block.starts[rows] - HEAD
    short = (words[at] ^ BLANKS) & LOW[np.minimum(width, 8)] == 0
    short &= (words[at + 8] ^ BLANKS) & LOW[np.clip(width - 8, 0, 8)] == 0
    found.kind[rows[short & (width <= 16)]] = BLANK
    for row in rows[~short | (width > 16)].tolist():
        text = block.raw(row)[HEAD:]
        if not text.strip(b" "):
            found.kind[row] = BLANK
        elif not text.decode("utf-8", "replace").strip():
            found.doubt(np.array([row]))


def _activities(found: Look, rows: Ints) -> Activities:
    """Which of the lines behind a blank one begin an activity: mark them."""
    words, ends = found.words, found.block.ends[rows]
    at = found.block.starts[rows] + HEAD
    blanks = _blanks(words, at)
    text = at + blanks
    arrows = (words[text] == ARROWS) & (words[text + 8] & LOW[4] == ARROWED)
    plain = (words[text] == PLAIN) & (words[text + 8] & LOW[1] == LOW[1] & BLANKS)
    begin = text + np.where(arrows, 12, 9)
    tailed = words[np.maximum(ends - 3, 0)] & LOW[3] == ENDING
    last = found.octets[ends - 1]
    usual = (arrows | plain) & np.where(tailed, ends - 3 >= begin, (ends > begin) & (last > ord(" ")) & (last < 127))
    end = np.where(tailed, ends - 3, ends)
    states: dict[int, str] = {}
    for place in np.flatnonzero(~usual).tolist():
        row = int(rows[place])
        match = ACTIVITY.fullmatch(found.block.data[text[place] : ends[place]].decode("utf-8", "replace"))
        if match is None:
            continue
        usual[place] = True
        begin[place] = text[place] + len(match.string[: match.start("name")].encode())
        end[place] = begin[place] + len(match["name"].encode())
        if match["state"] != "Success":
            states[row] = match["state"]
    depth = (blanks - 1) // 2
    found.doubt(rows[(blanks == FARTHEST) | (usual & ((blanks % 2 == 0) | (depth > DEEPEST)))])
    depth = np.clip(depth, 0, DEEPEST)
    found.doubt(np.array([row for row, state in states.items() if state not in OVER], np.int64))
    found.kind[rows[usual]] = ACTIVE
    return Activities(rows[usual], depth[usual], begin[usual], end[usual], states)


def _blanks(words: Words, at: Ints) -> Ints:
    """How many of the next bytes are blank before the first that is not, FARTHEST where it may be even more."""
    unlike, further = words[at] ^ BLANKS, words[at + 8] ^ BLANKS
    unlike, more = np.where(unlike == 0, further, unlike), np.where(unlike == 0, 8, 0)
    lowest = unlike & (~unlike + np.uint64(1))
    place = (np.frexp(lowest.astype(np.float64))[1] - 1) // 8
    return np.where(unlike == 0, FARTHEST, more + place)


def _follow_messages(found: Look, active: Ints, behind: Ints) -> None:
    """Continuations go on with a message: also `behind` blank lines, which then belong to it.

    An activity's line that follows a message, and has no message of its own, might continue it: its blank line tells.
    """
    block, kind = found.block, found.kind
    solid = np.flatnonzero(kind != BLANK)
    before = solid[np.searchsorted(solid, behind) - 1]
    goes_on = np.isin(kind[before], (MESSAGE, MORE)) & (block.which[before] == block.which[behind])
    found.doubt(behind[~goes_on])
    for first, stop in zip(before[goes_on].tolist(), behind[goes_on].tolist(), strict=True):
        kind[first + 1 : stop] = MORE
    before = solid[np.searchsorted(solid, active) - 1]
    going_on = np.isin(kind[before], (MESSAGE, MORE)) & (block.which[before] == block.which[active])
    following = np.append(kind, BLANK)[active + 1]
    width = block.ends[active - 1] - block.starts[active - 1] - HEAD
    own = _blanks(found.words, block.starts[active] + HEAD) - 1
    alike = (own > 0) & (np.maximum(width - 1, 0) == own)
    found.doubt(active[going_on & (following != MESSAGE) & alike])


def _contents(found: Look, after: Words) -> None:
    """Where messages stand and their texts begin, which are indented at least as their activity asks for.

    `after`: of each line, the eight bytes behind the bar and LEAST blanks.
    """
    block, words, activities = found.block, found.words, found.activities
    rows = np.flatnonzero(found.kind == MESSAGE)
    opens = np.append(np.searchsorted(rows, activities.rows), len(rows))
    found.doubt(rows[: opens[0]])
    found.messages, found.opens = rows, opens = rows[opens[0] :], opens - opens[0]
    counts, indents = np.diff(opens), 2 * activities.depth
    found.texts = block.starts[rows] + np.repeat(HEAD + LEAST + indents, counts)
    found.doubt(rows[(after[rows] ^ BLANKS) & np.repeat(LOW[np.minimum(indents, 8)], counts) != 0])
    deep = np.flatnonzero(np.repeat(indents > 8, counts))
    found.doubt(rows[deep[words[found.texts[deep] - 8] != BLANKS]])
    found.begins, found.times, found.severity = words[found.texts], found.times[rows], _SEVERITY[found.letter[rows]]
    longest = np.diff(block.starts[found.first], append=len(block.data)).max()
    if longest > LIMIT and len(rows) > 1:  # the exact path cuts such a source between two messages
        pairs = np.concatenate(([0], rows[:-1][np.diff(rows) == 1], [len(block) - 1]))
        for at in np.flatnonzero(np.diff(block.starts[pairs]) > LIMIT // 2).tolist():
            found.good[block.which[pairs[at]] : block.which[pairs[at + 1]] + 1] = False
