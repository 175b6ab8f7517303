from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analyzer.ingest import recognise, servertask_csv

HEADER = (
    "Id,Name,Description,QueueTime,StartTime,CompletedTime,ErrorMessage,ConcurrencyTag,State,"
    "HasPendingInterruptions,HasWarningsOrErrors,ServerNodeId,ProjectId,JSON"
)
QUEUED = "2016-07-29 04:18:52.0474477 +00:00"
UTC_QUEUED = datetime(2016, 7, 29, 4, 18, 52, 47447, tzinfo=UTC)


def row(
    number: int,
    description: str = "Deploy",
    queued: str = QUEUED,
    error: str = "NULL",
    state: str = "Success",
    json: str = "{}",
) -> str:
    times = f"{queued},NULL,NULL"
    return f"ServerTasks-{number},Deploy,{description},{times},{error},NULL,{state},0,1,OctopusServerNodes-A,P-1,{json}"


def test_row_is_a_claim(parse):
    parsed = parse(servertask_csv, f"{HEADER}\n{row(7)}\n")
    assert parsed.pick("states", "line", "offset", "task", "claim", "name", "state", "node", "warnings", "detail") == [
        (2, len(HEADER) + 1, "ServerTasks-7", "database", "Deploy", "Success", "A", True, None)
    ]
    assert parsed.pick("states", "queued", "started", "completed") == [(UTC_QUEUED, None, None)]
    assert parsed.structure == 1


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_separators(parse, mark):
    text = f"{HEADER}\n{row(7)}\n".replace(",", mark)
    assert recognise(text.encode(), "x.csv") is servertask_csv
    assert parse(servertask_csv, text).pick("states", "task", "state") == [("ServerTasks-7", "Success")]


@pytest.mark.parametrize(
    "first",
    [
        row(7),
        f"Success,ServerTasks-6,Success,{QUEUED},NULL,{QUEUED},OctopusServerNodes-A",
        f"ServerTasks-7,Failed,{QUEUED}",
    ],
)
def test_columns_by_their_content(parse, first):
    """SSMS saves no header unless told to."""
    assert recognise(first.encode(), "x.csv") is servertask_csv
    parsed = parse(servertask_csv, first)
    assert parsed.pick("states", "queued") == [UTC_QUEUED]
    assert not parsed.rejects


@pytest.mark.parametrize(
    ("text", "time"),
    [
        (QUEUED, UTC_QUEUED),
        ("2016-07-29T04:18:52.0474477+00:00", UTC_QUEUED),
        ("2016-07-29 14:18:52.0474477 +10:00", UTC_QUEUED),
        ("2016-07-29 04:18:52.047", None),
        ("29.07.2016 04:18:52", None),
        ("NULL", None),
    ],
)
def test_times_are_utc_only_with_an_offset(parse, text, time):
    assert parse(servertask_csv, f"{HEADER}\n{row(7, queued=text)}\n").pick("states", "queued") == [time]


def test_quoted_commas_quotes_and_line_breaks(parse):
    rows = [row(7, '"Deploy ""A"", then B"', error='"first\nsecond\n\nlast"', state="Failed"), row(8)]
    text = "\n".join([HEADER, *rows])
    parsed = parse(servertask_csv, text, sizes=[3])
    assert parsed.pick("states", "line", "lines", "name", "detail") == [
        (2, 4, 'Deploy "A", then B', "first\nsecond\n\nlast"),
        (6, 1, "Deploy", None),
    ]
    assert parsed.states[1]["offset"] == text.index("ServerTasks-8")


def test_commas_of_unquoted_json_at_the_end(parse):
    assert len(parse(servertask_csv, f"{HEADER}\n{row(7, json=chr(123) + 'a:1,b:[2,3]' + chr(125))}\n").states) == 1


def test_unquoted_comma_in_a_description_is_rejected_not_guessed(parse):
    parsed = parse(servertask_csv, f"{HEADER}\n{row(7, 'Deploy A, release 1')}\n{row(8)}\n")
    assert parsed.pick("states", "task") == ["ServerTasks-8"]
    assert parsed.pick("rejects", "line", "lines") == [(2, 1)]


def test_missing_quote_costs_its_own_row_only(parse):
    parsed = parse(servertask_csv, "\n".join([HEADER, row(7, '"Deploy'), row(8), row(9, '"x"')]))
    assert parsed.pick("states", "task", "line") == [("ServerTasks-8", 3), ("ServerTasks-9", 4)]
    assert parsed.pick("rejects", "line", "lines") == [(2, 1)]


def test_framing_of_query_windows(parse):
    parsed = parse(
        servertask_csv,
        f"sep=,\n{HEADER}\n{row(7)}\n\n(1 row affected)\n\nCompletion time: 2023-09-18T09:14:02.14+10:00\n",
    )
    assert (len(parsed.states), parsed.structure) == (1, 6)


def test_header_again_in_the_middle(parse):
    parsed = parse(
        servertask_csv, f"{HEADER}\n{row(7)}\nState,Id,ServerNode,QueueTime\nFailed,ServerTasks-8,DEMO,NULL\n"
    )
    assert parsed.pick("states", "task", "state", "node") == [
        ("ServerTasks-7", "Success", "A"),
        ("ServerTasks-8", "Failed", "DEMO"),
    ]


@pytest.mark.parametrize("bad", ["x", "ServerTasks-7", row(7, state="0"), row(7)[:40], "Total,1", "a\rb," + row(7)])
def test_rows_that_do_not_fit_are_rejected(parse, bad):
    parsed = parse(servertask_csv, f"{HEADER}\n{bad}\n{row(8)}\n")
    assert parsed.pick("states", "task") == ["ServerTasks-8"]
    assert sum(parsed.pick("rejects", "lines")) == 1


def test_field_without_end(parse):
    text = HEADER + "\n" + row(7, '"' + "line\n" * 60_000)
    parsed = parse(servertask_csv, text)
    assert not parsed.states
    assert sum(parsed.pick("rejects", "lines")) == 60_001
