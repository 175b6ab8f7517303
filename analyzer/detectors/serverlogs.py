"""Which nodes a case names, and at which times each node's own server log is in the input.

A node's log can be missed only where something else names the node: another source's state, another node's server log,
a machine in a task log. A log covers a time if it begins before it and ends after it, give or take `LEAST` and `USUAL`
times what 95 % of its own intervals stay within, and is not silent then. Silent means: longer than that, longer than
`SILENT`, and another node's log is not silent. A log of fewer than `RHYTHM` intervals shows no rhythm: only where it
begins and ends is judged, give or take its longest interval.

Server logs are in local time. Where the zone is not given, the quarter hour is taken under which the log's own lines
about tasks fall into these tasks' runs, else the one under which it covers most runs: what is called missing is
missing in every zone that could be meant. A change of the clocks inside a log is not followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.case import Case
from analyzer.detectors.common import rows
from analyzer.detectors.lines import remembered
from analyzer.names import SERVER_LOG, SERVER_MACHINE
from analyzer.stretches import ENTRIES, FIRST, LAST, QUIET, united

MINUTE = 60_000_000
USUAL, RHYTHM = 20, 20
LEAST, SILENT = USUAL * QUIET, 30 * MINUTE
QUARTER = 15 * MINUTE
ZONES = range(-14 * 4, 14 * 4 + 1)
NEAR = 2 * MINUTE  # a node's bookkeeping before and after a task's lines

MENTIONS = (
    r"Updating node to become leader: ['\"]*([\w.-]+)",
    r"because the node ['\"]*([\w.-]+?)['\"]* went offline",
)
"""Where one node's server log names another (formats document, 5.2 and 5.3)."""

Times: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Coverage:
    """When a node's server log can say what the node did; microseconds on the log's own clock."""

    first: int
    last: int
    slack: int  # so long it may be silent without missing anything
    silences: tuple[tuple[int, int], ...]
    shift: int  # from UTC to that clock

    def blind(self, starts: Times, ends: Times) -> Times:
        """Per run (UTC) 0 where the log covers it, 1 before its beginning, 2 behind its end, 3 + n in a silence."""
        low, high = starts + self.shift, ends + self.shift
        found = np.zeros(len(starts), np.int64)
        for number, (begin, end) in enumerate(self.silences, 3):
            found[(low < end) & (high > begin)] = number
        found[high > self.last + self.slack] = 2
        found[low < self.first - self.slack] = 1
        return found

    def told(self, kind: int) -> str:
        """Which time is missing."""
        if kind == 1:
            return f"is missing before {_clock(self.first)}"
        if kind == 2:
            return f"is missing after {_clock(self.last)}"
        begin, end = self.silences[kind - 3]
        same = begin // (1440 * MINUTE) == end // (1440 * MINUTE)
        return f"is missing {_clock(begin)} to {_clock(end)[11:] if same else _clock(end)}"


@remembered
def known_nodes(case: Case) -> dict[str, dict[str, str]]:
    """Customer -> node without case -> its name, of every node that the input names.

    A machine of a task log is a node if machines and nodes share names in this case: in containers they do not. What a
    node's own log calls its machine is no further node.
    """
    sources = case.frame("sources").filter(pl.col("format") == SERVER_LOG)
    hosts = _hosts(case)
    said = pl.concat([case.frame("states").select("customer", "node"), _mentioned(case)]).unique()
    runs = case.frame("logs").select("customer", node="nodes").explode("node")  # as they stand in the logs
    result: dict[str, dict[str, str]] = {}
    for customer in sorted(set(case.frame("sources")["customer"])):
        named = _names(said, customer)
        machines, ours = _names(runs, customer), _names(hosts, customer)
        own = _names(sources.filter(pl.col("node_basis") != "folder"), customer)
        folders = _names(sources.filter(pl.col("node_basis") == "folder"), customer)
        sure = named | own
        if not sure or machines.keys() & (sure | folders).keys():
            sure = {key: name for key, name in machines.items() if key not in ours} | sure
        # A folder's name that nothing else knows may be any node's: it is a node only where no other name is known.
        others = {name: folders[name] for name in folders.keys() - sure.keys()}
        result[customer] = sure | others if not sure.keys() - own.keys() else sure
    return result


def _names(table: pl.DataFrame, customer: str) -> dict[str, str]:
    every = table.filter((pl.col("customer") == customer) & pl.col("node").is_not_null())["node"].unique().sort()
    return {str(name).casefold(): str(name) for name in every}


def _hosts(case: Case) -> pl.DataFrame:
    """Machines, as `node`, that server logs of known nodes name as their own."""
    events = _said_by_servers(case).filter(
        pl.col("node").is_not_null() & pl.col("message").str.contains("HostProcessName")
    )
    return events.select("customer", node=pl.col("message").str.extract(SERVER_MACHINE))


def _said_by_servers(case: Case) -> pl.DataFrame:
    sources = case.frame("sources").filter(pl.col("format") == SERVER_LOG).select("customer", "source")
    return (
        case.frame("telling").join(sources, on=["customer", "source"], how="semi").select("customer", "node", "message")
    )


