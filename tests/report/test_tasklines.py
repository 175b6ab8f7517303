"""The lines of a task's log: all of them, and those that bound what an execution did."""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from analyzer import pipeline
from analyzer.report.naming import names_more
from analyzer.report.tasklines import outlines, task_lines
from tests.report.small import TWICE, bundle, raw

LOG = "shared/TaskLogs/servertasks-7_log7.txt"
NIGHT = """\
Task ID:        ServerTasks-7
Task status:    Success

                    | == Success: Deploy Shop release 1.0 to Test ==
23:59:50   Info     |   Deploying Shop 1.0 release to Test
                    |
                    |   == Success: Step 1: Copy files ==
00:00:10   Info     |     Copying
"""


def bounds(lines):
    """Of every activity, execution and kind the first line, and the first and last instant."""
    groups = defaultdict(list)
    for one in lines:
        groups[one.log, one.activity, one.execution, one.kind].append(one)
    return {
        part: (some[0], min(one.instant for one in some), max(one.instant for one in some))
        for part, some in groups.items()
    }


def test_outlines_bound_what_all_lines_tell(tmp_path):
    script = "\n".join(f"@{second} one/web VBS said at {second}" for second in (14, 5, 6, 7, 8, 9))
    case = pipeline.read(bundle(tmp_path, {LOG: raw(f"{TWICE}\n{script}")}))
    key = ("", "ServerTasks-7")
    every = dict(task_lines(case, {key}))[key]
    few, named = (dict(outlines(case, {key}, pl.col("message").is_in(some)))[key] for some in ([], ["said at 7"]))
    assert bounds(few) == bounds(every)
    assert not {"said at 6", "said at 7", "said at 8"} & {one.message for one in few}
    assert [one.message for one in named if one not in few] == ["said at 7"]


def test_a_step_that_says_that_it_completed_is_named(tmp_path):
    completed = f"{TWICE}\n@16 one VBS something\n@17 one VBS Step 1: Copy files completed\n@18 one VBS more"
    case = pipeline.read(bundle(tmp_path, {LOG: raw(completed)}))
    (_, lines), *_ = outlines(case, {("", "ServerTasks-7")}, names_more())
    assert "Step 1: Copy files completed" in [one.message for one in lines]


def test_a_log_without_dates_goes_on_behind_midnight(tmp_path):
    case = pipeline.read(bundle(tmp_path, {"ServerTasks-7.log.txt": NIGHT}))
    first, last = next(lines for _, lines in task_lines(case, {("", "ServerTasks-7")}))
    assert last.instant - first.instant == 20 * 10_000_000
