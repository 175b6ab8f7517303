from __future__ import annotations

import io
import re
import time

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
    assert "a[red]\\x1b]0;owned" in shown(monkeypatch, 100, "a[red]\x1b]0;owned\x07.txt")


@pytest.mark.usefixtures("terminal")
def test_rate_and_remaining_time_are_shown_where_there_is_room(monkeypatch):
    text = shown(monkeypatch, 40_000_000, "a.txt")
    assert "20.0/40.0 MB" in text
    assert re.search(r"\d MB/s 0:00:0\d a\.txt", text)


@pytest.mark.usefixtures("terminal")
def test_what_follows_the_reading_is_said(monkeypatch):
    assert shown(monkeypatch, 40_000_000, "a.txt", stage="judging").rstrip().endswith("judging")


@pytest.mark.usefixtures("terminal")
def test_a_narrow_terminal_cuts_the_source_and_nothing_else(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    text = shown(monkeypatch, 40_000_000, "shared/TaskLogs/servertasks-48211_cf10epf91d.txt")
    lines = [line for line in re.split(r"[\r\n]", text) if "MB/s" in line]
    assert lines
    assert all(len(line) <= 60 and line.rstrip().endswith("…") for line in lines)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("total", [None, 5])
def test_an_archive_that_holds_more_than_it_says_promises_no_end(monkeypatch, total):
    assert "20.0/? MB" in shown(monkeypatch, total, "a.tar.gz!/a.txt")


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("quiet", "term"), [(True, "xterm"), (False, "dumb")])
def test_quiet_and_dumb_terminals_show_nothing(monkeypatch, quiet, term):
    monkeypatch.setenv("TERM", term)
    assert shown(monkeypatch, 100, "a.txt", quiet=quiet) == ""


def shown(monkeypatch, total: int | None, source: str, *, quiet: bool = False, stage: str = "") -> str:
    """What a terminal gets while 20 MB are read, without its colours."""
    monkeypatch.setattr(progress, "PATIENCE", -1)
    monkeypatch.setattr(progress, "EVERY", -1)
    stream = Terminal()
    with Meter(stream, lambda: total, quiet=quiet) as meter:
        for _ in range(4):
            meter(source, 5_000_000)
            time.sleep(0.01)
        if stage:
            meter.stage(stage)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("NO_COLOR", raising=False)
