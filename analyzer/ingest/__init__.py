"""From blocks of lines to EVENTS, STATES and REJECTS: one module per format, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from analyzer import schema
from analyzer.blocks import Block
from analyzer.ingest import (
    api_details,
    api_events,
    api_tasks,
    server_log,
    server_log_triage,
    servertask_csv,
    task_log,
    task_log_triage,
    task_text,
    task_text_triage,
    tentacle_log,
)
from analyzer.ingest.server_log_triage import Look
from analyzer.ingest.triage import Triage
from analyzer.model import Batch, Format

FORMATS: tuple[Format, ...] = (
    task_text,
    task_log,
    tentacle_log,
    server_log,
    api_details,
    api_tasks,
    api_events,
    servertask_csv,
)

TRIAGE: Mapping[str, Callable[[Block], Triage]] = {
    task_log.NAME: task_log_triage.triage,
    task_text.NAME: task_text_triage.triage,
}
"""Formats of which whole sources can be cleared by a first look."""

TRIAGE_LONG: Mapping[str, Callable[[Iterable[Block]], Triage]] = {task_log.NAME: task_log_triage.triage_long}
"""The same for one source that is no short one, block by block."""

LOOKS: Mapping[str, Callable[[Iterable[Block]], Look]] = {server_log.NAME: server_log_triage.look}
"""Formats of which only the telling entries are decoded at first."""

CODED: Mapping[str, Callable[[Block], Batch]] = {task_log.NAME: lambda block: task_log.decode(block, schema.CODED)}
"""Formats whose EVENTS can be had as they are written (`schema.CODED`)."""


def at_once(head: bytes | memoryview) -> Format | None:
    """The format of a source that begins like most files of a share, whatever its name: no other one takes it."""
    return task_log if task_log.STARTS.match(head) else None


def recognise(head: bytes, name: str) -> Format | None:
    """The format of a source with these first bytes, or None."""
    return at_once(head) or next((one for one in FORMATS if one.recognises(head, name)), None)
