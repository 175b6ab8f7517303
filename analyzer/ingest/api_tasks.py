"""`api-tasks`: tasks as the REST API gives them (formats document, section 4.1).

    {"ItemType": "Task", "TotalResults": 1, "Items": [
      {"Id": "ServerTasks-733", "Name": "Deploy", "Description": "Deploy Ledger release 4.1.0", "State": "Success",
       "QueueTime": "2023-09-18T09:13:58.011+00:00", "ServerNode": "OctopusServerNodes-SRV-EAST"}]}

A list page (`/api/tasks`, `/api/machines/{id}/tasks`), a bare list, one task, or one task per line. Each task is a
claim `api` about its state. `ServerNode` is one value, the last owner: it never shows a second node. Of a page that is
cut off, the whole tasks before the cut are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.blocks import Block
from analyzer.ingest.api_documents import batches
from analyzer.ingest.api_json import Item, Row, Rows, first_item, listed, outline, reject
from analyzer.ingest.values import clean, instant
from analyzer.model import Batch
from analyzer.names import TASK_ID, node_name

NAME = "api-tasks"
TITLE = "tasks from the REST API: a page of /api/tasks, a list, one task, or one task per line"
PACKED = False
SAMPLE = """\
{
  "ItemType": "Task",
  "TotalResults": 2,
  "Items": [
    {
      "Id": "ServerTasks-733",
      "Name": "Deploy",
      "Description": "Deploy Ledger release 4.1.0 to Test",
      "State": "Success",
      "QueueTime": "2023-09-18T09:13:58.011+00:00",
      "StartTime": "2023-09-18T09:14:02.101+00:00",
      "CompletedTime": "2023-09-18T09:15:40.922+00:00",
      "ServerNode": "OctopusServerNodes-SRV-EAST",
      "ErrorMessage": "",
      "HasWarningsOrErrors": true
    },
    {"Id": "ServerTasks-734", "Name": "Health", "State": "Queued", "QueueTime": "2023-09-18T09:16:00.500+00:00"}
  ]
}
"""

TELLING = {"Name", "Description", "State", "QueueTime"}


def recognises(head: bytes, name: str) -> bool:
    """By the type of the list, or by the first task."""
    fields = outline(head)
    if fields is None:
        return False
    kind = fields.get("ItemType")
    return kind == "Task" if isinstance(kind, str) else is_task(first_item(fields))


def is_task(fields: dict[str, object]) -> bool:
    """Whether an object has a task's id and at least one of its usual fields."""
    task = fields.get("Id")
    return isinstance(task, str) and bool(TASK_ID.fullmatch(task)) and bool(TELLING & set(fields))


def parse(blocks: Iterable[Block]) -> Iterator[Batch]:
    """STATES, one for each task."""
    return batches(blocks, _rows)


def _rows(text: str, at: int) -> Rows:
    walk = listed(text, at)
    try:
        while True:
            one = next(walk)
            yield one if isinstance(one, Row) else state(one)
    except StopIteration as stop:
        return int(stop.value)


def state(item: Item) -> Row:
    """The claim that a task makes about itself."""
    task = item.get("Id")
    if not isinstance(task, str) or not TASK_ID.fullmatch(task):
        return reject(item.at, item.end, "a task whose Id is not ServerTasks-N")
    warnings, pending = item.get("HasWarningsOrErrors"), item.get("HasPendingInterruptions")
    columns = {
        "task": task,
        "claim": "api",
        "name": clean(item.get("Description")) or clean(item.get("Name")),
        "kind": clean(item.get("Name")),
        "state": clean(item.get("State")),
        "node": node_name(clean(item.get("ServerNode"))),
        "queued": instant(item.get("QueueTime")),
        "started": instant(item.get("StartTime")),
        "completed": instant(item.get("CompletedTime")),
        "warnings": warnings if isinstance(warnings, bool) else None,
        "pending": pending if isinstance(pending, bool) else None,
        "detail": clean(item.get("ErrorMessage")) or None,
    }
    return Row("states", item.at, item.end, columns)
