"""Final states that contradict each other (OCT301): between executions of one task, and between sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import combinations

import polars as pl

from analyzer.case import Case
from analyzer.detectors.claims import APART, STATUS, called, claimed, edited, explained
from analyzer.detectors.closings import both_ways
from analyzer.detectors.common import Row, evidence, rows
from analyzer.detectors.endings import endings
from analyzer.detectors.lines import KEY
from analyzer.model import Evidence
from analyzer.names import RUNS_UNKNOWN

TASK = ("customer", "task")
SAID = {"Failed": "failed", "Canceled": "was canceled", "Success": "succeeded"}
DOUBLE = (pl.col("relation").is_in(["concurrent", "possible"])) | (pl.col("work") == "same work")


@dataclass(frozen=True)
class Conflict:
    """Different final states of one task."""

    customer: str
    task: str
    log: str | None
    told: str
    evidence: tuple[Evidence, ...]
    sure: bool = True
    nodes: tuple[str, ...] = ()
    detail: Mapping[str, object] = field(default_factory=dict)


def between_executions(case: Case) -> tuple[list[Conflict], list[tuple[str, str, str]]]:
    """Executions that did the same work and ended differently; and tasks where it is undecided whether they did."""
    pairs = case.frame("pairs").filter(DOUBLE | (pl.col("work") == "undecided")).sort(*TASK, "first", "second")
    if pairs.is_empty():
        return [], []
    runs: dict[tuple[str, str], dict[int, Row]] = defaultdict(dict)
    for run in rows(endings(case).join(pairs.select(TASK).unique(), on=TASK, how="semi")):
        runs[(run["customer"], run["task"])][run["execution"]] = run
    kept = _kept(case)
    found: dict[tuple[str, str], Conflict] = {}
    unclear: dict[tuple[str, str], str] = {}
    for pair in rows(pairs):
        key = (pair["customer"], pair["task"])
        a, b = (runs[key].get(pair[side]) for side in ("first", "second"))
        if key in found or not a or not b:
            continue
        reason = _undecided(pair, a, b)
        if reason:
            unclear[key] = reason
        elif a["ending"] and b["ending"] and a["ending"] != b["ending"]:
            found[key] = _different(pair, a, b, kept.get(key))
    for conflict in map(partial(_nameless, kept=kept), both_ways(case)):
        found.setdefault((conflict.customer, conflict.task), conflict)
    return [found[key] for key in sorted(found)], [(*key, unclear[key]) for key in sorted(unclear) if key not in found]


def _undecided(pair: Row, a: Row, b: Row) -> str:
    """Why it cannot be told whether two executions are in conflict; "" where it can."""
    ends = {a["ending"], b["ending"]}
    double = pair["relation"] in ("concurrent", "possible") or pair["work"] == "same work"
    if double and len(ends) == 2 and None in ends:
        ended, other = (a, b) if a["ending"] else (b, a)
        if ended["ending"] == "Success" and other["outcome"] == "Failed":
            return (
                f"undecided: {_name(ended)} ended Success; a step of {_name(other)} failed, but its last lines are not "
                "in the log: it may have been stopped before it came to an end"
            )
    if None in ends or len(ends) == 1 or (double and pair["witness"] != RUNS_UNKNOWN):
        return ""
    told = f"undecided: {_name(a)} ended {a['ending']}, {_name(b)} {b['ending']}"
    if double:
        return f"{told}; server logs show that two executions overlapped, but not that it was these two"
    return f"{told}, and the evidence cannot tell the second one from a re-run"


def _kept(case: Case) -> dict[tuple[str, str], Row]:
    """The final state that database, else API, else a header kept."""
    states = claimed(case).filter(pl.col("claim").is_in(STATUS) & pl.col("final"))
    found: dict[tuple[str, str], Row] = {}
    for row in sorted(rows(states), key=lambda row: STATUS.index(row["claim"])):
        found.setdefault((row["customer"], row["task"]), row)
    return found


def _different(pair: Row, a: Row, b: Row, kept: Row | None) -> Conflict:
    how = "twice at the same time" if pair["relation"] == "concurrent" else "twice"
    sure = pair["relation"] != "possible" and "step" not in (a["sign"], b["sign"])
    sides = " and ".join(f"{_name(run)} ended {run['ending']}" for run in (a, b))
    told = f"{a['task']} was executed {how}: {sides}{_and_kept(kept, (a, b))}"
    if not sure:
        missing = "that they overlapped" if pair["relation"] == "possible" else "the last lines of an execution"
        told += f"; not shown: {missing}"
    places = [{"source": run["end_source"], "line": run["end_line"], "offset": run["end_offset"]} for run in (a, b)]
    return Conflict(
        customer=a["customer"],
        task=a["task"],
        log=a["log"] or b["log"] or None,
        told=told,
        evidence=evidence([*places, *([kept] if kept else [])]),
        sure=sure,
        nodes=tuple(sorted({run["node"] for run in (a, b) if run["node"]})),
        detail={
            "endings": {str(run["execution"]): run["ending"] for run in (a, b)},
            "kept": kept["state"] if kept else None,
            "kept_by": kept["claim"] if kept else None,
        },
    )


def _name(run: Row) -> str:
    return f"execution {run['execution']}" + (f" ({run['node']})" if run["node"] else "")


def _and_kept(kept: Row | None, runs: Sequence[Row]) -> str:
    if kept is None:
        return ""
    hidden = [_name(run) for run in runs if run["ending"] != kept["state"]]
    other = f": what {' and '.join(hidden)} did is not in it" if len(hidden) < len(runs) else ""
    return f"; the {called(kept['claim'])} says {kept['state']}{other}"


def _nameless(ends: tuple[Row, Row], kept: Mapping[tuple[str, str], Row]) -> Conflict:
    """A mixed log whose root ends in two ways, where it cannot be told which line is whose."""
    one, other = ends
    claim = kept.get((one["customer"], one["task"]))
    told = f"{one['task']} was executed twice at the same time: one execution {SAID[one['ending']]}"
    told += f" while the other {SAID[other['ending']]}"
    told += f"; the {called(claim['claim'])} says {claim['state']}" if claim else ""
    return Conflict(
        customer=one["customer"],
        task=one["task"],
        log=one["log"] or None,
        told=told,
        evidence=evidence([one, other, *([claim] if claim else [])]),
        detail={"endings": [one["ending"], other["ending"]], "kept": claim["state"] if claim else None},
    )


def between_claims(case: Case) -> list[Conflict]:
    """Sources that claim different final states for one task, and no legitimate reason for it in the case."""
    opinions = pl.concat([_stated(case), _logged(case)], how="diagonal")
    opinions = opinions.join(edited(case), on=TASK, how="anti").with_columns(
        pl.col("state").replace({"TimedOut": "Failed"})
    )
    suspects = opinions.filter(pl.col("state").n_unique().over(TASK) > 1).sort(*TASK, "rank", "source", "line")
    found = []
    for _, group in suspects.group_by(TASK, maintain_order=True):
        conflict = next((pair for pair in combinations(rows(group), 2) if _contradict(*pair)), None)
        if conflict:
            found.append(_disagree(*conflict))
    return found


def _stated(case: Case) -> pl.DataFrame:
    """Final states that somebody states; a cancellation may arrive late, so it contradicts nobody."""
    states = claimed(case).filter(pl.col("final") & (pl.col("state") != "Canceled") & ~explained())
    several = (
        case.frame("executions")
        .filter(pl.col("lines") > 0)
        .group_by(TASK)
        .agg(runs=(pl.col("relation") != "resume").sum())
    )
    states = states.join(several, on=TASK, how="left")
    once = pl.col("runs").fill_null(1) <= 1  # the tree of several runs shows the worst of them
    events = _last_events(case)
    states = states.filter((pl.col("claim") != "audit event") & ((pl.col("claim") != "tree") | once))
    columns = [*TASK, "source", "line", "offset", "claim", "state", "completed"]
    rank = pl.col("claim").replace_strict({"database": 0, "api": 1, "header": 2, "tree": 3}, return_dtype=pl.Int64)
    return pl.concat([states.select(*columns, rank=rank), events.select(*columns, rank=pl.lit(4, pl.Int64))])


def _last_events(case: Case) -> pl.DataFrame:
    """Audit events of a task's end behind its last start: of two that differ one contradicts the other."""
    events = claimed(case).filter(pl.col("claim") == "audit event")
    again = case.frame("pairs").filter(~DOUBLE & (pl.col("work") != "resume"))  # each of the runs has an end of its own
    events = events.join(again, on=TASK, how="anti")
    when = pl.coalesce("completed", "started", "queued")
    events = events.with_columns(when=when).filter(pl.col("when").is_not_null()).sort(*TASK, "when", "source", "line")
    begins = pl.col("started").is_not_null()
    latest = begins.cum_sum().over(TASK) == begins.sum().over(TASK)
    known = begins.any().over(TASK)
    return events.filter(latest & known & pl.col("final") & (pl.col("state") != "Canceled"))


