"""Parts of the page for notebooks: an audit and one task, in the page's words and style, without script.

A notebook shows a fragment inside a page of its own. So the style is nested below the fragment's class, where it
reaches nothing else, and pictures are images: a host that strips styles still shows readable paragraphs and tables.
"""

from __future__ import annotations

from functools import cache

from markupsafe import Markup

from analyzer.case import Audit
from analyzer.report import rollup
from analyzer.report.answer import answer
from analyzer.report.html import overview, tasks
from analyzer.report.html.limits import Limits
from analyzer.report.html.templates import file, template

WHOLE = Limits(stories=0, tasks=25, rows=25)
"""An audit: its tasks in one line each."""
ALONE = Limits(places=12, summary=600)


def of_audit(audit: Audit) -> str:
    """The answer, how many findings of each code, and the tasks that have one, the worst first."""
    customers = rollup.ranked(audit)
    told = answer(audit)
    lead, beside = overview.lead(told)
    return template("audit.html.jinja").render(
        style=_style(),
        lead=lead,
        paragraphs=[text for text in (beside, *told[1:]) if text],
        judged=tasks.judged(audit, WHOLE),
        several=any(name for _, name in customers),
        customers=customers[: WHOLE.rows],
        left_out=len(customers[WHOLE.rows :]),
        headings=rollup.HEADINGS,
    )


def of_task(audit: Audit, task: str, customer: str = "") -> str:
    """What happened to a task, how that is known, its picture and the lines that it rests on.

    Raises TaskUnknown where the case knows nothing of it.
    """
    told = tasks.alone(audit, (customer, task), ALONE)
    return template("task.html.jinja").render(style=_style(), task=told)


@cache
def _style() -> Markup:
    """The page's style, for what stands inside `.octopus-audit` alone; named twice, it goes before the host's own."""
    return Markup(
        f".octopus-audit.octopus-audit {{\n{file('style.css').replace(':root', '&')}\n{file('fragment.css')}}}"
    )
