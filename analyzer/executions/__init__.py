"""EVENTS and STATES -> LOGS, EXECUTIONS, ASSIGNMENTS, PAIRS.

lines      every task's log once, from its best view
logs       facts of a first look: most logs are one plain execution and need no second one
mixed      the other logs one by one
separate   split into structures; runs: structures split where a pause was resumed
tree       the same for `/details` and text downloads, which have no append order
ties       what the nodes' own server logs say, and their zones
pairs      every two executions of a task against each other
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from analyzer import schema
from analyzer.executions.assemble import Assembly, assemble
from analyzer.executions.lines import KEY, NEEDED, machines, names_machine, task_lines
from analyzer.executions.logs import facts, of_first_look
from analyzer.executions.ties import ties


@dataclass(frozen=True)
class Reconstruction:
    """The tables this stage makes."""

    logs: pa.Table
    executions: pa.Table
    assignments: pa.Table
    pairs: pa.Table


def reconstruct(sources: pa.Table, events: pa.Table, states: pa.Table, cleared: pa.Table) -> Reconstruction:
    """Every run of every ServerTask, and how the runs of one task relate.

    `cleared`: rows of LOGS that a first look cleared. Of these logs EVENTS has only the lines that name a machine or a
    version; each is one execution, and ASSIGNMENTS has no row of it.
    """
    known = pl.DataFrame(cleared)
    frame = _needed(pl.DataFrame(events.select([*NEEDED, "node", "detail"])), known)
    told = ties(frame)
    every = task_lines(frame, sources)
    del frame
    named = machines(every)
    lines = every.join(known, on=KEY, how="anti", maintain_order="left")
    del every
    logs = pl.concat([facts(lines, named), of_first_look(known, named)]).sort(KEY)
    made: Assembly = assemble(lines, named, logs, told, pl.DataFrame(states))
    return Reconstruction(
        logs=_arrow(logs.select(schema.LOGS.names), schema.LOGS),
        executions=_arrow(made.executions, schema.EXECUTIONS),
        assignments=_arrow(made.assignments, schema.ASSIGNMENTS),
        pairs=schema.from_rows(schema.PAIRS, made.pairs),
    )


def _needed(events: pl.DataFrame, cleared: pl.DataFrame) -> pl.DataFrame:
    """EVENTS, of cleared logs only the lines that name a machine: nobody else tells of their tasks."""
    sources = cleared["sources"].list.first()
    return events.filter(names_machine() | ~pl.col("source").is_in(sources.implode()))


def _arrow(frame: pl.DataFrame, form: pa.Schema) -> pa.Table:
    return frame.select(form.names).to_arrow().cast(form)
