from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.report import plain


def test_examples_in_the_docstrings():
    assert doctest.testmod(plain).failed == 0


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("a\r\nb", "a\\r\\nb"),
        ("abc\u202excod", "abc\\u202excod"),
        ("\ud800", "\\ud800"),
        ("Zürich 東京 [red]", "Zürich 東京 [red]"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(hostile, shown):
    assert plain.visible(hostile) == shown


@given(st.text())
def test_nothing_unsafe_is_left_and_everything_can_be_encoded(text):
    shown = plain.visible(text)
    assert not plain.UNSAFE.search(shown)
    shown.encode()
