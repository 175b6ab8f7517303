"""One small case for every known incident, by the issue's number; made by hand, nothing of it is a customer's."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from tests.detectors.bundle import FAILED, HEALTHY, LOCKED, MIXED, RETRIED, TITLE, Bundle, task

START = "{0} INFO Octopus.Server version {1} ({1}) instance OctopusServer"
LEADER = "{0} INFO Updating node to become leader: {1}"
RE_RUN = """
    .     INF {0}:00 {title}
    {1}   PLN {0}:01 Step 1: Stop the site
    {1}/a INF {0}:02 web-0{2}
    {1}/a VBS {0}:03 {block}
    {1}/a FIN {0}:04
    {1}   FIN {0}:05
    .     INF {0}:06 The deployment completed successfully.
    .     FIN {0}:07
"""
BLOCK = "Environment Information:\\r\\nMachineName: {}\\r\\nHostProcessName: Octopus.Server"


def started(version: str, time: str = "-1:00:00") -> str:
    """A node's start-up line."""
    return START.format(time, version)


def locked(time: str, correlation: str) -> str:
    """An append that failed because another process held the file."""
    return textwrap.dedent(LOCKED.format(time, correlation, correlation.lower()))


def run(minute: int, word: str, target: int, node: str) -> str:
    """One whole deployment in a minute."""
    return RE_RUN.format(minute, word, target, title=TITLE, block=BLOCK.format(node))


def named(script: str, *nodes: tuple[str, str, str]) -> str:
    """A log whose executions name their machines: activity, time and node after which line."""
    lines = script.rstrip().splitlines()
    for activity, time, node in nodes:
        at = next(number for number, line in enumerate(lines) if line.split()[:2] == [activity, "INF"])
        lines.insert(at + 1, f"    {activity} VBS {time} {BLOCK.format(node)}")
    return "\n".join(lines)


def raw(bundle: Bundle, script: str, **more: object) -> None:
    """A raw log in which `\\r\\n` stands for the line break of a block."""
    path = bundle.raw(script, **more)
    path.write_bytes(path.read_bytes().replace(b"\\\\r\\\\n", b"\\r\\n"))


def double_run(bundle: Bundle, version: str = "2023.3.12936") -> None:
    raw(bundle, named(MIXED, ("1/a", "1.1", "EAST"), ("x/a", "3.55", "WEST")))
    for node in ("EAST", "WEST"):
        bundle.server(node, started(version) if version else "")


def auto_deploy(bundle: Bundle, version: str = "2022.2.6729") -> None:
    raw(bundle, run(0, "1", 1, "EAST") + run(1, "x", 2, "WEST").replace("1:00", "0:40"))
    bundle.server("EAST", started(version))
    bundle.server("WEST", started(version) + locked("45", "ServerTasks-7_AAAA"))


def growing(bundle: Bundle, version: str = "2025.2.11000") -> None:
    raw(bundle, run(0, "1", 1, "EAST") + run(20, "x", 2, "EAST") + run(40, "y", 3, "EAST"))
    bundle.server("EAST", started(version))


def two_layouts(bundle: Bundle, version: str = "2022.4.8401") -> None:
    raw(bundle, run(0, "1", 1, "EAST"))
    raw(bundle, run(30, "x", 2, "EAST"), segment="zz")
    bundle.server("EAST", started(version))


def scheduled(bundle: Bundle, version: str = "2021.1.7500") -> None:
    bundle.raw(HEALTHY)
    bundle.server("EAST", started(version) + locked("5", "ScheduledTasks_ProcessSubscriptions"))


def leaders(bundle: Bundle, version: str = "3.11.2") -> None:
    bundle.server("EAST", "\n".join([started(version), *(LEADER.format(at, "EAST") for at in (10, 30, 50))]))
    bundle.server("WEST", "\n".join([started(version), *(LEADER.format(at, "WEST") for at in (20, 40, 55))]))


def torn(bundle: Bundle, version: str = "2022.3.10953") -> None:
    lines = HEALTHY.strip().splitlines()
    broken = ':00:02.0000000+00:00","Copying files","",0]'
    bundle.raw("\n".join(["    " + lines[0], *lines[1:5], "    !" + broken, *lines[5:]]))
    bundle.server("EAST", started(version))


def flag(bundle: Bundle, version: str = "2023.2.13151") -> None:
    bundle.raw(HEALTHY)
    bundle.api(task(HasWarningsOrErrors=True, started="0", completed="7.6"))
    bundle.server("EAST", started(version))


def canceled(bundle: Bundle, version: str = "2022.4.8401") -> None:
    bundle.raw(HEALTHY.replace("INF 7 ", "INF 10:07 ").replace("FIN 7.5", "FIN 10:08"))
    bundle.api(task(state="Canceled", StartTime="0", CompletedTime="2:00"))
    bundle.server("EAST", started(version))


def hanging(bundle: Bundle, version: str, error: str) -> None:
    bundle.raw(HEALTHY)
    bundle.api(task(state="Cancelling", StartTime="0"), task(8, StartTime="2:00:00", CompletedTime="2:10:00"))
    bundle.server("EAST", started(version) + error)


def hanging_by_timeout(bundle: Bundle, version: str = "2022.4.8000") -> None:
    hanging(bundle, version, "\n9 ERROR Error while executing SQL: Error Number: 1222, State: 51")


def hanging_alone(bundle: Bundle, version: str = "2022.4.8500") -> None:
    hanging(bundle, version, "")


def ignored(bundle: Bundle, version: str = "3.4.13") -> None:
    tries = "\n".join(f"    1/a  VBS 2.{number:02} Retry attempt {number}" for number in range(1, 11))
    script = FAILED.replace("    1/a  FIN 3", f"{tries}\n    1/a  FIN 3")
    bundle.raw(script.replace("FAT 7     The deployment failed because one or more steps failed.", "INF 7 done"))
    bundle.api(task(StartTime="0", CompletedTime="7.6"))
    bundle.server("EAST", started(version))


def without_event(bundle: Bundle, version: str = "2021.2.7428") -> None:
    bundle.raw(HEALTHY)
    bundle.api(task(StartTime="0", CompletedTime="7.6"))
    bundle.events(("DeploymentQueued", "-5"), ("DeploymentStarted", "0"))
    bundle.events(("DeploymentQueued", "30:00"), ("DeploymentFailed", "40:00"), task=8)
    bundle.server("EAST", started(version))


def handle(bundle: Bundle, version: str = "3.11.2") -> None:
    bundle.raw(HEALTHY)
    bundle.server("EAST", started(version) + "\n" + RETRIED.format("The handle is invalid."))


def apart(bundle: Bundle, version: str = "2023.2.13151") -> None:
    for number in range(7, 13):
        bundle.raw(HEALTHY, number, folder=f"{'EAST' if number % 2 else 'WEST'}/TaskLogs")
    for node in ("EAST", "WEST"):
        bundle.server(node, started(version))


SAMPLES: dict[str, Callable[..., None]] = {
    "8356": double_run,
    "6748": auto_deploy,
    "9539": growing,
    "8599": two_layouts,
    "6522": scheduled,
    "3258": leaders,
    "3550": torn,
    "8136": flag,
    "7903": canceled,
    "7920": hanging_by_timeout,
    "8214": hanging_alone,
    "2882": ignored,
    "7208": without_event,
    "3273": handle,
    "5355": apart,
}
