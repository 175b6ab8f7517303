from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analyzer.ingest import task_text

BAR = " " * 20 + "| "


def log(*lines: str) -> str:
    """Lines of a log; one that begins with `|` gets its twenty blanks."""
    return "".join((" " * 20 + line if line.startswith("|") else line) + "\n" for line in lines)


HEADED = log(
    "Task ID:        ServerTasks-733",
    "Task status:    Failed",
    "Task queued:    Monday, 18 September 2023 9:13:58 AM +10:00",
    "Task started:   Monday, 18 September 2023 9:14 PM",
    "Server version: 2023.3.1",
    "Server node:    SRV-EAST",
    "",
    "| == Failed: Deploy Ledger ==",
    "09:14:02   Fatal    |   The deployment failed.",
)


def test_header_is_one_claim_about_the_task(parse):
    parsed = parse(task_text, HEADED)
    header = parsed.states[0]
    assert (header["line"], header["claim"], header["task"], header["state"]) == (
        2,
        "header",
        "ServerTasks-733",
        "Failed",
    )
    assert (header["node"], header["activity"]) == ("SRV-EAST", None)
    assert header["queued"] == datetime(2023, 9, 17, 23, 13, 58, tzinfo=UTC)
    assert header["detail"] == (
        "queued=Monday, 18 September 2023 9:13:58 AM +10:00; started=Monday, 18 September 2023 9:14 PM"
    )
    assert parsed.versions == {"x.txt": "2023.3.1"}
    assert parsed.structure == 6


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("Friday, 17 December 2021 10:43:04 AM +10:00", datetime(2021, 12, 17, 0, 43, 4, tzinfo=UTC)),
        ("Friday, 17 December 2021 12:00:00 AM +00:00", datetime(2021, 12, 17, 0, 0, 0, tzinfo=UTC)),
        ("Friday, December 17, 2021 10:43 PM -05:00", datetime(2021, 12, 18, 3, 43, tzinfo=UTC)),
        ("17 December 2021 22:43:04 +00:00", datetime(2021, 12, 17, 22, 43, 4, tzinfo=UTC)),
        ("Friday, 27 May 2016 8:16 PM", None),  # no offset before about 2019
        ("24 september 2015 16:05", None),  # the server's culture
        ("Freitag, 17. Dezember 2021 10:43:04 +01:00", None),
        ("Friday, 31 February 2021 10:43:04 AM +10:00", None),
        ("Friday, 17 December 2021 13:43:04 PM +10:00", None),
    ],
)
def test_header_dates_are_utc_only_where_that_is_sound(parse, text, utc):
    parsed = parse(task_text, f"Task ID: ServerTasks-1\nTask status: Success\nTask completed: {text}\n")
    assert parsed.pick("states", "completed", "detail") == [(utc, f"completed={text}")]


def test_header_without_the_empty_line(parse):
    """Issue 7058: the body follows at once."""
    parsed = parse(task_text, HEADED.replace("\n\n", "\n"))
    assert parsed.pick("states", "claim", "state") == [("header", "Failed"), ("tree", "Failed")]
    assert not parsed.rejects


def test_header_labels_of_3_0_are_narrower(parse):
    parsed = parse(
        task_text, "Task ID:       ServerTasks-813\nTask status:   Failed\nTask queued:   24 september 2015 16:05\n"
    )
    assert parsed.pick("states", "task", "state", "queued") == [("ServerTasks-813", "Failed", None)]


def test_header_that_is_cut_off_claims_nothing(parse):
    """Issue 5355: "Suc" is no state."""
    parsed = parse(task_text, "Task ID:        ServerTasks-16203\nTask status:    Suc")
    assert not parsed.states
    assert parsed.pick("rejects", "line", "reason") == [(2, "the header is cut off")]


