"""All tables as Parquet: FINDINGS, NOT_JUDGED and the tables of the case (`analyzer.schema`), one file each.

Types are those that Spark takes (design document, section 2); rows stand in a fixed order, and nothing in a file says
when it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from analyzer import schema
from analyzer.errors import UsageError
from analyzer.model import Audit

NOT_JUDGED = pa.schema(
    [
        ("customer", pa.string()),
        ("code", pa.string()),
        ("task", pa.string()),  # null where it is about many tasks, or the whole input
        ("tasks", pa.list_(pa.string())),
        ("reason", pa.string()),
        ("ask", pa.string()),  # what to ask the customer for
    ]
)
BY_LINE = ("customer", "source", "line", "offset")
BY_TASK = ("customer", "task", "log", "number", "first", "second")


def write(audit: Audit, folder: Path) -> list[str]:
    """NAME.parquet for every table; the names. Raises UsageError where a file cannot be written."""
    from pyarrow import parquet

    names = []
    for name, table in _tables(audit):
        try:
            parquet.write_table(table, folder / f"{name}.parquet", compression="zstd")
        except OSError as error:
            raise UsageError(f"cannot write {folder / name}.parquet: {error.strerror or error}") from None
        names.append(name)
    return names


def _tables(audit: Audit) -> Iterator[tuple[str, pa.Table]]:
    """Findings and questions keep the order of every report."""
    yield "findings", audit.findings.to_arrow()
    rows = [{name: _plain(getattr(one, name)) for name in NOT_JUDGED.names} for one in audit.not_judged]
    yield "not_judged", schema.from_rows(NOT_JUDGED, rows)
    for name in schema.TABLES:
        if name != "findings":
            yield name, _ordered(getattr(audit.case, name))


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _ordered(table: pa.Table) -> pa.Table:
    """By place in the sources, else by task; rows of one place stay as they are (the sort is stable)."""
    columns = table.schema.names
    keys = BY_LINE if "source" in columns and "first_line" not in columns else BY_TASK
    return table.sort_by([(name, "ascending") for name in keys if name in columns])
