from __future__ import annotations

import io

import pytest

from analyzer.report import progress
from analyzer.report.progress import Meter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def never() -> int:
    raise AssertionError("the size is not to be measured")


def test_a_short_read_shows_nothing_and_measures_nothing():
    stream = Terminal()
    with Meter(stream, never) as meter:
        meter("a.txt", 10)
    assert stream.getvalue() == ""


def test_nothing_is_shown_off_a_terminal(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", -1)
    stream = io.StringIO()
    with Meter(stream, never) as meter:
        meter("a.txt", 10)
    assert stream.getvalue() == ""


@pytest.mark.usefixtures("terminal")
def test_a_long_read_shows_its_source_without_obeying_its_name(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", -1)
    stream = Terminal()
    with Meter(stream, lambda: 100) as meter:
        meter("a[red]\x1b]0;owned\x07.txt", 10)
    assert "a[red]\\x1b]0;owned" in stream.getvalue()


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("NO_COLOR", raising=False)
