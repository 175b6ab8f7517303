"""Random true histories of a cluster, without any file: is a *proved* overlap ever false?

    python -m tests.histories --count 100000

draws clocks (offsets up to 30 minutes, drift up to 100 millionths), tasks that ran once on each node with rows of the
database, pauses that another node resumed, failed appends, and two executions of one more task that overlapped or
did not. Times are then cut to the resolution of their clock, and only what a case would show goes to the solver. The
database's StartTime and CompletedTime are stamped by the database in some histories and by the executing node in
others: nothing in a case says which. Printed: verdicts against the truth, and recall of *proved* by witness.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import Pool

import polars as pl

from analyzer import schema
from analyzer.clocks import SECOND, Place
from analyzer.executions.constraints import Attempt, Dated, bounds
from analyzer.executions.relate import relate
from analyzer.executions.sides import Relation, Side

HOUR = 3600.0
START = datetime(2023, 9, 18, 8, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that is off and drifts."""

    offset: float
    drift: float
    name: str

    def stamp(self, true: float) -> int:
        """What it shows at a true second of the history, in 100 ns since 1970."""
        shown = true + self.offset + self.drift * true
        return (START - EPOCH) // timedelta(microseconds=1) * 10 + int(shown * SECOND)


@dataclass
class History:
    """What a case would show, and whether the two executions really overlapped."""

    witness: str
    overlap: bool
    relation: Relation


def cluster(rng: random.Random) -> tuple[Clock, list[Clock]]:
    """The database's clock and the nodes'."""
    reach = rng.choice((0.0, 1.0, 30.0, 300.0, 1800.0))

    def clock(name: str) -> Clock:
        return Clock(rng.uniform(-reach, reach), rng.uniform(-1e-4, 1e-4), name)

    return clock("the database"), [clock(f"n{i}") for i in range(rng.randint(2, 4))]


def history(seed: int) -> History:
    """One history, judged."""
    rng = random.Random(seed)
    database, nodes = cluster(rng)
    stamped_by_node, rows_given = rng.random() < 0.3, rng.random() < 0.8
    runs: list[Dated] = []
    rows: list[dict[str, object]] = []
    for number in range(rng.randint(0, 24)):
        node, task = rng.choice(nodes), ("", f"ServerTasks-{number + 10}")
        begun, ended = _span(rng)
        runs.append(_run(rng, node, task, begun, ended))
        if rows_given:
            rows.append(_row(rng, database, node if stamped_by_node else database, task[1], begun, ended))
    runs += _hand_overs(rng, nodes)
    a, b = rng.sample(nodes, 2) if rng.random() < 0.95 else [nodes[0], nodes[0]]
    first, second, overlap = _pair(rng)
    sides = [_side(rng, 1, a, first), _side(rng, 2, b, second)]
    attempts = list(_attempts(rng, b, first, second)) if rng.random() < 0.3 else []
    task = ("", "ServerTasks-1")
    suspects = [Dated(task, s.number, s.number, s.clock, s.places, True, True) for s in sides[: 1 if attempts else 2]]
    states = pl.DataFrame(schema.from_rows(schema.STATES, rows))
    relation = relate(
        sides[0], sides[1], bounds([*runs, *suspects], states, attempts), ordered=False, tears=0, deploy=True
    )
    witness = "one clock" if a is b else "database rows" if rows_given else "lock errors" if attempts else "none"
    return History(witness, overlap, relation)


def _span(rng: random.Random) -> tuple[float, float]:
    begun = rng.uniform(0, 4 * HOUR)
    return begun, begun + rng.expovariate(1 / 60)


def _run(rng: random.Random, node: Clock, task: tuple[str, str], begun: float, ended: float) -> Dated:
    first, last = begun + rng.uniform(0, 1), max(begun + 1, ended)
    places = (_place(node.stamp(first)), _place(node.stamp(last)))
    return Dated(task, 1, 1, node.name, places, True, True)


def _place(instant: int) -> Place:
    return Place("log", 1, 0, instant)