def _mentioned(case: Case) -> pl.DataFrame:
    events = _said_by_servers(case).filter(pl.col("message").str.contains("become leader:|went offline"))
    found = [events.select("customer", node=pl.col("message").str.extract(pattern)) for pattern in MENTIONS]
    return pl.concat(found).filter(pl.col("node").is_not_null())


def unplaced_logs(case: Case, known: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Customer -> server logs of which it is not known whose they are."""
    found: dict[str, list[str]] = {}
    for row in rows(case.frame("sources").filter(pl.col("format") == SERVER_LOG).sort("customer", "source")):
        if (row["node"] or "").casefold() not in known.get(row["customer"], {}):
            found.setdefault(row["customer"], []).append(row["source"])
    return found


def covered(case: Case, runs: pl.DataFrame) -> dict[tuple[str, str], Coverage]:
    """Customer and node without case -> when its server log is there. `runs`: customer, task, start, end (UTC, us)."""
    sources = case.frame("sources").filter((pl.col("format") == SERVER_LOG) & pl.col("duplicate_of").is_null())
    sources = sources.select("customer", "source")
    by_node = case.frame("stretches").join(sources, on=["customer", "source"], how="semi").drop_nulls("node")
    by_node = by_node.with_columns(pl.col("node").str.to_lowercase()).sort("customer", "node")
    tied = _tied(case, sources)
    found: dict[tuple[str, str], Coverage] = {}
    spoken: dict[tuple[str, str], Times] = {}
    for key, group in by_node.group_by("customer", "node", maintain_order=True):
        customer, node = str(key[0]), str(key[1])
        times = united([group.select("first", "last", "entries").to_numpy()])
        log = _coverage(times)
        if (group["clock"] == "local").any():
            mine = tied.filter((pl.col("customer") == customer) & (pl.col("node") == node))
            log = _zoned(log, mine, runs.filter(pl.col("customer") == customer))
        found[customer, node] = log
        spoken[customer, node] = times[:, [FIRST, LAST]] - log.shift
    return {
        key: _apart(log, [times for one, times in spoken.items() if one != key and one[0] == key[0]])
        for key, log in found.items()
    }


def _tied(case: Case, sources: pl.DataFrame) -> pl.DataFrame:
    """Lines of these server logs about tasks: customer, node without case, task, at (us, UTC or local)."""
    lines = case.frame("telling").filter(pl.col("task").is_not_null() & pl.col("node").is_not_null())
    at = pl.coalesce(pl.col("time").dt.epoch("us"), pl.col("wall"))
    return lines.join(sources, on=["customer", "source"], how="semi").select(
        "customer", "task", node=pl.col("node").str.to_lowercase(), at=at
    )


def _apart(log: Coverage, others: Sequence[Times]) -> Coverage:
    """Without the silences in which the whole cluster was silent. `others`: first and last of their stretches."""

    def heard(begin: int, end: int) -> bool:
        low, high = begin - log.shift + MINUTE, end - log.shift - MINUTE
        return any(((times[:, 1] >= low) & (times[:, 0] < high)).any() for times in others)

    return replace(log, silences=tuple(one for one in log.silences if heard(*one)))


def _coverage(times: Times) -> Coverage:
    """What stretches say; an interval inside one is not longer than QUIET, so that 20 of them are not above LEAST."""
    intervals = times[1:, FIRST] - times[:-1, LAST]
    count = int(times[:, ENTRIES].sum()) - 1
    slack, silent = LEAST, np.empty(0, np.int64)
    if count >= RHYTHM:
        longer = 5 * (count - 1) // 100  # so many may be
        if longer < len(intervals):
            slack = max(LEAST, USUAL * int(np.sort(intervals)[len(intervals) - 1 - longer]))
        silent = np.flatnonzero(intervals > max(slack, SILENT))
    elif len(intervals):
        slack = max(LEAST, int(intervals.max()))
    silences = tuple((int(times[at, LAST]), int(times[at + 1, FIRST])) for at in silent)
    return Coverage(int(times[0, FIRST]), int(times[-1, LAST]), slack, silences, 0)


def _zoned(log: Coverage, tied: pl.DataFrame, runs: pl.DataFrame) -> Coverage:
    """In the zone in which its lines about tasks lie in their runs, then in which it covers most, then nearest UTC."""
    tied = tied.select("task", "at").join(runs, on="task", how="inner")
    at, low, high = (tied[name].to_numpy() for name in ("at", "start", "end"))
    starts, ends = runs["start"].to_numpy(), runs["end"].to_numpy()

    def score(zone: int) -> tuple[int, int, int]:
        shift = zone * QUARTER
        fits = int(np.sum((low - NEAR <= at - shift) & (at - shift <= high + NEAR)))
        seen = replace(log, shift=shift).blind(starts, ends)
        return fits, int(np.sum(seen == 0)), -abs(zone)

    return replace(log, shift=max(ZONES, key=score) * QUARTER)


def _clock(at: int) -> str:
    return f"{np.datetime64(at, 'us').astype('datetime64[m]')}".replace("T", " ")
