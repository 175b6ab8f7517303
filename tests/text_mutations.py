"""Healthy text downloads, small and of every kind, and the ways in which their lines can go wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

from tests.mutations import MUTATIONS, Mutate, of_lines, within

HEADER = """\
Task ID:        ServerTasks-{task}
Related IDs:    Deployments-88, Environments-2
Task status:    {status}
Task queued:    Monday, 18 September 2023 11:58:58 AM +00:00
Task started:   Monday, 18 September 2023 11:59:02 AM +00:00
Task completed: Monday, 18 September 2023 12:05:40 PM +00:00
Task duration:  6 minutes
Server version: 2023.3.12900+Branch.release
Server node:    EAST

"""
PLAIN = """\
                    | == Success: Deploy Shop release 1.0 to Test ==
12:00:00   Verbose  |   Guided failure is not enabled for this task
12:00:09   Info     |   The deployment completed successfully.
                    | $
                    |   == Success: Step 1: Stop the site ==
12:00:03   Verbose  |     Stop the site completed
                    |   $
                    |     Success: web-01
12:00:01   Info     |       stopping
12:00:02   Info     |       stopped
                    |   $
                    |   == Success: Step 2: Start the site ==
12:00:08   Verbose  |     Start the site completed
                    |   $
                    |     Success: web-01
12:00:04   Warning  |       it is slow
12:00:07   Info     |       started
                    |     $
"""
MACHINES = """\
                    | == Success: Run Back-up on Test ==
23:59:58   Verbose  |   Guided failure is not enabled for this task
00:00:03   Info     |   The run completed successfully.
                    | $
                    |   == Success: Acquire packages ==
23:59:58   Info     |     Acquiring packages
23:59:59   Verbose  |     Acquire Packages completed
                    |   $
                    |     == Success: web-02 ==
                    |     $
                    |       Success: Upload package
                    |       $
                    |   == Success: Step 1: Copy everything ==
00:00:02   Verbose  |     Copy everything completed
                    |   $
                    |     == Success: Worker ==
                    |     $
                    |       Success: Copy everything
23:59:59   Verbose  |         Octopus Server version: 2023.3.12936+Branch.release
23:59:59   Verbose  |         Environment Information:
                    |         OperatingSystem: Microsoft Windows NT 10.0.20348.0
                    |         MachineName: EAST
                    |           HostProcessName: Octopus.Server
00:00:00   Verbose  |         Environment Information:
                    |         MachineName: WEB-02
                    |         HostProcessName: Calamari
00:00:00   Verbose  |         Octopus Server version: 2023.3.12936+Branch.release
00:00:01   Error    |         café closed
                    | at Some.Where()
                    |         $
                    |         \tSuccess: 12
                    |         $
                    |         Tests passed: 3
00:00:01   Info     |         done
                    |         $
"""
BARE = """\
                    | == Success: Check health ==
12:00:00   Info     |   Checking
12:00:06   Info     |   All were checked
                    |
                    |   == Skipped: Step 1: Nothing to do ==
                    |
                    |   == Success: Step 2: Look ==
12:00:02   Verbose  |     MachineName: WEST
12:00:02   Verbose  |     OperatingSystem: Linux
12:00:02   Verbose  |     HostProcessName: Octopus.Server
                    |     == Success: quiet ==
                    |
                    |     Success with warning: web-03
12:00:03   Trace    |       \t
12:00:04   Alert    |         deeper
12:00:05   Info     |       $
"""
FAILED = """\
                    | == Failed: Deploy Shop release 1.0 to Test ==
12:00:00   Verbose  |   Guided failure is not enabled for this task
12:00:09   Fatal    |   The deployment failed because one or more steps failed.
                    | $
                    |   == Failed: Step 1: Stop the site ==
12:00:06   Fatal    |     The step failed: Activity Stop the site on web-01 failed with error 'exit code 1'.
                    |   $
                    |     Failed: web-01
12:00:02   Error    |       exit code 1
12:00:03   Fatal    |       The remote script failed with exit code 1
                    |   $
                    |     Success: web-02
12:00:02   Info     |       stopped
                    |     $
                    |   == Skipped: Step 2: Start the site ==
                    |   $
"""
CHECKED = """\
                    | == Success: Check deployment target health ==
12:00:00   Info     |   Checking
12:00:06   Info     |   All were checked
                    | $
                    |   == Success: Check deployment target: web-01 ==
12:00:02   Info     |     Performing health check on machine
                    |   $
                    |   == Success: Check deployment target: web-02 ==
12:00:01   Info     |     Performing health check on machine
12:00:03   Verbose  |     MachineName: EAST HostProcessName: Octopus.Server
                    |   $
