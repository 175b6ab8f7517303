"""The machines that double runs worked on twice, over the whole case: a list to hand to the customer.

CHECK THESE MACHINES FIRST: 2
  What double runs did there; "perhaps" where lines of one of the executions are lost or the overlap is not proved.
  web-01  twice: Step 1: Copy files; perhaps: Step 2: Start; ServerTasks-7, 2023-09-18 10:00:02 to 10:00:15 UTC
  db-09   perhaps: Step 3: Migrate; ServerTasks-8, 2023-09-18 11:00:00 to 11:00:09 UTC
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from analyzer.case import Case
from analyzer.detectors.lines import remembered
from analyzer.report.blast import SERVER_ITSELF, affected, blast_radius
from analyzer.report.plain import listing, visible

Row = dict[str, Any]

MEANING = (
    'What double runs did there; "perhaps" where lines of one of the executions are lost or the overlap is not proved. '
    "`analyzer show TASK` tells every step."
)
FIRST = 14
"""How many machines the terminal lists."""
NAMED = 2


@remembered
def radius(case: Case) -> dict[str, list[Row]]:
    """`machines`: rows of AFFECTED, those to check first at the top; `work`: rows of BLAST behind them."""
    table = blast_radius(case)
    return {"machines": affected(table).to_pylist(), "work": table.to_pylist()}


def machines(case: Case) -> list[Row]:
    """Rows of AFFECTED without the steps that ran on the Octopus Server itself."""
    return [row for row in radius(case)["machines"] if row["target"] != SERVER_ITSELF]


def told(row: Row) -> tuple[str, str]:
    """A machine, and what ran on it, for which tasks and when."""
    parts = [
        f"{word}: {listing(row[name], NAMED)}"
        for word, name in (("twice", "twice"), ("perhaps", "perhaps"))
        if row[name]
    ]
    when = listing(row["tasks"], NAMED) + (f", {_span(row['first'], row['last'])}" if row["first"] else "")
    whose = f"{row['customer']} " if row["customer"] else ""
    return visible(f"{whose}{row['target']}"), visible("; ".join([*parts, when]))


def _span(first: datetime, last: datetime) -> str:
    day = "" if first.date() == last.date() else "%Y-%m-%d "
    return f"{first:%Y-%m-%d %H:%M:%S} to {last.strftime(f'{day}%H:%M:%S')} UTC"
