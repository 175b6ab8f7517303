"""The field's standard words: levels, kinds of log entry, task states, ids, node names."""

from __future__ import annotations

import re
from collections.abc import Mapping

# OpenTelemetry severity numbers. A code that is not here is kept as written and counts as Info.
SEVERITY: Mapping[str, int] = {
    **dict.fromkeys(("TRA", "Trace", "TRACE"), 1),
    **dict.fromkeys(("VBS", "Verbose", "DEBUG"), 5),
    **dict.fromkeys(("INF", "Info", "INFO", "Highlight", "Wait", "Gap", "PLN", "Planned", "UPD", "Updated"), 9),
    **dict.fromkeys(("FIN", "Finished", "ABN", "Abandoned"), 9),
    **dict.fromkeys(("ALR", "Alert", "WRN", "Warning", "WARN"), 13),
    **dict.fromkeys(("ERR", "Error", "ERROR"), 17),
    **dict.fromkeys(("FAT", "Fatal", "FATAL"), 21),
}
INFO, WARNING, ERROR, FATAL = 9, 13, 17, 21

KIND: Mapping[str, str] = {
    **dict.fromkeys(("PLN", "Planned"), "planned"),
    **dict.fromkeys(("UPD", "Updated"), "updated"),
    **dict.fromkeys(("FIN", "Finished"), "finished"),
    **dict.fromkeys(("ABN", "Abandoned"), "abandoned"),
}
MESSAGE = "message"

SERVER_LOG = "server-log"
"""The format of what one node says of itself: the only input that is per node by construction."""

RESUMED = "Resuming after"
"""How a paused task's log goes on after an intervention or a guided failure (formats document, 3.4)."""
COMPLETED = r"^The (?:deployment|run) completed"
"""How a root closes that did not fail (formats document, 1.4); a tree has no finish lines to tell it by."""
CANCELED = "The task was canceled"
"""How the root of a canceled task closes (formats document, 1.4)."""
HELD = "being used by another process"
"""Why an append to a log fails that somebody else has open (formats document, 5.3)."""

SERVER_MACHINE = r"MachineName:[ \t]*([^\s,;]+)(?s:.*)HostProcessName:[ \t]*(?i:octopus\.server)"
"""The machine that Octopus Server names as its own in a block of one entry (formats document, 3.3 and 5.2)."""

RUNS_UNKNOWN = "server logs"
"""Witness of an overlap that server logs show, where it is not known which runs of the task's log overlapped."""

FINAL_STATES = frozenset({"Success", "Failed", "Canceled", "TimedOut"})
ACTIVE_STATES = frozenset({"Executing", "Cancelling", "Running"})

# "<task>[_<SUFFIX>][/<activity>...]": ServerTasks-21_GJZWYYV2KT/2295..., ScheduledTasks_ProcessAutoDeployments
CORRELATION = re.compile(
    r"(?P<task>ServerTasks-\d+|ScheduledTasks_[^/_\"]+)(?:_(?P<log>[^/\"]+))?(?:/(?P<activity>[^\"]*))?",
    re.ASCII,
)
TASK_ID = re.compile(r"ServerTasks-[0-9]+")


def node_name(text: str | None) -> str | None:
    """A node's name without the document prefix of the API and the database (`OctopusServerNodes-NAME`)."""
    if not text:
        return None
    return re.sub(r"^OctopusServerNodes?-", "", text.strip(), flags=re.IGNORECASE) or None


def same_node(left: str | None, right: str | None) -> bool:
    """Node names are compared without case: SQL Server's collation ignores it, and ids differ in case (issue 3757)."""
    return left is not None and right is not None and left.casefold() == right.casefold()


def version_of(text: str | None) -> tuple[int, ...] | None:
    """An Octopus Server version as numbers that compare: `2023.3.12936+Branch` is (2023, 3, 12936)."""
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text or "")
    return tuple(int(part or 0) for part in match.groups()) if match else None
