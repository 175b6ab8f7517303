"""How `doctor` says it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from analyzer.report import doctor
from analyzer.report.bundle import Bundle, Gap, Kind, Node, Question, Span, Version

FULL = Bundle(
    tasks=7,
    kinds=(Kind("server-log", 3, 303_000, 1588, 0), Kind("servertask-csv", 1, 999, 8, 2)),
    spans=(
        Span("server-log", "PAIBREAN-OCTO5", 1, "2023-09-18 17:42:13", "2023-09-18 17:45:08", "local"),
        Span("servertask-csv", None, 1, "2023-09-18 22:40:01", "2023-09-18 22:45:49", "utc"),
    ),
    nodes=(Node("PAIBREAN-OCTO5", ("its own log",), 1), Node("OCTO-\x1b[31m\u202e[red]", ("other sources",), 0)),
    versions=(Version("PAIBREAN-OCTO5", "2023.3.12936", "2023-09-18 17:42:13", "local"),),
    gaps=(
        Gap("the server log of OCTO-X is not in the input", tuple(f"ServerTasks-{n}" for n in range(1, 13))),
        Gap("the server log of OCTO-Y is missing 2023-09-18 04:00 to 06:00", ()),
    ),
    questions=(
        Question("OCT101", "concurrent-execution", False, 4, 7, ("a log is missing",)),
        Question("OCT102", "repeated-execution", False, 7, 7, ()),
        Question("OCT103", "log-contention", True, 0, 7, ("no server log is in the input",)),
        Question("OCT301", "conflicting-final-status", False, 0, 7, ("x", "y")),
    ),
    ask=("OctopusServer.txt of OCTO-X",),
    unknown=tuple(f"photo-{n:02}.png" for n in range(12)),
    copies=(("b.txt", "a.txt"),),
    problems=(("c.txt", "cut off"),),
)
EMPTY = Bundle(0, (), (), (), (), (), (Question("OCT101", "concurrent-execution", False, 0, 0, ()),), (), (), (), ())
"""Of an input in which nothing was found."""


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_too_wide_and_nothing_is_cut(width):
    lines = doctor.render(FULL, width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)
    told = "".join("".join(lines).split())
    for word in ("conflicting-final-status", "OctopusServer.txtofOCTO-X", "303kB", "photo-09.png", "b.txtofa.txt"):
        assert word in told
    assert "…" not in told
    assert all("local" in line for line in lines if "OCTO5" in line and "2023" in line)


def test_the_tables_at_80_columns():
    assert doctor.render(FULL, 80).splitlines()[:13] == [
        "4 sources, 304 kB, 1,596 lines, 2 rejected, 1 source not read or only in part,",
        "12 files of no known format, 1 copy; 7 tasks, 2 nodes.",
        "",
        "FORMATS",
        "  format          files    size  lines  rejected",
        "  server-log          3  303 kB  1,588         0",
        "  servertask-csv      1   999 B      8         2",
        "",
        "TIMES",
        "  format          node            files  first       last        clock",
        "  server-log      PAIBREAN-OCTO5      1  2023-09-18  2023-09-18  local",
        "                                         17:42:13    17:45:08",
        "  servertask-csv                      1  2023-09-18  2023-09-18  utc",
    ]


def test_answers_gaps_and_long_lists():
    text = doctor.render(FULL, 120)
    for line in (
        "  OCT101  concurrent-execution      for 4 of 7 tasks in every respect: a log is missing",
        "  OCT102  repeated-execution        yes",
        "  OCT103  log-contention            no: no server log is in the input",
        "  OCT301  conflicting-final-status  for none of 7 tasks in every respect: x and y",
        "  the server log of OCTO-Y is missing 2023-09-18 04:00 to 06:00: no task ran then",
        "  and 2 more: --json FILE writes them all",
    ):
        assert line in text.splitlines()
    assert "ServerTasks-10 and 2 more" in text


def test_what_stands_in_a_log_cannot_colour_the_terminal():
    text = doctor.render(FULL, 100)
    assert "OCTO-\\x1b[31m\\u202e[red]" in text
    assert "\x1b" not in text


def test_colours_are_only_those_of_headings():
    text = doctor.render(FULL, 80, colour=True)
    assert "\x1b[1mFORMATS\x1b[0m" in text
    assert "\x1b[31m" not in text


def test_every_code_page_shows_it():
    assert doctor.render(FULL, 80).encode("ascii")


def test_an_empty_input():
    text = doctor.render(EMPTY, 80)
    assert text.startswith("0 sources, 0 B, 0 lines, 0 rejected; 0 tasks, 0 nodes.\n\nQUESTIONS\n")
    assert "no: no task is in the input" in text


def test_the_document():
    found = json.loads(doctor.document(FULL))
    assert found["schema"] == "analyzer-doctor/1"
    assert found["questions"][2]["open"] is True
    assert found["gaps"][1] == {"what": "the server log of OCTO-Y is missing 2023-09-18 04:00 to 06:00", "tasks": []}
    assert found["nodes"][1]["name"] == FULL.nodes[1].name
    assert b"\x1b" not in doctor.document(replace(FULL, unknown=("\x1b[2J",)))
