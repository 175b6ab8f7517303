"""A mini-language for cases: every log is a few readable lines, written into a temporary folder, read and audited.

    bundle.raw('''
        .    INF 0      Deploy Shop release 1.0 to Test
        1    PLN 1      Step 1: Stop the site
        1/a  INF 2.5    web-01
        1/a  FIN 1:30
        .    FIN 2:00:00
    ''')

ACTIVITY (`.` is the root, `1/a` a child of step `1`), CATEGORY, TIME ([[H:]M:]S since the case's noon, days as
`2d+1:00`) and MESSAGE ("Finished" and "Abandon" go without saying). A line that begins with `!` stands as it is.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import analyzer
from analyzer.case import Audit
from analyzer.model import Finding, NotJudged

NOON = datetime(2023, 9, 18, 12, tzinfo=UTC)
SAID = {"FIN": "Finished", "ABN": "Abandon"}
TITLE = "Deploy Shop release 1.0 to Test"


def moment(text: str) -> datetime:
    """`1:30` is a minute and a half past noon, `-5` before it, `2d+0` two days later."""
    days, _, rest = text.rpartition("d+")
    sign = -1 if rest.startswith("-") else 1
    parts = [float(part) for part in rest.lstrip("-").split(":")]
    span = sum(part * 60**place for place, part in enumerate(reversed(parts)))
    return NOON + timedelta(days=int(days or 0), seconds=sign * span)


def entries(script: str) -> list[str]:
    """The lines of a script without their common indentation."""
    return [line for line in textwrap.dedent(script).strip("\n").splitlines() if line.strip()]


def identify(path: str) -> str:
    """Ids of 32 hexadecimal digits for the parts of a path."""
    parts = [] if path == "." else path.split("/")
    return "".join("/" + hashlib.md5(part.encode()).hexdigest() for part in parts)


def entry(line: str, root: str, zone: str = "+00:00") -> str:
    """One line of a raw log."""
    if line.startswith("!"):
        return line[1:]
    path, category, time, *rest = line.split(None, 3)
    shift = timedelta(hours=int(zone[:3] or 0)) if zone else timedelta()
    stamp = (moment(time) + shift).strftime("%Y-%m-%dT%H:%M:%S.%f0") + zone
    message = rest[0] if rest else SAID.get(category, "")
    return json.dumps(
        [root + identify(path), category, stamp, message, "", 0], separators=(",", ":"), ensure_ascii=False
    )


@dataclass(frozen=True)
class Answer:
    """What an audit says, in short."""

    audit: Audit

    def of(self, code: str) -> list[Finding]:
        """Findings of one code."""
        return [finding for finding in self.audit.findings if finding.code == code]

    def one(self, code: str) -> Finding:
        """The only finding of a code."""
        (finding,) = self.of(code)
        return finding

    def loud(self) -> list[str]:
        """Codes of all findings at warning or above."""
        return [finding.code for finding in self.audit.findings if finding.severity.rank > 0]

    def open(self, code: str) -> list[NotJudged]:
        """What a detector could not judge."""
        return [one for one in self.audit.not_judged if one.code == code]


class Bundle:
    """What a customer sends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> Path:
        """A file of the bundle."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def raw(
        self,
        script: str,
        task: int = 7,
        log: str = "AAAA",
        segment: str = "",
        folder: str = "TaskLogs",
        zone: str = "+00:00",
    ) -> Path:
        """A raw task log, or one `.tl.txt` segment of it."""
        name = f"{folder}/servertasks-{task}_{log.lower()}" + (f"/{segment}.tl.txt" if segment else ".txt")
        lines = [entry(line, f"ServerTasks-{task}_{log}", zone) for line in entries(script)]
        return self.write(name, "\n".join(lines) + "\n")

    def text(self, body: str, task: int = 7, status: str = "Success", **header: str) -> Path:
        """A text download: header and body as they are, but for the body's indentation."""
        head = {"Task ID": f"ServerTasks-{task}", "Task status": status, **header}
        lines = [f"{key + ':':<16}{value}" for key, value in head.items()]
        return self.write(
            f"downloads/ServerTasks-{task}.log.txt", "\n".join([*lines, "", textwrap.dedent(body).strip("\n"), ""])
        )

    def api(self, *tasks: dict[str, Any], name: str = "tasks") -> Path:
        """A page of /api/tasks."""
        return self.write(f"api/{name}.json", json.dumps({"ItemType": "Task", "Items": [*tasks]}, indent=1))

    def csv(self, *rows: dict[str, Any]) -> Path:
        """dbo.ServerTask."""
        columns = ("Id", "Name", "Description", "QueueTime", "StartTime", "CompletedTime", "ErrorMessage", "State",
                   "HasWarningsOrErrors", "ServerNodeId")  # fmt: skip
        lines = [",".join(columns), *(",".join(str(row.get(name, "NULL")) for name in columns) for row in rows)]
        return self.write("ServerTask.csv", "\n".join(lines) + "\n")

    def events(self, *events: tuple[str, str], task: int = 7) -> Path:
        """Audit events of a task: category and time."""
        items = [
            {
                "Id": f"Events-{number}",
                "Category": category,
                "Occurred": moment(time).isoformat(),
                "RelatedDocumentIds": [f"ServerTasks-{task}"],
            }
            for number, (category, time) in enumerate(events, 1)
        ]
        return self.write(f"api/events-{task}.json", json.dumps({"ItemType": "Event", "Items": items}, indent=1))

    def details(self, root: dict[str, Any], task: int = 7, state: str = "Success") -> Path:
        """/api/tasks/{id}/details with a tree of `node`s."""
        document = {"Task": {"Id": f"ServerTasks-{task}", "State": state}, "ActivityLogs": [root]}
        return self.write(f"api/ServerTasks-{task}.details.json", json.dumps(document, indent=1))

    def server(self, node: str, script: str, name: str = "OctopusServer.txt", zone: str = "") -> Path:
        """A node's server log: TIME LEVEL MESSAGE, two spaces deeper a continuation."""
        lines = []
        for line in entries(script):
            if line.startswith("  "):
                lines.append(line)
                continue
            time, level, message = line.split(None, 2)
            stamp = moment(time).strftime("%Y-%m-%d %H:%M:%S.%f")[:-2]
            lines.append(f"{stamp}{' ' + zone if zone else ''}   7012     44 {level:>5}  {message}")
        start = f"{NOON - timedelta(hours=4):%Y-%m-%d %H:%M:%S}.0000{' ' + zone if zone else ''}   7012      1  INFO  "
        start += f"Defaulting server node name to '\"{node}\"'."
        return self.write(f"{node}/Logs/{name}", "\n".join([start, *lines]) + "\n")

    def audit(self) -> Answer:
        """Everything read and judged; evidence must be places that exist."""
        answer = analyzer.audit(analyzer.read(self.folder))
        for finding in answer.findings:
            assert finding.evidence, finding
            for place in finding.evidence:
                data = (self.folder / place.source).read_bytes()
                assert data[: place.offset].count(b"\n") == place.line - 1, (finding.code, place)
        return Answer(answer)


