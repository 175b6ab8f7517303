"""OctopusServer.txt: local time without a zone, process, thread, level, message; the layout since 3.15.

2023-11-06 12:25:30.0153   7012    315 ERROR  Unhandled error on request: ...
"""

# ruff: noqa: E501
from __future__ import annotations

import random
import threading
from pathlib import Path

from ..clock import TICKS, NodeClock, TrueClock, moment_of
from ..phrases import block

BUSY = "The process cannot access the file '\\\\{share}\\octopus\\TaskLogs\\{file}' because it is being used by another process."
RETRY = "Append log entry to {correlation} attempt #{attempt} faulted, retrying in 00:00:0{attempt}: {busy}"
READER = "Reader took {took}ms ({first}ms until the first record) in transaction '{transaction}': {sql}"
QUERIES = (
    "SELECT TOP 1 Id,Name,Created,EnvironmentId,ProjectId,ReleaseId,TaskId,ChannelId,SpaceId,JSON FROM [dbo].[Deployment] WHERE [Id] = @Id",
    "SELECT * FROM [dbo].[VariableSet] WHERE ([OwnerId] = @ownerId) ORDER BY [Id]",
    "SELECT TOP 1 *\nFROM [dbo].[Machine]\nWHERE ([Id] IN @ids)\nORDER BY [Id]",
)
NOISE = (
    (
        " INFO",
        '"HTTP" "GET" to "octopus.example.com""/api/octopusservernodes/ping" "completed" with 200 in 00:00:00.0224869 (22ms) by "<anonymous>"',
    ),
    (
        " INFO",
        '"HTTP" "GET" to "octopus.example.com""/api/tasks/ServerTasks-{task}/details" "completed" with 200 in 00:00:00.1031172 (103ms) by "{user}"',
    ),
    (
        "DEBUG",
        "Reader took 353ms (319ms until the first record) in transaction 'https://octopus.example.com/api/tasks/ServerTasks-{task} 4ed7ef4e': SELECT *\nFROM [dbo].[ServerTask]\nORDER BY [Id]",
    ),
    (" INFO", "listen://[::]:10943/           {thread}  Accepted TCP client: [::ffff:192.0.2.{n}]:63248"),
    (
        " INFO",
        "poll://b2yf9fvn5hggm5hvjz72/   {thread}  Request IScriptService::GetStatus[{n}] / d5d0972f-1db3-4cde-ac71-5e42c9114040 was queued",
    ),
    (" WARN", 'Ignoring incompatible step package "kustomize 1.0.{n}": "kustomize step package is deprecated"'),
    ("ERROR", 'Executing task "Check target health for Default Machine Policy" "abandoned" after {n}ms.'),
    (" INFO", "Deleted: ServerTasks-{old}"),
    (
        "ERROR",
        "Unhandled error on request: The semaphore timeout period has expired\nSystem.IO.IOException: The semaphore timeout period has expired\n   at Octopus.Server.Web.Host.Process(HttpContext ctx)\n   at Octopus.Server.Web.Host.Run()",
    ),
)


class ServerLog:
    """One node's server log. Threads share it; nothing forces its times to be in order."""

    def __init__(self, path: Path, clock: TrueClock, shown: NodeClock, offset_minutes: int, rng: random.Random) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("a", encoding="utf-8", newline="\n")
        self.clock, self.shown, self.offset, self.rng = clock, shown, offset_minutes, rng
        self.process = rng.randint(900, 9000)
        self.guard = threading.Lock()

    def say(self, level: str, message: str) -> None:
        """One entry."""
        with self.guard:
            ticks = self.shown.ticks(self.clock.now())
            local = moment_of(ticks, self.offset)
            stamp = f"{local:%Y-%m-%d %H:%M:%S}.{ticks % TICKS // 1000:04d}"
            self.file.write(f"{stamp}  {self.process:>5}  {self.rng.randint(4, 320):>5} {level}  {message}\n")
            self.file.flush()

    def start_up(self, version: str, node: str, machine: str, leader: bool) -> None:
        """What a process says first."""
        self.say(" INFO", f"Octopus.Server version {version} ({version}+Branch.release) instance OctopusServer")
        self.say(" INFO", "\n  ".join([*block(machine, "Octopus.Server"), f"PID: {self.process}"]))
        self.say(" INFO", f"Defaulting server node name to '\"{node}\"'.")
        self.say(" INFO", "listen://[::]:10943/               1  Listener started")
        if leader:
            self.say(" INFO", f"Updating node to become leader: {node}")

    def noise(self, task: int) -> None:
        """An ordinary line; some name a task that this node does not run."""
        level, text = self.rng.choice(NOISE)
        n = self.rng.randint(1, 250)
        self.say(level, text.format(task=task, old=self.rng.randint(10, 900), user="admin", n=n, thread=f"{n:>5}"))

    def query(self, controller: str, task: str, guid: str) -> None:
        """A slow query of the controller that executes a task: its transaction's name ties the task to this node."""
        transaction = f"{controller}|{task}-{guid}|T{self.rng.randint(4, 120)}"
        took = self.rng.randint(40, 900)
        self.say(
            "DEBUG", READER.format(took=took, first=took // 2, transaction=transaction, sql=self.rng.choice(QUERIES))
        )

    def append_retry(self, correlation: str, attempt: int, file: str) -> None:
        """Another process holds the log."""
        self.say(" WARN", RETRY.format(correlation=correlation, attempt=attempt, busy=_busy(file)))

    def append_failure(self, correlation: str, file: str) -> None:
        """A line is lost."""
        self.say(
            "FATAL",
            f"Exception appending to log with correlationId {correlation}\nSystem.IO.IOException: {_busy(file)}",
        )

    def gone(self, description: str, node: str) -> None:
        """This node cancels another node's task."""
        self.say(
            " WARN",
            f"Marking the task {description} as canceled because the node {node} went offline and was unable to complete it.",
        )


def _busy(file: str) -> str:
    return BUSY.format(share="nas01.example.com", file=file.replace("/", "\\"))
