"""An audit as one HTML page to forward: no script, nothing fetched, light and dark, on paper and on a phone.

The answer comes first, then the case, the findings by task with proof, evidence and swimlane, the case over time, the
machines to check, known incidents, and what could not be judged. The same bytes for the same audit. Text of the logs
is escaped and characters that control or reorder are written out; the policy in the page's head lets nothing run or
load, whatever a log line says.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from markupsafe import Markup

import analyzer
from analyzer.report import rollup
from analyzer.report.answer import answer
from analyzer.report.html import overview, pictures, rest, tasks
from analyzer.report.html.limits import MOST_BYTES, Limits
from analyzer.report.html.templates import file, template

if TYPE_CHECKING:
    from analyzer.case import Audit


def document(audit: Audit, limits: Limits | None = None) -> bytes:
    """The page as UTF-8, below MOST_BYTES: a larger case is told in less detail, and the page says so."""
    limits = limits or Limits()
    page = _page(audit, limits)
    while len(page) >= MOST_BYTES and limits.fewer() != limits:
        limits = limits.fewer()
        page = _page(audit, limits)
    return page


def _page(audit: Audit, limits: Limits) -> bytes:
    customers = rollup.ranked(audit)
    told = [name for _, name in customers][: limits.customers]
    style = file("style.css")
    lines = [(name, pictures.timeline(audit, name, f"timeline-{at}")) for at, name in enumerate(told, 1)]
    told_first = answer(audit)
    lead, beside = overview.lead(told_first)
    text = template("page.html.jinja").render(
        version=analyzer.__version__,
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        lead=lead,
        beside=beside,
        answer=told_first,
        tiles=overview.tiles(audit),
        customers=customers if any(name for _, name in customers) else [],
        headings=rollup.HEADINGS,
        several=any(name for _, name in customers),
        nodes=overview.nodes(audit, told),
        read=overview.read(audit),
        sources=overview.sources(audit),
        judged=tasks.judged(audit, limits),
        timelines=[(name, picture) for name, picture in lines if picture],
        heat=pictures.heat(audit, "heat"),
        machines=rest.targets(audit),
        incidents=rest.incidents(audit),
        questions=rest.questions(audit),
        collect=rest.collect(audit),
        suppressed=rest.suppressed(audit),
        limits=limits,
        left_out=len(customers) - len(told),
    )
    return text.encode()
