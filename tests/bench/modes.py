"""What is measured in each mode, as a table."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from . import contenders
from .corpora import Corpus, Shape, corpus, remove
from .measure import Command, Cost, Failed, best
from .tables import Table, compared, costs_of


@dataclass(frozen=True)
class Bench:
    """What was asked for on the command line, and a folder for what the programs write."""

    folder: Path
    work: Path
    size: float
    guilty: float
    rounds: int
    timeout: float
    options: tuple[str, ...]

    def shape(self, name: str) -> Shape:
        """A corpus as it was asked for."""
        return Shape(name, self.size, self.guilty)

    def share(self, name: str) -> Corpus:
        """A corpus, written first where it is not there yet."""
        return corpus(self.shape(name), self.folder)


def against_others(bench: Bench) -> Table:
    """Raw task logs: everything we find out, and what others need for one of the questions."""
    share = bench.share("raw")
    programs, absent = contenders.others(share.path, bench.work, bench.timeout)
    ours, grep = _ours(share, bench), contenders.ripgrep("raw", share.path, bench.work)
    costs, left_out = best([ours, grep, *programs], bench.rounds)
    _verify(share, contenders.named_by_us(contenders.document_of(ours.name, bench.work)), ours.name)
    notes = ["rg counts lines; the others say which tasks have overlapping executions, and nothing else."]
    notes += [
        f"{program.name} {wrong}."
        for program in programs
        if program.name in costs and (wrong := _wrong(share, contenders.named_by(program)))
    ]
    notes += [f"Left out: {reason}" for reason in (*left_out, *(f"{name}: not installed" for name in absent))]
    return compared(_title("Raw task logs", share), costs, grep.name, notes)


def against_grep(kind: str, title: str) -> Callable[[Bench], Table]:
    """A mode that compares us with ripgrep alone."""

    def mode(bench: Bench) -> Table:
        share = bench.share(kind)
        ours, grep = _ours(share, bench), contenders.ripgrep(kind, share.path, bench.work)
        costs, _ = best([ours, grep], bench.rounds)
        _verify(share, contenders.named_by_us(contenders.document_of(ours.name, bench.work)), ours.name)
        return compared(_title(title, share), costs, grep.name)

    return mode


def to_parquet(bench: Bench) -> Table:
    """Raw task logs to Parquet, every line of them."""
    share = bench.share("raw")
    ours = contenders.ingest(share.path, bench.work, bench.options)
    grep = contenders.ripgrep("raw", share.path, bench.work)
    costs, _ = best([ours, grep], bench.rounds)
    counted = sum(int(line.rpartition(":")[2]) for line in grep.output.read_text(encoding="utf-8").splitlines())
    written = pq.read_metadata(bench.work / "tables" / "events.parquet").num_rows
    if counted != written:
        raise Failed(f"{ours.name}: {written} events of {counted} lines")
    return compared(_title("Raw task logs to Parquet", share), costs, grep.name)


def two_cores(bench: Bench) -> Table:
    """One worker and two: the same document, and less time on the wall."""
    share = bench.share("raw")
    commands = [
        contenders.audit(share.path, bench.work, ("--workers", str(count)), f"{contenders.US} --workers {count}")
        for count in (1, 2)
    ]
    costs, _ = best(commands, bench.rounds)
    one, two = (contenders.document_of(command.name, bench.work).read_bytes() for command in commands)
    if one != two:
        raise Failed("one worker and two write different documents")
    walls = [costs[command.name].wall for command in commands]
    note = f"Wall time of two workers: {walls[1] / walls[0]:.2f} of one's."
    return compared(_title("Workers", share), costs, commands[0].name, [note])


def more_guilty(bench: Bench) -> Table:
    """Twice as many double runs in files of the same kind."""
    commands = []
    for guilty in (bench.guilty, 2 * bench.guilty):
        share = corpus(replace(bench.shape("raw"), guilty=guilty), bench.folder)
        name = f"{contenders.US}, {guilty:.0%} ran twice"
        commands.append(contenders.audit(share.path, bench.work, bench.options, name))
    costs, _ = best(commands, bench.rounds)
    return compared(_title("Guilty tasks", share), costs, commands[0].name)


def start(bench: Bench) -> Table:
    """How long one waits for the help, and for an answer about a bundle of 1 MB."""
    share = corpus(Shape("raw", 0.001, 0.2), bench.folder)
    told = contenders.audit(share.path, bench.work, bench.options, "audit of 1 MB")
    said = replace(told, name="--help", arguments=(*told.arguments[:3], "--help"))
    return costs_of("Start", best([said, told], bench.rounds)[0])


def memory(bench: Bench) -> Table:
    """Peak memory for the share, for eight times the share, one large file and one long line; one round.

    A corpus is written when its turn has come and removed behind it, unless it had been there before.
    """
    costs: dict[str, Cost] = {}
    large = replace(bench.shape("raw"), size=8 * bench.size)
    for shape in (bench.shape("raw"), large, bench.shape("file"), bench.shape("line")):
        kept = (bench.folder / f"{shape.key}.json").exists()
        _room(shape, bench.folder)
        share = corpus(shape, bench.folder)
        for make in (contenders.audit, contenders.ingest):
            command = make(share.path, bench.work, bench.options)
            costs |= best([replace(command, name=_title(command.name, share))], 1)[0]
            shutil.rmtree(bench.work / "tables", ignore_errors=True)
        if not kept:
            remove(shape, bench.folder)
    cpus = [cost.cpu for cost in costs.values()]
    notes = [
        f"Eight times the data: {cpus[2] / cpus[0]:.1f} times the CPU to audit, {cpus[3] / cpus[1]:.1f} to ingest."
    ]
    return costs_of("Memory, one round", costs, notes)


MODES: dict[str, Callable[[Bench], Table]] = {
    "audit": against_others,
    "ingest": to_parquet,
    "small": against_grep("small", "Small task logs"),
    "server": against_grep("server", "Server logs"),
    "text": against_grep("text", "Text downloads"),
    "zip": against_grep("zip", "The raw task logs in one zip"),
    "cores": two_cores,
    "guilt": more_guilty,
    "start": start,
    "memory": memory,
}


def _ours(share: Corpus, bench: Bench) -> Command:
    return contenders.audit(share.path, bench.work, bench.options)


def _verify(share: Corpus, named: set[str], who: str) -> None:
    """A wrong answer of ours is not worth its time. Raises Failed."""
    if wrong := _wrong(share, named):
        raise Failed(f"{who} {wrong}")


def _wrong(share: Corpus, named: set[str]) -> str:
    """What is wrong with an answer, "" where it is right."""
    planted = set(share.planted)
    missed, accused = len(planted - named), len(named - planted)
    return (
        f"missed {missed} of {len(planted)} double runs and accused {accused} other tasks" if missed + accused else ""
    )


def _title(what: str, share: Corpus) -> str:
    return f"{what}: {share.files:,} {'file' if share.files == 1 else 'files'}, {share.bytes / 1e6:,.0f} MB"


def _room(shape: Shape, folder: Path) -> None:
    """Twice what will be written must be free. Raises Failed."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < 4e9 * shape.size:
        raise Failed(f"{folder}: {free / 1e9:.0f} GB are free, too few for {shape.key}")


def names(wanted: Sequence[str]) -> list[str]:
    """The modes asked for; `all` is every one."""
    return list(MODES) if "all" in wanted else list(dict.fromkeys(wanted))
