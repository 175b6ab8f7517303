"""SOURCES: what is known of each source, and how many rows and lines it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.reading.harvest import SHORT, TABLES, Found, Harvest, short_log

COUNTED = {"source": str, "rows": int, "lines": int}
SAME = ("source", "format", "encoding", "lines", "node", "node_basis", "version", "duplicate_of", "problem")
KNOWN = {name: name for name in SAME} | {"bytes": "size", "structure_lines": "structure"}
"""Columns of SOURCES, and what `Found` calls them."""
_TYPES = {name: int if name in ("lines", "bytes", "structure_lines") else str for name in KNOWN}


def listed(harvested: Harvest, logs: pa.Table, customer: str) -> pa.Table:
    """SOURCES; a cleared log counts with all its lines, of which EVENTS has only the telling ones."""
    every = pl.concat([_known(harvested.found), _short(harvested.short)]).sort("source")
    counts = {name: _counts(harvested.tables[name]) for name in TABLES}
    counts["events"] = pl.concat([counts["events"], _cleared(harvested, logs), _looked(harvested)])
    for name, singular in zip(TABLES, ("event", "state", "reject"), strict=True):
        mine = counts[name].unique("source", keep="last", maintain_order=True)
        mine = mine.select("source", pl.col("rows").alias(name), pl.col("lines").alias(f"{singular}_lines"))
        every = every.join(mine, on="source", how="left", maintain_order="left")
        every = every.with_columns(pl.col(mine.columns[1:]).fill_null(0))
    columns = {name: every[name].to_arrow() for name in every.columns}
    return schema.build(schema.SOURCES, len(every), {**columns, "customer": customer})


def _known(found: Mapping[str, Found]) -> pl.DataFrame:
    every = found.values()
    return pl.DataFrame({column: [getattr(one, name) for one in every] for column, name in KNOWN.items()}, _TYPES)


def _short(tables: Sequence[pa.Table]) -> pl.DataFrame:
    same = short_log("", 0, 0)
    constant = {column: getattr(same, name) for column, name in KNOWN.items() if column not in SHORT.names}
    frame = pl.DataFrame(pa.concat_tables([schema.empty(SHORT), *tables]))
    return frame.with_columns(pl.lit(value).cast(_TYPES[name]).alias(name) for name, value in constant.items()).select(
        *KNOWN
    )


def _counts(tables: Sequence[pa.Table]) -> pl.DataFrame:
    """Rows and lines of each source."""
    parts = [pl.LazyFrame(schema=COUNTED).select("source", "lines")]
    parts += [pl.DataFrame(table.select(["source", "lines"])).lazy() for table in tables]
    grouped = pl.concat(parts).group_by("source").agg(rows=pl.len().cast(pl.Int64), lines=pl.col("lines").sum())
    return grouped.collect()


def _cleared(harvested: Harvest, logs: pa.Table) -> pl.DataFrame:
    """The same of cleared logs: an event is a line, unless the first look said how many there are."""
    told = [(source, one.entries) for source, one in harvested.found.items() if one.entries is not None]
    entries = pl.DataFrame(told, {"source": pl.String, "entries": pl.Int64}, orient="row")
    lines = pl.DataFrame(logs.select(["sources", "lines"])).select(
        pl.col("sources").list.first().alias("source"), "lines"
    )
    return lines.join(entries, on="source", how="left").select(
        "source", pl.coalesce("entries", "lines").alias("rows"), "lines"
    )


def _looked(harvested: Harvest) -> pl.DataFrame:
    """The same of server logs whose entries a first look counted, but for telling ones of no line."""
    looked = [(source, *one.looked) for source, one in harvested.found.items() if one.looked]
    more = _counts([table.filter(pc.equal(table["lines"], 0)) for table in harvested.telling] if looked else [])
    frame = pl.DataFrame(looked, COUNTED, orient="row").join(more, on="source", how="left")
    return frame.select("source", pl.col("rows") + pl.col("rows_right").fill_null(0), "lines")
