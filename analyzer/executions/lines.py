"""The lines that executions are reconstructed from: every task's log once, whichever copies and views of it there are.

A raw log, its text download and its `/details` are three views of one log (design document, section 6), and a shared
folder may have been collected from every node. Lines are taken from the best view, copies dropped.
"""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from analyzer.names import TASK_ID

TASK = ("customer", "task")
KEY = (*TASK, "log")
NEEDED = (*KEY, "source", "line", "lines", "offset", "segment", "activity", "level", "severity", "kind", "time", "tick",
          "wall", "message")  # fmt: skip
"""Memory holds several copies of these lines: a column less is a tenth less of it."""
VIEWS = {"task-log": 0, "api-details": 1, "task-text": 2}
"""Raw lines stand in append order and carry ids; `/details` keeps ids, a text download only the tree."""


def task_lines(events: pl.DataFrame, sources: pa.Table) -> pl.DataFrame:
    """Events of ServerTasks' logs: one view per task, no copies.

    NEEDED columns of EVENTS, `view`, `instant` (100 ns), `step` (first id of the activity), `tears` (places of its file
    that could not be read) and `version`.
    """
    views = pl.DataFrame(sources.select(["customer", "source", "format", "duplicate_of", "rejects", "version"]))
    views = views.filter(pl.col("format").is_in(list(VIEWS)) & pl.col("duplicate_of").is_null())
    views = views.select(
        "customer", "source", "version", tears=pl.col("rejects"),
        view=pl.col("format").replace_strict(VIEWS, return_dtype=pl.Int64),
    )  # fmt: skip
    frame = events.select(NEEDED).filter(pl.col("source").is_in(views["source"].implode()))
    frame = frame.filter(pl.col("task").str.contains(f"^{TASK_ID.pattern}$"))
    frame = frame.join(views, on=["customer", "source"], how="inner", maintain_order="left")
    frame = frame.with_columns(
        log=pl.col("log").fill_null(""),
        instant=pl.coalesce(pl.col("time").dt.timestamp("us"), pl.col("wall")) * 10 + pl.col("tick").fill_null(0),
        step=pl.col("activity").str.split("/").list.first().fill_null(""),
    ).drop("wall", "tick")
    frame = frame.filter(~_spliced())
    frame = frame.filter(pl.col("view") == pl.col("view").min().over("customer", "task"))
    return _without_copies(frame).sort("customer", "task", "log", "source", "line", "offset", maintain_order=True)


def _spliced() -> pl.Expr:
    """Lines whose id a torn line spliced together: one or two in a file that is another log's."""
    mine = pl.len().over("customer", "source", "task", "log")
    return (mine < 3) & (pl.len().over("customer", "source") > 2 * mine)


def _without_copies(frame: pl.DataFrame) -> pl.DataFrame:
    """Of a log found in several files, drop every file whose lines all stand in another one of the same part."""
    part = [*KEY, "segment"]
    several = frame.group_by(part).agg(pl.col("source").n_unique().alias("files")).filter(pl.col("files") > 1)
    if several.is_empty():
        return frame
    dropped: list[tuple[str, str]] = []
    content = ["activity", "instant", "level", "message"]
    for _, rows in frame.join(several, on=part, how="semi", nulls_equal=True).group_by(part, maintain_order=True):
        dropped += _copies(
            {str(source[0]): set(one.select(content).iter_rows()) for source, one in rows.group_by("source")}, rows
        )
    gone = pl.DataFrame(dropped, schema=["customer", "source"], orient="row")
    return frame.join(gone, on=["customer", "source"], how="anti") if dropped else frame


def _copies(contents: dict[str, set[tuple[object, ...]]], rows: pl.DataFrame) -> list[tuple[str, str]]:
    customer = rows["customer"][0]
    kept: list[str] = []
    dropped = []
    for source in sorted(contents, key=lambda name: (-len(contents[name]), name)):
        if any(contents[source] <= contents[other] for other in kept):
            dropped.append((customer, source))
        else:
            kept.append(source)
    return dropped


def names_machine() -> pl.Expr:
    """Whether a line may be of a block that names a machine."""
    message = pl.col("message").fill_null("")
    return message.str.contains("MachineName:", literal=True) | message.str.contains("HostProcessName:", literal=True)


def machines(frame: pl.DataFrame) -> pl.DataFrame:
    """Octopus Server machines named in task logs: KEY, source, line, offset, activity, step, machine.

    `MachineName` counts only in a block that also says `HostProcessName: Octopus.Server`; the machine of Calamari or of
    a script is the target's (formats document, 3.3). The block is one entry, or consecutive entries of one activity.
    """
    telling = frame.filter(names_machine())
    name = pl.col("message").str.extract(r"MachineName:[ \t]*([^\s,;]+)")
    host = pl.col("message").str.extract(r"HostProcessName:[ \t]*([^\s,;]+)")
    place = [*KEY, "source", "activity"]
    telling = telling.with_columns(machine=name, host=host)
    if telling.select((pl.col("machine").is_not_null() & pl.col("host").is_null()).any()).item():
        following = pl.col("host").shift(-1).over(place, order_by=["line", "offset"])
        near = pl.col("line").shift(-1).over(place, order_by=["line", "offset"]) - pl.col("line") <= 60
        telling = telling.with_columns(host=pl.coalesce("host", pl.when(near).then(following)))
    ours = telling.filter(
        pl.col("machine").is_not_null()
        & pl.col("host").str.to_lowercase().str.strip_suffix(".exe").eq("octopus.server")
    )
    return ours.select(*KEY, "source", "line", "offset", "activity", "step", "instant", "machine")
