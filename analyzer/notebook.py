"""An audit as a notebook shows it: pictures, tables and text of one task at hand, and values that tell themselves.

    audit = analyzer.audit(case)        # tells the answer when it is the last line of a cell
    audit["ServerTasks-48211"]          # one task: what happened, how that is known, its picture, its lines
    audit[48211].plot()
    audit.since(earlier)                # what is new, gone or changed

These are the values of `case`, `model` and `report` with a text and an HTML form; they judge nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from analyzer import arguments, model, pipeline
from analyzer.case import Audit as PlainAudit
from analyzer.case import Case
from analyzer.errors import TaskUnknown, UsageError
from analyzer.model import Finding
from analyzer.report.plain import listing, visible

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from analyzer.report.changes import Change, Changes
    from analyzer.report.story import Story

WIDTH = 100
"""Of texts: as much as a notebook shows without wrapping."""
SHOWN = 30


def audit(case: Case) -> Audit:
    """Every detector's judgement of a case, worst first, and the known incidents that its sources speak of."""
    return _told(pipeline.audit(case))


def merge(audits: Sequence[PlainAudit]) -> Audit:
    """Several customers' audits as one, for comparing them. Read each with a `customer` of its own."""
    return _told(pipeline.merge(audits))


def doctor(case: Case) -> str:
    """What is in a case before any judgement, as `analyzer doctor` prints it: formats, times, nodes, gaps."""
    from analyzer.report import bundle
    from analyzer.report import doctor as report

    return report.render(bundle.examine(pipeline.audit(case)), WIDTH)


def _told(found: PlainAudit) -> Audit:
    return Audit(**{one.name: getattr(found, one.name) for one in fields(found)})


class Findings(model.Findings):
    """Findings in their final order, one a line where they are shown; `to_pandas()` and the like make a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        lines = [visible(_line(one)) for one in self[:SHOWN]]
        rest = [f"and {len(self) - SHOWN:,} more: .to_pandas() has all"] if len(self) > SHOWN else []
        return "\n".join([*lines, *rest]) or "no findings"


def _line(one: Finding) -> str:
    whose = " ".join(filter(None, [one.customer, one.task])) or "the input itself"
    nodes = f" on {listing(list(one.nodes), 4)}" if one.nodes else ""
    return f"{one.code} {one.name}, {one.verdict}: {whose}{nodes}"


@dataclass(frozen=True, repr=False)
class Audit(PlainAudit):
    """The answer: findings worst first, the questions that stayed open, and the case they are about."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "findings", Findings(self.findings))

    def __getitem__(self, task: str | int | tuple[str, str | int]) -> Task:
        """One task, by id or number; with the customer in front where several have it: `audit["contoso", 48211]`.

        Raises TaskUnknown, a KeyError, with the tasks nearest to it where the case knows nothing of it.
        """
        customer, name = task if isinstance(task, tuple) else (None, task)
        try:
            (known,) = arguments.task_ids([str(name)])
        except UsageError as error:
            raise TaskUnknown(str(error)) from None
        return Task(self, known, self._customer(known) if customer is None else customer)

    def _customer(self, task: str) -> str:
        """Whose task it is. Raises TaskUnknown where several customers have it."""
        from analyzer.report.summary import tasks

        every = tasks(self.case)
        whose = sorted(customer for customer, name in every if name == task)
        if len(whose) > 1:
            raise TaskUnknown(f'{listing(whose)} have {task}: audit["{whose[0]}", "{task}"] is one of them')
        if whose:
            return whose[0]
        customers = sorted({customer for customer, _ in every})
        if len(customers) > 1:
            raise TaskUnknown(f"none of the {len(customers):,} customers has {task}")
        return customers[0] if customers else ""

    def customers(self) -> pd.DataFrame:
        """A row for each customer, the worst first, with the figures that `analyzer audit --each` prints."""
        import pandas as pd

        from analyzer.report import rollup

        ranked = rollup.ranked(self)
        frame = pd.DataFrame([figures for figures, _ in ranked], columns=list(rollup.HEADINGS[:-1]))
        frame.index = pd.Index([customer for _, customer in ranked], name=rollup.HEADINGS[-1])
        return frame

    def since(self, before: PlainAudit | str | Path) -> Changed:
        """What is new, gone or changed, and why. `before`: an audit, or a document that `--json` wrote.

        Raises UsageError where the document cannot be read.
        """
        from analyzer.report import baseline, changes

        earlier = baseline.of(before) if isinstance(before, PlainAudit) else baseline.read(str(before))
        return Changed(changes.compare(earlier, self))

    def __repr__(self) -> str:
        from analyzer.report.answer import answer

        return "\n".join(answer(self))

    def _repr_html_(self) -> str:
        from analyzer.report.html import fragments

        return fragments.of_audit(self)


