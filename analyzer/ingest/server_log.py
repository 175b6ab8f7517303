"""`server-log`: OctopusServer.txt, what one node says of itself (formats document, section 5).

    2021-02-09 06:29:58.7711   7012      1  INFO  Octopus.Server version 2020.6.4671 (2020.6.4671) instance Main
    2021-02-09 06:30:00.0103   7012      1  INFO  Defaulting server node name to '"SRV-EAST"'.
    2021-02-09 06:31:12.5500   7012     44 ERROR  ... transaction 'DeploymentTaskController|ServerTasks-9-5b1f...|T81'

All three layouts (see `nlog`). The only input that is per node by construction: a task's id in it says who ran the
task, if it stands in one of the phrases that only the executing node writes. They are listed in `TIES`; an id anywhere
else (an URL, a deletion, "Waiting for ...", another node's task that went offline) leaves `task` null.

`detail` holds the tie: `tie=transaction; guid=...`, `tie=append-failure; file=...; reason=...`, `tie=append-retry;
attempt=1; reason=...`, `tie=script-lock`, `tie=unable-to-complete`. Where one message ties several executions, each
further one is a row of its own with `lines` 0 and the phrase as its message.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Block
from analyzer.ingest import nlog
from analyzer.ingest.tentacle_log import recognises as is_tentacle
from analyzer.model import Batch

NAME = "server-log"
TITLE = "Octopus Server log: OctopusServer.txt"
PACKED = False
SAMPLE = """\
2021-02-09 06:29:58.7711   7012      1  INFO  Octopus.Server version 2020.6.4671 (2020.6.4671) instance Main
2021-02-09 06:29:58.9002   7012      1  INFO  Environment Information:
  OperatingSystem: Microsoft Windows NT 10.0.17763.0
  MachineName: SRV-EAST
  HostProcessName: Octopus.Server
2021-02-09 06:30:00.0103   7012      1  INFO  Defaulting server node name to '"SRV-EAST"'.
2021-02-09 06:31:12.5500   7012     44 ERROR  Error in transaction \
'DeploymentTaskController|ServerTasks-9-5b1f0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3b|T81': Timeout expired.
2021-02-09 06:31:13.0001 +10:00   7012     45 FATAL  \
Exception appending to log with correlationId ServerTasks-9_KQ3VX8Z1MD
System.IO.IOException: The process cannot access the file '\\\\nas\\octo\\TaskLogs\\servertasks-9_kq3vx8z1md.txt' \
because it is being used by another process.
2021-02-09 06:31:14.2500   44  WARN  Append log entry to ServerTasks-9_KQ3VX8Z1MD/1f0c attempt #1 faulted, retrying in \
00:00:01: The handle is invalid.
"""

_TASK = r'"?(?P<task>ServerTasks-\d+)'
_LOG = _TASK + r"(?:_(?P<log>\w+))?(?:/(?P<activity>[\w/]+))?"


@dataclass(frozen=True)
class Tie:
    """A phrase that only the node that executes a task writes; `word` stands in it and costs less to look for."""

    kind: str
    word: str
    pattern: re.Pattern[str]


# Patterns in the syntax that Python and Rust share. Evidence for each: formats document, section 5.3.
TIES = (
    Tie(
        "transaction",
        "TaskController|",
        re.compile(r"\w+TaskController\|(?P<task>ServerTasks-\d+)-(?P<guid>[0-9A-Fa-f-]{36})\|T\d+"),
    ),
    Tie("append-failure", "correlationId", re.compile(rf"Exception appending to log with correlationId {_LOG}")),
    Tie(
        "append-failure",
        "CorrelationId",
        re.compile(rf"Failed to append the following log entry:\s+(?:[^\n]*\n){{0,20}}?\s*CorrelationId: {_LOG}"),
    ),
    Tie("append-retry", "attempt #", re.compile(rf'Append log entry to {_LOG}"? attempt #(?P<attempt>\d+) faulted')),
    Tie("script-lock", "] [", re.compile(r"^\[(?P<task>ServerTasks-\d+)\] \[")),
    Tie("unable-to-complete", "Unable to mark", re.compile(rf"Unable to mark task {_TASK}\"? as complete")),
)
PLAIN_TRANSACTION = r"[A-Za-z0-9_]TaskController\|(?P<task>ServerTasks-[0-9]+)-(?P<guid>[0-9A-Fa-f-]{36})\|T[0-9]"
"""The first of them as it mostly stands; without the classes of Unicode it is found in half the time."""
TIED = "|".join(re.sub(r"\?P<\w+>", "?:", tie.pattern.pattern) for tie in TIES)
TIED_COLUMNS = ("task", "log", "activity", "detail")
LOCKED_FILE = re.compile(r"['\"][^'\"\n]*[\\/](?P<file>servertasks-[^'\"\n]+)['\"]", re.IGNORECASE)
REASONS = (
    re.compile(r"because it is (being used by another process)"),
    re.compile(r"faulted, retrying in [\d:.]+\d: *([^\n]+)"),
    re.compile(r"^(?:\w+\.)+\w*Exception(?: \([^)\n]*\))?: *([^\n]+)", re.MULTILINE),
)

NODE = re.compile(r"^Defaulting server\s+node\s+name to\s+['\"]*([^'\"\n]+)['\"]")
MACHINE = re.compile(r"^\s*MachineName: *(\S+)\s*$", re.MULTILINE)
HOST = re.compile(r"^\s*HostProcessName: *Octopus\.Server(?:\.exe)?\s*$", re.MULTILINE)
VERSION = re.compile(r"^Octopus\.Server(?:\.exe)? version \"?([^\s\"]+)")
START_UP = re.compile(r"Defaulting server\s|Environment Information:|Octopus\.Server(?:\.exe)? version ")
START_UP_WORDS = ("Defaulting server", "Environment Information:", "Octopus.Server")


def recognises(head: bytes, name: str) -> bool:
    """The layout, where it is not a Tentacle's."""
    return nlog.looks_like_nlog(head) and not is_tentacle(head, name)


