"""Small cases whose certificates are of every kind, and what tests do to their files."""

from __future__ import annotations

import json
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import analyzer
from analyzer.case import Audit
from analyzer.report import certificates
from tests.detectors.bundle import HEALTHY, MIXED, Bundle, node, task

SAMPLES = Path(__file__).parents[2] / "sample_logs"


def run(machine: str, start: int, end: int, step: str = "1") -> str:
    """One execution of a task that says where it ran."""
    return f"""
    .    INF {start}.0   Deploy Shop release 1.0 to Test
    {step}    PLN {start}.1   Step 1: Stop the site
    {step}/a  INF {start}.2   web-01
    {step}/a  VBS {start}.3   Environment Information: MachineName: {machine} HostProcessName: Octopus.Server
    {step}/a  FIN {end - 1}.0
    {step}    FIN {end - 1}.5
    .    FIN {end}.0
"""


def clock_bounds(bundle: Bundle, *, csv: bool = True, second: str = "WEST", ahead: int = 60) -> None:
    """Two segments by two nodes, the second `ahead`; two tasks that ran once bind their clocks to the database."""
    bundle.raw(run("EAST", 0, 100), segment="one")
    bundle.raw(run(second, ahead + 5, ahead + 95, "x"), segment="two")
    bundle.raw(run("EAST", 200, 210), task=8)
    bundle.raw(run("WEST", ahead + 200, ahead + 210), task=9)
    rows = [task(number, queued="199", started="199.9", completed="210.2") for number in (8, 9)]
    if csv:
        bundle.csv(*rows, task(7))
    else:
        bundle.api(*rows, task(7))


def server_log(bundle: Bundle, zone: str = "") -> None:
    """The second execution shows only in its node's server log."""
    clock_bounds(bundle)
    (bundle.folder / "TaskLogs" / "servertasks-7_aaaa" / "two.tl.txt").unlink()
    said = "ERROR Error in transaction 'DeploymentTaskController|ServerTasks-7-5b1f0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3b|T8'"
    bundle.server("EAST", f"1 {said}\n90 {said}", zone=zone)
    bundle.server("WEST", f"65 {said}\n155 {said}", zone=zone)


def repeated(bundle: Bundle) -> None:
    """A retention that was executed again at once, by another node."""
    script = run("EAST", 0, 3) + run("WEST", 5, 8, "x")
    bundle.raw(script.replace("Deploy Shop release 1.0 to Test", "Apply retention policies"))
    bundle.api(task(Name="Retention", Description="Apply retention policies", completed="9"))


def resumed_twice(bundle: Bundle) -> None:
    """A paused task that finished, and whose pause was resumed once more."""
    resume = """
    1    INF {0}.0  Resuming after completion
    1    VBS {0}.1  Environment Information: MachineName: {1} HostProcessName: Octopus.Server
    1    FIN {0}.2
    .    INF {0}.3  The deployment completed successfully.
    .    FIN {0}.5
"""
    begin = run("EAST", 0, 3).replace("    1    FIN 2.5\n    .    FIN 3.0\n", "")
    bundle.raw(begin + resume.format(60, "WEST") + resume.format(70, "NORTH"))


def append_order(bundle: Bundle) -> None:
    """Lines of two executions mixed; one of them lost its end."""
    bundle.raw(MIXED.rstrip().rsplit("\n", 1)[0])


def headless(bundle: Bundle) -> None:
    """The second execution's announcement and plan are lost; its steps ran on another machine."""
    other = run("WEST", 10, 60, "x").strip("\n").splitlines()[2:-1]
    mine = run("EAST", 0, 50).strip("\n").splitlines()
    bundle.raw("\n".join([*mine[:4], *other[:2], *mine[4:], *other[2:]]))


def alternating(bundle: Bundle) -> None:
    """One step under two ids whose lines alternate, and clocks ten minutes apart."""
    bundle.raw("""
        .    INF 0        Deploy Shop release 1.0 to Test
        1    PLN 0.1      Step 1: Stop the site
        2    PLN 0.1      Step 2: Start the site
        1/a  INF 1        web-01
        .    INF 10:00    Deploy Shop release 1.0 to Test
        x    PLN 10:00.1  Step 1: Stop the site
        y    PLN 10:00.1  Step 2: Start the site
        x/a  INF 10:01    web-01
        1/a  INF 3        Stopping
        x/a  INF 10:03    Stopping
        x/a  FIN 10:05
        x    FIN 10:06
""")


