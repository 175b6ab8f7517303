"""What a second execution behind a first one is: a resume, a legitimate re-run, the same work again, or undecided."""

from __future__ import annotations

from analyzer.clocks import SECOND, UNKNOWN_SKEW
from analyzer.executions.constraints import Bounds
from analyzer.executions.sides import Side, duration
from analyzer.names import same_node

FAR = 3600 * SECOND
"""A lost write lock lets two nodes take a queued task within one poll of each other. A second execution that begins an
hour behind the end of a finished one, by any plausible clock, was started by something else: a re-run."""


def same_pause(a: Side, b: Side) -> bool:
    """Whether one pause was resumed by both, and both came to the end of the task: neither a resume nor a re-run."""
    return a.structure == b.structure and a.resumed and b.resumed and a.finished and b.finished


def second_work(a: Side, b: Side, clocks: Bounds, deploy: bool | None) -> tuple[str, str]:
    """The kind of work of `b`, which came after `a`, and the evidence that cleared or convicts it.

    `deploy`: whether the task is a deployment; only deployments are run again under their id, by deployment-target
    triggers (formats document, section 10, trap 4).
    """
    if same_pause(a, b):
        return "same work", "the task had finished, and the same pause was resumed a second time"
    gap = _gap(a, b, clocks)
    later = f"it begins at least {duration(gap)} later: a re-run under the same id"
    if not a.finished:
        undecided = "the first one never finished, so this may be a restart or a second run"
        return ("re-run", later) if gap > FAR else ("undecided", undecided)
    if same_node(a.node, b.node):
        return "re-run", "both ran on one node: a re-run under the same id (deployment-target trigger)"
    if gap > FAR:
        return "re-run", later
    if b.announced and b.finished and a.targets and b.targets and not a.targets & b.targets:
        return "re-run", "it works on other targets: a re-run under the same id (deployment-target trigger)"
    if deploy is False:
        return "same work", "only deployments are run again under their id, and this task is none"
    return "undecided", "a re-run under the same id (deployment-target trigger) looks the same"


def _gap(a: Side, b: Side, clocks: Bounds) -> int:
    """Time from the end of `a` to the first line of `b`, the least the case admits.

    Where it bounds nothing each of the two clocks may be wrong by `UNKNOWN_SKEW`.
    """
    raw = b.span[0] - a.span[1]
    if a.clock is None or b.clock is None:
        return raw - 2 * UNKNOWN_SKEW
    if a.clock == b.clock:
        return raw
    high = clocks.sure.offset(a.clock, b.clock, a.span[1]).high
    return raw - (2 * UNKNOWN_SKEW if high is None else high)
