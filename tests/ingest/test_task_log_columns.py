"""Escapes are resolved alike, however many texts have some."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.ingest import task_log_columns
from analyzer.ingest.task_log_columns import texts


@pytest.mark.parametrize("text", [r"a\"b", r"\\", r"\u00e9", r"\ud83d\ude00", r"\ud800", r"\u0000", r"a\/b\n"])
def test_few_are_resolved_as_many_are(monkeypatch, text):
    data = f'"{text}"'.encode()
    places = (np.flatnonzero(np.frombuffer(data, np.uint8) == 92), np.array([1]), np.array([len(data) - 1]))
    few = texts(data, *places).to_pylist()
    monkeypatch.setattr(task_log_columns, "FEW", 0)
    assert few == texts(data, *places).to_pylist()