def test_activities_get_ordinal_paths_by_their_indentation(parse):
    parsed = parse(
        task_text,
        log(
            "| == Success: Deploy ==",
            "09:00:00   Info     |   root",
            "| ",
            "|   == Success: Step 1: A ==",
            "09:00:01   Info     |     step",
            "|   ",
            "|     Success: web-1",
            "09:00:02   Info     |       on web-1",
            "|     ",
            "|     Failed: web-2",
            "09:00:03   Info     |       on web-2",
            "|     ",
            "|   == Skipped: Step 2: B: with colon ==",
            "09:00:04   Info     |     skipped",
            "|   ",
        ),
    )
    assert parsed.pick("states", "activity", "state", "name") == [
        ("", "Success", "Deploy"),
        ("1", "Success", "Step 1: A"),
        ("1/1", "Success", "web-1"),
        ("1/2", "Failed", "web-2"),
        ("2", "Skipped", "Step 2: B: with colon"),
    ]
    assert parsed.pick("events", "activity", "message") == [
        ("", "root"),
        ("1", "step"),
        ("1/1", "on web-1"),
        ("1/2", "on web-2"),
        ("2", "skipped"),
    ]
    assert parsed.structure == 5


def test_two_roots_do_not_share_their_children(parse):
    parsed = parse(
        task_text,
        log(
            "| == Success: Deploy ==",
            "| ",
            "|   == Success: A ==",
            "| ",
            "| == Failed: Deploy ==",
            "| ",
            "|   == Failed: A ==",
        ),
    )
    assert parsed.pick("states", "activity", "state") == [
        ("", "Success"),
        ("1", "Success"),
        ("", "Failed"),
        ("2", "Failed"),
    ]


def test_message_is_a_time_of_day_without_date_or_zone(parse):
    parsed = parse(task_text, "23:59:59   Warning  |   late\n00:00:01   Trace    |   next day, which nothing says\n")
    assert parsed.pick("events", "wall", "time", "clock", "level", "severity") == [
        (86_399_000_000, None, "none", "Warning", 13),
        (1_000_000, None, "none", "Trace", 1),
    ]


def test_iso_date_before_the_time(parse):
    parsed = parse(task_text, "2026-05-05T12:00:00 Info  | dated\n2026-13-05T12:00:00 Info  | no such month\n")
    assert parsed.pick("events", "wall", "clock", "message") == [(1_777_982_400_000_000, "local", "dated")]
    assert parsed.pick("rejects", "line") == [2]


def test_continuation_lines_belong_to_their_message(parse):
    parsed = parse(
        task_text,
        log(
            "| == Success: Deploy ==",
            "09:00:00   Verbose  |   Environment Information:",
            "|   MachineName: SRV-EAST",
            "|     HostProcessName: Octopus.Server",
            "09:00:00   Info     |   next",
        ),
    )
    assert parsed.pick("events", "lines", "message") == [
        (3, "Environment Information:\nMachineName: SRV-EAST\n  HostProcessName: Octopus.Server"),
        (1, "next"),
    ]


def test_leading_blanks_of_script_output_are_kept(parse):
    parsed = parse(task_text, log("| == Success: Deploy ==", "09:00:00   Info     |       indented by four"))
    assert parsed.pick("events", "message") == ["    indented by four"]


def test_continuation_that_reads_like_an_activity(parse):
    """The words alone do not tell: what follows is not indented deeper."""
    parsed = parse(
        task_text,
        log(
            "| == Success: Deploy ==",
            "09:00:00   Info     |   Tests passed: 12",
            "|   ",
            "|   Failed: 0",
            "09:00:01   Info     |   done",
            "09:00:02   Info     |   Summary",
            "|   ",
            "|   Success: 12",
            "| ",
            "|   == Success: Step 1 ==",
            "09:00:00   Info     |     Failed: not after a blank line",
            "|     Failed: nor is this",
        ),
    )
    assert parsed.pick("states", "name") == ["Deploy", "Step 1"]
    assert parsed.pick("events", "lines", "message") == [
        (3, "Tests passed: 12\n\nFailed: 0"),
        (1, "done"),
        (3, "Summary\n\nSuccess: 12"),
        (2, "Failed: not after a blank line\nFailed: nor is this"),
    ]


