"""What was read as tables, in the order of source and place: all but what `executions` makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema, stretches
from analyzer.names import SERVER_LOG
from analyzer.reading.harvest import TABLES, Harvest
from analyzer.reading.listing import listed

SHORT = 100
"""Rows of a source: fewer are copied."""
PLACE = [("source", "ascending"), ("line", "ascending"), ("offset", "ascending")]


def tables(harvested: Harvest, customer: str) -> dict[str, pa.Table]:
    """All tables; EVENTS are held by the harvest, too, and are not there twice."""
    harvested.take_apart()
    nodes = {source: one.node for source, one in harvested.found.items() if one.node}
    made = {}
    cleared = pa.concat_tables([schema.empty(schema.LOGS), *harvested.cleared])
    made["logs"] = stamped(cleared, customer, {}).sort_by([("task", "ascending"), ("log", "ascending")])
    for name in TABLES:
        rows = harvested.tables[name] + (harvested.telling if name == "events" else [])
        parts = [stamped(one, customer, nodes) for one in rows if one.num_rows]
        ordered = [*in_order(parts)] or [schema.empty(schema.TABLES[name])]
        made[name] = pa.concat_tables(ordered)
    made["sources"] = listed(harvested, made["logs"], customer)
    made["stretches"] = stamped(_stretches(harvested, made["events"]), customer, nodes)
    made["events"] = made["events"].combine_chunks()  # every stage goes through it
    harvested.keep(made["events"])
    return made


def _stretches(harvested: Harvest, events: pa.Table) -> pa.Table:
    """STRETCHES of all server logs."""
    decoded = [one.source for one in harvested.found.values() if one.format == SERVER_LOG and not one.looked]
    found = pa.concat_tables([*harvested.stretches, stretches.of_events(events, decoded)])
    return found.sort_by([("source", "ascending"), ("clock", "ascending"), ("first", "ascending")])


def stamped(table: pa.Table, customer: str, nodes: Mapping[str, str]) -> pa.Table:
    """The table with customer and node filled in."""
    table = table.set_column(0, table.schema.field(0), pa.repeat(pa.scalar(customer), table.num_rows))
    place = table.schema.get_field_index("node")
    runs = pc.run_end_encode(table["source"].combine_chunks()) if nodes and place >= 0 else None
    if runs is None or nodes.keys().isdisjoint(runs.values.to_pylist()):
        return table
    known = pa.array([nodes.get(source) for source in runs.values.to_pylist()], pa.string())
    given = pc.run_end_decode(pa.RunEndEncodedArray.from_arrays(runs.run_ends, known))
    return table.set_column(place, table.schema.field(place), pc.coalesce(table["node"], given))


def in_order(tables: Sequence[pa.Table]) -> Iterator[pa.Table]:
    """The rows of the tables by source and place.

    Long stretches are not copied, so that memory need not hold everything twice; many short ones are, because a slice
    of every column takes more than a few rows.
    """
    tables = [by_place(table) for table in tables]
    runs = [_runs(table, number) for number, table in enumerate(tables) if len(table)]
    if not runs:
        return
    ordered = pa.concat_tables(runs).sort_by([(name, "ascending") for name in ("source", "line", "number", "start")])
    number, start, stop = (ordered[name].to_numpy() for name in ("number", "start", "stop"))
    if SHORT * len(ordered) > sum(table.num_rows for table in tables):
        begins = np.cumsum([0, *(table.num_rows for table in tables)])
        sizes = stop - start
        rows = np.repeat(begins[number] + start - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
        yield pa.concat_tables(tables).take(rows)
        return
    follows = (number[1:] == number[:-1]) & (start[1:] == stop[:-1])
    begin = np.flatnonzero(np.concatenate(([True], ~follows)))
    end = np.append(begin[1:], len(number)) - 1
    for one, first, last in zip(number[begin].tolist(), start[begin].tolist(), stop[end].tolist(), strict=True):
        yield tables[one].slice(first, last - first)


def _runs(table: pa.Table, number: int) -> pa.Table:
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
