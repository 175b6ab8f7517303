"""The pictures of a page, each with what it shows in words for those who cannot see it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.figure import Figure

from analyzer import plots
from analyzer.case import Audit
from analyzer.errors import UsageError
from analyzer.model import Severity
from analyzer.report.html.inline import inline
from analyzer.report.pictures import of_story
from analyzer.report.pictures import strips as of_clocks
from analyzer.report.plain import count, visible
from analyzer.report.story import Story


@dataclass(frozen=True)
class Picture:
    """A drawing, what it shows in words (`alt`), and its caption. `name` is its own in a page."""

    drawn: bytes
    name: str
    alt: str
    caption: str

    @property
    def svg(self) -> Markup:
        """As an element in the colours of the page."""
        return inline(self.drawn, self.name, self.alt)

    @property
    def image(self) -> Markup:
        """As an image that carries its own colours."""
        source = base64.b64encode(self.drawn).decode()
        return Markup('<img alt="{}" src="data:image/svg+xml;base64,{}">').format(self.alt, source)


def swimlane(audit: Audit, story: Story, name: str, headline: str) -> Picture | None:
    """The swimlane of a task; None where no execution has a time."""
    lanes = "; ".join(f"execution {run['number']} on {run['node'] or 'an unknown node'}" for run in story.runs)
    return _picture(
        lambda: of_story(audit, story),
        name,
        f"Swimlane of {story.task}: {lanes}. {headline}",
        "One lane for each execution, its steps as bars (\u2715 and red: failed)"
        + ("; shaded: the time that two executions share by their nodes' own clocks." if len(story.runs) > 1 else "."),
    )


def strips(story: Story, name: str) -> list[Picture]:
    """For each pair of executions that is judged by clocks: which offsets the case admits."""
    return [
        _drawn(
            figure,
            f"{name}-{at}",
            f"Admitted offsets between the clocks of {' and '.join(pair['nodes'])}: {pair['proof']}",
            f"Executions {pair['first']} and {pair['second']}. The bar: every difference between the two clocks that "
            "the input admits. Inside the shaded zone the executions overlap.",
        )
        for at, (pair, figure) in enumerate(of_clocks(story))
    ]


def timeline(audit: Audit, customer: str, name: str) -> Picture | None:
    """The case over time; None where nothing in it has a time."""
    return _picture(
        lambda: plots.timeline(audit.case, customer=customer),
        name,
        f"Timeline of {customer or 'the case'}: executions of tasks by node, double runs, starts and versions.",
        "Executions by node; framed: those of double runs, shown or possible; triangles: starts and new versions.",
    )


def heat(audit: Audit, name: str) -> Picture | None:
    """Errors and warnings by node and time; None where there are none or none has a time."""
    loud = [one for one in audit.findings if one.severity is not Severity.NOTE]
    return _picture(
        lambda: plots.heat_map(audit.case, loud),
        name,
        f"Heat map of {count(len(loud), 'error or warning', 'errors and warnings')} by node and time.",
        "Errors and warnings by node; a finding about two nodes counts for both.",
    )


def _picture(draw: Callable[[], Figure], name: str, alt: str, caption: str) -> Picture | None:
    try:
        return _drawn(draw(), name, alt, caption)
    except UsageError:  # there is nothing to draw
        return None


def _drawn(figure: Figure, name: str, alt: str, caption: str) -> Picture:
    return Picture(plots.render(figure, "svg"), name, visible(alt), caption)
