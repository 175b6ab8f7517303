"""Pictures of an audit, with the names that the reports use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from analyzer.errors import UsageError
from analyzer.report.story import Story, tell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analyzer.case import Audit


def swimlane(audit: Audit, task: str, customer: str = "") -> Figure:
    """The swimlane of a task. Raises UsageError where the case knows nothing of it, or no time of any execution."""
    return of_story(audit, tell(audit, task, customer))


def of_story(audit: Audit, story: Story) -> Figure:
    """The same for a story that is told already."""
    from analyzer import plots

    steps = {(line.log, line.step) for line in story.lines if line.step}
    names = {(log, step): story.naming.step(log, step) for log, step in sorted(steps)}
    return plots.swimlane(audit.case, story.task, customer=story.customer, names=names)


def strips(story: Story) -> Iterator[tuple[dict[str, Any], Figure]]:
    """Each row of PAIRS that two clocks judge, with the strip of the differences that the case admits."""
    from analyzer import plots

    for pair in story.pairs:
        with suppress(UsageError):  # another witness judges it
            yield pair, plots.offsets(pair)
