"""Pictures: tables in, a matplotlib Figure out. Nothing is shown, and pyplot is not used.

    swimlane(case, "ServerTasks-48211")    one task: its executions, their steps, the overlap, the order of the lines
    timeline(case)                         the whole case: tasks by node, double runs, versions, starts
    offsets(pair)                          which differences between two clocks would make two executions sequential
    heat_map(case, findings)               findings by node and time

`render(figure, "svg")` gives the same bytes for the same case.
"""

from __future__ import annotations

from analyzer.plots.files import render
from analyzer.plots.heat import heat_map
from analyzer.plots.offsets import offsets
from analyzer.plots.swimlane import swimlane
from analyzer.plots.timeline import timeline

__all__ = ["heat_map", "offsets", "render", "swimlane", "timeline"]
