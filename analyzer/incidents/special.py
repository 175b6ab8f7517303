"""Signatures of one incident each, where the common words do not suffice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from analyzer.incidents.facts import STATUS, Facts, Hit, places
from analyzer.names import HELD

LEADER = r"^Updating node to become leader: *\"?([^\s\"]+)"
START_UP = r"^(?:Octopus\.Server(?:\.exe)? version|Defaulting server)"
RE_RUNS = 3
"""So many runs that were appended to one file make it a growing log; a threshold of ours."""
SLACK = timedelta(minutes=1)
PLACE = ["source", "line", "offset"]


def leader_changes(facts: Facts) -> Iterator[Hit]:
    """Nodes that became leader again without a start in between: another one had been it.

    Certain where two nodes did. The nodes' logs need no common clock for that.
    """
    lines = facts.server.filter(pl.col("message").str.contains(f"{LEADER}|{START_UP}") & pl.col("node").is_not_null())
    lines = lines.with_columns(leads=pl.col("message").str.contains(LEADER))
    again = lines.filter(pl.col("leads") & pl.col("leads").shift().over("source").fill_null(False))
    nodes = sorted({str(node) for node in again["node"]}, key=str.casefold)
    if not nodes:
        return
    others = facts.without_server_log()
    if len(nodes) > 1:
        yield Hit(places(again), None, tuple(nodes), again["time"].min())  # type: ignore[arg-type]
    elif others:
        yield Hit(places(again), None, tuple(nodes), unsure=f"the server log of {', '.join(others[:3])} is missing")


def two_layouts(facts: Facts) -> Iterator[Hit]:
    """Tasks whose log is both a single file and a folder of parts."""
    logs = facts.of("task-log")["source"].implode()
    events = facts.case.frame("telling").select([*PLACE, "task", "log", "segment", "time"])
    if events["segment"].null_count() == len(events):
        return
    first = events.filter(pl.col("source").is_in(logs)).sort("source", "line").unique("source", maintain_order=True)
    both = (pl.col("segment").is_null().any() & pl.col("segment").is_not_null().any()).over("task", "log")
    for (task, _), files in first.filter(both).group_by("task", "log", maintain_order=True):
        yield Hit(places(files), str(task), (), files["time"].max())  # type: ignore[arg-type]


def grown_log(facts: Facts) -> Iterator[Hit]:
    """Single files to which several legitimate re-runs were appended."""
    again = ((pl.col("relation") == "re-run").sum() >= RE_RUNS - 1).over("task", "source")
    single = pl.col("source").is_not_null() & ~pl.col("source").str.ends_with(".tl.txt")
    for (task, _), runs in facts.runs.filter(again & single).group_by("task", "source", maintain_order=True):
        later = runs.filter(pl.col("relation") == "re-run")
        starts = later.select("source", line="first_line", offset="first_offset")
        yield Hit(places(starts), str(task), tuple(runs["node"].drop_nulls().unique().sort()), later["started"][-1])


def canceled_but_complete(facts: Facts) -> Iterator[Hit]:
    """Tasks that were over as Canceled while their only execution went on to its success."""
    canceled = facts.states.filter(pl.col("claim").is_in(STATUS) & (pl.col("state") == "Canceled"))
    alone = facts.runs.filter((pl.len().over("task") == 1) & (pl.col("outcome") == "Success"))
    both = canceled.unique("task", maintain_order=True).join(alone, on="task", how="inner", suffix="_run")
    for row in both.iter_rows(named=True):
        known = row["completed"] is not None and row["ended"] is not None
        if known and row["completed"] + SLACK > row["ended"]:
            continue  # the cancellation came when everything was done
        last = {"source": row["last_source"], "line": row["last_line"], "offset": row["last_offset"]}
        evidence = places(pl.DataFrame([{name: row[name] for name in PLACE}, last]))
        unsure = "" if known else "no source says when the task was canceled"
        nodes = (row["node_run"],) if row["node_run"] else ()
        yield Hit(evidence, row["task"], nodes, row["started_run"], unsure=unsure)


def success_without_event(facts: Facts) -> Iterator[Hit]:
    """Successful tasks whose start is in the audit and whose success is not, although the audit goes on."""
    events = facts.states.filter(pl.col("claim") == "audit event")
    times = events.select(at=pl.max_horizontal("queued", "started", "completed"))
    newest = times["at"].max()
    begun = events.filter(pl.col("detail").str.contains("(?:Queued|Started)$"))
    over = facts.states.filter(pl.col("claim").is_in(STATUS) & (pl.col("state") == "Success"))
    silent = begun.join(events.filter(pl.col("state").is_not_null()), on="task", how="anti")
    for row in over.unique("task", maintain_order=True).iter_rows(named=True):
        mine = silent.filter(pl.col("task") == row["task"])
        if mine.is_empty():
            continue
        later = row["completed"] is not None and newest is not None and newest > row["completed"]
        unsure = "" if later else "the audit events in the input may end before the task did"
        evidence = (*places(mine.head(1)), *places(pl.DataFrame([{name: row[name] for name in PLACE}])))
        yield Hit(evidence, row["task"], (), row["completed"], unsure=unsure)


def separate_folders(facts: Facts) -> Iterator[Hit]:
    """Two nodes' folders hold task logs, none of them the same, and their numbers alternate."""
    names = {name.casefold(): name for name in facts.of("server-log")["node"].drop_nulls().to_list()}
    folder = pl.col("source").str.to_lowercase().str.split("/").list.set_intersection(pl.lit(list(names))).list.first()
    logs = facts.of("task-log").with_columns(node=folder.replace(names)).filter(pl.col("node").is_not_null())
    first = (
        facts.case.frame("logs")
        .explode("sources")
        .select("task", source="sources", line="first_line", offset="first_offset")
    )
    both = first.join(logs.select("source", "node"), on="source", how="inner")
    number = pl.col("task").str.extract(r"ServerTasks-(\d+)").cast(pl.Int64)
    both = both.with_columns(number=number).filter(pl.col("number").is_not_null()).sort("number", "source")
    nodes = both["node"].unique().sort().to_list()
    shared = both.group_by("task").agg(pl.col("node").n_unique())["node"].max() == 1
    changes = (both["node"] != both["node"].shift()).sum()
    if len(nodes) > 1 and shared and changes > len(nodes):
        yield Hit(places(both), None, tuple(nodes), unsure="a part of each folder may have been left out of the bundle")


def lock_without_log(facts: Facts) -> Iterator[Hit]:
    """Tasks whose log another process held, and whose log is not in the input."""
    there = {task for task, lines in facts.runs.select("task", "lines").iter_rows() if lines}
    held = facts.server.filter(pl.col("task").is_not_null() & pl.col("message").str.contains(HELD, literal=True))
    for (task, node), lines in held.group_by("task", "node", maintain_order=True):
        if task not in there:
            yield Hit(places(lines), str(task), (str(node),) if node else (), lines["time"][0], lines["wall"][0])
