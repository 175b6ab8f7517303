"""The ways in which a case shows that lines of a raw task log are missing (OCT204), one function each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from analyzer.case import Case
from analyzer.detectors.claims import called, final_status
from analyzer.detectors.common import Row, on_nodes, quoted, rows
from analyzer.detectors.lines import (
    DETAILS,
    KEY,
    RAW,
    ROOT,
    answers,
    cleared,
    headline,
    raw_lines,
    remembered,
    task_lines,
)
from analyzer.detectors.tasklogs import TASK, refused_appends, task_logs, torn_entries

COPYING = timedelta(minutes=10)
"""Files of one folder are copied one after the other, and clocks differ by minutes."""
HEADLESS = "steps under ids of their own"
"""Basis of an execution whose root announces itself nowhere: its beginning is missing."""

NAMED = 3
PLACE = ("source", "line", "offset")

Unclear = tuple[str, str, str]  # customer, task, reason


@dataclass(frozen=True)
class Loss:
    """One way in which one log lost lines."""

    key: tuple[str, str, str]
    cause: str
    told: str
    places: Sequence[Row]
    entries: int  # at least so many are missing
    sure: bool = True
    nodes: tuple[str, ...] = ()


def torn(case: Case) -> tuple[list[Loss], list[Unclear]]:
    """Entries of which only a piece is left."""
    pieces = torn_entries(case)
    if pieces.is_empty():
        return [], []
    last = task_lines(case).group_by("customer", "source").agg(last_line=pl.col("line").max())
    logs = task_logs(case).select(*KEY, "finishes")
    pieces = pieces.join(last, on=["customer", "source"], how="left").join(logs, on=KEY, how="left")
    at_end = (pl.col("line") > pl.col("last_line")) & (pl.col("line") == pl.col("source_lines"))
    written = pieces.filter(at_end & (pl.col("finishes") == 0)).join(_closed(case), on=KEY, how="anti")
    pieces = pieces.join(written, on=["customer", "source", "line"], how="anti", maintain_order="left")
    found = []
    for key, group in pieces.group_by(KEY, maintain_order=True):
        lines = group.unique(["source", "line"], keep="first", maintain_order=True)
        files = lines.group_by("source", maintain_order=True).agg("line")
        where = "; ".join(f"{source.rpartition('/')[2]} {_lines(numbers)}" for source, numbers in files.iter_rows())
        count = "an entry is torn" if group.height == 1 else f"{group.height} entries are torn"
        found.append(Loss(_key(key), "torn entries", f"{count} ({where})", list(rows(group)), group.height))
    return found, []


def refused(case: Case) -> tuple[list[Loss], list[Unclear]]:
    """Appends that a node gave up."""
    failures = refused_appends(case)
    if failures.is_empty():
        return [], []
    logs = task_logs(case).filter("raw")
    found, unclear = [], []
    for (customer, task), group in failures.group_by(TASK, maintain_order=True):
        mine = logs.filter((pl.col("customer") == customer) & (pl.col("task") == task))
        if mine.is_empty():
            reason = f"{group.height} appends to its log failed, but the log is not in the input"
            unclear.append((str(customer), str(task), reason))
            continue
        nodes = tuple(sorted({node for node in group["node"].to_list() if node}))
        times = "an append" if group.height == 1 else f"{group.height:,} appends"
        where = f" {on_nodes(nodes)}" if nodes else ""
        they = "it" if group.height == 1 else "they"
        told = f"{times}{where} failed for good, and what {they} would have written is lost"
        key = (str(customer), str(task), str(mine["log"][0]))
        found.append(Loss(key, "failed appends", told, list(rows(group)), group.height, nodes=nodes))
    return found, unclear


def without_parent(case: Case) -> tuple[list[Loss], list[Unclear]]:
    """Activities below one that has no line at all, not even the one that begins it."""
    parent = pl.col("activity").str.replace(r"/?[^/]*$", "")
    first = raw_lines(case).unique([*KEY, "activity"], keep="first", maintain_order=True)
    spoken = first.select(*KEY, parent="activity")
    first = first.filter(~ROOT).with_columns(parent=parent)
    orphans = first.join(spoken, on=[*KEY, "parent"], how="anti", maintain_order="left")
    found = []
    for key, group in orphans.group_by(KEY, maintain_order=True):
        silent = group["parent"].n_unique()
        names = quoted(map(headline, group["message"]), group.height, NAMED)
        only = "an activity is" if silent == 1 else f"{silent:,} activities are"
        told = f"{only} known only by what ran inside: {names}"
        found.append(Loss(_key(key), "activities without start", told, list(rows(group)), silent))
    return found, []


def without_start(case: Case) -> tuple[list[Loss], list[Unclear]]:
    """A log in which no part begins with the root, or an execution whose beginning is not there."""
    headless = case.frame("executions").filter((pl.col("basis") == HEADLESS) & (pl.col("lines") > 0))
    headless = headless.with_columns(pl.col("log").fill_null(""), line="first_line", offset="first_offset")
    # What resumes announces no root.
    headless = headless.join(answers(case), on=["customer", *PLACE], how="anti", maintain_order="left")
    headless = headless.join(_behind_an_answer(case), on=["customer", *PLACE], how="anti", maintain_order="left")
    raw = task_logs(case).filter("raw")
    headless = headless.join(raw.select(*KEY, "opened"), on=KEY, how="inner", maintain_order="left")
    found = [
        Loss(
            (row["customer"], row["task"], row["log"]),
            "part without its start",
            f"execution {row['number']} has no beginning: its first line is {row['source']} line {row['line']}",
            [row],
            1,
        )
        for row in rows(headless.filter("opened"))
    ]
    lines = task_lines(case).join(raw.filter(~pl.col("opened")), on=KEY, how="semi")
    for row in rows(lines.unique(KEY, keep="first", maintain_order=True)):
        told = f"the log has no beginning: its first line is not the task's own ({row['source']} line {row['line']})"
        found.append(Loss((row["customer"], row["task"], row["log"]), "log without its start", told, [row], 1))
    return found, []


def _behind_an_answer(case: Case) -> pl.DataFrame:
    """Places of lines that go on with steps of another part's plan, behind an answer in their own part.

    Of two executions that both paused, the one that resumes may take over the other's plan: its steps then begin in a
    part in which nobody announced them, and yet no line is missing.
    """
    said = answers(case).filter(~ROOT & (pl.col("format") == RAW))
    if said.is_empty():
        return said.select("customer", *PLACE)
    lines = raw_lines(case).filter(~ROOT)
    plan = lines.filter(pl.col("kind") == "planned").select(*KEY, "step", plan="source").unique()
    said = said.join(plan, on=[*KEY, "step"], how="inner").filter(pl.col("plan") != pl.col("source"))
    said = said.group_by(*KEY, "source", "plan").agg(answered=pl.col("line").min())
    work = lines.join(plan, on=[*KEY, "step"], how="inner").join(said, on=[*KEY, "source", "plan"], how="inner")
    return work.filter(pl.col("line") > pl.col("answered")).select("customer", *PLACE).unique()


def not_in_raw_log(case: Case) -> tuple[list[Loss], list[Unclear]]:
    """Log elements of `/details` whose activity has no line of that millisecond in the raw log, up to its last line.

    Messages are not compared: the API may give them with other line ends or masks. A `/details` with steps that the raw
    log does not know was taken after a later run, perhaps by a node whose clock is behind: it is not compared.
    """
    formats = case.frame("sources").filter((pl.col("format") == DETAILS) & pl.col("duplicate_of").is_null())
    if formats.is_empty():
        return [], []
    raw = raw_lines(case)
    told = case.frame("telling").join(formats.select("customer", "source"), on=["customer", "source"], how="semi")
    told = told.with_columns(pl.col("log").fill_null(""), pl.col("activity").fill_null(""), ms=_milliseconds())
    later = told.filter(pl.col("activity") != "").with_columns(step=pl.col("activity").str.split("/").list.first())
    later = later.join(raw.select(*KEY, "step").unique(), on=[*KEY, "step"], how="anti").select("customer", "source")
    told = told.join(later.unique(), on=["customer", "source"], how="anti")
    ends = raw.group_by(KEY).agg(end=pl.col("time").dt.epoch("ms").max())
    told = (
        told.filter(pl.col("time").is_not_null()).join(ends, on=KEY, how="inner").filter(pl.col("ms") < pl.col("end"))
    )
    if told.is_empty():
        return [], []
    there = raw.with_columns(ms=_milliseconds())
    there = pl.concat([there.select(*KEY, "activity", ms=pl.col("ms") + shift) for shift in (-1, 0, 1)]).unique()
    missing = told.join(there, on=[*KEY, "activity", "ms"], how="anti").sort(*KEY, "source", "line", "offset")
    found = []
    for key, group in missing.group_by(KEY, maintain_order=True):
        count = (
            "an entry that /details shows is"
            if group.height == 1
            else f"{group.height:,} entries that /details shows are"
        )
        found.append(
            Loss(_key(key), "missing beside /details", f"{count} not in the raw log", list(rows(group)), group.height)
        )
    return found, []


def _milliseconds() -> pl.Expr:
    return pl.col("time").dt.epoch("ms")


def without_end(case: Case) -> tuple[list[Loss], list[Unclear]]:
    """A log whose root never finished although the task succeeded before the files beside it end.

    Only a success: a failed or canceled task may have been closed by another node after its own had died.
    """
    logs = task_logs(case).filter((pl.col("finishes") == 0) & (pl.col("executions") == 1))
    if logs.is_empty():
        return [], []
    logs = logs.join(_closed(case), on=KEY, how="inner", maintain_order="left").filter(pl.col("state") == "Success")
    logs = logs.filter((pl.col("started") <= pl.col("last") + COPYING).fill_null(True))
    found = []
    for row in rows(logs):
        claim, last = ({name: row[f"{side}_{name}"] for name in PLACE} for side in ("claim", "last"))
        told = f"the log ends in line {row['last_line']} before the task finished, "
        told += f"but the {called(row['claim'])} says Success"
        found.append(Loss((row["customer"], row["task"], row["log"]), "log without its end", told, [last, claim], 1))
    return found, []


@remembered
def _closed(case: Case) -> pl.DataFrame:
    """KEY, `state`, `claim` and its place: raw logs that were copied after their task was over.

    Copied after it, because a file of the same folder has lines that are younger than the task's completion.
    """
    raw = raw_lines(case)
    files = raw.group_by(*KEY, "source", maintain_order=True).agg(newest=pl.col("time").max())
    looked = cleared(case).select(*KEY, source=pl.col("sources").list.first(), newest="last")
    files = pl.concat([files, looked])
    files = files.with_columns(folder=pl.col("source").str.replace(r"(?:servertasks-[^/]*/)?[^/]*$", ""))
    files = files.with_columns(newest=pl.col("newest").max().over("customer", "folder"))
    files = files.unique(KEY, keep="first", maintain_order=True)
    place = {f"claim_{name}": name for name in PLACE}
    status = final_status(case).select(*TASK, "claim", "state", "started", "completed", **place)
    files = files.join(status, on=TASK, how="inner", maintain_order="left")
    return files.filter(pl.col("newest") > pl.col("completed") + COPYING).drop("source", "folder", "newest")


def _lines(numbers: Sequence[int]) -> str:
    """`line 7`, `lines 7, 9 and 12`."""
    words = [f"{number:,}" for number in numbers]
    if len(words) == 1:
        return f"line {words[0]}"
    more = f" and {len(words) - 3} more" if len(words) > 4 else f" and {words[-1]}"
    return f"lines {', '.join(words[:3] if len(words) > 4 else words[:-1])}{more}"


def _key(key: tuple[object, ...]) -> tuple[str, str, str]:
    customer, task, log = key
    return str(customer), str(task), str(log)


LOSSES: tuple[Callable[[Case], tuple[list[Loss], list[Unclear]]], ...] = (
    torn,
    refused,
    without_parent,
    without_start,
    not_in_raw_log,
    without_end,
)


@remembered
def every_loss(case: Case) -> tuple[tuple[Loss, ...], tuple[Unclear, ...]]:
    """What all these ways show."""
    shown = [way(case) for way in LOSSES]
    return tuple(loss for found, _ in shown for loss in found), tuple(one for _, unclear in shown for one in unclear)
