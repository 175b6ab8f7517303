"""`api-details`: `/api/tasks/{id}/details`, a task with its tree of activities (formats document, section 4.2).

    {"Task": {"Id": "ServerTasks-733", "State": "Success"},
     "ActivityLogs": [{"Id": "ServerTasks-733_K2JD81MNQA", "Name": "Deploy Ledger", "Status": "Success", "Children": [],
       "LogElements": [{"OccurredAt": "2023-09-18T09:15:40.101+00:00", "Category": "Info", "MessageText": "Done"}]}]}

The task is a claim `api`, every activity a claim `tree`, every log element an event. Before 3.4 the tree was one object
`ActivityLog`. The tree may be shortened by the query (`verbose`, `tail`): completeness cannot be judged by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analyzer.blocks import Block
from analyzer.ingest.api_documents import batches
from analyzer.ingest.api_json import Item, Row, Rows, first_item, outline, reject, tree
from analyzer.ingest.api_tasks import is_task, state
from analyzer.ingest.values import clean, instant, moment
from analyzer.model import Batch
from analyzer.names import CORRELATION, INFO, KIND, MESSAGE, SEVERITY

NAME = "api-details"
TITLE = "a task with its log from the REST API: /api/tasks/{id}/details"
PACKED = False
SAMPLE = """\
{
  "Task": {"Id": "ServerTasks-733", "Description": "Deploy Ledger", "State": "Success", "ServerNode": "SRV-EAST"},
  "ActivityLogs": [
    {
      "Id": "ServerTasks-733_K2JD81MNQA",
      "Name": "Deploy Ledger",
      "Started": "2023-09-18T09:14:02.118+00:00",
      "Ended": "2023-09-18T09:15:40.800+00:00",
      "Status": "Success",
      "Children": [
        {
          "Id": "ServerTasks-733_K2JD81MNQA/5f0c2b9d71e84e0f9a5d3c1b2a4f6e80",
          "Name": "Step 1: Say hello",
          "Status": "Success",
          "Children": [],
          "LogElements": [
            {"OccurredAt": "2023-09-18T09:14:03.000+00:00", "Category": "Info", "MessageText": "hello", "Number": 4}
          ]
        }
      ],
      "LogElements": []
    }
  ],
  "Progress": {"ProgressPercentage": 0}
}
"""

ROOTS = ("ActivityLogs", "ActivityLog")
INSIDE = {"Task": False, "LogElements": False, "Children": True, **dict.fromkeys(ROOTS, True)}


@dataclass(frozen=True)
class Place:
    """Where in the tree an activity stands."""

    task: str | None
    log: str | None
    activity: str | None


def recognises(head: bytes, name: str) -> bool:
    """By a task and the tree beside it."""
    fields = outline(head)
    if fields is None or not any(root in fields for root in ROOTS):
        return False
    roots = [first_item(fields, root) for root in ROOTS if root in fields]
    ids = [root.get("Id") for root in roots]
    return is_task(first_item(fields, "Task")) or any(
        isinstance(one, str) and bool(CORRELATION.fullmatch(one)) for one in ids
    )


def parse(blocks: Iterable[Block]) -> Iterator[Batch]:
    """STATES of the task and its activities, EVENTS of their log elements."""
    return batches(blocks, _rows)


def _rows(text: str, at: int) -> Rows:
    document = tree(text, at, INSIDE)
    tasks = document.items("Task")
    rows = [state(task) for task in tasks]
    task = clean(tasks[0].get("Id")) if tasks else None
    for name in ROOTS:
        for root in document.items(name):
            rows += _activity(root, Place(task, None, None))
    if not rows:
        rows = [reject(document.at, document.end, "neither a task nor activities")]
    yield from rows
    return document.end


def _activity(item: Item, parent: Place) -> Iterator[Row]:
    place = _place(clean(item.get("Id")), parent)
    columns = {
        "task": place.task,
        "log": place.log,
        "claim": "tree",
        "activity": place.activity,
        "name": clean(item.get("Name")),
        "state": clean(item.get("Status")),
        "started": instant(item.get("Started")),
        "completed": instant(item.get("Ended")),
    }
    yield Row("states", item.at, item.end, columns)
    for element in item.items("LogElements"):
        yield _element(element, place)
    for child in item.items("Children"):
        yield from _activity(child, place)


def _place(id_: str | None, parent: Place) -> Place:
    """From the full correlation id; an id that is none is taken as the last part of the path."""
    match = CORRELATION.fullmatch(id_ or "")
    if match:
        return Place(match["task"], match["log"] or "", match["activity"] or "")
    if parent.activity is None:
        return Place(parent.task, parent.log, "")
    last = (id_ or "?").rpartition("/")[2]
    return Place(parent.task, parent.log, f"{parent.activity}/{last}".lstrip("/"))


def _element(item: Item, place: Place) -> Row:
    when = moment(item.get("OccurredAt"))
    level = clean(item.get("Category")) or "Info"
    columns = {
        "task": place.task,
        "log": place.log,
        "activity": place.activity,
        "level": level,
        "severity": SEVERITY.get(level, INFO),
        "kind": KIND.get(level, MESSAGE),
        "time": when.time if when else None,
        "tick": when.tick if when else None,
        "wall": when.wall if when else None,
        "clock": when.clock if when else "none",
        "message": clean(item.get("MessageText")) or "",
        "detail": clean(item.get("Detail")) or None,
    }
    return Row("events", item.at, item.end, columns)