def parse(blocks: Iterable[Block]) -> Iterator[Batch]:
    """EVENTS on the node's local clock, tied to tasks; the node's name and version from the start-up lines.

    A block may hold telling entries of several sources.
    """
    named: set[str] = set()
    for batch in nlog.read(blocks):
        assert batch.events is not None
        text = pl.Series(pl.from_arrow(batch.events["message"]))
        nodes: dict[str, str] = {}
        versions: dict[str, str] = {}
        for source, messages in _start_ups(batch.events["source"], text).items():
            nodes |= _node(source, messages, named)
            versions |= [(source, match[1]) for message in messages if (match := VERSION.search(message))]
        yield Batch(_tied(batch.events, text), rejects=batch.rejects, nodes=nodes, versions=versions)


def _start_ups(sources: pa.ChunkedArray, text: pl.Series) -> dict[str, list[str]]:
    """Source -> its messages about a start."""
    likely = functools.reduce(operator.or_, map(text.str.starts_with, START_UP_WORDS)).arg_true()
    found: dict[str, list[str]] = {}
    for source, message in zip(sources.take(likely.to_arrow()).to_pylist(), text.gather(likely), strict=True):
        if START_UP.match(message):
            found.setdefault(source, []).append(message)
    return found


def _node(source: str, messages: Sequence[str], named: set[str]) -> dict[str, str]:
    """The source's node by its last name; by its last machine as long as it is not `named`."""
    names = [match[1].strip() for text in messages if (match := NODE.search(text))]
    machines = [match[1] for text in messages if HOST.search(text) and (match := MACHINE.search(text))]
    if names:
        named.add(source)
        return {source: names[-1]}
    return {source: machines[-1]} if machines and source not in named else {}


def _tied(events: pa.Table, text: pl.Series) -> pa.Table:
    """The events with task, log, activity and detail of the ties in their messages."""
    named = text.str.contains("ServerTasks-", literal=True).arg_true()
    plain, rest = _likely_tied(pl.DataFrame({"row": named.cast(pl.Int64), "text": text.gather(named)}))
    found = {row: said for row, message in rest if (said := ties(message))}
    if not found and plain.is_empty():
        return events
    extra: list[dict[str, object]] = []
    for row, said in found.items():
        for one in said[1:]:
            values = {name: one[name] for name in TIED_COLUMNS}
            extra.append({**events.slice(row, 1).to_pylist()[0], **values, "lines": 0, "message": one["phrase"]})
    firsts = [(row, *(said[0][name] for name in TIED_COLUMNS)) for row, said in found.items()]
    first = pl.concat([plain, pl.DataFrame(firsts, plain.schema, orient="row")])
    at = np.full(len(text), -1)
    at[first["row"]] = np.arange(len(first))
    index = pa.array(at, mask=at < 0)
    for name in TIED_COLUMNS:
        column = first[name].to_arrow().cast(pa.string()).take(index)
        events = events.set_column(events.schema.get_field_index(name), name, column)
    if not extra:
        return events
    places = [("source", "ascending"), ("line", "ascending")]
    return pa.concat_tables([events, schema.from_rows(schema.EVENTS, extra)]).sort_by(places)


def _likely_tied(named: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Most messages say nothing but one transaction: row and TIED_COLUMNS of these; and of others row and text."""
    transaction, *others = TIES
    text = pl.col("text")
    found = named.select(
        "row", "text", said=text.str.extract_groups(PLAIN_TRANSACTION),
        alone=(text.str.count_matches(transaction.word, literal=True) == 1)
        & ~text.str.contains_any([tie.word for tie in others]),
    ).unnest("said")  # fmt: skip
    found = found.with_columns(plain=pl.col("alone") & pl.col("task").is_not_null())
    plain = found.filter("plain").select(
        "row", "task", log=pl.lit(None, pl.String), activity=pl.lit(None, pl.String),
        detail=pl.lit(f"tie={transaction.kind}; guid=") + pl.col("guid"),
    )  # fmt: skip
    rest = found.filter(~pl.col("plain")).select("row", "text")
    return plain, rest.filter(text.str.contains(TIED)).rows() if len(rest) else []


def ties(message: str) -> list[dict[str, str | None]]:
    """What ties this node to tasks in a message: task, log, activity, detail, and the phrase itself."""
    found: dict[tuple[str, ...], dict[str, str | None]] = {}
    for tie in TIES:
        for match in tie.pattern.finditer(message) if tie.word in message else ():
            said = match.groupdict()
            detail = {"tie": tie.kind, "guid": said.get("guid"), "attempt": said.get("attempt")}
            if tie.kind.startswith("append"):
                detail |= _cause(message)
            found.setdefault(
                (tie.kind, said["task"], said.get("guid") or ""),
                {
                    "task": said["task"],
                    "log": said.get("log"),
                    "activity": said.get("activity"),
                    "detail": "; ".join(f"{name}={value}" for name, value in detail.items() if value),
                    "phrase": match[0],
                },
            )
    return list(found.values())


def _cause(message: str) -> dict[str, str | None]:
    """File and reason of a failed append."""
    file = LOCKED_FILE.search(message)
    reason = next((match[1] for pattern in REASONS if (match := pattern.search(message))), None)
    return {
        "file": file["file"].replace("\\", "/") if file else None,
        "reason": reason.replace(";", ",").strip(" .") if reason else None,
    }
