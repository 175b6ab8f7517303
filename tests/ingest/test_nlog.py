"""Also `tentacle-log`, which is nothing but the layout and its recognition."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analyzer.ingest import carry, recognise, server_log, tentacle_log

LINE = "2021-02-09 06:30:00.0103   7012     44  INFO  hello\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2021-02-09 06:30:00.0103   2749  INFO  since 3.0", (None, 2749, "INFO", "since 3.0")),
        ("2021-02-09 06:30:00.0103   7012    315 ERROR  since 3.15", (7012, 315, "ERROR", "since 3.15")),
        ("2021-02-09 06:30:00.0103 +10:00   7012    315  WARN  custom", (7012, 315, "WARN", "custom")),
        ("2021-02-09 06:30:00.0103      7      1  INFO one blank", (7, 1, "INFO", "one blank")),
        ("2021-02-09 06:30:00.0103 123456 1234567 DEBUG  12 34 INFO", (123456, 1234567, "DEBUG", "12 34 INFO")),
        ("2021-02-09 06:30:00.0103   2749  INFO", (None, 2749, "INFO", "")),
        (
            "2021-02-09 06:30:00.0103   2749 TRACE  \\\\nas\\TaskLogs grüßt",
            (None, 2749, "TRACE", "\\\\nas\\TaskLogs grüßt"),
        ),
    ],
)
def test_layouts(parse, line, expected):
    assert parse(server_log, line).pick("events", "process", "thread", "level", "message") == [expected]


def test_local_time_is_never_passed_off_as_utc(parse):
    parsed = parse(server_log, LINE + LINE.replace(".0103", ".0103 -09:30") + LINE.replace(".0103", ".0103 +99:00"))
    wall = 1_612_852_200_010_300
    assert parsed.pick("events", "clock", "wall", "time", "tick") == [
        ("local", wall, None, 0),
        ("offset", wall, datetime(2021, 2, 9, 16, 0, 0, 10300, tzinfo=UTC), 0),
        ("local", wall, None, 0),
    ]


def test_lines_without_a_stamp_belong_to_the_message_above(parse):
    parsed = parse(server_log, LINE + "System.Exception: x\n\n   at A.B()\n" + LINE, sizes=[1, 1])
    assert parsed.pick("events", "line", "lines", "message") == [
        (1, 4, "hello\nSystem.Exception: x\n\n   at A.B()"),
        (5, 1, "hello"),
    ]


def test_message_keeps_its_line_breaks_plain(parse):
    assert parse(server_log, LINE.replace("\n", "\r\n") + "more\r\n").pick("events", "message") == ["hello\nmore"]


def test_file_that_begins_with_a_continuation(parse):
    """After rolling: the beginning is in the older archive."""
    parsed = parse(server_log, "   at A.B()\n   at C.D()\n" + LINE, sizes=[1])
    assert parsed.pick("rejects", "line", "lines", "reason") == [
        (1, 2, "continuation of a line that is not in this file")
    ]
    assert parsed.pick("events", "line") == [3]


@pytest.mark.parametrize("day", ["2021-02-29", "2021-13-01", "2021-00-10", "0000-01-01", "2021-04-31"])
def test_dates_that_do_not_exist_are_rejected_with_their_continuation(parse, day):
    parsed = parse(server_log, LINE.replace("2021-02-09", day) + "more\n" + LINE)
    assert parsed.pick("rejects", "line", "lines") == [(1, 2)]
    assert parsed.pick("events", "line") == [3]


def test_leap_day_exists(parse):
    assert parse(server_log, LINE.replace("2021-02-09", "2020-02-29")).pick("events", "wall") == [1_582_957_800_010_300]


def test_time_may_go_back_even_inside_one_thread(parse):
    parsed = parse(server_log, LINE.replace("30:00", "35:00") + LINE)
    assert [wall % 3_600_000_000 // 60_000_000 for wall in parsed.pick("events", "wall")] == [35, 30]


def test_message_without_end_is_closed_at_a_border(parse, monkeypatch):
    monkeypatch.setattr(carry.whole, "__defaults__", (100,))
    parsed = parse(server_log, LINE + "x" * 90 + "\nlater\n" + LINE, sizes=[2])
    assert parsed.pick("events", "line", "lines") == [(1, 2), (4, 1)]
    assert parsed.pick("rejects", "line", "lines") == [(3, 1)]


@pytest.mark.parametrize(
    ("message", "name", "form"),
    [
        ("hello", "OctopusServer.txt", server_log),
        ("hello", "logs/OctopusTentacle.0.txt", tentacle_log),
        ("hello", "upload.txt", server_log),
        ("listen://[::]:10933/             82  Accepted TCP client", "upload.txt", tentacle_log),
        ("listen://[::]:10943/             82  Accepted TCP client", "upload.txt", server_log),
        ("listen://[::]:10933/             82  Accepted TCP client", "OctopusServer.txt", server_log),
        ("Octopus.Tentacle version 6.0.645 (6.0.645) instance Tentacle", "upload.txt", tentacle_log),
        ("Error\n   at Octopus.Tentacle.Client.X()", "upload.txt", server_log),
        ("Upgrading Tentacle.exe version 3 on web-1", "upload.txt", server_log),
    ],
)
def test_server_and_tentacle_never_claim_the_same_file(message, name, form):
    assert recognise(LINE.replace("hello", message).encode(), name) is form
    assert server_log.recognises(LINE.encode(), name) != tentacle_log.recognises(LINE.encode(), name)
