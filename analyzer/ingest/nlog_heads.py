"""First lines of NLog entries as columns: stamp, process, thread and level stand in fixed places on nearly all lines.

    2021-02-09 06:30:00.0103   7012    315 ERROR  message
    0                       24  27     34  39     46

A line with a stamp whose fields stand elsewhere (no process, a wide number, an offset) is judged by a pattern.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.blocks import Block, Ints, views

Flags = npt.NDArray[np.bool_]
Octets = npt.NDArray[np.uint8]

STAMP = 24  # bytes of 2021-02-09 06:30:00.0103
PREFIX = 46  # bytes before the message
MARKS = {4: "-", 7: "-", 10: " ", 13: ":", 16: ":", 19: "."}
DIGITS = [at for at in range(STAMP) if at not in MARKS]
NUMBERS = ((26, 31), (33, 38))  # process and thread, as wide as they mostly are
BLANKS = (24, 25, 31, 32, 38, 44, 45)
AFTER_STAMP = r"^((?: ([+-][0-9]{2}:[0-9]{2}))? +(?:([0-9]{1,18}) +)?([0-9]{1,18}) +([A-Z]+)(?: +|$))"
BLANK, ZERO = b" 0"
LEVELS = 32  # different ones looked for in fixed places
NONE = -(1 << 40)  # in place of a process or an offset


@dataclass
class Heads:
    """First lines of entries, by their rows in the block; `begin` is where the message begins in the buffer."""

    rows: Ints
    begin: Ints
    wall: Ints  # local microseconds since 1970
    real: Flags  # the date and time exist
    process: Ints
    thread: Ints
    level: Ints  # index into `levels`
    shift: Ints  # minutes from UTC
    levels: list[str] = field(default_factory=list)

    def kept(self, keep: Flags) -> Heads:
        """Some of the lines."""
        numbers = (self.process, self.thread, self.level, self.shift)
        process, thread, level, shift = (column[keep] for column in numbers)
        return Heads(
            self.rows[keep],
            self.begin[keep],
            self.wall[keep],
            self.real[keep],
            process,
            thread,
            level,
            shift,
            self.levels,
        )


def find_heads(block: Block) -> Heads:
    """The lines of a block that begin an entry."""
    octets = np.frombuffer(block.data + bytes(PREFIX + 1), np.uint8)
    rows = np.flatnonzero(block.ends - block.starts > STAMP)
    rows = rows[octets[block.starts[rows] + 4] == ord(MARKS[4])]
    # One row for each place, so that a place is looked at in all lines at once.
    places = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(octets, PREFIX + 1)[block.starts[rows]].T)
    shaped = np.ones(len(rows), bool)
    for place, mark in MARKS.items():
        shaped &= places[place] == ord(mark)
    for place in DIGITS:
        shaped &= places[place] - ZERO < 10  # unsigned: what is below "0" wraps around and is no digit either
    rows, places = rows[shaped], places[:, shaped]
    wall, real = wall_of((places[DIGITS] - ZERO).astype(np.int64))
    process, thread, level, shift = np.full((4, len(rows)), NONE)
    heads = Heads(rows, block.starts[rows] + PREFIX, wall, real, process, thread, level, shift)
    fixed = _fixed(heads, places) & (block.ends[rows] - block.starts[rows] > PREFIX)
    return heads if fixed.all() else _by_pattern(block, heads, fixed)


def _fixed(heads: Heads, places: Octets) -> Flags:
    """Fill in what stands in its place; which lines that is."""
    fixed: Flags = places[PREFIX] != BLANK
    for place in BLANKS:
        fixed &= places[place] == BLANK
    for column, (first, stop) in zip((heads.process, heads.thread), NUMBERS, strict=True):
        column[:], right = _number(places[first:stop])
        fixed &= right
    words = np.ascontiguousarray(places[38:46].T).view(np.uint64)[:, 0]
    left = fixed.copy()
    while left.any() and len(heads.levels) < LEVELS:
        word = words[left.argmax()]
        text = word.tobytes().strip(b" ")
        same = left & (words == word)
        left &= ~same
        if text.isalpha() and text.isupper() and places[43, same.argmax()] != BLANK:
            heads.level[same] = len(heads.levels)
            heads.levels.append(text.decode("ascii"))
    fixed &= heads.level >= 0
    return fixed


def _number(digits: Octets) -> tuple[Ints, Flags]:
    """The number in a column of digits, blanks before it; where it is one."""
    blank = digits == BLANK
    right: Flags = ((digits - ZERO < 10) | blank).all(axis=0) & ~blank[-1]
    right &= (blank[:-1] | ~blank[1:]).all(axis=0)
    value = np.zeros(digits.shape[1], np.int64)
    for place, empty in zip(digits, blank, strict=True):
        value = value * 10 + np.where(empty, 0, place - ZERO)
    return value, right


def _by_pattern(block: Block, heads: Heads, fixed: Flags) -> Heads:
    """The heads without lines that are none, and with what the pattern says of those that are not in fixed places."""
    left = np.flatnonzero(~fixed)
    starts = block.starts[heads.rows[left]] + STAMP
    rest = pl.Series(pl.from_arrow(views(block.data, starts, block.ends[heads.rows[left]])))
    fields = rest.str.extract_groups(AFTER_STAMP).struct.unnest()
    fields.columns = ["prefix", "offset", "process", "thread", "level"]
    matched = fields["prefix"].is_not_null().to_numpy()
    fields, left = fields.filter(pl.col("prefix").is_not_null()), left[matched]
    heads.begin[left] = starts[matched] + fields["prefix"].str.len_bytes().cast(pl.Int64).to_numpy()
    heads.process[left] = fields["process"].cast(pl.Int64).fill_null(NONE).to_numpy()
    heads.thread[left] = fields["thread"].cast(pl.Int64).to_numpy()
    levels = fields["level"].unique(maintain_order=True)
    heads.level[left] = fields["level"].replace_strict(levels, range(len(levels)), return_dtype=pl.Int64).to_numpy()
    heads.level[left] += len(heads.levels)
    heads.levels += levels.to_list()
    heads.shift[left] = _shift(fields["offset"]).fill_null(NONE).to_numpy()
    fixed[left] = True
    return heads.kept(fixed)


def wall_of(digits: Ints) -> tuple[Ints, Flags]:
    """Local microseconds since 1970 of the 18 digits of each stamp, and whether there is such a time."""
    year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    month, day, hour, minute, second = (digits[at] * 10 + digits[at + 1] for at in range(4, 14, 2))
    fraction = digits[14] * 1000 + digits[15] * 100 + digits[16] * 10 + digits[17]
    months = (np.clip(year, 1, 9999) - 1970) * 12 + np.clip(month, 1, 12) - 1
    first, following = _month(months)
    real = (year > 0) & (month > 0) & (month < 13) & (day > 0) & (day <= following - first)
    real &= (hour < 24) & (minute < 60) & (second < 60)
    seconds = ((first + day - 1) * 24 + hour) * 3600 + minute * 60 + second
    return seconds * 1_000_000 + fraction * 100, real


def _month(months: Ints) -> tuple[Ints, Ints]:
    """The days since 1970 on which each month begins and ends; mostly it is one and the same month."""
    same = len(months) and (months == months[0]).all()
    first, following = (_day(months[:1] + more if same else months + more) for more in (0, 1))
    return np.broadcast_to(first, months.shape), np.broadcast_to(following, months.shape)


def _day(months: Ints) -> Ints:
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _shift(zone: pl.Series) -> pl.Series:
    """Minutes from UTC of offsets such as -09:30; null where there is none, or none that exists on Earth."""
    hours, minutes = zone.str.slice(1, 2).cast(pl.Int64), zone.str.slice(4, 2).cast(pl.Int64)
    size = hours * 60 + minutes
    sign = zone.str.starts_with("-").cast(pl.Int64) * -2 + 1
    return pl.select(pl.when((size <= 14 * 60) & (minutes < 60)).then(size * sign)).to_series()
