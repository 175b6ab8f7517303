"""What is in an input, as text and as JSON: tables without lines around them, which every code page can show.

    15 sources, 806 kB, 2,936 lines, 0 rejected; 7 tasks, 4 nodes.

    FORMATS
      format          files    size  lines  rejected
      server-log          3  301 kB  1,588         0
      ...

A table that is too wide for the terminal folds its cells; nothing is cut.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal

import analyzer
from analyzer.report.bundle import Bundle, Question
from analyzer.report.plain import UNSAFE, count, listing, visible
from analyzer.report.text import BOLD, Page

SCHEMA = "analyzer-doctor/1"
FIGURES = {"files", "size", "lines", "rejected"}
WHOLE = {"code", "question", "clock"}
"""Columns that are never folded."""
TIMED, DATE = {"first", "last", "first seen"}, len("2023-09-18")
LEAST = 60
"""Tables are not made for less; a narrower terminal breaks their lines."""
SHOWN = 10
"""How many files, gaps and tasks of a kind are told."""


def document(bundle: Bundle) -> bytes:
    """The same as UTF-8 JSON."""
    values = {"schema": SCHEMA, "version": analyzer.__version__, **asdict(bundle)}
    text = json.dumps(values, ensure_ascii=False, indent=1)
    return (UNSAFE.sub(lambda one: one[0] if one[0] == "\n" else f"\\u{ord(one[0]):04x}", text) + "\n").encode()


def short(bundle: Bundle, width: int = 80, *, colour: bool = False) -> str:
    """One sentence."""
    page = Page(width, colour=colour)
    page.write(_sentence(bundle))
    return page.text


def render(bundle: Bundle, width: int = 80, *, colour: bool = False) -> str:
    """Everything, as text of that width."""
    tables = [
        ("FORMATS", ("format", "files", "size", "lines", "rejected"), _kinds(bundle)),
        ("TIMES", ("format", "node", "files", "first", "last", "clock"), _spans(bundle)),
        ("NODES", ("node", "known from", "server logs"), _nodes(bundle)),
        ("VERSIONS", ("node", "version", "first seen", "clock"), _versions(bundle)),
        ("QUESTIONS", ("code", "question", "can be answered"), [_question(one) for one in bundle.questions]),
    ]
    lists = [
        ("GAPS", [_told(gap.what, gap.tasks) for gap in bundle.gaps]),
        ("ASK FOR", bundle.ask),
        ("NOT READ, OR NOT TO THE END", [f"{source}: {problem}" for source, problem in bundle.problems]),
        ("OF NO KNOWN FORMAT", bundle.unknown),
        ("COPIES", [f"{copy} of {original}" for copy, original in bundle.copies]),
    ]
    text = short(bundle, width, colour=colour)
    text += "".join(_table(title, headings, rows, width, colour=colour) for title, headings, rows in tables if rows)
    return text + "".join(_list(title, items, width, colour=colour) for title, items in lists if items)


def _sentence(bundle: Bundle) -> str:
    files = sum(kind.files for kind in bundle.kinds)
    told = [
        count(files, "source"),
        _size(sum(kind.bytes for kind in bundle.kinds)),
        count(sum(kind.lines for kind in bundle.kinds), "line"),
        f"{sum(kind.rejects for kind in bundle.kinds):,} rejected",
    ]
    rest = [
        (len(bundle.problems), "source not read or only in part", "sources not read or only in part"),
        (len(bundle.unknown), "file of no known format", "files of no known format"),
        (len(bundle.copies), "copy", "copies"),
    ]
    told += [count(number, one, many) for number, one, many in rest if number]
    return f"{', '.join(told)}; {count(bundle.tasks, 'task')}, {count(len(bundle.nodes), 'node')}."


def _size(number: int) -> str:
    """Bytes as people say them.

    >>> _size(999), _size(12_345), _size(2_500_000), _size(7_000_000_000)
    ('999 B', '12 kB', '2.5 MB', '7.0 GB')
    """
    if number < 1000:
        return f"{number} B"
    if number < 1_000_000:
        return f"{number / 1e3:.0f} kB"
    return f"{number / 1e6:.1f} MB" if number < 1_000_000_000 else f"{number / 1e9:.1f} GB"


def _kinds(bundle: Bundle) -> list[tuple[str, ...]]:
    return [(kind.format, f"{kind.files:,}", _size(kind.bytes), f"{kind.lines:,}", f"{kind.rejects:,}")
            for kind in bundle.kinds]  # fmt: skip


def _spans(bundle: Bundle) -> list[tuple[str, ...]]:
    return [(span.format, span.node or "", f"{span.files:,}", span.first, span.last, span.clock)
            for span in bundle.spans]  # fmt: skip


def _nodes(bundle: Bundle) -> list[tuple[str, ...]]:
    return [(node.name, ", ".join(node.known_from), f"{node.server_logs:,}" if node.server_logs else "none")
            for node in bundle.nodes]  # fmt: skip


def _versions(bundle: Bundle) -> list[tuple[str, ...]]:
    return [(one.node or "", one.version, one.since, one.clock) for one in bundle.versions]


def _question(one: Question) -> tuple[str, ...]:
    """Code, name, and the answer to whether it can be answered."""
    why = f": {listing(list(one.reasons))}" if one.reasons else ""
    whole = count(one.tasks, "task")
    if one.open:
        told = f"no{why}"
    elif one.answered == one.tasks:
        told = "yes" if one.tasks else "no: no task is in the input"
    else:
        told = f"for {f'{one.answered:,}' if one.answered else 'none'} of {whole} in every respect{why}"
    return one.code, one.name, told


def _told(what: str, tasks: Sequence[str]) -> str:
    return f"{what}: {listing(list(tasks), SHOWN)}" if tasks else f"{what}: no task ran then"


def _list(title: str, items: Sequence[str], width: int, *, colour: bool) -> str:
    page = Page(width, colour=colour)
    page.write()
    page.write(f"{title}: {len(items):,}", style=BOLD)
    for item in items[:SHOWN]:
        page.write(visible(item), 2)
    if len(items) > SHOWN:
        page.write(f"and {len(items) - SHOWN:,} more: --json FILE writes them all", 2)
    return page.text


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, colour: bool) -> str:
    """Where there is no room a time folds between its date and its hour first, and figures and codes never."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    room = max(width, LEAST) - 2
    cells = [[visible(cell) for cell in row] for row in rows]
    widest = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    tight = sum(widest) + 2 * (len(widest) - 1) > room
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading, longest in zip(headings, widest, strict=True):
        whole = longest if heading in FIGURES | WHOLE else None
        justify: Literal["left", "right"] = "right" if heading in FIGURES else "left"
        table.add_column(heading, justify=justify, width=DATE if tight and heading in TIMED else whole, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    out = io.StringIO()
    console = Console(
        file=out, width=room, force_terminal=colour, no_color=not colour, legacy_windows=False,
        color_system="standard" if colour else None, force_jupyter=False,  # a notebook gets text like everybody else
    )  # fmt: skip
    console.print(table)
    page = Page(width, colour=colour)
    page.write()
    page.write(title, style=BOLD)
    return page.text + "".join(f"  {line.rstrip()}\n" for line in out.getvalue().splitlines())
