"""`api-events`: audit events of the REST API, or of the archive with one event per line (formats document, section 6).

    {"Id": "Events-901", "Category": "DeploymentStarted", "Occurred": "2023-09-18T09:14:02.140+00:00",
     "RelatedDocumentIds": ["Deployments-88", "ServerTasks-733"], "Message": "Deploy to Test started"}

Each pair of event and related ServerTask is a claim `audit event`; its `detail` is the category. `state` is given only
where the category says how the task ended, and of the times only the one that the category speaks of. Events that
concern no task are structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analyzer.blocks import Block
from analyzer.ingest.api_documents import batches
from analyzer.ingest.api_json import Item, Row, Rows, first_item, listed, outline
from analyzer.ingest.values import clean, instant
from analyzer.model import Batch
from analyzer.names import TASK_ID

NAME = "api-events"
TITLE = "audit events: a page of /api/events, or events-YYYY-MM-DD.jsonl"
PACKED = False
SAMPLE = """\
{"Id": "Events-900", "Category": "DeploymentQueued", "Occurred": "2023-09-18T09:13:58.020+00:00", \
"RelatedDocumentIds": ["Deployments-88", "ServerTasks-733"], "Message": "Deploy to Test queued"}
{"Id": "Events-901", "Category": "DeploymentStarted", "Occurred": "2023-09-18T09:14:02.140+00:00", \
"RelatedDocumentIds": ["Deployments-88", "ServerTasks-733"], "Message": "Deploy to Test started"}
{"Id": "Events-902", "Category": "MachineAdded", "Occurred": "2023-09-18T09:14:10.000+00:00", \
"RelatedDocumentIds": ["Machines-3"], "Message": "Machine web-3 was added"}
{"Id": "Events-903", "Category": "DeploymentSucceeded", "Occurred": "2023-09-18T09:15:41.003+00:00", \
"RelatedDocumentIds": ["Deployments-88", "ServerTasks-733"], "Message": "Deploy to Test succeeded"}
"""

# Only what these documents do is the task's own state: a MachineUpdateFailed concerns a machine.
CATEGORY = re.compile(r"(?:Deployment|RunbookRun|Task)(?P<what>[A-Z]\w*)")
STATES = {
    "Succeeded": "Success",
    "Failed": "Failed",
    "Canceled": "Canceled",
    "Cancelled": "Canceled",
    "TimedOut": "TimedOut",
}
TIMES = {"Queued": "queued", "Started": "started", "Resumed": "started", **dict.fromkeys(STATES, "completed")}
EVENT_ID = re.compile(r"Events-\d+")


def recognises(head: bytes, name: str) -> bool:
    """By the type of the list, or by the first event."""
    fields = outline(head)
    if fields is None:
        return False
    kind = fields.get("ItemType")
    if isinstance(kind, str):
        return kind == "Event"
    first = first_item(fields)
    event = first.get("Id")
    return "Category" in first and (
        "RelatedDocumentIds" in first or (isinstance(event, str) and bool(EVENT_ID.fullmatch(event)))
    )


def parse(blocks: Iterable[Block]) -> Iterator[Batch]:
    """STATES, one for each pair of event and task."""
    return batches(blocks, _rows)


def _rows(text: str, at: int) -> Rows:
    walk = listed(text, at)
    try:
        while True:
            one = next(walk)
            if isinstance(one, Row):
                yield one
            else:
                yield from _claims(one)
    except StopIteration as stop:
        return int(stop.value)


def _claims(item: Item) -> Iterator[Row]:
    category = clean(item.get("Category"))
    if category is None:
        yield Row("rejects", item.at, item.end, {"reason": "an event without a category"})
        return
    related = item.get("RelatedDocumentIds")
    match = CATEGORY.fullmatch(category)
    what = match["what"] if match else ""
    columns: dict[str, object] = {"claim": "audit event", "state": STATES.get(what), "detail": category}
    if what in TIMES:
        columns[TIMES[what]] = instant(item.get("Occurred"))
    ids = [one for one in related if isinstance(one, str)] if isinstance(related, list) else []
    for task in dict.fromkeys(one for one in ids if TASK_ID.fullmatch(one)):
        yield Row("states", item.at, item.end, {"task": task, **columns})
