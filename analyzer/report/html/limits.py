"""How much a page tells in full: a report that cannot be opened or mailed helps nobody."""

from __future__ import annotations

from dataclasses import dataclass, fields

MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class Limits:
    """Numbers of things told in full; what is beyond them is counted on the page."""

    stories: int = 25  # tasks with story and swimlane
    tasks: int = 200  # tasks with findings and evidence
    findings: int = 12  # of one task
    places: int = 6  # lines of evidence of one finding
    rows: int = 2000  # findings in one line each
    sources: int = 200
    machines: int = 100
    work: int = 40  # steps and targets of one task
    customers: int = 10  # with nodes and timeline
    questions: int = 60
    summary: int = 1500  # characters

    def fewer(self) -> Limits:
        """Half of everything, but always something."""
        return Limits(**{one.name: max(getattr(self, one.name) // 2, 3) for one in fields(self)})