def task(number: int = 7, state: str = "Success", **more: Any) -> dict[str, Any]:
    """A task of the API or a row of the table; times in short (`completed="2:00"`)."""
    names = {
        "queued": "QueueTime",
        "started": "StartTime",
        "completed": "CompletedTime",
        "warned": "HasWarningsOrErrors",
    }
    values = {names.get(key, key): value for key, value in more.items()}
    for key in ("QueueTime", "StartTime", "CompletedTime"):
        if key in values:
            values[key] = moment(values[key]).isoformat()
    base = {
        "Id": f"ServerTasks-{number}",
        "Name": "Deploy",
        "Description": TITLE,
        "QueueTime": moment("-5").isoformat(),
    }
    return {**base, "State": state, **values}


def node(
    path: str, name: str, status: str = "Success", *children: dict[str, Any], lines: str = "", number: int = 7
) -> dict[str, Any]:
    """An activity of /details; `lines`: TIME LEVEL MESSAGE."""
    elements = []
    for at, line in enumerate(entries(lines)):
        time, level, message = line.split(None, 2)
        elements.append(
            {"OccurredAt": moment(time).isoformat(), "Category": level, "MessageText": message, "Number": at}
        )
    named = {"Id": f"ServerTasks-{number}_AAAA{identify(path)}", "Name": name, "Status": status}
    return {**named, "Children": list(children), "LogElements": elements}


LOCKED = """
    {0} FATAL Exception appending to log with correlationId {1}
      System.IO.IOException: The process cannot access the file '\\\\nas\\TaskLogs\\{2}.txt' \
because it is being used by another process.
"""
"""A failed append: time, correlation id, file."""
RETRIED = "5 WARN Append log entry to ServerTasks-7_AAAA attempt #1 faulted, retrying in 00:00:01: {0}"
HEALTHY = f"""
    .    INF 0     {TITLE}
    1    PLN 0.1   Step 1: Stop the site
    2    PLN 0.1   Step 2: Start the site
    1/a  INF 1     web-01
    1/a  VBS 2     Stopping
    1/a  FIN 3
    1    VBS 3.1   Stop the site completed
    1    FIN 3.2
    2/b  INF 4     web-01
    2/b  FIN 6
    2    FIN 6.1
    .    INF 7     The deployment completed successfully.
    .    FIN 7.5
"""
FAILED = f"""
    .    INF 0     {TITLE}
    1    PLN 0.1   Step 1: Stop the site
    2    PLN 0.1   Step 2: Start the site
    1/a  INF 1     web-01
    1/a  FAT 2     The remote script failed with exit code 1
    1/a  FIN 3
    1    FAT 3.1   The step failed: Activity Stop the site on web-01 failed
    2    VBS 3.2   Step "Start the site" runs only when all previous steps succeeded; skipping
    2    ABN 3.2
    1    VBS 3.3   Stop the site completed
    1    FIN 3.4
    .    FAT 7     The deployment failed because one or more steps failed.
    .    FIN 7.5
"""
MIXED = f"""
    .    INF 0     {TITLE}
    1    PLN 0.1   Step 1: Stop the site
    2    PLN 0.1   Step 2: Start the site
    1/a  INF 1     web-01
    .    INF 1.5   {TITLE}
    x    PLN 1.6   Step 1: Stop the site
    y    PLN 1.6   Step 2: Start the site
    1/a  FIN 3
    1    FIN 3.2
    x/a  INF 3.5   web-01
    2/b  INF 4     web-01
    2/b  FIN 6
    x/a  FIN 6.05
    x    FIN 6.06
    2    FIN 6.1
    y/b  INF 6.2   web-01
    .    INF 7     The deployment completed successfully.
    .    FIN 7.5
    y/b  FIN 8
    y    FIN 8.1
    .    INF 9     The deployment completed successfully.
    .    FIN 9.5
"""
"""Two executions of one task at the same time in one file."""
