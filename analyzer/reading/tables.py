"""What was read as tables, in the order of source and place: all but what `executions` makes."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema, stretches
from analyzer.names import SERVER_LOG
from analyzer.reading.harvest import TABLES, Harvest
from analyzer.reading.listing import listed
from analyzer.reading.order import in_order


def tables(harvested: Harvest, customer: str) -> dict[str, pa.Table]:
    """All tables; EVENTS are held by the harvest, too, and are not there twice."""
    harvested.take_apart()
    nodes = {source: one.node for source, one in harvested.found.items() if one.node}
    made = {}
    cleared = pa.concat_tables([schema.empty(schema.LOGS), *harvested.cleared])
    made["logs"] = stamped(cleared, customer, {}).sort_by([("task", "ascending"), ("log", "ascending")])
    made["sources"] = listed(harvested, made["logs"], customer)
    for name in TABLES:
        parts = in_order([stamped(one, customer, nodes) for one in harvested.give(name) if one.num_rows])
        made[name] = pa.concat_tables([*parts] or [schema.empty(schema.TABLES[name])])
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
