"""The tables that stages pass to one another, and nothing else (design document, section 2).

Every line of every source is accounted for exactly once: the `lines` columns of EVENTS, STATES and REJECTS and the
`structure_lines` of SOURCES add up to `lines` of SOURCES. A row that shares its line with an earlier row has `lines` 0.

Only plain Arrow types: string, signed integers, bool, float64, list, struct, timestamp[us, UTC]. Octopus writes
100 ns: `time` keeps the microseconds and `tick` the tenth of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from analyzer.errors import SchemaMismatch

TIME = pa.timestamp("us", tz="UTC")

EVIDENCE = pa.struct([("source", pa.string()), ("line", pa.int64()), ("offset", pa.int64()), ("excerpt", pa.string())])

SOURCES = pa.schema(
    [
        ("customer", pa.string()),  # "" in a plain audit
        ("source", pa.string()),  # relative to its PATH, forward slashes
        ("node", pa.string()),  # whose log it is, where known
        ("node_basis", pa.string()),  # given | log | folder
        ("format", pa.string()),  # name of an ingest module, or "unknown"
        ("encoding", pa.string()),
        ("bytes", pa.int64()),
        ("lines", pa.int64()),
        ("events", pa.int64()),  # rows in EVENTS
        ("states", pa.int64()),  # rows in STATES
        ("rejects", pa.int64()),  # rows in REJECTS
        ("event_lines", pa.int64()),
        ("state_lines", pa.int64()),
        ("structure_lines", pa.int64()),  # headers, blank lines, JSON and CSV framing
        ("reject_lines", pa.int64()),
        ("first", TIME),
        ("last", TIME),
        ("clock", pa.string()),  # utc | offset | local | none
        ("version", pa.string()),  # Octopus Server version the source itself names
        ("sha256", pa.string()),  # null until a finding cites the source
        ("duplicate_of", pa.string()),  # an earlier source with the same content
        ("problem", pa.string()),  # why it could not be read, or was refused
    ]
)

EVENTS = pa.schema(
    [
        ("customer", pa.string()),
        ("source", pa.string()),
        ("line", pa.int64()),  # from 1
        ("lines", pa.int64()),  # how many lines this event accounts for
        ("offset", pa.int64()),  # byte of the member as stored (decompressed, not decoded)
        ("node", pa.string()),
        ("task", pa.string()),  # ServerTasks-48211; in server logs only where the line ties this node to the task
        ("log", pa.string()),  # suffix of the correlation id; (task, log) identifies a task log
        ("segment", pa.string()),  # file of a multi-file task log
        ("activity", pa.string()),  # ids below the root joined by "/", "" for the root itself
        ("level", pa.string()),  # as written: INF, Info, INFO
        ("severity", pa.int64()),  # OpenTelemetry severity number
        ("kind", pa.string()),  # message | planned | updated | finished | abandoned
        ("time", TIME),  # null unless clock is utc or offset
        ("tick", pa.int64()),  # tenths of a microsecond below `time`
        ("wall", pa.int64()),  # local microseconds since 1970, or since midnight where there is no date
        ("clock", pa.string()),  # utc | offset | local | none
        ("process", pa.int64()),
        ("thread", pa.int64()),
        ("message", pa.string()),
        ("detail", pa.string()),
        ("percentage", pa.int64()),
    ]
)

REPEATED = ("customer", "source", "node", "task", "log", "segment", "activity", "level", "kind", "clock")
_REPEATED_TEXT = pa.dictionary(pa.int32(), pa.string())
CODED = pa.schema([(one.name, _REPEATED_TEXT) if one.name in REPEATED else one for one in EVENTS])
"""EVENTS on their way to a file: text that many rows share is held once. No stage but the writing knows it."""

STATES = pa.schema(
    [
        ("customer", pa.string()),
        ("source", pa.string()),
        ("line", pa.int64()),
        ("lines", pa.int64()),
        ("offset", pa.int64()),
        ("task", pa.string()),
        ("log", pa.string()),
        ("claim", pa.string()),  # database | api | header | tree | audit event
        ("activity", pa.string()),  # which activity a tree claim is about; "" for the root, null for the task
        ("name", pa.string()),  # name of the activity or the task's description
        ("kind", pa.string()),  # of the task: Deploy, RunbookRun, Health, ...
        ("state", pa.string()),  # as written
        ("node", pa.string()),
        ("queued", TIME),
        ("started", TIME),
        ("completed", TIME),
        ("warnings", pa.bool_()),  # HasWarningsOrErrors
        ("pending", pa.bool_()),  # HasPendingInterruptions: the task waits for somebody
        ("detail", pa.string()),  # error message, category of an audit event
    ]
)

REJECTS = pa.schema(
    [
        ("customer", pa.string()),
        ("source", pa.string()),
        ("line", pa.int64()),
        ("lines", pa.int64()),
        ("offset", pa.int64()),
        ("bytes", pa.int64()),
        ("reason", pa.string()),
        ("excerpt", pa.string()),
    ]
)

LOGS = pa.schema(
    [
        ("customer", pa.string()),
        ("task", pa.string()),
        ("log", pa.string()),
        ("sources", pa.list_(pa.string())),
        ("segments", pa.int64()),
        ("lines", pa.int64()),
        ("first", TIME),  # its earliest and its latest line, with the tenths below the microsecond
        ("first_tick", pa.int64()),
        ("last", TIME),
        ("last_tick", pa.int64()),
        ("first_line", pa.int64()),  # where its first and its last line stand
        ("first_offset", pa.int64()),
        ("last_line", pa.int64()),
        ("last_offset", pa.int64()),
        ("roots", pa.int64()),  # times the root announced itself
        ("plans", pa.int64()),  # highest number of times one planned step was announced
        ("nodes", pa.list_(pa.string())),  # Octopus Server machines named inside
        ("back_steps", pa.int64()),  # times that time went back inside one activity
        ("finishes", pa.int64()),  # finish lines of the root
        ("worst", pa.int64()),  # highest severity
        ("cleared", pa.bool_()),  # certainly one plain and whole execution: its lines need not be decoded to judge it
    ]
)

STRETCHES = pa.schema(
    [
        ("customer", pa.string()),
        ("source", pa.string()),  # a server log
        ("node", pa.string()),
        ("clock", pa.string()),  # offset: times in UTC; local: as the log writes them
        ("first", pa.int64()),  # microseconds since 1970
        ("last", pa.int64()),
        ("entries", pa.int64()),
        ("cleared", pa.bool_()),  # by a first look: EVENTS has only the telling ones of its lines
    ]
)

EXECUTIONS = pa.schema(
    [
        ("customer", pa.string()),
        ("task", pa.string()),
        ("log", pa.string()),
        ("number", pa.int64()),  # from 1, in the order of appearance
        ("node", pa.string()),
        ("source", pa.string()),  # where its first line stands
        ("first_line", pa.int64()),
        ("first_offset", pa.int64()),
        ("last_source", pa.string()),
        ("last_line", pa.int64()),
        ("last_offset", pa.int64()),
        ("lines", pa.int64()),
        ("started", TIME),  # on the executing node's clock
        ("ended", TIME),
        ("outcome", pa.string()),  # Success | Failed | Canceled | Running | ...
        ("basis", pa.string()),  # which evidence separates it
        ("relation", pa.string()),  # to the executions before it: first | resume | re-run | double | undecided
    ]
)

ASSIGNMENTS = pa.schema(
    [
        ("customer", pa.string()),
        ("task", pa.string()),
        ("log", pa.string()),
        ("source", pa.string()),
        ("line", pa.int64()),
        ("execution", pa.int64()),  # null where a line could belong to either
    ]
)

PAIRS = pa.schema(
    [
        ("customer", pa.string()),
        ("task", pa.string()),
        ("log", pa.string()),
        ("first", pa.int64()),  # execution numbers
        ("second", pa.int64()),
        ("nodes", pa.list_(pa.string())),
        ("relation", pa.string()),  # concurrent | possible | sequential | unknown
        ("work", pa.string()),  # resume | re-run | same work | undecided: what the second one did
        ("witness", pa.string()),  # which kind of evidence decides it
        ("proof", pa.string()),  # the argument in prose
        ("argument", pa.string()),  # the same as a JSON object, for a certificate
        ("evidence", pa.list_(EVIDENCE)),
    ]
)

FINDINGS = pa.schema(
    [
        ("customer", pa.string()),
        ("code", pa.string()),
        ("name", pa.string()),
        ("severity", pa.string()),
        ("verdict", pa.string()),
        ("task", pa.string()),
        ("log", pa.string()),
        ("nodes", pa.list_(pa.string())),
        ("summary", pa.string()),
        ("evidence", pa.list_(EVIDENCE)),
        ("detail", pa.string()),  # JSON object
    ]
)

TABLES: Mapping[str, pa.Schema] = {
    "sources": SOURCES,
    "events": EVENTS,
    "states": STATES,
    "rejects": REJECTS,
    "logs": LOGS,
    "stretches": STRETCHES,
    "executions": EXECUTIONS,
    "assignments": ASSIGNMENTS,
    "pairs": PAIRS,
    "findings": FINDINGS,
}


def build(schema: pa.Schema, rows: int, columns: Mapping[str, object]) -> pa.Table:
    """A table of `rows` rows with the given columns; a scalar is repeated, a missing column is null.

    Raises SchemaMismatch for a column the schema does not declare.
    """
    unknown = set(columns) - set(schema.names)
    if unknown:
        raise SchemaMismatch(f"columns not in the schema: {sorted(unknown)}")
    return pa.table([_column(schema.field(name).type, rows, columns.get(name)) for name in schema.names], schema=schema)


def _column(type_: pa.DataType, rows: int, value: object) -> pa.Array | pa.ChunkedArray:
    if value is None:
        return pa.nulls(rows, type_)
    if isinstance(value, (pa.Array, pa.ChunkedArray)):
        return value if value.type == type_ else value.cast(type_)
    if isinstance(value, str) or not isinstance(value, Iterable):
        return pa.repeat(pa.scalar(value, type_), rows)
    return pa.array(value, type=type_)


def from_rows(schema: pa.Schema, rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """A table from dictionaries; keys that are missing become null."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def empty(schema: pa.Schema) -> pa.Table:
    """A table of no rows."""
    return schema.empty_table()


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The same table, or SchemaMismatch where a stage broke its contract."""
    if not table.schema.equals(schema):
        raise SchemaMismatch(f"expected\n{schema}\nbut the stage gave\n{table.schema}")
    return table