PAGE = """
                        | == Success: Deploy Shop ==
    12:00:00   Info     |   Deploy Shop
    12:00:05   Info     |   Deploy Shop
    {0}   Verbose  |   Guided failure is not enabled for this task
    12:00:06   Verbose  |   Guided failure is not enabled for this task
    12:00:40   Info     |   The deployment completed successfully.
    12:00:50   Info     |   The deployment completed successfully.
                        |
                        |   == Success: Step 1: Copy ==
    12:00:01   Info     |     copying
                        |
                        |   == Success: Step 2: Start ==
    12:00:11   Info     |     starting
                        |
                        |   == Success: Step 1: Copy ==
    12:00:06   Info     |     copying
                        |
                        |   == Success: Step 2: Start ==
    12:00:16   Info     |     starting
"""


def download(bundle: Bundle) -> None:
    """The root's own lines in a text download, whose times go back, with the carriage returns of Windows."""
    path = bundle.text(PAGE.format("12:00:01"))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def old_download(bundle: Bundle) -> None:
    """The same in the order of time, by a version that did not stitch logs together."""
    bundle.text(PAGE.format("12:00:05"), **{"Server version": "2021.2.7428"})


def details(bundle: Bundle) -> None:
    """The same in `/details`."""
    steps = [node(f"{at}", f"Step {1 + at % 2}", lines="1 Info working") for at in range(4)]
    said = """
        0   Info  Deploy Shop
        5   Info  Deploy Shop
        1   Info  Guided failure is not enabled for this task
        6   Info  Guided failure is not enabled for this task
        40  Info  The deployment completed successfully.
        50  Info  The deployment completed successfully.
    """
    bundle.details(node(".", "Deploy Shop", "Success", *steps, lines=said))


def pages(bundle: Bundle, encoding: str, indent: int | None) -> None:
    """A page of the API all on one line, or in another encoding."""
    clock_bounds(bundle, csv=False)
    page = bundle.folder / "api" / "tasks.json"
    page.write_bytes(json.dumps(json.loads(page.read_bytes()), indent=indent).encode(encoding))


def old_encodings(bundle: Bundle) -> None:
    """The export in UTF-16, the log with a byte order mark and a name in Windows-1252."""
    clock_bounds(bundle)
    table = bundle.folder / "ServerTask.csv"
    table.write_bytes(table.read_text().replace("\n", "\r\n").encode("utf-16"))
    log = bundle.folder / "TaskLogs" / "servertasks-7_aaaa" / "one.tl.txt"
    log.write_bytes(b"\xef\xbb\xbf" + log.read_bytes().replace(b"web-01", b"M\xfcnchen"))


CASES = {
    "append order": append_order,
    "headless": headless,
    "alternating": alternating,
    "mixed": lambda bundle: bundle.raw(MIXED),
    "mixed behind a healthy one": lambda bundle: (bundle.raw(MIXED), bundle.raw(HEALTHY, task=8)),
    "clock bounds, CSV": clock_bounds,
    "clock bounds, API": lambda bundle: clock_bounds(bundle, csv=False),
    "server log, zone given": server_log,
    "server log with zone": lambda bundle: server_log(bundle, "+00:00"),
    "API, on one line": lambda bundle: pages(bundle, "utf-8", None),
    "API, UTF-16": lambda bundle: pages(bundle, "utf-16", 4),
    "one clock": lambda bundle: clock_bounds(bundle, second="EAST", ahead=0),
    "repeated": repeated,
    "resumed twice": resumed_twice,
    "download": download,
    "old download": old_download,
    "details": details,
    "old encodings": old_encodings,
}


OPTIONS = {"server log, zone given": {"utc_offsets": {"EAST": "+00:00", "WEST": "+00:00"}}}


def certify(paths: Path | list[Path], out: Path, **options: Any) -> tuple[Audit, list[Path]]:
    """Audit and write certificates; every proved finding must get one."""
    audit = analyzer.audit(analyzer.read(paths, **options))
    out.mkdir(parents=True, exist_ok=True)
    written = certificates.write([audit], out)
    assert written.without == []
    return audit, written.folders


def packed(folder: Path, kind: str, out: Path) -> Path:
    """The folder as the PATH of a kind: itself, a zip of it, or a compressed tar."""
    if kind == "folder":
        return Path(shutil.copytree(folder, out / "copied"))
    if kind == "tar":
        with tarfile.open(out / "copied.tar.gz", "w:gz") as archive:
            archive.add(folder, "copied")
        return out / "copied.tar.gz"
    with zipfile.ZipFile(out / "copied.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"copied/{path.relative_to(folder).as_posix()}")
    return out / "copied.zip"
