"""Sources and ingest put together: every member of every path becomes rows, and a row in SOURCES."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block
from analyzer.errors import UsageError
from analyzer.ingest import recognise
from analyzer.model import Batch, Format, Progress
from analyzer.names import TASK_ID
from analyzer.sources import Decoder, members, name_nodes, prefixes
from analyzer.sources.walk import BROKEN, Member

PACK = 1 << 20
"""Small sources of one format share a block of about this many bytes: per-block work costs more than their bytes."""
TABLES = ("events", "states", "rejects")
PER_NODE = ("server-log", "tentacle-log")


@dataclass
class Found:
    """What is known of one source while it is read."""

    source: str
    format: str
    size: int
    encoding: str | None = None
    lines: int = 0
    structure: int = 0
    node: str | None = None
    node_basis: str | None = None
    version: str | None = None
    problem: str | None = None


@dataclass
class _Reading:
    found: dict[str, Found] = field(default_factory=dict)
    tables: dict[str, list[pa.Table]] = field(default_factory=lambda: {name: [] for name in TABLES})
    packs: dict[str, tuple[Format, list[Block]]] = field(default_factory=dict)
    skipped: int = 0

    def take(self, batches: Iterable[Batch]) -> None:
        for batch in batches:
            for name in TABLES:
                table = getattr(batch, name)
                if table is not None and table.num_rows:
                    self.tables[name].append(table)
            for source, lines in batch.structure.items():
                self.found[source].structure += lines
            for source, node in batch.nodes.items():
                self.found[source].node, self.found[source].node_basis = node, "log"
            for source, version in batch.versions.items():
                self.found[source].version = version


@dataclass(frozen=True)
class Options:
    """How to read: whose log is whose, which tasks are asked for, and whose customer's files these are."""

    nodes: Mapping[str, str] = field(default_factory=dict)  # name -> path
    tasks: frozenset[str] = frozenset()
    customer: str = ""
    progress: Progress | None = None


def read_tables(paths: Sequence[Path], options: Options) -> dict[str, pa.Table]:
    """SOURCES, EVENTS, STATES and REJECTS of everything below the paths. Raises PathMissing."""
    reading = _Reading()
    named = prefixes(paths)
    for path in sorted(named):
        for member in members(path, named[path]):
            _read_member(reading, member, options)
    for form, blocks in reading.packs.values():
        if blocks:
            reading.take(form.parse([packed(blocks)]))
    _name_nodes(reading.found, options.nodes, named)
    return _tables(reading, options.customer)


def _read_member(reading: _Reading, member: Member, options: Options) -> None:
    found = Found(member.name, "unknown", member.size, problem=member.problem)
    if _not_asked_for(member.name, options.tasks):
        reading.skipped += 1
        return
    reading.found[member.name] = found
    if member.stream is None:
        return
    try:
        decoder = Decoder(member.name, member.stream)
        found.size, found.encoding = max(member.size, decoder.bytes), decoder.encoding
        form = recognise(decoder.head, member.name)
        if form is not None:
            found.format = form.NAME
            _parse(reading, form, _watched(decoder, options.progress))
        elif member.named:
            found.problem = "no known format"
    except BROKEN as error:
        found.problem = f"could not be read to the end: {error or type(error).__name__}"
    if found.format != "unknown":
        found.size, found.encoding, found.lines = decoder.bytes, decoder.encoding, decoder.lines


def _not_asked_for(name: str, tasks: frozenset[str]) -> bool:
    """A task log on disk says in its name whose it is: others need not be read when tasks are asked for."""
    if not tasks or "servertasks-" not in name:
        return False
    return TASK_ID.sub("", name.replace("servertasks-", "ServerTasks-")) != name and not any(
        match[0] in tasks for match in TASK_ID.finditer(name.replace("servertasks-", "ServerTasks-"))
    )


def _watched(decoder: Decoder, progress: Progress | None) -> Iterator[Block]:
    before = 0
    for block in decoder.blocks():
        yield block
        if progress:
            progress(decoder.name, decoder.bytes - before)
            before = decoder.bytes


def _parse(reading: _Reading, form: Format, blocks: Iterator[Block]) -> None:
    """Parse one source; a small source of a packable format waits for others."""
    if not form.PACKED:
        reading.take(form.parse(blocks))
        return
    pack = reading.packs.setdefault(form.NAME, (form, []))[1]
    for block in blocks:
        pack.append(block)
        if sum(len(one.data) for one in pack) >= PACK:
            reading.take(form.parse([packed(pack)]))
            pack.clear()


