from __future__ import annotations

import numpy as np

from analyzer.detectors.missing_logs import Gaps, listing


def of_each(gaps: Gaps) -> list[dict[str, str]]:
    return [dict(gaps.every[number]) for number in gaps.which]


def test_gaps_of_tasks_add_up():
    gaps = Gaps(4)
    gaps.add(np.array([0, 1, 2]), {"a": "absent"})
    gaps.add(np.array([2, 3]), {"b": "late"})
    assert of_each(gaps) == [{"a": "absent"}, {"a": "absent"}, {"a": "absent", "b": "late"}, {"b": "late"}]
    assert len(gaps.every) == 1 + 3


def test_nothing_missing_is_gap_0():
    gaps = Gaps(2)
    gaps.add(np.array([], np.int64), {"a": "absent"})
    assert gaps.which.tolist() == [0, 0]
    assert of_each(gaps) == [{}, {}]


def test_a_few_names_are_listed():
    assert listing(["a"]) == "a"
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert listing(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"
