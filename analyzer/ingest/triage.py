"""What a first look at whole sources of a format finds: see `task_log_triage`."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from analyzer.blocks import Ints


@dataclass(frozen=True)
class Triage:
    """Cleared logs as rows of LOGS, by number of their source in the block, and which of their lines tell something."""

    logs: pa.Table
    cleared: frozenset[int]
    telling: Ints
