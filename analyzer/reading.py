"""Sources and ingest put together: every member of every path becomes rows, and a row in SOURCES."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block, Ints
from analyzer.errors import UsageError
from analyzer.ingest import recognise
from analyzer.model import Batch, Format, Progress
from analyzer.sources import Decoder, Member, members, name_nodes, prefixes

PACK = 1 << 20
"""Small sources of one format share a block of about this many bytes: per-block work costs more than their bytes."""
TABLES = ("events", "states", "rejects")
PER_NODE = ("server-log", "tentacle-log")
_OF_TASK = re.compile(r"(?:^|/)(servertasks-\d+)(?!\d)[^/]*(?:/[^/]+\.tl)?\.txt$", re.IGNORECASE | re.ASCII)


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
class _Pack:
    """Blocks of small sources that wait to be parsed together."""

    form: Format
    blocks: list[Block] = field(default_factory=list)
    size: int = 0


@dataclass
class _Reading:
    found: dict[str, Found] = field(default_factory=dict)
    tables: dict[str, list[pa.Table]] = field(default_factory=lambda: {name: [] for name in TABLES})
    packs: dict[str, _Pack] = field(default_factory=dict)

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

    def give_up(self, error: Exception, row: dict[str, object]) -> None:
        """A defect of ours costs the lines it happened on, never the case."""
        reason = f"the analyzer failed on it: {type(error).__name__}: {error}"
        self.found[str(row["source"])].problem = reason
        self.take([Batch(rejects=schema.from_rows(schema.REJECTS, [{**row, "reason": reason, "excerpt": ""}]))])


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
    for pack in reading.packs.values():
        _unpack(reading, pack)
    _name_nodes(reading.found, options.nodes, named)
    return _tables(reading, options.customer)


def _read_member(reading: _Reading, member: Member, options: Options) -> None:
    if _not_asked_for(member.name, options.tasks):
        return
    found = reading.found[member.name] = Found(member.name, "unknown", member.size, problem=member.problem)
    if member.stream is None:
        return
    decoder = Decoder(member.name, member.stream)
    form = recognise(decoder.head, member.name)
    if form is not None:
        found.format = form.NAME
        _parse(reading, form, decoder, options.progress)
    elif member.named:
        found.problem = "no known format"
    found.size = decoder.bytes if form else max(member.size, decoder.bytes)
    found.encoding, found.lines = decoder.encoding, decoder.lines
    found.problem = decoder.problem or found.problem


def _not_asked_for(name: str, tasks: frozenset[str]) -> bool:
    """A task log says in its name whose it is: others need not be read when tasks are asked for."""
    match = _OF_TASK.search(name) if tasks else None
    return match is not None and match[1].casefold() not in {task.casefold() for task in tasks}


def _watched(decoder: Decoder, progress: Progress | None) -> Iterator[Block]:
    before = 0
    for block in decoder.blocks():
        yield block
        if progress:
            progress(decoder.name, decoder.bytes - before)
            before = decoder.bytes


def _parse(reading: _Reading, form: Format, decoder: Decoder, progress: Progress | None) -> None:
    """Parse one source; a small source of a packable format waits for others."""
    blocks = _watched(decoder, progress)
    if form.PACKED:
        pack = reading.packs.setdefault(form.NAME, _Pack(form))
        for block in blocks:
            pack.blocks.append(block)
            pack.size += len(block.data)
            if pack.size >= PACK:
                _unpack(reading, pack)
        return
    try:
        reading.take(list(form.parse(blocks)))
    except Exception as error:  # noqa: BLE001 (one bad source must not stop a case)
        for _ in blocks:  # so that every line is counted
            pass
        place = {"source": decoder.name, "line": 1, "lines": decoder.lines, "offset": 0, "bytes": decoder.bytes}
        reading.give_up(error, place)


def _unpack(reading: _Reading, pack: _Pack) -> None:
    waiting, pack.blocks, pack.size = [pack.blocks], [], 0
    while waiting:
        blocks = waiting.pop()
        if not blocks:
            continue
        try:
            reading.take(list(pack.form.parse([packed(blocks)])))
        except Exception as error:  # noqa: BLE001 (the neighbours in the pack must not suffer)
            if len(blocks) > 1:
                waiting += [[block] for block in blocks]
                continue
            block = blocks[0]
            place = {"source": block.source, "line": int(block.lines[0]), "lines": len(block)}
            reading.give_up(error, {**place, "offset": int(block.offsets[0]), "bytes": len(block.data)})


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
        coding=_coding(blocks),
    )


def _coding(blocks: Sequence[Block]) -> Ints | None:
    if all(block.coding is None for block in blocks):
        return None
    return np.concatenate([np.zeros(len(one), np.int64) if one.coding is None else one.coding for one in blocks])


def _name_nodes(found: Mapping[str, Found], nodes: Mapping[str, str], named: Mapping[Path, str]) -> None:
    """--node first, then the log's own lines, then those of its neighbours, then the folder."""
    for form in PER_NODE:
        own = [found[source] for source in sorted(found) if found[source].format == form]
        by_folder = name_nodes(one.source for one in own)
        _spread(own, {one.source: one.source.rpartition("/")[0] for one in own})
        unnamed = _spread(own, by_folder)
        for one in own:
            if not one.node and by_folder.get(one.source) in unnamed:
                one.node, one.node_basis = by_folder[one.source], "folder"
    for node, path in sorted(nodes.items(), key=lambda item: (len(Path(item[1]).resolve().parts), item)):
        given = [one for one in found.values() if _below(one.source, path, named)]
        if not given:
            raise UsageError(f"--node {node}={path}: no source has this name, and none lies below it")
        for one in given:
            one.node, one.node_basis = node, "given"


