"""Everything a race can be asked for, in one frozen value."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Literal

Layout = Literal["single", "segments"]
States = Literal["none", "api", "csv"]
Downloads = Literal["none", "some", "only", "details"]
"""Text downloads of no task, of some, of all and no raw logs, or `/details` of all and no raw logs."""

KINDS = (
    "deploy",
    "parallel",
    "rolling",
    "retry",
    "skip",
    "failing",
    "guided",
    "intervention",
    "rerun",
    "restart",
    "cancel",
    "health",
    "tiny",
    "big",
    "runbook",
)
"""What a task is about; `intervention` may become a hand-over, `restart` loses its node, `rerun` is an auto-deploy."""

WEIGHTS = {"deploy": 3, "parallel": 2, "tiny": 2, "intervention": 2, "rerun": 2, "health": 2}
"""How often a kind is drawn, where not once."""


@dataclass(frozen=True)
class Evidence:
    """What of a race the customer sends."""

    server_logs: bool = True
    states: States = "none"
    details: bool = False
    events: bool = False
    downloads: Downloads = "none"
    damage: int = 0
    """How many injuries the task logs get after the race (see `damage`)."""

    @property
    def raw(self) -> bool:
        """Whether the task logs themselves are sent, and not only views of them."""
        return self.downloads in ("none", "some")


@dataclass(frozen=True)
class Race:
    """One race. Times are log seconds unless they say otherwise; `()` means drawn from the seed or zero."""

    seed: int = 1
    layout: Layout = "single"
    nodes: int = 3
    write_lock: bool = True
    skews: tuple[float, ...] = ()
    drift_ppm: float = 20.0
    database_skew: float = 0.0
    lost_writes: bool = False
    hold: float = 8.0
    """How long a node keeps a task log's handle after its last write (only with `lost_writes`)."""
    patience: float = 5.0
    """How long an append is retried before its line is lost."""
    segment_per: Literal["execution", "node"] = "execution"
    machine_blocks: bool = True
    separate_block_lines: bool = False
    """Environment Information as one Verbose line each (3.10 to 3.12) and not as one entry."""
    tasks: int = 10
    kinds: tuple[str, ...] = ()
    first_task: int = 48200
    big_lines: int = 400
    step_lines: tuple[int, int] = (3, 14)
    """How many lines of output an action has."""
    luck: float = 0.15
    """The chance that one execution fails although its task has nothing wrong with it."""
    poll: float = 6.0
    think: float = 4.0
    """How long an unlocked claim thinks between its read and its update, at most."""
    arrival: float = 25.0
    rerun_gap: tuple[float, float] = (2.0, 3 * 86400.0)
    pause_gap: tuple[float, float] = (20.0, 1.2 * 86400.0)
    offline_after: float = 300.0
    utc_offsets: tuple[int, ...] = ()
    """Minutes east of UTC of each node's server log."""
    start: str = "2023-09-18T07:30:00"
    version: str = "2023.3.12936"
    node_names: tuple[str, ...] = ()
    scale: float = 120.0
    """Log seconds in a real second."""
    evidence: Evidence = field(default_factory=Evidence)


def drawn(race: Race) -> Race:
    """The race with everything left open drawn from its seed."""
    rng = random.Random(f"race {race.seed}")
    skews = race.skews or (0.0,) * race.nodes
    offsets = race.utc_offsets or (rng.choice((-480, -300, 0, 60, 120, 330, 600)),) * race.nodes
    kinds = race.kinds or tuple(_kinds(rng, race.tasks))
    return replace(
        race, skews=_fit(skews, race.nodes), utc_offsets=_fit(offsets, race.nodes), kinds=kinds, tasks=len(kinds)
    )


def spread(seed: int, nodes: int, most: float) -> tuple[float, ...]:
    """Clock offsets of up to `most` seconds either way, with two nodes at the ends, in an order drawn from the seed."""
    rng = random.Random(f"skew {seed}")
    skews = [most, -most] + [rng.uniform(-most, most) for _ in range(nodes - 2)]
    rng.shuffle(skews)
    return tuple(round(skew, 3) for skew in skews)


def _kinds(rng: random.Random, count: int) -> list[str]:
    return rng.choices(KINDS, [WEIGHTS.get(kind, 1) for kind in KINDS], k=count)


def _fit(values: tuple, count: int) -> tuple:  # type: ignore[type-arg]
    """`values` repeated or cut to `count`."""
    return tuple(values[at % len(values)] for at in range(count))