def test_paste_that_lost_the_blanks_of_its_first_line(parse):
    parsed = parse(task_text, "|   == Success: Acquire packages ==\n09:40:05   Info     |     Acquiring packages\n")
    assert parsed.pick("states", "activity", "name") == [("1", "Acquire packages")]
    assert parsed.pick("events", "activity", "message") == [("1", "Acquiring packages")]


def test_paste_that_lost_the_prefix_of_its_first_line(parse):
    parsed = parse(
        task_text,
        log("Index was out of range. (Parameter 'index')", "17:18:47   Verbose  |       at A.B()", "|       at C.D()"),
    )
    assert parsed.pick("rejects", "line", "lines", "reason") == [(1, 1, "not a line of a task log")]
    assert parsed.pick("events", "activity", "lines", "message") == [(None, 2, "at A.B()\nat C.D()")]


def test_piece_that_begins_with_a_continuation(parse):
    parsed = parse(task_text, log("|     at A.B()", "|     at C.D()", "17:18:47   Info     |     next"))
    assert parsed.pick("rejects", "line", "lines", "reason") == [
        (1, 2, "continuation of a message that is not in this file")
    ]


def test_gap_left_by_an_author(parse):
    """The blog's sample of a manual intervention: three dots stand for what was left out."""
    parsed = parse(
        task_text,
        log(
            "15:13:26   Verbose  |     paused",
            "...",
            "",
            "...",
            "|   == Success: Step 8 ==",
            "13:27:33   Verbose  |     Resuming after completion",
        ),
    )
    assert parsed.pick("rejects", "line") == [2, 4]
    assert parsed.pick("events", "activity") == [None, "1"]


def test_parents_print_before_their_children(parse):
    """Time goes back between activities: kept as it stands, no matter of parsing."""
    parsed = parse(
        task_text,
        log("09:40:22   Info     |   parent", "| ", "|   == Success: A ==", "09:40:06   Info     |     child"),
    )
    assert parsed.pick("events", "wall") == [34_822_000_000, 34_806_000_000]


@pytest.mark.parametrize(
    ("source", "task"),
    [
        ("bundle/ServerTasks-16572.log.txt", "ServerTasks-16572"),
        ("servertasks-7.log (1).txt", "ServerTasks-7"),
        ("MyServerTasks-7.log.txt", None),
        ("notes.txt", None),
    ],
)
def test_task_from_the_name_where_there_is_no_header(parse, source, task):
    assert parse(task_text, "09:00:00   Info     |   x\n", source).pick("events", "task") == [task]


def test_two_logs_in_one_file(parse):
    parsed = parse(task_text, HEADED + HEADED.replace("733", "734"), sizes=[4, 5, 3])
    assert parsed.pick("events", "task") == ["ServerTasks-733", "ServerTasks-734"]
    assert parsed.pick("states", "task", "claim", "activity") == [
        ("ServerTasks-733", "header", None),
        ("ServerTasks-733", "tree", ""),
        ("ServerTasks-734", "header", None),
        ("ServerTasks-734", "tree", ""),
    ]


def test_indentation_without_end_is_no_activity(parse):
    parsed = parse(task_text, "09:00:00   Info     |   x\n" + BAR + "\n" + BAR + " " * 5000 + "Success: deep\n")
    assert not parsed.states


def test_other_logs_that_quote_lines_are_not_recognised():
    quote = "09:00:00   Info     |   x\n"
    assert task_text.recognises(quote.encode(), "x")
    assert not task_text.recognises(b'["ServerTasks-1_A","INF",\n' + quote.encode(), "x")
    assert not task_text.recognises(b"2021-02-09 06:30:00.0103   2749  INFO  The log:\n" + quote.encode(), "x")