def _logged(case: Case) -> pl.DataFrame:
    """What the log says in words of its end, for tasks whose executions followed one another."""
    pairs = case.frame("pairs").filter(
        ~((pl.col("relation") == "sequential") & pl.col("work").is_in(["resume", "re-run"]))
    )
    runs = endings(case).join(pairs.select(TASK).unique(), on=TASK, how="anti")
    last = runs.sort(*KEY, "execution").unique(TASK, keep="last", maintain_order=True)
    said = last.filter(pl.col("said") & pl.col("ending").is_in(["Success", "Failed"]))
    logs = endings(case).select(KEY).unique().group_by(TASK).len("logs")
    said = said.join(logs, on=TASK).filter(pl.col("logs") == 1)  # of two logs it is not known which is the later one's
    return said.select(
        *TASK, "log", "node", source="end_source", line="end_line", offset="end_offset", state="ending",
        completed="ended", claim=pl.lit("log"), rank=pl.lit(5, pl.Int64),
    )  # fmt: skip


def _contradict(one: Row, other: Row) -> bool:
    """Different states of one completion; a file from before a re-run may differ, so both must tell when it was."""
    times: list[datetime] = [row["completed"] for row in (one, other) if row["completed"]]
    together = abs(times[0] - times[1]) <= APART if len(times) == 2 else one["source"] == other["source"]
    return one["state"] != other["state"] and together


def _disagree(one: Row, other: Row) -> Conflict:
    sides = [f"the {called(side['claim'])} says {side['state']}" for side in (one, other)]
    told = f"{one['task']}: {sides[0]}, but {sides[1]}"
    return Conflict(
        customer=one["customer"],
        task=one["task"],
        log=other.get("log") or one.get("log"),
        told=told,
        evidence=evidence([one, other]),
        nodes=tuple(sorted({row["node"] for row in (one, other) if row.get("node")})),
        detail={"claims": {one["claim"]: one["state"], other["claim"]: other["state"]}},
    )