def _spread(own: Sequence[Found], groups: Mapping[str, str]) -> set[str]:
    """Within a group where all logs that name their node name the same, the others are of that node too.

    Returns the groups in which no log names its node.
    """
    said: dict[str, dict[str, str]] = {group: {} for group in groups.values()}
    for one in own:
        if one.node and one.source in groups:
            said[groups[one.source]].setdefault(one.node.casefold(), one.node)
    for one in own:
        names = said.get(groups.get(one.source, ""), {})
        if not one.node and len(names) == 1:
            one.node, one.node_basis = next(iter(names.values())), "log"
    return {group for group, names in said.items() if not names}


def _below(source: str, path: str, named: Mapping[Path, str]) -> bool:
    """Whether a source is, or lies below, a path given as a source name or as a path on disk."""
    wanted = [path.replace("\\", "/").strip("/")]
    real = Path(path).resolve()
    for root, prefix in named.items():
        if root.is_relative_to(real):
            wanted.append(prefix)
        elif real.is_relative_to(root):
            relative = real.relative_to(root).as_posix()
            wanted.append(f"{prefix}/{relative}" if prefix else relative)
    source, *wanted = (name.replace("!/", "/") for name in (source, *wanted))
    return any(not want or source == want or source.startswith(f"{want}/") for want in wanted)


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
    rows = []
    for source in sorted(found):
        one = found[source]
        row = {"customer": customer, "source": source, "bytes": one.size, "structure_lines": one.structure}
        row |= {name: getattr(one, name) for name in ("format", "encoding", "lines")}
        row |= {name: getattr(one, name) for name in ("node", "node_basis", "version", "problem")}
        for name, singular in zip(TABLES, ("event", "state", "reject"), strict=True):
            row[name], row[f"{singular}_lines"] = counts[name].get(source, (0, 0))
        rows.append(row)
    return schema.from_rows(schema.SOURCES, rows)


def _counts(table: pa.Table) -> dict[str, tuple[int, int]]:
    frame = pl.DataFrame(table.select(["source", "lines"]))
    grouped = frame.group_by("source").agg(pl.len(), pl.col("lines").sum())
    return {source: (rows, lines) for source, rows, lines in grouped.iter_rows()}
