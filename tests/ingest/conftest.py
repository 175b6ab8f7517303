"""Short ways to parse a few lines. Every parse also checks that each line is accounted for exactly once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pytest

from analyzer import schema
from analyzer.blocks import Block, block
from analyzer.model import Format

Rows = list[dict[str, object]]


@dataclass
class Parsed:
    """All batches of one source together."""

    events: Rows = field(default_factory=list)
    states: Rows = field(default_factory=list)
    rejects: Rows = field(default_factory=list)
    structure: int = 0
    nodes: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def pick(self, table: str, *columns: str) -> list[object]:
        """Some columns of a table: tuples, or plain values for one column."""
        rows = getattr(self, table)
        return [row[columns[0]] if len(columns) == 1 else tuple(row[name] for name in columns) for row in rows]


Parse = Callable[..., Parsed]


def blocks_of(data: bytes, source: str, sizes: Sequence[int] = ()) -> Iterator[Block]:
    """The data as blocks of the given numbers of lines; what is left over is the last block."""
    lines = data.splitlines(keepends=True) if b"\r" not in data else [one + b"\n" for one in data.split(b"\n")]
    if b"\r" in data:
        lines[-1] = lines[-1][:-1]
        lines = [line for line in lines if line]
    done, offset = 0, 0
    for size in [*sizes, len(lines)]:
        part = b"".join(lines[done : done + size])
        if part:
            yield block(source, part, done + 1, offset)
        done, offset = done + size, offset + len(part)


def parse_text(form: Format, text: str | bytes, source: str = "x.txt", sizes: Sequence[int] = ()) -> Parsed:
    """Parse text as the blocks of one source."""
    data = text.encode() if isinstance(text, str) else text
    parsed = Parsed()
    for batch in form.parse(blocks_of(data, source, sizes)):
        for name in ("events", "states", "rejects"):
            table = getattr(batch, name)
            if table is not None:
                schema.conform(table, schema.TABLES[name])
                getattr(parsed, name).extend(_plain(table))
        parsed.structure += sum(batch.structure.values())
        parsed.nodes |= batch.nodes
        parsed.versions |= batch.versions
    _account(parsed, data)
    return parsed


def _plain(table: pa.Table) -> Rows:
    rows = table.to_pylist()
    assert all(row["customer"] is None for row in rows)
    return rows


def _account(parsed: Parsed, data: bytes) -> None:
    total = data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))
    counted = sum(row["lines"] for table in ("events", "states", "rejects") for row in getattr(parsed, table))
    assert counted + parsed.structure == total
    starts = [0, *(at + 1 for at, byte in enumerate(data) if byte == 10)]
    for row in [*parsed.events, *parsed.states, *parsed.rejects]:
        assert 1 <= row["line"] <= total
        assert starts[row["line"] - 1] <= row["offset"] <= len(data)
        assert row["line"] == total or row["offset"] < starts[row["line"]]


@pytest.fixture(scope="session")
def parse() -> Parse:
    """`parse(form, text)`; `sizes` cuts the text into blocks."""
    return parse_text
