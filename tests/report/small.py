"""Small logs by hand: a mini-language for raw task logs, and what `show` says of them.

A line is `@SECONDS ACTIVITY CATEGORY MESSAGE`; ACTIVITY is `.` for the root, else `step` or `step/target/...`, each
part a word that becomes an id. CATEGORY `NODE` is the block in which an Octopus Server names its machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path

from analyzer import pipeline
from analyzer.report import show

BEGIN = datetime(2023, 9, 18, 10, 0, 0, tzinfo=UTC)
BLOCK = "Environment Information:\r\nMachineName: {}\r\nHostProcessName: {}"


def raw(script: str, task: int = 7, log: str = "LOG7") -> str:
    """The text of a raw task log."""
    return "".join(_entry(line, f"ServerTasks-{task}_{log}") + "\n" for line in _lines(script))


def _entry(line: str, root: str) -> str:
    if line.startswith("!"):  # a line as it is
        return line[1:]
    seconds, activity, category, message = line.split(None, 3)
    time = BEGIN + timedelta(seconds=float(seconds[1:]))
    if category in ("NODE", "HOST"):
        host = "Octopus.Server" if category == "NODE" else "Calamari"
        category, message = "VBS", BLOCK.format(message, host)
    ids = [] if activity == "." else [md5(part.encode()).hexdigest() for part in activity.split("/")]
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0+00:00"
    return json.dumps(
        ["/".join([root, *ids]), category, stamp, message, "", 0], ensure_ascii=False, separators=(",", ":")
    )


def _lines(script: str) -> list[str]:
    return [line.strip() for line in script.strip().splitlines() if line.strip()]


def bundle(folder: Path, files: Mapping[str, str]) -> Path:
    """Files of a case, by their paths."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


def told(folder: Path, task: int = 7, width: int = 80, **options: object) -> str:
    """What `show` prints of a task."""
    audit = pipeline.audit(pipeline.read(folder, **options))
    return show.render(audit, f"ServerTasks-{task}", width)


def api(*tasks: dict[str, object]) -> str:
    """A page of /api/tasks."""
    items = [{"Id": "ServerTasks-7", "Name": "Deploy", "Description": "Deploy shop 1.0", **task} for task in tasks]
    return json.dumps({"ItemType": "Task", "Items": items, "TotalResults": len(items)}, indent=1)


ONCE = """
@0  .          INF  Deploy shop 1.0
@1  one        PLN  Step 1: Copy files
@2  one/web    INF  WEB-1
@3  one/web    NODE OCTO-A
@4  one/web    INF  copying
@5  one/web    FIN  Finished
@6  one        FIN  Finished
@7  .          INF  The deployment completed successfully.
@8  .          FIN  Finished
"""

DOWNLOAD = """\
Task ID:        ServerTasks-7
Task status:    Success
Task queued:    Monday, 18 September 2023 11:59:50 PM +00:00
Server node:    OCTO-A

                    | == Success: Deploy shop 1.0 ==
23:59:58   Info     |   Deploy shop 1.0
00:00:08   Info     |   The deployment completed successfully.
                    |~
                    |   == Success: Step 1: Copy files ==
00:00:06   Verbose  |     Copy files completed
                    |~
                    |     == Success: WEB-1 ==
23:59:59   Info     |       copying
00:00:02   Info     |       copied
""".replace("|~", "| ")

AGAIN = """
@{0}  .          INF  Deploy shop 1.0
@{1}  uno        PLN  Step 1: Copy files
@{2}  uno/web    INF  WEB-1
@{3}  uno/web    NODE OCTO-B
@{4}  uno/web    INF  copying again
@{5}  uno/web    FIN  Finished
@{6}  uno        FIN  Finished
@{7}  .          INF  The deployment completed successfully.
@{8}  .          FIN  Finished
"""

TWICE = """
@0  .          INF  Deploy shop 1.0
@1  one        PLN  Step 1: Copy files
@2  one/web    INF  WEB-1
@3  one/web    NODE OCTO-A
@4  .          INF  Deploy shop 1.0
@5  uno        PLN  Step 1: Copy files
@6  uno/web    INF  WEB-1
@7  uno/web    NODE OCTO-B
@8  one/web    INF  copying
@9  uno/web    INF  copying
@10 one/web/p  INF  Upload package Shop version 1.0
@11 uno/web/p  INF  Upload package Shop version 1.0
@12 one/web    FIN  Finished
@13 one        FIN  Finished
@14 uno/web    FAT  The remote script failed with exit code 1
@15 uno/web    FIN  Finished
@16 uno        FAT  The step failed: Activity Copy files on WEB-1 failed with error 'x'.
@17 uno        FIN  Finished
@18 .          INF  The deployment completed successfully.
@19 .          FIN  Finished
@20 .          FAT  The deployment failed because one or more steps failed.
@21 .          FIN  Finished
"""

PAUSED = """
@0    .          INF  Deploy shop 1.0
@1    one        PLN  Step 1: Approve
@2    two        PLN  Step 2: Copy files
@3    one        VBS  waiting for a person
@4    one/srv    INF  Octopus Server
@5    one/srv    NODE OCTO-A
@1800 one        INF  Resuming after completion
@1801 one        INF  Submitted by: Sarah at 2023-09-18T10:29:50.0000000+00:00
@1802 one        FIN  Finished
@1803 two/web    INF  WEB-1
@1804 two/web    NODE OCTO-B
@1805 two/web    FIN  Finished
@1806 two        FIN  Finished
@1807 .          INF  The deployment completed successfully.
@1808 .          FIN  Finished
"""


def again(start: float) -> str:
    """A second execution from that second on."""
    return AGAIN.format(*(start + step for step in range(9)))