class Task:
    """One task of an audit: `findings`, `executions`, `pairs`, `events`, `proof`, `story`, `plot()`, `clocks()`."""

    def __init__(self, of: Audit, name: str, customer: str = "") -> None:
        """Raises TaskUnknown where the case knows nothing of it."""
        from analyzer.report.story import tell

        self.name = name
        self.customer = customer
        self._audit = of
        self._story: Story = tell(of, name, customer)

    @property
    def findings(self) -> Findings:
        """What was found of it."""
        return Findings(self._story.findings)

    @cached_property
    def executions(self) -> pa.Table:
        """Its rows of EXECUTIONS: one per run of it by one node."""
        return self._rows(self._audit.case.executions)

    @cached_property
    def pairs(self) -> pa.Table:
        """Its rows of PAIRS: how two executions stand to each other in time, and the proof."""
        return self._rows(self._audit.case.pairs)

    @cached_property
    def events(self) -> pa.Table:
        """Its rows of EVENTS, of every source that has any."""
        return self._rows(self._audit.case.events)

    def _rows(self, table: pa.Table) -> pa.Table:
        mine = pc.and_(pc.equal(table["customer"], self.customer), pc.equal(table["task"], self.name))
        return table.filter(mine)

    @property
    def headline(self) -> str:
        """What happened to it, in one sentence."""
        from analyzer.report.verdict import headline

        return headline(self._story)

    @property
    def proof(self) -> str:
        """How that is known, a paragraph for each pair of executions that matters; else what cleared it."""
        from analyzer.report.verdict import cleared, reasons

        return "\n\n".join(reasons(self._story) or cleared(self._story))

    @property
    def story(self) -> str:
        """All of it as text, as `analyzer show` prints it: proof, statuses, what ran twice, a timeline by node."""
        from analyzer.report import show

        return show.render(self._audit, self.name, WIDTH, customer=self.customer)

    def plot(self) -> Figure:
        """Its executions and their steps, the time they share, the order of the lines.

        Raises UsageError where no execution has a time.
        """
        from analyzer.report import pictures

        return pictures.of_story(self._audit, self._story)

    def clocks(self) -> list[Figure]:
        """For each pair of executions that two clocks judge: which differences between them the input admits."""
        from analyzer.report import pictures

        return [figure for _, figure in pictures.strips(self._story)]

    def __repr__(self) -> str:
        return "\n".join(filter(None, [visible(self.headline), repr(self.findings) if self.findings else ""]))

    def _repr_html_(self) -> str:
        from analyzer.report.html import fragments

        return fragments.of_task(self._audit, self.name, self.customer)


COLUMNS = ("change", "code", "customer", "task", "before", "now", "reason")


def _row(one: Change) -> tuple[str, ...]:
    from analyzer.report.changes import Kind

    before, now = str(one.before.verdict) if one.before else "", str(one.finding.verdict)
    if one.kind is Kind.GONE:
        before, now = now, ""
    return str(one.kind), one.finding.code, one.finding.customer, one.finding.task or "", before, now, one.reason


class Changed:
    """What changed since an earlier audit: `changes` has every change, `to_pandas()` makes a table of them."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes

    def to_pandas(self) -> pd.DataFrame:
        """A row for each change: kind, code, customer, task, verdict before and now, and the reason."""
        import pandas as pd

        return pd.DataFrame([_row(one) for one in self.changes.changes], columns=list(COLUMNS))

    def __repr__(self) -> str:
        from analyzer.report import comparison

        return comparison.render(self.changes, WIDTH)
