"""All tables as Parquet: FINDINGS, NOT_JUDGED and the tables of the case (`analyzer.schema`), one file each.

Types are those that Spark takes (design document, section 2); rows stand in a fixed order, and nothing in a file says
when it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.case import Audit, Case
from analyzer.errors import UsageError

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


ROWS = 1 << 17
"""Rows of EVENTS in a row group: enough to compress well, few enough to be held in memory."""
SOUGHT = ("customer", "source", "line", "node", "task", "log", "severity", "time")
"""Columns by whose least and greatest value a reader may skip row groups."""
BATCH = 1 << 14
"""Rows that are encoded at once: a sixteenth of the calls, 6 % less CPU."""
HEAVY = 64 << 20
"""Bytes from which on a row group is closed whatever its rows: a line may have 100 MB."""
BESIDE = 100
"""Bytes that a row takes beside its texts, about."""
REPEATED = ("customer", "source", "lines", "node", "task", "log", "segment", "activity", "level", "severity", "kind",
            "tick", "clock", "process", "thread", "detail", "percentage")  # fmt: skip
RISING = {"line": "DELTA_BINARY_PACKED", "offset": "DELTA_BINARY_PACKED", "time": "DELTA_BINARY_PACKED",
          "wall": "DELTA_BINARY_PACKED"}  # fmt: skip


def write(audit: Audit, folder: Path) -> list[str]:
    """NAME.parquet for every table; the names. Raises UsageError where a file cannot be written."""
    rows = [{name: _plain(getattr(one, name)) for name in NOT_JUDGED.names} for one in audit.not_judged]
    _write(audit.findings.to_arrow(), folder / "findings.parquet")  # in the order of every report
    _write(schema.from_rows(NOT_JUDGED, rows), folder / "not_judged.parquet")
    names = [name for name in schema.TABLES if name != "findings"]
    for name in names:
        write_one(audit.case, name, folder)
    return ["findings", "not_judged", *names]


def write_one(case: Case, name: str, folder: Path) -> int:
    """One table of a case as NAME.parquet; its rows. Raises UsageError where the file cannot be written."""
    file = folder / f"{name}.parquet"
    return _write_events(case, file) if name == "events" else _write(_ordered(getattr(case, name)), file)


def _write(table: pa.Table, file: Path) -> int:
    """Write a table as it is; its rows. Raises UsageError where the file cannot be written."""
    from pyarrow import parquet

    with _told(file):
        parquet.write_table(table, file, compression="zstd")
    return len(table)


def _write_events(case: Case, file: Path) -> int:
    """Write EVENTS piece by piece as they are decoded; their rows. Raises UsageError where the file cannot be written.

    A row group is compressed while the next one is decoded. What was written so far is removed when something fails.
    """
    from pyarrow import parquet

    with _told(file), ExitStack() as undo:
        writer = parquet.ParquetWriter(
            file,
            schema.CODED,
            compression="zstd",
            compression_level=1,
            use_dictionary=list(REPEATED),
            column_encoding=RISING,
            write_statistics=list(SOUGHT),
            write_batch_size=BATCH,
            store_schema=False,
        )
        undo.callback(file.unlink, missing_ok=True)
        with writer, ThreadPoolExecutor(1) as beside:
            written: Future[int] = beside.submit(int)
            rows = 0
            for group in _row_groups(case.coded()):
                rows += len(group)
                written.result()
                written = beside.submit(writer.write_table, group, len(group))
            written.result()
        undo.pop_all()
    return rows


def _row_groups(pieces: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of ROWS rows, or of fewer where they are heavy, whatever pieces they come in."""
    held: list[pa.Table] = []
    rows = weight = 0
    for piece in pieces:
        if piece.schema.equals(schema.EVENTS):  # a whole table: what is decoded while it is written comes in order
            piece = _ordered(piece)
        weights = np.cumsum(np.int64(BESIDE) + _length(piece["message"]) + _length(piece["detail"]))
        begin = 0
        while begin < len(piece):
            before = int(weights[begin - 1]) if begin else 0
            end = min(begin + ROWS - rows, 1 + int(np.searchsorted(weights, before + HEAVY - weight)), len(piece))
            held.append(piece.slice(begin, end - begin))
            rows, weight, begin = rows + end - begin, weight + int(weights[end - 1]) - before, end
            if rows == ROWS or weight >= HEAVY:
                yield _group(held)
                held, rows, weight = [], 0, 0
    if rows:
        yield _group(held)


def _length(texts: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    lengths: npt.NDArray[np.int32] = pc.fill_null(pc.binary_length(texts.cast(pa.string())), 0).to_numpy()
    return lengths


def _group(pieces: list[pa.Table]) -> pa.Table:
    """Rows as one table whose bytes in a file tell nothing of the pieces they came in, which readers share out."""
    table = pa.concat_tables([piece.cast(schema.CODED) for piece in pieces]).unify_dictionaries().combine_chunks()
    coded = {name for name, form in zip(table.schema.names, table.schema.types, strict=True) if _has_codes(form)}
    columns = [_by_use(table[name].chunk(0)) if name in coded else table[name] for name in table.schema.names]
    return pa.Table.from_arrays(columns, schema=schema.CODED)


def _has_codes(form: pa.DataType) -> bool:
    return bool(pa.types.is_dictionary(form))


def _by_use(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """The same values with a dictionary of those that there are, in the order in which they come first."""
    used = column.indices.drop_null().to_numpy()
    first = np.full(len(column.dictionary), len(used))
    first[used[::-1]] = np.arange(len(used))[::-1]
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(used))]
    rank = np.zeros(len(first), np.int32)
    rank[order] = np.arange(len(order))
    return pa.DictionaryArray.from_arrays(pa.array(rank).take(column.indices), column.dictionary.take(pa.array(order)))


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror or error}") from None


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _ordered(table: pa.Table) -> pa.Table:
    """By place in the sources, else by task; rows of one place stay as they are (the sort is stable)."""
    columns = table.schema.names
    keys = BY_LINE if "source" in columns and "first_line" not in columns else BY_TASK
    order = pc.sort_indices(table, [(name, "ascending") for name in keys if name in columns]).to_numpy()
    return table if np.array_equal(order, np.arange(len(order))) else table.take(order)
