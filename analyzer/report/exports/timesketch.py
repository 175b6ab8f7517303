"""The timeline as JSONL for Timesketch: `message`, `datetime`, `timestamp` (us) and `timestamp_desc`, then our columns.

    {"message":"Deploy shop 1.0","datetime":"2023-09-18T04:18:52.000000+00:00","timestamp":1695010732000000,
     "timestamp_desc":"Line written","data_type":"octopus:line","task":"ServerTasks-1003","node":"OCTO-HA-A", ...}

`tag` has the codes of the findings that cite a line. A field has one type in all rows, or OpenSearch refuses rows.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from analyzer.case import Audit
from analyzer.report.changes import Changes
from analyzer.report.exports.export import Export
from analyzer.report.exports.timeline import Entry, timeline
from analyzer.report.json import line

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RENAMED = {"codes": "tag"}


def export(audit: Audit, _: Changes | None = None) -> Export:
    """One line for each entry of the timeline; a baseline changes nothing in it."""
    made = timeline(audit)
    return Export((line(_values(one)) for one in made.entries), made.notes)


def _values(entry: Entry) -> dict[str, object]:
    time = entry.time.astimezone(UTC)
    values: dict[str, object] = {
        "message": entry.message,
        "datetime": time.isoformat(timespec="microseconds"),
        "timestamp": (time - EPOCH) // timedelta(microseconds=1),
        "timestamp_desc": entry.means,
        "data_type": f"octopus:{_type(entry)}",
    }
    values |= {RENAMED.get(name, name): value for name, value in entry.fields.items()}
    if entry.finding:
        values["tag"] = [entry.finding.code]
    return values


def _type(entry: Entry) -> str:
    if entry.finding:
        return "finding"
    return "claim" if "claim" in entry.fields else "line"
