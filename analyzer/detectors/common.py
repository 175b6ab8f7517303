"""What several detectors need: rows of a table as dictionaries, evidence from rows, node lists in prose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl
import pyarrow as pa

from analyzer.model import Evidence

Row = Mapping[str, Any]


def frame(table: pa.Table) -> pl.DataFrame:
    """A table as a polars frame."""
    return pl.DataFrame(table)


def rows(table: pa.Table | pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows as dictionaries."""
    yield from (table if isinstance(table, pl.DataFrame) else pl.DataFrame(table)).iter_rows(named=True)


def evidence(places: Iterable[Row]) -> tuple[Evidence, ...]:
    """Evidence from rows with source, line and offset; the excerpt is read back from the source later."""
    return tuple(Evidence(row["source"], row["line"], row["offset"], row.get("excerpt") or "") for row in places)


def pair_evidence(pair: Row) -> tuple[Evidence, ...]:
    """Evidence of one row of PAIRS, without repetition."""
    return tuple(dict.fromkeys(evidence(pair["evidence"])))


def on_nodes(nodes: Sequence[str]) -> str:
    """ "on A and B", or that the nodes are not named."""
    if not nodes:
        return "on nodes that the log does not name"
    return "on " + (" and ".join([", ".join(nodes[:-1]), nodes[-1]]) if len(nodes) > 1 else nodes[0])


def quoted(names: Iterable[str], count: int, shown: int) -> str:
    """Some of `count` things by their names.

    >>> quoted(["a", "b"], 2, 4), quoted(["a", "b", "a", "c"], 4, 2)
    ("'a' and 'b'", "'a', 'b' and 2 more")
    """
    words = [repr(name) for name in dict.fromkeys(names)][:shown]
    if count > len(words):
        words.append(f"{count - len(words):,} more")
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def moment(time: datetime | None) -> str:
    """A time for prose."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC") if time else "an unknown time"
