"""Stretches of times, made at once or put together from parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.stretches import QUIET, of_times, united

TIMES = st.lists(st.integers(-30, 30).map(lambda half: half * QUIET // 2))


def slowly(times: list[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for at in sorted(times):
        if found and at - found[-1][1] <= QUIET:
            found[-1][1:] = [at, found[-1][2] + 1]
        else:
            found.append([at, at, 1])
    return found


@given(st.lists(TIMES, max_size=3))
def test_parts_together_are_the_whole(parts):
    made = united([of_times(np.array(part, np.int64)) for part in parts])
    assert made.tolist() == slowly([at for part in parts for at in part])


@pytest.mark.parametrize(
    ("step", "stretches"), [(QUIET, [[0, QUIET, 2]]), (QUIET + 1, [[0, 0, 1], [QUIET + 1, QUIET + 1, 1]])]
)
def test_a_silence_that_is_just_long_enough(step, stretches):
    assert of_times(np.array([step, 0])).tolist() == stretches
