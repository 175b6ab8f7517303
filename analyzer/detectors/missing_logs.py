"""What of the nodes' server logs is missing while tasks ran: absent logs, late beginnings, early ends, silences.

Hundreds of thousands of tasks share a handful of gaps: each gap is made once, and a task has the number of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.case import Case
from analyzer.detectors.serverlogs import Coverage, covered, known_nodes, unplaced_logs
from analyzer.detectors.tasklogs import TASK
from analyzer.names import SERVER_LOG

NO_SERVER_LOG = "no server log is in the input"
NAMED = 4

Gap: TypeAlias = Mapping[str, str]
"""Node -> what of its server log is missing; "" where no node is named."""
Rows: TypeAlias = npt.NDArray[np.int64]


class Gaps:
    """The gaps of some tasks: `every` different one, and per task `which` of them it has. Number 0 is no gap."""

    def __init__(self, tasks: int) -> None:
        self.every: list[Gap] = [{}]
        self.which = np.zeros(tasks, np.int64)

    def add(self, rows: Rows, more: Gap) -> None:
        """These tasks have more missing than before."""
        before = self.which[rows]
        for number in np.unique(before).tolist():
            self.which[rows[before == number]] = len(self.every)
            self.every.append({**self.every[number], **more})


def missing(case: Case, tasks: pl.DataFrame, damaged: pl.DataFrame) -> Gaps:
    """The gaps of `tasks` (TASK, each once). `damaged`: TASK of those whose logs may lack lines."""
    known = known_nodes(case)
    every = runs(case)
    logs = covered(case, every.drop_nulls("start"))
    served = set(case.frame("sources").filter(pl.col("format") == SERVER_LOG)["customer"])
    unplaced = unplaced_logs(case, known)
    tasks = tasks.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    every = every.join(tasks, on=TASK, how="inner", maintain_order="left")
    found = Gaps(len(tasks))
    for customer, nodes in known.items():
        mine = every.filter(pl.col("customer") == customer)
        if customer not in served:
            hurt = tasks.filter(pl.col("customer") == customer).join(damaged, on=TASK, how="semi")
            ran = mine if len(nodes) > 1 else hurt
            found.add(ran["row"].unique().to_numpy(), dict.fromkeys(nodes.values() or ("",), NO_SERVER_LOG))
            continue
        absent = [nodes[node] for node in sorted(nodes) if (customer, node) not in logs]
        if absent:
            reason = _absent(absent, unplaced.get(customer, []))
            found.add(mine["row"].unique().to_numpy(), dict.fromkeys(absent, reason))
        for node in sorted(nodes):
            if log := logs.get((customer, node)):
                _add_blind(found, mine.drop_nulls("start"), log, nodes[node])
    return found


def _add_blind(found: Gaps, runs: pl.DataFrame, log: Coverage, node: str) -> None:
    """Of a task with several runs the first that the log does not cover says what is missing."""
    blind = log.blind(runs["start"].to_numpy(), runs["end"].to_numpy())
    rows, first = np.unique(runs["row"].to_numpy()[blind > 0], return_index=True)
    kinds = blind[blind > 0][first]
    for kind in np.unique(kinds).tolist():
        found.add(rows[kinds == kind], {node: f"the server log of {node} {log.told(kind)}"})


def _absent(nodes: Sequence[str], unplaced: Sequence[str]) -> str:
    told = f"the server {'log' if len(nodes) == 1 else 'logs'} of {listing(nodes)} "
    told += f"{'is' if len(nodes) == 1 else 'are'} not in the input"
    if unplaced:
        told += f" (or not known as theirs: whose is {listing(unplaced)}? --node NAME=PATH)"
    return told


def runs(case: Case) -> pl.DataFrame:
    """customer, task, start, end (us) of every execution that left lines in a task log; null where it has no date."""
    found = case.frame("executions").filter(pl.col("lines") > 0)
    start, end = (pl.col(name).dt.epoch("us") for name in ("started", "ended"))
    return found.select(*TASK, start=start, end=pl.coalesce(end, start)).sort(*TASK, "start")


def listing(names: Sequence[str]) -> str:
    """A few names for prose."""
    shown = list(names[:NAMED])
    if len(names) > NAMED:
        return f"{', '.join(shown)} and {len(names) - NAMED:,} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
