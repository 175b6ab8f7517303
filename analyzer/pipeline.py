"""The order of the stages, and nothing else: read(paths) -> Case; audit(case) -> Audit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import polars as pl
import pyarrow as pa

from analyzer import schema
from analyzer.case import Audit, Case
from analyzer.errors import PathMissing, UsageError
from analyzer.model import Finding, Findings, Incident, NotJudged, Progress
from analyzer.narrowing import Question, narrowed, of_tasks, tasks_asked_for
from analyzer.reading import Options, Reading, stream_events
from analyzer.sources import outermost
from analyzer.stamping import mark_duplicates, stamp_offsets, stamp_stretches, stamp_times

JUDGES = ("analyzer.executions", "analyzer.detectors", "analyzer.incidents", "analyzer.citing")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})")


def read(
    paths: str | Path | Sequence[str | Path],
    *,
    nodes: Mapping[str, str] | None = None,
    utc_offsets: Mapping[str, str] | None = None,
    tasks: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    customer: str = "",
    decode: Sequence[str] = (),
    workers: int = 1,
    spool: str = "",
    progress: Progress | None = None,
) -> Case:
    """A case from folders, archives and files; it is decoded on the first use of one of its tables.

    `nodes`: node name -> path whose logs are that node's. `utc_offsets`: node -> "+HH:MM" of its server log.
    `tasks`, `since`, `until` narrow the question to those tasks (ServerTasks-N) and to tasks active in that time (UTC
    where it names no zone). `decode`: tasks whose lines will be told, so that no first look may clear their logs.
    `workers`: processes that read a large input; a script that asks for several must guard its main module.
    `spool`: an empty folder for EVENTS that are at hand while the rest is read, if all of them will be asked for.
    Raises PathMissing and UsageError at once; UnreadableSource never: SOURCES says what could not be read.
    """
    every = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if not every:
        raise UsageError("no PATH given")
    for path in every:
        if not path.exists():
            raise PathMissing(path)
    offsets = {node: utc_offset(text) for node, text in (utc_offsets or {}).items()}
    question = Question(frozenset(tasks), _zoned(since), _zoned(until))
    options = Options(
        dict(nodes or {}), question.tasks, customer, progress, decode=frozenset(decode), workers=workers, spool=spool
    )
    kept = outermost(every)

    def stream(case: Case, sources: Collection[str]) -> Iterator[pa.Table]:
        known = {row["source"]: row["node"] for row in case.sources.select(["source", "node"]).to_pylist()}
        judged = {"executions": case.executions, "states": case.states}
        asked = None if question.everything else tasks_asked_for(judged, question)
        pieces = stream_events(kept, options, {source: known[source] for source in sources})
        if not offsets and asked is None:
            return pieces
        stamped = (stamp_offsets(piece.cast(schema.EVENTS), offsets) for piece in pieces)
        return ((piece if asked is None else of_tasks(piece, asked)).cast(schema.CODED) for piece in stamped)

    return Case(lambda triage: _load(kept, replace(options, triage=triage), offsets, question), kept, customer, stream)


def _load(
    paths: Sequence[Path], options: Options, offsets: Mapping[str, timedelta], question: Question
) -> Mapping[str, pa.Table]:
    """All tables. A task that may have run twice is judged with everything: other tasks bound the clocks and name
    nodes.
    """
    tables = _reconstructed(paths, options, offsets)
    if question.tasks and tables["pairs"].num_rows:
        tables = _reconstructed(paths, replace(options, tasks=frozenset()), offsets)
    tables = narrowed(tables, question)
    _give_memory_back()
    return {name: schema.conform(table, schema.TABLES[name]) for name, table in tables.items()}


def _reconstructed(paths: Sequence[Path], options: Options, offsets: Mapping[str, timedelta]) -> dict[str, pa.Table]:
    """Of a log that a first look cleared the lines are needed where its task turns out to have several executions, or
    machines.
    """
    reading = Reading(paths, options, _load_judges)
    tables = _judgeable(reading, offsets)
    paired = pl.col("task").is_in(pl.DataFrame(tables["pairs"])["task"].unique().to_list())
    cleared = pl.DataFrame(tables["logs"]).filter("cleared")
    several = cleared.filter(paired | (pl.col("nodes").list.len() > 1))["sources"].list.first().to_list()
    if several:
        reading.decode(several)
        tables = _judgeable(reading, offsets)
    return tables


def _load_judges() -> None:
    """Load what judges, and polars with it: after other processes were started, which need neither."""
    for name in JUDGES:
        import_module(name)


def _judgeable(reading: Reading, offsets: Mapping[str, timedelta]) -> dict[str, pa.Table]:
    from analyzer.executions import reconstruct

    _give_memory_back()
    tables = reading.tables()
    _give_memory_back()
    tables["events"] = stamp_offsets(tables["events"], offsets)
    tables["stretches"] = stamp_stretches(tables["stretches"], offsets)
    tables["sources"] = stamp_times(tables["sources"], tables["events"], tables["logs"], tables["stretches"])
    tables["sources"] = mark_duplicates(tables["sources"], tables["events"])
    _give_memory_back()
    made = reconstruct(tables["sources"], tables["events"], tables["states"], tables["logs"])
    _give_memory_back()
    return tables | {name: getattr(made, name) for name in ("logs", "executions", "assignments", "pairs")}


def _give_memory_back() -> None:
    """What a stage used and freed, to the system: 100,000 small logs keep 100 MB less behind each."""
    for pool in (pa.default_memory_pool(), pa.system_memory_pool()):
        pool.release_unused()


def audit(case: Case) -> Audit:
    """Every detector's judgement of a case, worst first, and the known incidents that its sources speak of.

    The cited lines are read back from their sources.
    """
    from analyzer.citing import cite
    from analyzer.detectors import CATALOGUE
    from analyzer.incidents import recognise

    judgements = [detector.detect(case) for detector in CATALOGUE]
    findings = [finding for judgement in judgements for finding in judgement.findings]
    open_questions = {
        one if one.customer else replace(one, customer=case.customer)
        for judgement in judgements
        for one in judgement.not_judged
    }
    found: list[Finding | Incident] = [*findings, *recognise(case, findings)]
    cited, hashes = cite(found, case.paths)
    case.note_hashes(hashes)
    return Audit(
        case,
        Findings(sorted((one for one in cited if isinstance(one, Finding)), key=_rank)),
        tuple(sorted(open_questions, key=_question_rank)),
        tuple(one for one in cited if isinstance(one, Incident)),
    )


def merge(audits: Sequence[Audit]) -> Audit:
    """Several customers' audits as one; their tables, findings and questions stand one after the other."""
    by_customer = sorted(audits, key=lambda one: one.case.customer)

    def load(triage: bool) -> Mapping[str, pa.Table]:
        names = [name for name in schema.TABLES if name not in ("events", "findings")]
        made = {name: pa.concat_tables([getattr(one.case, name) for one in audits]) for name in names}
        return made | {"events": pa.concat_tables([one.case.telling if triage else one.case.events for one in audits])}

    def decode(_: Case, sources: Collection[str]) -> Iterator[pa.Table]:
        return (piece for one in by_customer for piece in one.case.stream(sources))

    findings = sorted((finding for one in audits for finding in one.findings), key=_rank)
    questions = sorted((question for one in audits for question in one.not_judged), key=_question_rank)
    paths = tuple(path for one in audits for path in one.case.paths)
    incidents = tuple(incident for one in by_customer for incident in one.incidents)
    suppressed = sorted((each for one in audits for each in one.suppressed), key=lambda each: _rank(each.finding))
    return Audit(Case(load, paths, decode=decode), Findings(findings), tuple(questions), incidents, tuple(suppressed))


def utc_offset(text: str) -> timedelta:
    """`+10:00` as a time span. Raises UsageError."""
    match = _OFFSET.fullmatch(text.strip())
    if not match or int(match[2]) > 14 or int(match[3]) > 59:
        raise UsageError(f"not an offset from UTC: {text!r} (expected +HH:MM)")
    span = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -span if match[1] == "-" else span


def _zoned(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _rank(finding: Finding) -> tuple[object, ...]:
    places = tuple((one.source, one.line) for one in finding.evidence)
    return (-finding.severity.rank, finding.code, finding.customer, _number(finding.task), places, finding.summary)


def _question_rank(one: NotJudged) -> tuple[object, ...]:
    return (one.code, one.customer, _number(one.task), one.reason)


def _number(task: str | None) -> tuple[int, str]:
    match = re.search(r"\d+", task or "")
    return (int(match[0]) if match else -1, task or "")