def _row(
    rng: random.Random, database: Clock, stamper: Clock, task: str, begun: float, ended: float
) -> dict[str, object]:
    queued = database.stamp(begun - rng.expovariate(1 / 10))
    started = stamper.stamp(begun)
    completed = stamper.stamp(max(begun + 1, ended) + rng.uniform(0, 2))
    times = {"queued": queued, "started": started, "completed": completed}
    cut = {name: EPOCH + timedelta(milliseconds=instant // 10_000) for name, instant in times.items()}
    return {"customer": "", "source": "tasks.json", "line": 1, "offset": 0, "task": task, "claim": "api", **cut}


def _hand_overs(rng: random.Random, nodes: list[Clock]) -> list[Dated]:
    found = []
    for number in range(rng.randint(0, 3)):
        task = ("", f"ServerTasks-{number + 90}")
        begun, paused = _span(rng)
        resumed = max(begun + 1, paused) + rng.expovariate(1 / 600)
        one, other = rng.sample(nodes, 2)
        later = Dated(
            task, 2, 1, other.name, (_place(other.stamp(resumed)), _place(other.stamp(resumed + 9))), False, True
        )
        found += [_run(rng, one, task, begun, paused), later]
    return found


def _pair(rng: random.Random) -> tuple[tuple[float, float], tuple[float, float], bool]:
    begun, ended = _span(rng)
    ended = max(begun + 1, ended)
    again = begun + rng.uniform(0, 20) if rng.random() < 0.5 else ended + rng.choice((0.001, 1.0, 30.0, 3 * HOUR))
    second = (again, again + 1 + rng.expovariate(1 / 60))
    return (begun, ended), second, again < ended


def _side(rng: random.Random, number: int, node: Clock, span: tuple[float, float]) -> Side:
    moments = sorted({*span, *(rng.uniform(*span) for _ in range(3))})
    places = tuple(
        Place(f"{number}.tl.txt", line, line * 100, node.stamp(true)) for line, true in enumerate(moments, 1)
    )
    name = node.name.upper()
    return Side(number, number, name, node.name, places, "Success", True, False, frozenset(), True)


def _attempts(
    rng: random.Random, node: Clock, held: tuple[float, float], span: tuple[float, float]
) -> Iterator[Attempt]:
    """Failed appends of the second execution while the first one, or its last minute, held the file."""
    for _ in range(5):
        true = rng.uniform(*span)
        if held[0] <= true <= held[1] + 60:
            yield Attempt(("", "ServerTasks-1"), node.name, _place(node.stamp(true)))


def judged(seed: int) -> tuple[str, bool, str]:
    """Witness, truth and verdict of one history."""
    found = history(seed)
    return found.witness, found.overlap, found.relation.relation


def main() -> int:
    """Judge many histories and print the table; 1 when a false *proved* occurred."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    count = parser.parse_args().count
    with Pool() as pool:
        seen = Counter(pool.imap_unordered(judged, range(count), chunksize=500))
    print(f"{count:,} histories; rows: witness and truth; columns: verdict")
    verdicts = ("concurrent", "possible", "unknown", "sequential")
    print(f"{'':38}" + "".join(f"{verdict:>12}" for verdict in verdicts) + f"{'proved':>10}")
    for witness, overlap in sorted({(witness, overlap) for witness, overlap, _ in seen}):
        row = [seen[(witness, overlap, verdict)] for verdict in verdicts]
        share = f"{row[0] / sum(row):10.1%}" if overlap else ""
        print(
            f"{witness + (', overlapped' if overlap else ', one after the other'):38}"
            + "".join(f"{n:12,}" for n in row)
            + share
        )
    wrong = sum(n for (_, overlap, verdict), n in seen.items() if verdict == "concurrent" and not overlap)
    wrong += sum(n for (_, overlap, verdict), n in seen.items() if verdict == "sequential" and overlap)
    print(f"false verdicts (proved without overlap, or sequential with it): {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
