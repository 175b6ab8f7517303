"""What could not be judged of a task, and what to ask the customer for next."""

from __future__ import annotations

from analyzer.report.blast import is_double
from analyzer.report.plain import listing
from analyzer.report.status import CLAIMS
from analyzer.report.story import LOGS, Story

UNSURE = ("unknown", "possible")
STATUS_FORMATS = {"servertask-csv", "api-tasks"}


def open_questions(story: Story) -> list[str]:
    """Reasons of the detectors that could not judge this task, or anything at all; the headline's own are left out."""
    mine = [one for one in story.questions if one.task and not one.reason.startswith("undecided")]
    general = [one for one in story.questions if not one.task]
    told = list(dict.fromkeys(f"{one.code}: {one.reason}." for one in mine))
    if general:
        listed = "; ".join(dict.fromkeys(f"{one.code}, {one.reason}" for one in general))
        told.append(f"In the whole input: {listed}.")
    return told


def wanted(story: Story) -> list[str]:
    """What to collect next, the most telling first. Empty where nothing more would change the answer."""
    number = story.task.rpartition("-")[2]
    found = [*_task_log(story, number), *_server_logs(story)]
    if not STATUS_FORMATS & story.formats:
        found.append(
            f"the row of {story.task} in dbo.ServerTask, or /api/tasks/{story.task}: what was kept of its status, and "
            "by which node; with tasks that ran once on each node it also bounds the nodes' clocks"
        )
    open_pairs = [pair for pair in story.pairs if pair["work"] == "undecided"]
    if any(is_double(pair) for pair in story.pairs):
        open_pairs = []
    if any(pair["relation"] == "sequential" for pair in open_pairs) and not _events(story):
        found.append(
            f"the audit events of {story.task} (/api/events?regarding={story.task}), and those of deployment-target "
            "triggers at that time: a legitimate re-run leaves them"
        )
    nodes = sorted({node for pair in story.pairs if pair["relation"] in UNSURE for node in pair["nodes"]})
    if len(nodes) > 1:
        found.append(
            "rows of dbo.ServerTask or pages of /api/tasks with tasks of the same hours that ran once, on "
            f"{listing(nodes, 9)}, together with their logs: each of them bounds how far the nodes' clocks differ"
        )
    if story.rejects:
        found.append("the task log again, copied from the share itself: lines of this copy are torn")
    return found


def _task_log(story: Story, number: str) -> list[str]:
    if LOGS["task-log"] in story.views.values():
        return []
    return [
        f"the raw task log, TaskLogs/servertasks-{number}_*.txt (or the folder of that name) on the shared folder: "
        "only it keeps the order in which lines were written"
    ]


def _server_logs(story: Story) -> list[str]:
    """Server logs of nodes that are named but not there; of all nodes where an execution has none."""
    named = {run["node"] for run in story.runs if run["node"]}
    named |= {row["node"] for row in story.states if row["node"] and row["claim"] in CLAIMS}
    missing = sorted(node for node in named if node.casefold() not in story.server_logs)
    if len(missing) == len(named) or not story.server_logs:
        some = f" ({listing(sorted(named), 9)}, and any other)" if named else ""
        return [f"OctopusServer.txt of every node{some}: a second execution whose lines were lost shows there"]
    if missing:
        return [f"OctopusServer.txt of {listing(missing, 9)}: it says whether that node worked on this task, and when"]
    unzoned = {tie.node for tie in story.ties if tie.instant is None}
    return [f"the time zone of {node}: --utc-offset {node}=+HH:MM" for node in sorted(unzoned)]


def _events(story: Story) -> bool:
    return any(row["claim"] == "audit event" for row in story.states)
