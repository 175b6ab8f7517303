"""A first look at whole text downloads: which are certainly the log of one plain and complete execution.

As for raw task logs (`task_log_triage`), a download is cleared only if every detector would find nothing in it: one
activity without a parent opens it and ended as the header says, Success or Failed, no activity runs or is called like
another, time goes back at midnight alone, no pause was resumed, the root closes once. A success has no failure in it.
`task_text_look` finds the lines; where a text is needed it is cut out of the buffer.

What a cleared download still has to say are its claims (header and tree) and its `telling` messages: those that name a
server's machine or its version, and its earliest and its latest one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from analyzer import schema
from analyzer.blocks import AS_STORED, Block, Ints
from analyzer.ingest.fixed_places import seconds_of, word_of
from analyzer.ingest.task_log_fields import Flags
from analyzer.ingest.task_text_header import Header
from analyzer.ingest.task_text_look import BLANK, MORE, Look, look
from analyzer.ingest.task_text_telling import telling
from analyzer.ingest.task_text_tree import Tree, tree_of
from analyzer.ingest.triage import Triage, nothing
from analyzer.model import Batch
from analyzer.names import CANCELED, COMPLETED, ERROR, FATAL, RESUMED

ENDED = ("Success", "Failed")
HALF_DAY = 12 * 3600
CLOSED = re.compile(COMPLETED.encode())
STOPPED = CANCELED.encode()
TASK_ID = re.compile(r"ServerTasks-[0-9]+")


def triage(block: Block) -> Triage:
    """Look at whole text downloads, stored as UTF-8, one source after the other."""
    count = len(block.sources)
    if np.bincount(block.which, minlength=count).min() == 0:
        return nothing()
    good = np.ones(count, bool)
    if block.coding is not None:
        good[block.which[block.coding != AS_STORED]] = False
    found = look(block, good)
    if not len(found.messages) or not len(found.activities.rows):
        return nothing()
    headers = _headers(found)
    failed = _endings(found, headers)
    tree = tree_of(found)
    back_steps = _times(found)
    _texts(found, failed, tree.twice)
    return _cleared(found, headers, tree, back_steps)


def _headers(found: Look) -> list[Header]:
    """The headers; a source is doubted if its own is not a plain one that says Success or Failed."""
    block, headers = found.block, []
    begins, ends = block.starts[found.first].tolist(), block.ends[np.maximum(found.body - 1, 0)].tolist()
    for source, (first, begin, end) in enumerate(zip(found.first.tolist(), begins, ends, strict=True)):
        header = Header()
        headers.append(header)
        if not found.good[source]:
            continue
        text = block.data[begin:end].decode("utf-8", "replace").rstrip()
        keys = [header.add(line) for line in text.split("\n")]
        said = header.values.get("Task status") in ENDED
        named = TASK_ID.fullmatch(header.task or "") is not None
        found.good[source] = None not in keys and said and named
        if found.good[source]:
            header.status_row = first + keys.index("Task status")
    return headers


def _endings(found: Look, headers: Sequence[Header]) -> Flags:
    """Which sources tell of a failure; doubted where header and tree differ, or a success has failed activities."""
    said = [header.values.get("Task status") for header in headers]
    failed = np.array([status == "Failed" for status in said])
    states = found.activities.states
    ended = [states.get(row, "Success") for row in found.body.tolist()]
    found.good &= np.array([one == other for one, other in zip(said, ended, strict=True)])
    broken = np.array([row for row, state in states.items() if state == "Failed"], np.int64)
    found.doubt(broken[~failed[found.block.which[broken]]])
    return failed


def _times(found: Look) -> Ints:
    """How often time goes back in each source; doubted where it does so inside an activity, but for midnight."""
    times, rows = found.time[found.messages], found.messages
    back = np.flatnonzero((times[1:] < times[:-1]) & (found.activity[1:] == found.activity[:-1]))
    later, earlier = rows[back], rows[back + 1]
    seconds = [seconds_of(found.words[found.block.starts[some]]) for some in (later, earlier)]
    found.doubt(earlier[seconds[0] - seconds[1] <= HALF_DAY])
    return np.bincount(found.block.which[earlier], minlength=len(found.good))


def _texts(found: Look, failed: Flags, twice: Flags) -> None:
    """Doubt the sources that were resumed, whose root closes twice, or that say the same where one execution would not.

    The root announces itself once, and is fatal once where it failed. Steps are told apart by what they say first and,
    where that is the same, by their names: `twice` are the sources with two steps of one name.
    """
    block, rows = found.block, found.messages
    texts, ends = found.texts, block.ends[rows]
    resumed = np.flatnonzero(found.begins == word_of(RESUMED.encode()[:8])).tolist()
    starts_with = RESUMED.encode()
    found.doubt(rows[[at for at in resumed if block.data.startswith(starts_with, texts[at])]])
    depth, severity = found.activities.depth[found.activity], found.severity
    root, fatal = np.flatnonzero(depth == 0), severity >= FATAL
    found.doubt(rows[fatal & ~failed[block.which[rows]]])
    found.doubt(rows[root[(severity[root] >= ERROR) & ~fatal[root]]])
    found.good &= np.bincount(block.which[rows[root[fatal[root]]]], minlength=len(failed)) == failed
    first = np.flatnonzero(twice[block.which[rows]] & (depth == 1) & (np.diff(found.activity, prepend=-1) != 0))
    said: set[tuple[int, bytes]] = set()
    for at, source in zip(first.tolist(), block.which[rows[first]].tolist(), strict=True):
        text = (source, block.data[texts[at] : ends[at]])
        if text in said:
            found.good[source] = False
        said.add(text)
    found.doubt(rows[list(_root_again(found, root))])


def _root_again(found: Look, root: Ints) -> Iterator[int]:
    """Messages of a root that was canceled, closes a second time, or announces itself: its name stands above them."""
    block, rows, texts = found.block, found.messages, found.texts
    begins, ends, whose = found.activities.begin, found.activities.end, found.activity
    severity = found.severity
    titles: dict[int, bytes] = {}
    closed: set[int] = set()
    for at, source in zip(root.tolist(), block.which[rows[root]].tolist(), strict=True):
        text = block.data[texts[at] : block.ends[rows[at]]]
        name = block.data[begins[whose[at]] : ends[whose[at]]]
        closes = severity[at] >= FATAL or CLOSED.match(text) is not None
        if text in (name, titles.get(source)) or (closes and source in closed) or text.startswith(STOPPED):
            yield at
        titles.setdefault(source, text)
        if closes:
            closed.add(source)


def _cleared(found: Look, headers: Sequence[Header], tree: Tree, back_steps: Ints) -> Triage:
    block, rows = found.block, found.messages
    begins = np.searchsorted(rows, np.append(found.first, len(block)))
    spoken = begins[1:] > begins[:-1]
    root = np.zeros(len(found.good), bool)
    root[block.which[rows[found.activities.depth[found.activity] == 0]]] = True
    found.good &= spoken & root
    extremes = _extremes(found, begins)
    numbers = np.flatnonzero(found.good)
    tasks = [headers[number].task for number in numbers.tolist()]
    sources = [block.sources[number] for number in numbers.tolist()]
    first, last = rows[begins[:-1][numbers]], rows[begins[1:][numbers] - 1]
    entries = np.diff(begins)[numbers]
    more = np.bincount(block.which[found.kind == MORE], minlength=len(found.good))[numbers]
    severity = np.maximum.reduceat(found.severity, np.minimum(begins[:-1], len(rows) - 1))
    columns: dict[str, object] = {
        "customer": "", "task": tasks, "log": "", "sources": [[source] for source in sources], "segments": 1,
        "lines": entries + more, "roots": 1, "plans": 0, "nodes": [[] for _ in sources],
        "back_steps": back_steps[numbers], "finishes": 0, "worst": severity[numbers], "cleared": True,
    }  # fmt: skip
    for name, row in (("first", first), ("last", last)):
        columns[f"{name}_line"], columns[f"{name}_offset"] = block.lines[row], block.offsets[row]
    blank = np.bincount(block.which[found.kind == BLANK], minlength=len(found.good))
    structure = (blank + found.body - found.first - 1)[numbers]
    versions = {block.sources[number]: headers[number].values.get("Server version") for number in numbers.tolist()}
    told = Batch(
        events=telling(found, [headers[number].task for number in range(len(headers))], tree.paths, extremes),
        states=_states(found, headers, tree),
        structure=dict(zip(sources, structure.tolist(), strict=True)),
        versions={source: version for source, version in versions.items() if version},
    )
    return Triage(
        schema.build(schema.LOGS, len(numbers), columns), frozenset(numbers.tolist()), None, told,
        dict(zip(sources, entries.tolist(), strict=True)),
    )  # fmt: skip


def _extremes(found: Look, begins: Ints) -> list[int]:
    """The earliest and the latest message of each source; doubted where they are of one second."""
    times, chosen = found.time[found.messages], []
    for source in np.flatnonzero(found.good).tolist():
        mine = times[begins[source] : begins[source + 1]]
        least, most = int(mine.argmin()), int(mine.argmax())
        found.good[source] = mine[least] < mine[most]
        chosen += [int(begins[source]) + least, int(begins[source]) + most]
    return chosen


def _states(found: Look, headers: Sequence[Header], tree: Tree) -> pa.Table:
    """What the headers say of the tasks, and the trees of the activities, in the order of their lines."""
    block, every = found.block, found.activities.rows
    kept = np.flatnonzero(found.good[block.which[every]])
    rows = every[kept]
    tasks = pa.array([header.task for header in headers], pa.string())
    columns = {
        "source": block.source_column(rows),
        "line": block.lines[rows],
        "lines": 1,
        "offset": block.offsets[rows],
        "task": tasks.take(pa.array(block.which[rows])),
        "claim": "tree",
        "activity": tree.paths.take(pa.array(kept)),
        "name": tree.names.take(pa.array(kept)),
        "state": [found.activities.states.get(row, "Success") for row in rows.tolist()],
    }
    claims, places = [], []
    for source in np.flatnonzero(found.good).tolist():
        row = headers[source].status_row
        if row is not None:
            place = {"line": int(block.lines[row]), "offset": int(block.offsets[row]), "lines": 1}
            claims.append({"source": block.sources[source], **place, **headers[source].claim(headers[source].task)})
            places.append(row)
    order = np.argsort(np.concatenate((np.array(places, np.int64), rows)))
    said = pa.concat_tables([schema.from_rows(schema.STATES, claims), schema.build(schema.STATES, len(rows), columns)])
    return said.take(pa.array(order))
