"""One task's story, to be forwarded: what happened, how that is known, what it did, what is open.

ServerTasks-22404 was executed twice at the same time on GLADAIM-HA6 and DOULOUST-OCTO9: proved.

HOW THAT IS KNOWN
  ...
STATUS
  ...
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from analyzer.case import Audit
from analyzer.report.blast import SERVER_ITSELF, affected, blast_radius, is_double
from analyzer.report.catalogue import columns as aligned
from analyzer.report.collect import open_questions, wanted
from analyzer.report.moments import moments
from analyzer.report.plain import count, listing, visible
from analyzer.report.status import STATUS_CODES, claims, clock, ending, verdict
from analyzer.report.story import Story, tell
from analyzer.report.text import BOLD, DIM, NARROWEST, Page
from analyzer.report.timeline import letters, timeline
from analyzer.report.verdict import cleared, headline, reasons

Row = dict[str, Any]

TOLD_ABOVE = {"OCT101", "OCT102", "OCT104", *STATUS_CODES}
FIRST_MACHINES = 14
ENDED = {"Success": "succeeded", "Failed": "failed", "Canceled": "canceled", "Paused": "paused"}
CLOCKS = re.compile(r"the case bounds the clock of (\S+) to (.+?) against that of ([^\s;.,]+)")
"""How a proof states the offset between two clocks."""


def render(audit: Audit, task: str, width: int = 80, *, colour: bool = False, customer: str = "") -> str:
    """The story of a task as text of that width. Raises TaskUnknown where the case knows nothing of it."""
    story = tell(audit, task, customer)
    width = max(width, NARROWEST)
    page = Page(width, colour=colour)
    _head(page, story, width)
    _why(page, story, width)
    _status(page, story, width)
    _twice(page, audit, story, width)
    _other_findings(page, story, width)
    _timeline(page, story, width)
    _open(page, story, width)
    return page.text


def _head(page: Page, story: Story, width: int) -> None:
    page.write(visible(headline(story)), style=BOLD)
    if story.description:
        page.write(story.description)
    if story.runs:
        page.write()
    for run in story.runs:
        _bullet(page, visible(_run(story, run)), 2, width)


def _run(story: Story, run: Row) -> str:
    """One execution on one line: node, time, lines."""
    node = run["node"] or "node not known"
    lines = count(run["lines"], "line") if run["lines"] else "no line in a task log"
    mine = [line.instant for line in story.lines if line.execution == run["number"]]
    begun, ended = run["started"], run["ended"]
    if begun and ended:
        same = begun.date() == ended.date()
        time = f"{begun:%Y-%m-%d %H:%M:%S} to {ended:{'%H:%M:%S' if same else '%Y-%m-%d %H:%M:%S'}} UTC, "
    else:
        time = f"{clock(min(mine))} to {clock(max(mine))} in the log's own time, " if mine else ""
    how = f" ({run['relation']})" if run["relation"] in ("resume", "re-run") else ""
    end = f", {ENDED.get(ending(story, run)[0], 'its end is not among its lines')}" if len(story.runs) > 1 else ""
    return f"Execution {run['number']}{how}: {node}, {time}{lines}{end if run['lines'] else ''}"


def _section(page: Page, title: str, paragraphs: Iterable[str], bullets: int = 0) -> None:
    """A heading and its paragraphs, or bullets of that width; nothing where there are none."""
    paragraphs = [visible(text) for text in paragraphs]
    if not paragraphs:
        return
    page.write()
    page.write(title, style=BOLD)
    for text in paragraphs:
        if bullets:
            _bullet(page, text, 2, bullets)
        else:
            page.write(text, 2)


def _bullet(page: Page, text: str, indent: int, width: int) -> None:
    lines = textwrap.wrap(text, width - indent - 2, break_long_words=False, break_on_hyphens=False)
    for at, line in enumerate(lines):
        page.write(f"{'  ' if at else '- '}{line}", indent, wrap=False)


def _why(page: Page, story: Story, width: int) -> None:
    double = any(is_double(pair) for pair in story.pairs)
    undecided = any(pair["work"] == "undecided" for pair in story.pairs)
    title = "HOW THAT IS KNOWN" if double else "WHY IT CANNOT BE TOLD" if undecided else "WHAT CLEARED IT"
    if story.pairs:
        _section(page, title, reasons(story))
    _section(page, "CONSIDERED AND CLEARED", cleared(story), width)


def _status(page: Page, story: Story, width: int) -> None:
    rows = claims(story)
    page.write()
    page.write("STATUS", style=BOLD)
    if len(rows) > 1:
        shown = [[visible(cell) for cell in row] for row in rows]
        for line in aligned(shown, width - 2).splitlines() if _fits(shown, width) else _stacked(shown[1:]):
            page.write(line, 2, wrap=False)
    told = verdict(story)
    if told and len(rows) > 1:
        page.write()
    for text in told:
        page.write(visible(text), 2)


def _fits(rows: Sequence[Sequence[str]], width: int) -> bool:
    return sum(max(len(row[at]) for row in rows) + 2 for at in range(len(rows[0]))) <= width


def _stacked(rows: Sequence[Sequence[str]]) -> list[str]:
    """Where a table is too wide: who and what on one line, where below it."""
    lines = []
    for who, state, node, where in rows:
        lines += [f"{who}: {state}, {node}".removesuffix(", -"), f"  {where}"]
    return lines


def _other_findings(page: Page, story: Story, width: int) -> None:
    others = [one for one in story.findings if one.code not in TOLD_ABOVE]
    told = [f"{one.code} {one.name}, {one.verdict}: {one.summary}." for one in others]
    told += [f"Known incident {one.id}, {one.status}: {one.title}; {one.link}" for one in story.incidents]
    _section(page, "ALSO FOUND", told, width)


def _twice(page: Page, audit: Audit, story: Story, width: int) -> None:
    """The blast radius: machines to check first, then every step and target."""
    if not any(is_double(pair) for pair in story.pairs):
        return
    table = blast_radius(audit.case, story.task, customer=story.customer)
    rows, machines = table.to_pylist(), affected(table).to_pylist()
    page.write()
    page.write("WHAT WAS EXECUTED TWICE", style=BOLD)
    if not rows:
        page.write("No line shows a step or a target of more than one execution.", 2)
        return
    targets = [row["target"] for row in machines if row["target"] != SERVER_ITSELF]
    if targets:
        which = "this machine" if len(targets) == 1 else f"these {len(targets)} machines"
        page.write(visible(f"Check {which} first: {listing(targets, FIRST_MACHINES)}."), 2)
    for (sure, unsaid), text in SURE.items():
        group = [row for row in rows if row["sure"] == sure and bool(row["others"]) == unsaid]
        if group:
            page.write()
            page.write(f"{text} ({len(group)}):", 2)
            for row in group:
                _bullet(page, visible(_target(row)), 4, width)


SURE = {
    ("shown", False): "Shown by lines of both executions",
    ("likely", False): "Named by lines of several executions, which are not proved to overlap",
    ("likely", True): "Likely: another execution did the same step, and the line that names its target is lost",
    ("perhaps", True): "Perhaps: lines of one execution name it, and lines of the other one are lost",
}


def _target(row: Row) -> str:
    """A row of BLAST as a sentence."""
    where = f" on {row['target']}" if row["target"] else ""
    work = [name for name in row["work"] if name not in (row["step"] or "")]
    doing = f" ({listing(work)})" if work else ""
    who = [
        f"execution {number}{f' ({node})' if node else ''} at line {line}"
        for number, node, line in zip(row["executions"], row["nodes"], row["lines"], strict=True)
    ]
    order = {"append order": "first ", "one clock": "first ", "clocks of two nodes": "by the nodes' clocks first "}
    by = (order.get(row["order"], "") if len(who) > 1 else "") + ", then ".join(who)
    time = f"; {row['first']:%H:%M:%S} to {row['last']:%H:%M:%S} UTC" if row["first"] else ""
    also = f"; perhaps execution {listing([str(number) for number in row['others']])} too" if row["others"] else ""
    return f"{row['step']}{where}{doing}: {by}{time}{also}"


def _timeline(page: Page, story: Story, width: int) -> None:
    told = moments(story)
    if not told:
        return
    page.write()
    page.write("TIMELINE", style=BOLD)
    page.write(visible(_order(story)), 2)
    marked = letters(told, story)
    for source in marked or sorted({one.source for one in told}):
        name = f"{marked[source]}  {source}" if marked else source
        page.write(visible(name), 2, DIM, wrap=False)
    page.write()
    for line in timeline(story, told, width):
        style = COLOURS_OF_MARKS if line.lstrip().startswith("^ OCT") else ""
        page.write(line, style=style, wrap=False)


COLOURS_OF_MARKS = "33"


def _order(story: Story) -> str:
    """On what the order of the rows rests."""
    zoned = sorted({tie.node for tie in story.ties if tie.node.casefold() in story.zones})
    if story.raw():
        text = "In the order in which the lines were appended to the one file; the times are each node's own."
    elif not all(line.dated for line in story.lines):
        text = (
            "In the order of the times of day in the download, which prints parents before children and whole seconds; "
            "lines of one second may have been written the other way round."
        )
    elif len({run["node"] for run in story.runs}) > 1:
        text = "In the order of each node's own clock; lines of two nodes may have been written the other way round."
        text += _offsets(story)
    else:
        text = "In the order of the times of its lines."
    if story.ties and story.lines:
        text += " Lines of a Server log stand between those that the same node wrote before and after them"
        text += f" ({listing(zoned, 4)}: read in the only time zone that fits)." if zoned else "."
    return text


def _offsets(story: Story) -> str:
    """How far the nodes' clocks may differ, once for each two nodes."""
    nodes = {run["node"].casefold(): run["node"] for run in story.runs if run["node"]}
    found: dict[frozenset[str], str] = {}
    for pair in story.pairs:
        for one, span, other in CLOCKS.findall(pair["proof"]):
            names = [nodes.get(name.casefold(), name) for name in (one, other)]
            found.setdefault(frozenset(names), f" The clock of {names[0]} is {span} off that of {names[1]}.")
    return "".join(found.values())


def _open(page: Page, story: Story, width: int) -> None:
    _section(page, "WHAT COULD NOT BE JUDGED", open_questions(story), width)
    _section(page, "WHAT TO COLLECT NEXT", (f"{text[0].upper()}{text[1:]}." for text in wanted(story)), width)
