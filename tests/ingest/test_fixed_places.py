"""Eight bytes as one number."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.ingest.fixed_places import (
    CODES,
    KINDS_OF,
    SEVERITIES,
    Words,
    digits,
    instants,
    levels,
    mask_of,
    number,
    word_of,
)


def words(data: bytes) -> Words:
    """The eight bytes from each place on."""
    return np.ndarray((len(data) - 7,), "<u8", data, 0, (1,))


@pytest.mark.parametrize("at", range(8))
def test_only_digits_are_digits(at):
    texts = [b"12345678"[:at] + bytes([byte]) + b"12345678"[at + 1 :] for byte in range(256)]
    values, real = digits(words(b"".join(texts))[::8], mask_of(b"dddddddd", b"d"))
    assert real.tolist() == [text.isdigit() for text in texts]
    assert number(values[real], *range(8)).tolist() == [int(text) for text in texts if text.isdigit()]


def test_bytes_outside_the_mask_do_not_matter():
    values, real = digits(words(b"7x/\xff:\x00z5"), mask_of(b"d......d", b"d"))
    assert real.all()
    assert number(values, 0, 7).tolist() == [75]


def test_levels():
    codes = [b"INF", b"WRN", b"FIN", b"inf", b"INF9", b"", *(name.encode() for _, name in CODES)]
    numbers, known = levels(np.array([word_of(code) for code in codes]))
    assert known.tolist() == [True, True, True, False, False, False, *(True for _ in CODES)]
    assert SEVERITIES[numbers[:3]].tolist() == [9, 13, 9]
    assert KINDS_OF[numbers[:3]].tolist() == [0, 0, 3]
    assert numbers[6:].tolist() == [*range(len(CODES))]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (b"1970-01-01T00:00:00.0000001+00:00", 1),
        (b"2023-09-18T09:14:02.1180427+00:00", 16950284421180427),
        (b"1970-01-01T23:59:59.9999999+00:00", 863999999999),
        (b"2023-02-29T09:14:02.1180427+00:00", None),
        (b"2023-09-18T09:60:02.1180427+00:00", None),
        (b"2023-09-18T09:14:60.1180427+00:00", None),
        (b"2023-09-18T3:014:02.1180427+00:00", None),
        (b"2023-09-18T24:00:00.0000000+00:00", None),
        (b"2023-09-18T09:14:02.1180427+01:00", None),
        (b"2023-09-18 09:14:02.1180427+00:00", None),
    ],
)
def test_instants(stamp, expected):
    instant, real = instants(words(stamp + b'","'), np.array([0]))
    assert (instant[0] if real[0] else None) == expected


def test_instants_of_several_days_and_hours():
    stamps = [b"2023-09-18T19:59:59.0000000+00:00", b"2023-09-18T24:00:00.0000000+00:00"]
    stamps += [b"2023-09-18T20:00:00.0000000+00:00", b"2023-09-19T00:00:00.0000000+00:00"]
    instant, real = instants(words(b'","'.join([*stamps, b""])), np.arange(4) * 36)
    assert real.tolist() == [True, False, True, True]
    assert np.diff(instant[real]).tolist() == [10_000_000, 4 * 36_000_000_000]


def test_a_word_is_no_number_of_its_neighbours():
    assert word_of(b"\x01\x02") == 0x0201