def packed(blocks: Sequence[Block]) -> Block:
    """Several blocks as one."""
    if len(blocks) == 1:
        return blocks[0]
    datas = [block.data if block.data.endswith(b"\n") else block.data + b"\n" for block in blocks]
    bases = np.cumsum([0, *map(len, datas)]).tolist()
    firsts = np.cumsum([0, *(len(block.sources) for block in blocks)]).tolist()
    return Block(
        sources=tuple(source for block in blocks for source in block.sources),
        data=b"".join(datas),
        starts=np.concatenate([block.starts + base for block, base in zip(blocks, bases, strict=False)]),
        ends=np.concatenate([block.ends + base for block, base in zip(blocks, bases, strict=False)]),
        lines=np.concatenate([block.lines for block in blocks]),
        offsets=np.concatenate([block.offsets for block in blocks]),
        which=np.concatenate([block.which + first for block, first in zip(blocks, firsts, strict=False)]),
    )


def _name_nodes(found: Mapping[str, Found], nodes: Mapping[str, str], named: Mapping[Path, str]) -> None:
    """--node first, then the log's own lines (also for its neighbours in the folder), then the folder."""
    own = [one for one in found.values() if one.format in PER_NODE]
    said: dict[tuple[str, str], str] = {}
    for one in own:
        if one.node:
            said.setdefault((one.format, one.source.rpartition("/")[0]), one.node)
    for one in own:
        neighbour = said.get((one.format, one.source.rpartition("/")[0]))
        if not one.node and neighbour:
            one.node, one.node_basis = neighbour, "log"
    for form in PER_NODE:
        by_folder = name_nodes(one.source for one in own if one.format == form)
        for one in own:
            if one.format == form and not one.node and one.source in by_folder:
                one.node, one.node_basis = by_folder[one.source], "folder"
    for node, path in sorted(nodes.items()):
        given = [one for one in found.values() if _below(one.source, path, named)]
        if not given:
            raise UsageError(f"--node {node}={path}: no source has this name, and none lies below it")
        for one in given:
            one.node, one.node_basis = node, "given"


def _below(source: str, path: str, named: Mapping[Path, str]) -> bool:
    """Whether a source is, or lies below, a path given as a source name or as a path on disk."""
    wanted = [path.replace("\\", "/").strip("/")]
    real = Path(path).resolve()
    for root, prefix in named.items():
        if real == root:
            wanted.append(prefix)
        elif real.is_relative_to(root):
            relative = real.relative_to(root).as_posix()
            wanted.append(f"{prefix}/{relative}" if prefix else relative)
    return any(not want or source == want or source.startswith((want + "/", want + "!/")) for want in wanted)


def _tables(reading: _Reading, customer: str) -> dict[str, pa.Table]:
    nodes = {source: one.node for source, one in reading.found.items()}
    tables = {}
    for name in TABLES:
        one = pa.concat_tables(reading.tables[name]) if reading.tables[name] else schema.empty(schema.TABLES[name])
        tables[name] = _stamped(one, schema.TABLES[name], customer, nodes if name == "events" else {})
    tables["sources"] = _sources(reading.found, tables, customer)
    return tables


def _stamped(table: pa.Table, form: pa.Schema, customer: str, nodes: Mapping[str, str | None]) -> pa.Table:
    """The table with customer and node filled in, sorted by source and place."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    frame = frame.with_columns(customer=pl.lit(customer))
    known = {source: node for source, node in nodes.items() if node}
    if known:
        given = pl.col("source").replace_strict(known, default=None, return_dtype=pl.String)
        frame = frame.with_columns(node=pl.coalesce("node", given))
    return frame.sort("source", "line", "offset", maintain_order=True).to_arrow().cast(form)


def _sources(found: Mapping[str, Found], tables: Mapping[str, pa.Table], customer: str) -> pa.Table:
    counts = {name: _counts(tables[name]) for name in TABLES}
    times = {
        row["source"]: row
        for row in pl.DataFrame(tables["events"].select(["source", "time", "clock"]))
        .group_by("source")
        .agg(first=pl.col("time").min(), last=pl.col("time").max(), clock=pl.col("clock").mode().sort().first())
        .iter_rows(named=True)
    }
    rows = []
    for source in sorted(found):
        one = found[source]
        row = {"customer": customer, "source": source, "bytes": one.size, "structure_lines": one.structure}
        row |= {name: getattr(one, name) for name in ("format", "encoding", "lines", "node", "node_basis", "version", "problem")}
        for name, singular in zip(TABLES, ("event", "state", "reject"), strict=True):
            row[name], row[f"{singular}_lines"] = counts[name].get(source, (0, 0))
        row |= {name: times[source][name] for name in ("first", "last", "clock") if source in times}
        rows.append(row)
    return schema.from_rows(schema.SOURCES, rows)


def _counts(table: pa.Table) -> dict[str, tuple[int, int]]:
    frame = pl.DataFrame(table.select(["source", "lines"]))
    grouped = frame.group_by("source").agg(pl.len(), pl.col("lines").sum())
    return {source: (rows, lines) for source, rows, lines in grouped.iter_rows()}
