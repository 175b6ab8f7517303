"""A first look at whole text downloads: which are certainly the log of one plain and complete execution.

As for raw task logs (`task_log_triage`), a download is cleared only if every detector would find nothing in it: one
activity without a parent opens it and ended as the header says, Success or Failed, no activity runs, no step is like
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
from analyzer.blocks import AS_STORED, Block, Flags, Ints
from analyzer.ingest.fixed_places import seconds_of, word_of
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
    first = np.searchsorted(block.which, np.arange(len(block.sources)))
    if np.diff(first, append=len(block)).min() == 0:
        return nothing()
    good = np.ones(len(first), bool)
    if block.coding is not None:
        good[block.which[block.coding != AS_STORED]] = False
    found = look(block, first, good)
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
    times, rows = found.times, found.messages
    back = np.flatnonzero(times[1:] < times[:-1])
    back = back[found.activity(back) == found.activity(back + 1)]
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
    fatal = rows[found.severity >= FATAL]
    found.doubt(fatal[~failed[block.which[fatal]]])
    root = _of_roots(found)
    severity, which = found.severity[root], block.which[rows[root]]
    found.doubt(rows[root[(severity >= ERROR) & (severity < FATAL)]])
    found.good &= np.bincount(which[severity >= FATAL], minlength=len(failed)) == failed
    steps = np.flatnonzero((found.activities.depth == 1) & (np.diff(found.opens) > 0))
    first = found.opens[steps[twice[block.which[found.activities.rows[steps]]]]]
    said: set[tuple[int, bytes]] = set()
    for at, source in zip(first.tolist(), block.which[rows[first]].tolist(), strict=True):
        text = (source, bytes(block.data[texts[at] : ends[at]]))
        if text in said:
            found.good[source] = False
        said.add(text)
    found.doubt(rows[list(_root_again(found, root))])


def _of_roots(found: Look) -> Ints:
    """The messages of roots."""
    roots = np.flatnonzero(found.activities.depth == 0)
    begins, counts = found.opens[roots], np.diff(found.opens)[roots]
    return np.repeat(begins - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())


def _root_again(found: Look, root: Ints) -> Iterator[int]:
    """Messages of a root that was canceled, closes a second time, or announces itself: its name stands above them."""
    block, rows = found.block, found.messages[root]
    whose, fatal = found.activity(root), found.severity[root] >= FATAL
    begins, ends = found.activities.begin[whose], found.activities.end[whose]
    columns = (each.tolist() for each in (block.which[rows], found.texts[root], block.ends[rows], begins, ends, fatal))
    titles: dict[int, bytes] = {}
    closed: set[int] = set()
    for at, source, text_begin, text_end, begin, end, failed in zip(root.tolist(), *columns, strict=True):
        text, name = bytes(block.data[text_begin:text_end]), block.data[begin:end]
        closes = failed or CLOSED.match(text) is not None
        if text in (name, titles.get(source)) or (closes and source in closed) or text.startswith(STOPPED):
            yield at
        titles.setdefault(source, text)
        if closes:
            closed.add(source)


def _cleared(found: Look, headers: Sequence[Header], tree: Tree, back_steps: Ints) -> Triage:
    block, rows = found.block, found.messages
    begins = np.searchsorted(rows, np.append(found.first, len(block)))
    spoken = np.zeros(len(found.good), bool)
    spoken[block.which[rows[_of_roots(found)]]] = True
    found.good &= spoken
    extremes = _extremes(found, begins)
    numbers = np.flatnonzero(found.good)
    tasks = pa.array([header.task for header in headers], pa.string())
    sources = [block.sources[number] for number in numbers.tolist()]
    first, last = rows[begins[:-1][numbers]], rows[begins[1:][numbers] - 1]
    entries = np.diff(begins)[numbers]
    more, blank = (np.add.reduceat(found.kind == kind, found.first, dtype=np.int64)[numbers] for kind in (MORE, BLANK))
    severity = np.maximum.reduceat(found.severity, np.minimum(begins[:-1], len(rows) - 1))
    columns: dict[str, object] = {
        "customer": "", "task": tasks.take(pa.array(numbers)), "log": "", "sources": [[source] for source in sources],
        "segments": 1, "lines": entries + more, "roots": 1, "plans": 0, "nodes": [[] for _ in sources],
        "back_steps": back_steps[numbers], "finishes": 0, "worst": severity[numbers], "cleared": True,
    }  # fmt: skip
    for name, row in (("first", first), ("last", last)):
        columns[f"{name}_line"], columns[f"{name}_offset"] = block.lines[row], block.offsets[row]
    structure = blank + (found.body - found.first)[numbers] - 1
    versions = {block.sources[number]: headers[number].values.get("Server version") for number in numbers.tolist()}
    told = Batch(
        events=telling(found, tasks, tree.paths, extremes),
        states=_states(found, headers, tasks, tree),
        structure=dict(zip(sources, structure.tolist(), strict=True)),
        versions={source: version for source, version in versions.items() if version},
    )
    return Triage(
        schema.build(schema.LOGS, len(numbers), columns), frozenset(numbers.tolist()), None, told,
        dict(zip(sources, entries.tolist(), strict=True)),
    )  # fmt: skip


def _extremes(found: Look, begins: Ints) -> list[int]:
    """The earliest and the latest message of each source; doubted where they are of one second."""
    times, chosen = found.times, []
    for source in np.flatnonzero(found.good).tolist():
        mine = times[begins[source] : begins[source + 1]]
        least, most = int(mine.argmin()), int(mine.argmax())
        found.good[source] = mine[least] < mine[most]
        chosen += [int(begins[source]) + least, int(begins[source]) + most]
    return chosen


def _states(found: Look, headers: Sequence[Header], tasks: pa.Array, tree: Tree) -> pa.Table:
    """What the headers say of the tasks, and the trees of the activities, in the order of their lines."""
    block, every = found.block, found.activities.rows
    mine = [headers[source] for source in np.flatnonzero(found.good).tolist()]
    kept = np.flatnonzero(found.good[block.which[every]])
    claims = [header.claim(None) for header in mine]
    others = found.activities.states
    states = [*(one["state"] for one in claims), "Success", *others.values()]
    state = np.full(len(every), len(mine))
    state[np.searchsorted(every, np.array([*others], np.int64))] += np.arange(1, len(others) + 1)
    state = np.concatenate((np.arange(len(mine)), state[kept]))
    rows = np.concatenate((np.array([header.status_row for header in mine], np.int64), every[kept]))
    order = np.argsort(rows)
    rows, of_tree = rows[order], order >= len(mine)
    claim = pa.array(order, mask=of_tree)
    activity = pa.array(np.concatenate((np.zeros(len(mine), np.int64), kept))[order], mask=~of_tree)
    columns: dict[str, object] = {
        "source": block.source_column(rows),
        "line": block.lines[rows],
        "lines": 1,
        "offset": block.offsets[rows],
        "task": tasks.take(pa.array(block.which[rows])),
        "claim": pa.array(("header", "tree")).take(pa.array(of_tree.astype(np.int64))),
        "activity": tree.paths.take(activity),
        "name": tree.names.take(activity),
        "state": pa.array(states, pa.string()).take(pa.array(state[order])),
    }
    for name in ("node", "detail", "queued", "started", "completed"):
        said = pa.array([one[name] for one in claims], schema.STATES.field(name).type)
        columns[name] = said.take(claim)
    return schema.build(schema.STATES, len(rows), columns)
