"""The timeline in the compact log event format (CLEF) that Seq reads.

    {"@t":"2023-09-18T04:18:52.0000000Z","@m":"Deploy shop 1.0","@l":"Information","Task":"ServerTasks-1003", ...}
    {"@t":"2023-09-18T04:19:20.1230000Z","@mt":"{Code} {Name}, {Verdict}: {Summary}","@l":"Error","Code":"OCT101", ...}

A line of a log is text, not a template: it stands in `@m`, where braces are braces. Of an error with several lines the
first is the message and the others, as a rule a stack trace, are `@x`. All 100 ns of a time are kept.
"""

from __future__ import annotations

from datetime import UTC

from analyzer.case import Audit
from analyzer.report.changes import Changes
from analyzer.report.exports.export import Export
from analyzer.report.exports.timeline import Entry, timeline
from analyzer.report.json import line

TEMPLATE = "{Code} {Name}, {Verdict}: {Summary}"
LEVELS = ((21, "Fatal"), (17, "Error"), (13, "Warning"), (9, "Information"), (5, "Verbose"))
"""Least OpenTelemetry severity number of each level; Octopus writes what Seq calls Verbose as 5."""
ERROR = 17


def export(audit: Audit, _: Changes | None = None) -> Export:
    """One line for each entry of the timeline; a baseline changes nothing in it."""
    made = timeline(audit)
    return Export((line(_values(one)) for one in made.entries), made.notes)


def _values(entry: Entry) -> dict[str, object]:
    time = f"{entry.time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}{entry.tick}Z"
    level = next((name for least, name in LEVELS if entry.severity >= least), "Verbose")
    properties = {name.capitalize(): value for name, value in entry.fields.items()}
    if entry.finding:
        return {"@t": time, "@mt": TEMPLATE, "@l": level, "Event": entry.means, **properties}
    first, _, rest = entry.message.partition("\n") if entry.severity >= ERROR else (entry.message, "", "")
    trace = {"@x": rest} if rest else {}
    return {"@t": time, "@m": first, "@l": level, **trace, "Event": entry.means, **properties}
