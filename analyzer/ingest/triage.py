"""What a first look at whole sources of a format finds: see `task_log_triage` and `task_text_triage`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import Ints
from analyzer.model import Batch

HOST, MACHINE = b"HostProcessName:", b"MachineName:"
NAMED_HOST = re.compile(HOST + rb"[ \t]*\w")
OF_SERVER = re.compile(HOST + rb"[ \t]*(?i:octopus\.server)")
VERSION = b"Octopus Server version"
"""What telling lines say: which machine, which program wrote the block, which version."""


@dataclass(frozen=True)
class Triage:
    """Cleared logs as rows of LOGS, by number of their source in the block, and which of their lines tell something.

    `told`: what else the cleared sources say, their telling EVENTS included where no line tells them alone. `entries`:
    how many EVENTS a source has, where that is not the number of its lines.
    """

    logs: pa.Table
    cleared: frozenset[int]
    telling: Ints
    told: Batch = field(default_factory=Batch)
    entries: Mapping[str, int] = field(default_factory=dict)


def nothing() -> Triage:
    """No source is cleared."""
    return Triage(schema.empty(schema.LOGS), frozenset(), np.empty(0, np.int64))
