"""One known incident as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from analyzer.incidents.facts import Facts, Hit
from analyzer.incidents.versions import Range

Signature = Callable[[Facts], Iterable[Hit]]
ISSUES = "https://github.com/OctopusDeploy/Issues/issues/"


@dataclass(frozen=True)
class Known:
    """A public incident: what it looks like, in which versions, and what to do."""

    id: str
    title: str
    needs: tuple[str, ...]  # kinds of evidence (see facts.NEEDS) without which nothing can be said
    signature: Signature
    sign: str  # the signature in words: what was found
    twins: str  # what looks like it, and how it is told apart
    remedy: str
    versions: tuple[Range, ...] = ()  # affected; none where the thread names none
    also: tuple[str, ...] = ()  # issues about the same
    reported: bool = False  # the versions are those of the reports: others are not ruled out
    doubt: Signature | None = None  # what keeps it from being excluded although the signature does not show
    called: str = "case of it"  # one occurrence, for "the first ... came 3 h after ..."
    harmless: bool = False  # nothing was deployed wrongly and nothing is lost: told last
    page: str = ""  # a better page than the issue

    @property
    def link(self) -> str:
        """Where to read about it."""
        return self.page or ISSUES + self.id

    @property
    def affected(self) -> str:
        """The versions for a table."""
        told = ", ".join(str(one) for one in self.versions) or "not stated"
        return f"reported with {told}" if self.reported else told
