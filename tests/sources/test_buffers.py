"""A buffer that is read into again and again."""

from __future__ import annotations

import numpy as np

from analyzer.sources import Buffer


def test_the_same_memory_is_filled_again():
    buffer = Buffer(8)
    buffer.room[:4] = b"one\n"
    data = buffer.filled(4)
    assert data == b"one\n"
    buffer.clear()
    assert len(buffer.room) == 8
    buffer.room[:6] = b"three\n"
    assert buffer.filled(6) is data
    assert data == b"three\n"


def test_a_buffer_that_somebody_still_looks_at_is_left_to_him():
    buffer = Buffer(8)
    buffer.room[:4] = b"one\n"
    octets = np.frombuffer(buffer.filled(4), np.uint8)
    buffer.clear()
    room = buffer.room[4:]
    buffer.room[:4] = b"two\n"
    assert buffer.filled(4) == b"two\n"
    room[:] = b"good"
    assert octets.tobytes() == b"one\n"


def test_a_buffer_that_has_grown_is_as_large_as_before_when_it_is_cleared():
    buffer = Buffer(4)
    buffer.room[:] = b"one "
    buffer.grow(4)
    buffer.room[4:] = b"two\n"
    assert buffer.filled(8) == b"one two\n"
    buffer.clear()
    assert len(buffer.room) == 4
