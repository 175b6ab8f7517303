"""What every format promises: its sample parses, damage never raises, borders between blocks change nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.ingest import FORMATS, recognise

ALL = pytest.mark.parametrize("form", [pytest.param(form, id=form.NAME) for form in FORMATS])
FEW = settings(max_examples=60, deadline=None)

damage = st.lists(
    st.tuples(
        st.sampled_from(["cut", "flip", "twice", "insert", "swap lines"]),
        st.integers(0, 4000),
        st.integers(0, 200),
        st.binary(max_size=6),
    ),
    min_size=1,
    max_size=4,
)


def damaged(data: bytes, wounds: list[tuple[str, int, int, bytes]]) -> bytes:
    """The sample after some wounds, as valid UTF-8 (sources see to that)."""
    for kind, at, size, junk in wounds:
        at %= len(data) + 1
        if kind == "cut":
            data = data[:at] + data[at + size :]
        elif kind == "flip":
            data = data[:at] + bytes(byte ^ 0x11 for byte in data[at : at + 1]) + data[at + 1 :]
        elif kind == "twice":
            data = data[: at + size] + data[at:]
        elif kind == "insert":
            data = data[:at] + junk + data[at:]
        else:
            lines = data.splitlines(keepends=True)
            data = b"".join(lines[at % 7 :] + lines[: at % 7])
    return data.decode("utf-8", "replace").encode()


@ALL
def test_sample_is_recognised_and_parses_without_rejects(form, parse):
    assert recognise(form.SAMPLE.encode(), "upload") is form
    parsed = parse(form, form.SAMPLE)
    assert not parsed.rejects
    assert parsed.events or parsed.states


@ALL
def test_sample_with_windows_line_endings_gives_the_same(form, parse):
    with_returns = parse(form, form.SAMPLE.replace("\n", "\r\n"))
    plain = parse(form, form.SAMPLE)
    for table in ("events", "states"):
        assert [{**row, "offset": 0} for row in getattr(with_returns, table)] == [
            {**row, "offset": 0} for row in getattr(plain, table)
        ]


@ALL
@FEW
@given(wounds=damage)
def test_damage_never_raises_and_every_line_is_accounted_for(form, parse, wounds):
    parse(form, damaged(form.SAMPLE.encode(), wounds))


@ALL
@FEW
@given(wounds=damage)
def test_damaged_heads_are_recognised_or_refused_without_error(form, wounds):
    recognise(damaged(form.SAMPLE.encode(), wounds), "upload")


@pytest.mark.parametrize("form", [pytest.param(form, id=form.NAME) for form in FORMATS if not form.PACKED])
@FEW
@given(wounds=damage, sizes=st.lists(st.integers(1, 5), max_size=8))
def test_borders_between_blocks_change_nothing(form, parse, wounds, sizes):
    data = damaged(form.SAMPLE.encode(), wounds)
    assert parse(form, data, sizes=sizes) == parse(form, data)


@ALL
@FEW
@given(data=st.binary(max_size=300))
def test_any_bytes_at_all(form, parse, data):
    parse(form, data.decode("utf-8", "replace").encode())


@ALL
def test_nothing_gives_nothing(form, parse):
    parsed = parse(form, "")
    assert not parsed.events
    assert not parsed.states
    assert not parsed.rejects


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "empty"),
        ("hello\nworld\n", "prose"),
        (
            "#Software: Octopus Deploy 1.0\n#Fields: date time cs-method\n2020-03-28\t03:49:55\tGET\t/api\t200\n",
            "web log",
        ),
        (
            '<?xml version="1.0"?>\n<nlog><target layout="${longdate} | == Success: x =="/></nlog>\n',
            "NLog configuration",
        ),
        (
            "CREATE TABLE [dbo].[ServerTask] (\n  [Id] NVARCHAR (50) NOT NULL,\n  [State] NVARCHAR (50)\n);\n",
            "table definition",
        ),
        ("UPDATE dbo.ServerTask SET State = 'Failed' WHERE Id = 'ServerTasks-7'\n", "SQL"),
        ("Done.\n11:43:42\nInfo\nGuidance received: Fail\n11:43:42\nError\nNo package\n", "copy of the portal's page"),
        (
            "Error    14:49:51\nThe system cannot find the path\nInfo    14:49:51\nArchiving\n",
            "copy of the portal's page",
        ),
        (
            "06:44.6453   1917  WARN  Append log entry to ServerTasks-14_ZLM/84aa attempt #1 faulted\n",
            "server log, left part cut",
        ),
        (
            "10 ERROR  This node failed to heartbeat\nSystem.InvalidOperationException: x\n   at A.B()\n",
            "server log, left part cut",
        ),
        ('{"ItemType": "OctopusServerNode", "Items": [{"Id": "OctopusServerNodes-a", "Name": "a"}]}', "list of nodes"),
        ('{"ItemType": "Interruption", "Items": [{"Id": "Interruptions-1", "TaskId": "ServerTasks-1"}]}', "other list"),
        ('[{"Timestamp": "2016-05-30T08:49:44Z", "Properties": {"Id": "ServerTasks-1"}}]', "other JSON"),
        ("Id,Name,State\nProjects-1,Web,Active\n", "CSV of something else"),
        (
            "Error (HTTP 500): Unexpected character while parsing number: T. Path '', line 1533, position 2608.\n",
            "API error",
        ),
    ],
)
def test_what_is_none_of_the_formats_is_refused(text, what):
    assert recognise(text.encode(), "upload.txt") is None, what
