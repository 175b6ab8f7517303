"""Everything that looks like a double run and is none (formats document, section 10), one made case each.

A twin writes innocent tasks into a `Craft`, which adds plain tasks on both nodes; `test_twins` audits the bundle.
"""

from __future__ import annotations

from . import twins_by_logs, twins_by_runs
from .twin import TWINS, Twin

__all__ = ["TWINS", "Twin", "twins_by_logs", "twins_by_runs"]
