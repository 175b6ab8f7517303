"""The first look at server logs: what it counts is all there is, what it keeps is all that judging needs."""

from __future__ import annotations

import re
from random import Random

import pyarrow as pa
import pytest

from analyzer import stretches
from analyzer.blocks import Block, joined
from analyzer.ingest import server_log
from analyzer.ingest.carry import LIMIT
from analyzer.ingest.server_log_triage import look
from tests.ingest.conftest import blocks_of
from tests.server_logs import server_log as drawn

NEEDED = re.compile(
    r"HostProcessName|become leader|went offline|^Octopus\.Server(?:\.exe)? version |^Defaulting server\s"
    r"|^Environment Information:|correlationId|Append log entry to|\bError Number: ?1222\b|\b[Ee]rror 1222\b"
    r"|Lock request time out period exceeded|An error occured reading the log file"
)
"""What stages ask of messages beside ties."""


def blocks(seed: int) -> list[Block]:
    random = Random(seed)
    data = drawn(random, range(100, 120))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16").encode()
    data = data.decode("utf-8", "replace").encode()
    return list(blocks_of(data, "x.txt", [random.randrange(1, 40) for _ in range(3)]))


def rows(tables: list[pa.Table | None]) -> list[dict[str, object]]:
    return [row for table in tables if table is not None for row in table.to_pylist()]


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_it_agrees_with_decoding(first):
    for seed in range(first, first + 50):
        parsed, seen = list(server_log.parse(blocks(seed))), look(blocks(seed))
        told = list(server_log.parse([joined(seen.telling)] if seen.telling else []))
        events, telling = rows([one.events for one in parsed]), rows([one.events for one in told])
        counted = [row["lines"] for row in events]
        assert (seen.entries, seen.lines) == (len(counted) - counted.count(0), sum(counted)), seed
        assert rows([one.rejects for one in seen.refused]) == rows([one.rejects for one in parsed]), seed
        needed = [at for at, row in enumerate(events) if not at or row["task"] or NEEDED.search(row["message"])]
        assert [row for row in telling if row in [events[at] for at in needed]] == [events[at] for at in needed], seed
        assert all(row in events for row in telling), seed
        for name in ("nodes", "versions"):
            said = [[one for batch in some for one in getattr(batch, name).items()] for some in (parsed, told)]
            assert dict(said[0]) == dict(said[1]), seed
        if events:
            exact = stretches.of_events(pa.concat_tables([one.events for one in parsed]), ["x.txt"])
            order = [("clock", "ascending"), ("first", "ascending")]
            drop = ["cleared", "customer", "node"]
            left, right = (one.sort_by(order).drop_columns(drop) for one in (exact, seen.stretches))
            assert left.to_pylist() == right.to_pylist(), seed


HEAD = b"2023-09-18 06:00:00.0103   7012     44  INFO  "
WIDE = b"x" * (LIMIT // 4 + 9) + b"\n"


@pytest.mark.parametrize("opening", [b"", HEAD + b"as ever\n", HEAD.replace(b"18", b"38") + b"no such day\n"])
@pytest.mark.parametrize("count", range(7))
def test_an_entry_of_many_blocks_ends_where_decoding_ends_it(opening, count):
    data = opening + WIDE * count + HEAD + b"went offline\n" + HEAD + b"and is back\n"
    page = list(blocks_of(data, "x.txt", [1] * 9))
    parsed, seen = list(server_log.parse(page)), look(page)
    counted = [row["lines"] for row in rows([one.events for one in parsed])]
    assert (seen.entries, seen.lines) == (len(counted), sum(counted))
    assert rows([one.rejects for one in seen.refused]) == rows([one.rejects for one in parsed])
    assert joined(seen.telling).data.endswith(HEAD + b"went offline\n")


def test_no_blocks():
    seen = look([])
    assert (seen.telling, seen.refused, seen.entries, seen.lines, seen.stretches.num_rows) == ([], [], 0, 0, 0)
