"""Rows in the order of source and place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SHORT = 100
"""Rows of a source: fewer are copied."""
PLACE = [("source", "ascending"), ("line", "ascending"), ("offset", "ascending")]


def in_order(tables: Sequence[pa.Table]) -> Iterator[pa.Table]:
    """The rows of the tables by source and place.

    Long stretches are not copied, so that memory need not hold everything twice; many short ones are, because a slice
    of every column takes more than a few rows.
    """
    tables = [by_place(table) for table in tables]
    stretches = [runs(table, number) for number, table in enumerate(tables) if len(table)]
    if not stretches:
        return
    ordered = pa.concat_tables(stretches).sort_by(
        [(name, "ascending") for name in ("source", "line", "number", "start")]
    )
    number, start, stop = (ordered[name].to_numpy() for name in ("number", "start", "stop"))
    if SHORT * len(ordered) > sum(table.num_rows for table in tables):
        begins = np.cumsum([0, *(table.num_rows for table in tables)])
        sizes = stop - start
        rows = np.repeat(begins[number] + start - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
        form, columns, places = tables[0].schema, pa.concat_tables(tables).columns, pa.array(rows)
        tables = []
        for at, column in enumerate(columns):  # what was taken of one is freed before the next, if nobody else holds it
            columns[at] = column.take(places)
        yield pa.Table.from_arrays(columns, schema=form)
        return
    follows = (number[1:] == number[:-1]) & (start[1:] == stop[:-1])
    begin = np.flatnonzero(np.concatenate(([True], ~follows)))
    end = np.append(begin[1:], len(number)) - 1
    for one, first, last in zip(number[begin].tolist(), start[begin].tolist(), stop[end].tolist(), strict=True):
        yield tables[one].slice(first, last - first)


def runs(table: pa.Table, number: int) -> pa.Table:
    """Rows of one source that follow one another: their source and first line, and where they start and stop."""
    column = table["source"]
    ends = pc.run_end_encode(_plain_or_code(column))
    values = ends.values
    if pa.types.is_dictionary(column.type):
        values = column.combine_chunks().dictionary.take(values)
    stop = ends.run_ends.to_numpy().astype(np.int64)
    start = np.concatenate(([0], stop[:-1])).astype(np.int64)
    lines = table["line"].combine_chunks().take(pa.array(start))
    columns = {"source": values, "line": lines, "number": np.full(len(stop), number), "start": start, "stop": stop}
    return pa.table(columns)


def _plain_or_code(column: pa.ChunkedArray) -> pa.Array:
    """Values, or the numbers that stand for them."""
    whole = column.combine_chunks()
    return whole.indices if pa.types.is_dictionary(column.type) else whole


def by_place(table: pa.Table) -> pa.Table:
    """The table with the rows of every source together, by line and offset."""
    if _is_in_order(table):
        return table
    places = table.select([name for name, _ in PLACE]).set_column(0, "source", table["source"].cast(pa.string()))
    return table.take(pc.sort_indices(places, PLACE))


def _is_in_order(table: pa.Table) -> bool:
    """Whether the rows of every source stand together, by line and offset."""
    line, offset = (table[name].to_numpy() for name in ("line", "offset"))
    source = _plain_or_code(table["source"])
    same = pc.equal(source[1:], source[:-1]).to_numpy(zero_copy_only=False)
    back = (line[1:] < line[:-1]) | ((line[1:] == line[:-1]) & (offset[1:] < offset[:-1]))
    return not (same & back).any() and len(pc.run_end_encode(source).values) == pc.count_distinct(source).as_py()
