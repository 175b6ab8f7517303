"""Server logs drawn from a seed: every layout and every telling message, and ways in which their bytes can go wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

DAWN = datetime(2023, 9, 18, 6)
GUID = "5b1f0c9e-6d3a-4a57-9d0e-0f6f6f1f2a3b"
LAYOUTS = (
    "{at}   7012  {thread:>5} {level:>5}  {text}",
    "{at}   7012  {thread:>5} {level:>5}  {text}",
    "{at} {thread:>6} {level:>5}  {text}",
    "{at} 123456  {thread:>5} {level:>5}  {text}",
    "{at} +10:00   7012  {thread:>5} {level:>5}  {text}",
)
LEVELS = ("INFO", "INFO", "INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL", "NOTICE")
CHATTER = (
    '"HTTP" "GET" to "octopus.example.com""/api/tasks/ServerTasks-{task}/details" "completed" with 200',
    "listen://[::]:10943/     12  Accepted TCP client: [::1]:51044",
    "Unhandled error on request\nSystem.IO.IOException: The semaphore timeout period has expired\n   at Octopus.Run()",
    "grüßt \u2603",
    "",
    " three blanks before this",
    "Reader took 353ms in transaction 'https://octopus.example.com/api/tasks/ServerTasks-{task} 4e': SELECT *\nFROM",
)
TELLING = (
    "Octopus.Server version 2023.3.12936 (2023.3.12936) instance Main",
    "Octopus.Server.exe version 2023.2.13151",
    "Environment Information:\n  OperatingSystem: Microsoft\n  MachineName: {node}\n  HostProcessName: Octopus.Server",
    "Defaulting server node name to '\"{node}\"'.",
    'Updating node to become leader: "{node}"',
    "Canceling task because the node 'WEST' went offline",
    "Error in transaction 'DeployTaskController|ServerTasks-{task}-" + GUID + "|T81': Timeout expired.",
    "first 'ATaskController|ServerTasks-{task}-"
    + GUID
    + "|T1' and 'ATaskController|ServerTasks-1{task}-"
    + GUID
    + "|T2'",
    "Exception appending to log with correlationId ServerTasks-{task}_AAAA\nSystem.IO.IOException: The process cannot "
    "access the file 'C:\\servertasks-{task}_aaaa.txt' because it is being used by another process.",
    "Exception appending to log with correlationId ScheduledTasks_X\nbecause it is being used by another process.",
    "Failed to append the following log entry:\n  Category: Info\n  CorrelationId: ServerTasks-{task}_AAAA/1f\n",
    "Append log entry to ServerTasks-{task}_AAAA attempt #1 faulted, retrying in 00:00:01: The handle is invalid.",
    "[ServerTasks-{task}] [Octopus.Lock] acquired",
    'Unable to mark task "ServerTasks-{task}" as complete',
    "Error Number: 1222, State: 51\nLock request time out period exceeded.",
    "An error occured reading the log file",
)
JUNK = (
    b"",
    b" ",
    b"  ",
    b"\n",
    b"\r\n",
    b"\r",
    b"7",
    b"-",
    b":",
    b"x",
    b"\xe9",
    b"\xc3",
    b"\0",
    b"|",
    b"2023-09-18 07:00:",
)
NODES = ("EAST", "WEST")


def server_log(random: Random, numbers: range, entries: int = 60) -> bytes:
    """One log of a layout with some telling entries, up to six mutations, in one of the usual encodings."""
    layout, at, lines = random.choice(LAYOUTS), DAWN + timedelta(minutes=random.randrange(400)), []
    for _ in range(random.randrange(entries)):
        at += timedelta(microseconds=100 * random.choice((-9, 0, 1, 99, 12345, 299_000, 300_000, 301_000, 19_000_000)))
        text = random.choice(TELLING if random.random() < 0.2 else CHATTER)
        text = text.format(task=random.choice(numbers), node=random.choice(NODES))
        used = layout if random.random() < 0.9 else random.choice(LAYOUTS)
        stamp = at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-2]
        lines.append(used.format(at=stamp, thread=random.randrange(1, 999), level=random.choice(LEVELS), text=text))
    data = ("\n".join(lines) + "\n").encode()
    for _ in range(random.choice((0, 0, 1, 2, 6))):
        place = random.randrange(len(data) + 1)
        data = data[:place] + random.choice(JUNK) + data[place + random.choice((0, 0, 1, 2, 40)) :]
    if random.random() < 0.2:
        data = data.replace(b"\n", b"\r\n")
    return data if random.random() < 0.9 else data.decode("utf-8", "replace").encode("utf-16")


def copied(random: Random, data: bytes) -> bytes:
    """A copy of a log, perhaps an earlier one that ends earlier, or one that differs in a byte."""
    place = random.randrange(len(data) + 1)
    return random.choice((data, data[:place], data[:place] + b"x" + data[place + 1 :], data + data[:place]))
