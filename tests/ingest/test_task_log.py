"""Raw task logs: columns of regular lines, and their agreement with the exact path."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer import schema
from analyzer.blocks import block, packed
from analyzer.ingest import task_log

STEP = "5f0c2b9d71e84e0f9a5d3c1b2a4f6e80"
T = "2023-09-18T09:14:02.1234567+00:00"


def entry(corr="ServerTasks-7_ABC", level="INF", time=T, message="x", detail="", percentage="0") -> str:
    return f'["{corr}","{level}","{time}","{message}","{detail}",{percentage}]'


def rows(text: str, *columns: str, source: str = "x.txt") -> list[tuple[object, ...]]:
    table = task_log.decode(block(source, text.encode())).events
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


def test_all_columns_of_a_line():
    text = "\n" + entry(f"ServerTasks-7_ABC/{STEP}/{STEP}", "UPD", message="C:\\\\a \\u0027b\\u0027", percentage="40")
    batch = task_log.decode(block("servertasks-7_abc/q1.tl.txt", text.encode()))
    expected = schema.from_rows(
        schema.EVENTS,
        [
            {
                "source": "servertasks-7_abc/q1.tl.txt", "line": 2, "lines": 1, "offset": 1, "task": "ServerTasks-7",
                "log": "ABC", "segment": "q1", "activity": f"{STEP}/{STEP}", "level": "UPD", "severity": 9,
                "kind": "updated", "time": datetime(2023, 9, 18, 9, 14, 2, 123456, UTC), "tick": 7,
                "wall": 1695028442123456, "clock": "utc", "message": "C:\\a 'b'", "detail": "", "percentage": 40,
            }
        ],
    )  # fmt: skip
    assert batch.events == expected
    assert batch.structure == {"servertasks-7_abc/q1.tl.txt": 1}


@pytest.mark.parametrize(
    ("name", "corr", "expected"),
    [
        ("servertasks-7_abc.txt", "ServerTasks-7_XYZ", ("ServerTasks-7", "XYZ", None, "")),
        ("TaskLogs/servertasks-7_abc.txt", "ServerTasks-7", ("ServerTasks-7", "ABC", None, "")),
        ("servertasks-7.txt", "ServerTasks-7", ("ServerTasks-7", "", None, "")),
        ("upload", f"ServerTasks-7/{STEP}", ("ServerTasks-7", "", None, STEP)),
        ("a/ServerTasks-7_ABC/k2.tl.txt", "ServerTasks-7_ABC", ("ServerTasks-7", "ABC", "k2", "")),
        ("a.zip!/servertasks-7_abc/k2.tl.txt", "ServerTasks-7", ("ServerTasks-7", "ABC", "k2", "")),
        ("x", "ScheduledTasks_ProcessAutoDeployments", ("ScheduledTasks_ProcessAutoDeployments", "", None, "")),
        ("x", "ScheduledTasks_Clean_NODE", ("ScheduledTasks_Clean", "NODE", None, "")),
    ],
)
def test_whose_log_and_which_segment(name, corr, expected):
    assert rows(entry(corr), "task", "log", "segment", "activity", source=name) == [expected]
    irregular = entry(corr, percentage="null")
    assert rows(irregular, "task", "log", "segment", "activity", source=name) == [expected]


@pytest.mark.parametrize(
    ("stamp", "utc", "tick", "clock"),
    [
        (T, "2023-09-18 09:14:02.123456", 7, "utc"),
        ("2023-09-18T09:14:02.1234567-00:00", "2023-09-18 09:14:02.123456", 7, "utc"),
        ("2023-09-18T09:14:02.1234567Z", "2023-09-18 09:14:02.123456", 7, "utc"),
        ("2023-09-18T09:14:02.1+10:30", "2023-09-17 22:44:02.100000", 0, "offset"),
        ("2023-09-18T09:14:02.1234567+14:00", "2023-09-17 19:14:02.123456", 7, "offset"),
        ("2023-09-18T09:14:02", None, 0, "local"),
        ("2024-02-29T23:59:59.9999999+00:00", "2024-02-29 23:59:59.999999", 9, "utc"),
        ("2000-02-29T00:00:00.0000000+00:00", "2000-02-29 00:00:00.000000", 0, "utc"),
        ("1969-12-31T23:59:59.9999991+00:00", "1969-12-31 23:59:59.999999", 1, "utc"),
        ("0001-01-01T00:00:00.0000000+00:00", "0001-01-01 00:00:00.000000", 0, "utc"),
        ("9999-12-31T23:59:59.9999999+00:00", "9999-12-31 23:59:59.999999", 9, "utc"),
    ],
)
def test_times(stamp, utc, tick, clock):
    time = None if utc is None else datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert rows(entry(time=stamp), "time", "tick", "clock") == [(time, tick, clock)]


@pytest.mark.parametrize(
    "stamp",
    [
        "2023-02-29T00:00:00.0000000+00:00",
        "1900-02-29T00:00:00.0000000+00:00",
        "2023-09-31T00:00:00.0000000+00:00",
        "2023-13-01T00:00:00.0000000+00:00",
        "2023-09-18T24:00:00.0000000+00:00",
        "2023-09-18T09:60:00.0000000+00:00",
        "2023-09-18T09:14:61.0000000+00:00",
        "2023-09-18T09:14:02.1234567+15:00",
        "2023-09-18T09:14:02.1234567+09:60",
        "0000-01-01T00:00:00.0000000+00:00",
        "0001-01-01T00:00:00.0000000+00:01",
        "9999-12-31T23:59:59.9999999-00:01",
        "2023-09-18T09:14:02.123456\u0667+00:00",
        "yesterday",
    ],
)
def test_no_such_time(stamp, parse):
    parsed = parse(task_log, entry(time=stamp))
    assert parsed.pick("rejects", "reason") == ["the time cannot be read"]


@pytest.mark.parametrize(
    ("level", "severity", "kind"),
    [
        ("VBS", 5, "message"), ("WRN", 13, "message"), ("FAT", 21, "message"), ("PLN", 9, "planned"),
        ("FIN", 9, "finished"), ("ABN", 9, "abandoned"), ("HLT", 9, "message"), ("Highlight", 9, "message"),
    ],
)  # fmt: skip
def test_categories_unknown_ones_are_kept(level, severity, kind):
    assert rows(entry(level=level), "level", "severity", "kind") == [(level, severity, kind)]


@pytest.mark.parametrize(
    ("name", "head", "is_one"),
    [
        ("upload", entry(), True),
        ("upload", "\n\n  " + entry(), True),
        ("upload", "torn line\n" + entry(), True),
        ("upload", '["ScheduledTasks_X","INF"', True),
        ("servertasks-7_abc.txt", "", True),
        ("a/servertasks-7_abc/x.tl.txt", "T09:14:02", True),
        ("servertasks-7_abc.txt", "<html>", False),
        ("servertasks-7_abc.json", "", False),
        ("upload", '{"a": ["ServerTasks-7"]}', False),
    ],
)
def test_recognised_by_lines_or_by_name(name, head, is_one):
    assert task_log.recognises(head.encode(), name) is is_one


def test_a_block_of_several_sources_is_read_like_each_alone():
    parts = [block(f"{name}.txt", f"{entry(message=name)}\n\ntorn {name}\n".encode()) for name in "abc"]
    together = task_log.decode(packed(parts))
    alone = [task_log.decode(part) for part in parts]
    assert together.events == pa.concat_tables([one.events for one in alone])
    assert together.rejects == pa.concat_tables([one.rejects for one in alone])
    assert together.structure == {"a.txt": 1, "b.txt": 1, "c.txt": 1}


# The same rows, whichever way a line takes

ids = st.sampled_from(
    [
        "ServerTasks-7_ABC", f"ServerTasks-7_ABC/{STEP}", f"ServerTasks-7_ABC/{STEP}/{STEP}", "ServerTasks-7",
        "ServerTasks-", "ScheduledTasks_Clean", "ScheduledTasks_Clean_NODE", "ScheduledTask_x", "servertasks-7_abc",
        "ServerTasks-7\\u005fA", "ServerTasks-7_é", "ServerTasks-\u0667", "x",
    ]
)  # fmt: skip
levels = st.one_of(st.sampled_from(["INF", "VBS", "FIN", "PLN", "HLT", "inf", "Wa"]), st.text("aé1 \\n", max_size=5))
stamps = st.one_of(
    st.just(T),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="microseconds") + "3+00:00"),
    st.builds(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{}{}{:02}:{:02}".format,
        st.sampled_from([0, 1, 1899, 1900, 1969, 2000, 2023, 2024, 9999]),
        *(st.integers(0, 13), st.sampled_from([0, 1, 28, 29, 30, 31, 32])),
        *(st.integers(0, 24), st.sampled_from([0, 59, 60]), st.sampled_from([0, 59, 60])),
        *(st.sampled_from(["0000000", "9999999", "1234567", "123", "12345678"]), st.sampled_from("+- ")),
        *(st.integers(0, 15), st.sampled_from([0, 30, 45, 59, 60, 99])),
    ),
    st.sampled_from(["2023-09-18T09:14:02Z", "2023-09-18 09:14:02.5", "2023-09-18T09:14:02.1234567+00.00", ""]),
)
words = st.lists(
    st.sampled_from(
        [
            "a", "text of more than twelve bytes ", "ä", "€", "😀", "\\n", "\\\\", '\\"', "\\/", "\\u0027", "\\u00e4",
            "\\u0000", "\\ud83d\\ude00", "\\ud83d", "\\udE00", "\\u12", "\\x", "\\", '"', "\t", "\0", "\r",
            "],[", ",0]", '["ServerTasks-',
        ]
    ),
    max_size=5,
).map("".join)  # fmt: skip
percentages = st.sampled_from(
    ["0", "7", "40", "100", "007", "1000", "-1", "1.5", "1e2", "null", "true", '"4"', "NaN", "", "1e999"]
)
endings = st.sampled_from(["\n", "\n", "\n", "\n", "\r\n", "", "\n\n", " \n", ",\n", "\n \n", "x\n"])
lines = st.builds(entry, ids, levels, stamps, words, words, percentages)
torn = st.builds(lambda line, at: line[: at % (len(line) + 1)], lines, st.integers(0, 400))
split_up = st.builds(
    lambda line, at: line[: at % len(line)] + "\n" + line[at % len(line) :], lines, st.integers(0, 400)
)
texts = st.lists(
    st.tuples(st.one_of(st.builds(entry, message=words, detail=words), lines, torn, split_up), endings).map("".join),
    max_size=6,
).map("".join)


def outcome(data: bytes, source: str, *, exact: bool) -> tuple[list[object], list[object], Counter[str]]:
    found = task_log.find

    def irregular(one):
        fields = found(one)
        fields.regular[:] = False
        return fields

    with pytest.MonkeyPatch.context() as patch:
        if exact:
            patch.setattr(task_log, "find", irregular)
        batch = task_log.decode(block(source, data))
    for name in ("events", "rejects"):
        table = getattr(batch, name)
        assert table is None or table.validate(full=True) is None
    return (
        batch.events.to_pylist(),
        [] if batch.rejects is None else batch.rejects.to_pylist(),
        Counter(batch.structure),
    )


@settings(deadline=None, max_examples=400)
@given(text=texts, source=st.sampled_from(["upload", "servertasks-7_abc.txt", "servertasks-7_abc/q.tl.txt"]))
@example(entry(message='\\"\\\\', detail="null"), "upload")
@example(entry(message='\t\\"'), "upload")
def test_the_columnar_path_agrees_with_the_exact_one(parse, text, source):
    data = text.encode()
    assert outcome(data, source, exact=False) == outcome(data, source, exact=True)
    parse(task_log, data, source)  # accounts for every line


@settings(deadline=None)
@given(message=st.text(max_size=40), detail=st.text(max_size=40))
def test_what_octopus_writes_is_what_is_read(message, detail):
    line = entry(message=_escaped(message), detail=_escaped(detail))
    assert rows(line, "message", "detail") == [(message, detail)]


def _escaped(text: str) -> str:
    """JavaScriptStringEncode of .NET."""
    known = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    hidden = "'<>&\u0085\u2028\u2029"
    return "".join(
        known.get(one) or (f"\\u{ord(one):04x}" if one in hidden or one < " " or one == "\x7f" else one) for one in text
    )


def test_a_document_that_quotes_log_lines_is_no_task_log():
    quoting = b'{"lost": [\n["ServerTasks-1_ABCDE12345","INF","2023-01-01T00:00:00.0000000+00:00","x","",0]\n]}'
    assert not task_log.recognises(quoting, "notes.json")
    assert task_log.recognises(quoting, "TaskLogs/servertasks-1_abcde12345.txt")
