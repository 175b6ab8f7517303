"""Sources and ingest put together: every member of every path becomes rows, and a row in SOURCES."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import schema
from analyzer.blocks import Block, packed
from analyzer.errors import UsageError
from analyzer.ingest import recognise
from analyzer.model import Batch, Format, Progress
from analyzer.sources import Decoder, Member, members, name_nodes, prefixes

PACK = 1 << 20
"""Small sources of one format share a block of about this many bytes: per-block work costs more than their bytes."""
TABLES = ("events", "states", "rejects")
PLACE = [("source", "ascending"), ("line", "ascending"), ("offset", "ascending")]
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
        found.problem = "no known format" if decoder.head else "it is empty"
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
            raise UsageError(f"node {node}={path}: no source has this name, and none lies below it")
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
    nodes = {source: one.node for source, one in reading.found.items() if one.node}
    tables = {}
    for name in TABLES:
        parts = [_stamped(one, customer, nodes) for one in reading.tables.pop(name)]
        tables[name] = pa.concat_tables([schema.empty(schema.TABLES[name]), *_in_order(parts)])
    tables["sources"] = _sources(reading.found, tables, customer)
    return tables


def _stamped(table: pa.Table, customer: str, nodes: Mapping[str, str]) -> pa.Table:
    """The table with customer and node filled in."""
    table = table.set_column(0, table.schema.field(0), pa.repeat(pa.scalar(customer), table.num_rows))
    place = table.schema.get_field_index("node")
    runs = pc.run_end_encode(table["source"].combine_chunks()) if nodes and place >= 0 else None
    if runs is None or nodes.keys().isdisjoint(runs.values.to_pylist()):
        return table
    known = pa.array([nodes.get(source) for source in runs.values.to_pylist()], pa.string())
    given = pc.run_end_decode(pa.RunEndEncodedArray.from_arrays(runs.run_ends, known))
    return table.set_column(place, table.schema.field(place), pc.coalesce(table["node"], given))


def _in_order(tables: Sequence[pa.Table]) -> Iterator[pa.Table]:
    """Slices of the tables by source and place. Nothing is copied, so that memory need not hold everything twice."""
    tables = [table if _is_in_order(table) else table.sort_by(PLACE) for table in tables]
    runs: list[tuple[str, int, int, int, int]] = []
    for number, table in enumerate(tables):
        ends = pc.run_end_encode(table["source"].combine_chunks())
        stops = ends.run_ends.to_pylist()
        lines = table["line"].combine_chunks().take(pa.array([0, *stops[:-1]])).to_pylist()
        runs += zip(ends.values.to_pylist(), lines, [number] * len(stops), [0, *stops[:-1]], stops, strict=True)
    runs.sort()
    at = 0
    while at < len(runs):
        _, _, number, start, stop = runs[at]
        at += 1
        while at < len(runs) and runs[at][2:4] == (number, stop):
            stop = runs[at][4]
            at += 1
        yield tables[number].slice(start, stop - start)


def _is_in_order(table: pa.Table) -> bool:
    """Whether the rows of every source stand together, by line and offset."""
    line, offset = (table[name].to_numpy() for name in ("line", "offset"))
    source = table["source"].combine_chunks()
    same = pc.equal(source[1:], source[:-1]).to_numpy(zero_copy_only=False)
    back = (line[1:] < line[:-1]) | ((line[1:] == line[:-1]) & (offset[1:] < offset[:-1]))
    return not (same & back).any() and len(pc.run_end_encode(source).values) == pc.count_distinct(source).as_py()


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