"""
HEALTHY = (PLAIN, MACHINES, BARE, FAILED, CHECKED)
STATUSES = (
    *(b"Success", b"Failed", b"Running", b"Pending", b"Skipped", b"Canceled", b"Cancelled", b"SuccessWithWarning"),
    *(b"Success with warning", b"Successful", b"success"),
)
LEVELS = (
    b"Verbose ",
    b"Info    ",
    b"Error   ",
    b"Fatal   ",
    b"Trace   ",
    b"Wait    ",
    b"Highlight",
    b"info    ",
    b"Info",
)
MESSAGES = (
    *(b"Resuming after completion", b"Submitted by: Ann at 2023-09-18T12:00:03.0000000+00:00", b"Retry attempt 2"),
    *(b"The deployment completed successfully.", b"The run completed", b"The task was canceled", b"stopping"),
    *(b"Deploy Shop release 1.0 to Test", b"Guided failure is not enabled for this task"),
    *(b"Guidance received: Ignore", b"MachineName: SOUTH", b"HostProcessName: Octopus.Server", b"Checking"),
    *(b"MachineName: SOUTH HostProcessName: Octopus.Server", b"Octopus Server version: 2024.1.1", b"", b" ", b"\t"),
    *(
        b"== Success: more ==",
        b"Success: 12",
        b"Failed: 0",
        b"Success:",
        b"== Success:  ==",
        b"Success: ==",
        b"x" * 3000,
    ),
    *(b"caf\xc3\xa9", b"caf\xe9", b"\xc2\xa0", b"\xe2\x80\x83", b"\x1c", b"\x7f", b"\0", b"12:00:04   Info     |   x"),
)
PIECES = (
    b" ",
    b"  ",
    b"    ",
    b"|",
    b"| ",
    b"\n",
    b"\r",
    b"\r\n",
    b"=",
    b" ==",
    b"== ",
    b":",
    b"\t",
    b"9",
    b"/",
    b"\n\n",
)
TIMES = (b"24:00:00", b"12:60:00", b"12:00:60", b"1::00:00", b"12.00.00", b"2023-09-18T12:00:01")
HEADERS = (
    *(
        b"",
        b"Task status:    Failed",
        b"Task status:    Success",
        b"Task status: Succ",
        b"Task ID:        ServerTasks-8",
    ),
    *(
        b"Task ID: none",
        b"Colour: red",
        b"Server node:",
        b"Server version: 1",
        b"something else",
        b" ",
        b"Task status:",
    ),
    *(b"Task completed: yesterday", b"Task started:   Monday, 18 September 2023 11:59:02 AM +99:00"),
)
_TIME = re.compile(rb"^([0-9]{2}):([0-9]{2}):([0-9]{2})")
_ACTIVITY = re.compile(rb"(Success|Skipped|Success with warning): ([^=\n]*[^= \n])")


def download(script: str, task: int = 7) -> bytes:
    """A text download as it is stored; `$` ends a line that ends with blanks."""
    status = "Failed" if "== Failed: " in script.partition("\n")[0] else "Success"
    return (HEADER.format(task=task, status=status) + script.replace("$\n", "\n")).encode()


def _insert(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice((*PIECES, *MESSAGES)) + data[at:]


def _overwrite(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + random.choice(PIECES)[:1] + data[at + 1 :]


def _indent(random: Random, line: bytes) -> bytes:
    head, bar, text = line.partition(b"|")
    wanted = len(text) - len(text.lstrip(b" ")) + random.choice((-4, -2, -1, 1, 2, 4, 12))
    return head + bar + b" " * wanted + text.lstrip(b" ") if bar else b" " + line


def _indent_block(random: Random, lines: list[bytes], at: int) -> list[bytes]:
    stop, by = at + random.choice((2, 3, 5, len(lines))), random.choice((b"  ", b"    "))
    return [*lines[:at], *(line.replace(b"| ", b"| " + by, 1) for line in lines[at:stop]), *lines[stop:]]


def _level(random: Random, line: bytes) -> bytes:
    return line[:11] + random.choice(LEVELS) + line[19:] if _TIME.match(line) else line


def _time(random: Random, line: bytes) -> bytes:
    shift = random.choice((-43201, -43200, -7200, -3600, -2, -1, 1, 2, 3600, 43200, 80000))

    def shifted(match: re.Match[bytes]) -> bytes:
        hours, minutes, seconds = map(int, match.groups())
        at = (hours * 3600 + minutes * 60 + seconds + shift) % 86400
        return f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}".encode()

    return _TIME.sub(lambda match: random.choice(TIMES) if random.random() < 0.2 else shifted(match), line)


def _status(random: Random, line: bytes) -> bytes:
    return _ACTIVITY.sub(lambda match: random.choice(STATUSES) + b": " + match[2], line)


def _rename(random: Random, data: bytes) -> bytes:
    names = [match[2] for match in _ACTIVITY.finditer(data)] or [b"x"]
    return data.replace(b": " + random.choice(names), b": " + random.choice(names), 1)


def _say(random: Random, line: bytes) -> bytes:
    """Another message in the place of one."""
    head, bar, text = line.partition(b"|")
    blanks = len(text) - len(text.lstrip(b" \n"))
    return head + bar + text[:blanks].strip(b"\n") + random.choice(MESSAGES) + b"\n" if bar else line


def _more(random: Random, lines: list[bytes], at: int) -> list[bytes]:
    """A line without a time."""
    text = b" " * random.choice((0, 1, 3, 5, 7, 9, 20)) + random.choice((b"", b"", *MESSAGES))
    return [*lines[:at], b" " * random.choice((20, 20, 20, 19, 0)) + b"|" + text + b"\n", *lines[at:]]


def _header(random: Random, lines: list[bytes], at: int) -> list[bytes]:
    at %= HEADER.count("\n") + 1
    stop = at + random.choice((0, 1, 1, 2))
    return [*lines[:at], random.choice((*HEADERS, *lines[:9])).rstrip(b"\n") + b"\n", *lines[stop:]]


def _trim(random: Random, data: bytes) -> bytes:
    """What editors do."""
    return b"\n".join(line.rstrip(b" ") for line in data.split(b"\n"))


SHARED = ("flip", "cut end", "cut out", "cut line", "splice", "move", "repeat", "drop", "crlf", "mark")
TEXT_MUTATIONS: Mapping[str, Mutate] = {
    **{name: MUTATIONS[name] for name in SHARED},
    "insert": _insert,
    "overwrite": _overwrite,
    "indent": within(_indent),
    "indent block": of_lines(_indent_block),
    "level": within(_level),
    "time": within(_time),
    "status": within(_status),
    "rename": _rename,
    "say": within(_say),
    "more": of_lines(_more),
    "header": of_lines(_header),
    "trim": _trim,
}
