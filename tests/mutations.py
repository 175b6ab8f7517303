r"""Whole raw task logs, small and of every kind, and the ways in which bytes of a log can go wrong.

A script has a line per entry, `ACTIVITY CATEGORY SECONDS MESSAGE`, as in `tests.detectors.bundle`, but the message is
the text between the quotes as it is stored: `\r\n` and `\u0027` are escapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

from tests.detectors.bundle import SAID, entries, identify, moment

PLAIN = r"""
    .    INF 0    Deploy Shop release 1.0 to Test
    1    PLN 0.1  Step 1: Stop the site
    2    PLN 0.1  Step 2: \"Start\" the site
    1/a  INF 1    web-01
    1/a  VBS 2    C:\\Work\\site\\
    1/a  FIN 3
    1    FIN 3.2
    2/b  INF 4    web-01
    2/b  UPD 4.5  Uploading
    2/b  FIN 6
    2    FIN 6.1
    .    INF 7    The deployment completed successfully.
    .    FIN 7.5
"""
MACHINES = r"""
    .      INF 0    Run Back-up on Test
    1      PLN 0.1  Step 1: Copy \u0027all\u0027
    1/a    INF 1    web-01
    1/a    VBS 1.1  Octopus Server version: 2023.3.12936+Branch.release-2023.3
    1/a    VBS 1.1  Environment Information:\r\n  MachineName: EAST\r\n  HostProcessName: Octopus.Server
    1/a/x  INF 1.2  Script
    1/a/x  WRN 1.3  disk is nearly full
    1/a/x  FIN 1.4
    1/b    INF 1.2  web-02
    1/b    VBS 1.3  Environment Information:\r\n  MachineName: EAST\r\n  HostProcessName: Octopus.Server
    1/b    VBS 1.35 Octopus Server version: 2023.3.12936+Branch.release-2023.3
    1/b    INF 1.3  as late as its neighbour
    1/a    FIN 2
    1/b    FIN 2
    1      FIN 2.1
    .      INF 3    The run completed successfully.
    .      FIN 3
"""
SEPARATE = r"""
    .    INF 0    Check health
    1    INF 1    Octopus Server
    1    VBS 1.1  MachineName: WEST
    1    VBS 1.1  OperatingSystem: Microsoft Windows
    1    VBS 1.1  HostProcessName: Octopus.Server
    1    ALR 1.2  caf\u00e9 \u263a café
    1    ERR 1.3  the first attempt failed
    1    INF 1.4  ten\tfive \/ \b\f
    1    FIN 2
    2    PLN 2.5  Retention
    2    ABN 2.6
    .    FIN 3
"""
FAILED = r"""
    .      INF 0    Deploy Shop release 1.0 to Test
    1      PLN 0.1  Step 1: Stop the site
    2      PLN 0.1  Step 2: Notify
    1/a    INF 1    web-01
    1/a/x  INF 1.1  Script
    1/a/x  ERR 1.2  Cannot find the site
    1/a/x  FAT 1.3  The remote script failed with exit code 1
    1/a/x  FIN 1.4
    1/a    FAT 1.5  Stop the site on web-01
    1/a    FIN 1.6
    1      FAT 1.7  The step failed: Activity Stop the site on web-01 failed
    1      FIN 1.8
    2      VBS 1.9  Step \"Notify\" runs only when all previous steps succeeded; skipping
    2      ABN 1.9
    .      FAT 2    The deployment failed because one or more steps failed.
    .      FIN 2.1
"""
HEALTHY = (PLAIN, MACHINES, SEPARATE, FAILED)
LEVELS = (
    b"TRA",
    b"VBS",
    b"INF",
    b"HLT",
    b"ALR",
    b"WRN",
    b"ERR",
    b"FAT",
    b"PLN",
    b"UPD",
    b"FIN",
    b"ABN",
    b"inf",
    b'IN"',
)
DISTURBING = (
    *(b'"', b'""', b"\\", b"\\\\", b'\\"', b"\\q", b"\\u12", b"\\u0052", b"\\ud83d", b"\\ud83d\\ude00"),
    *(b"\0", b"\t", b"\r", b"\r\n", b"\n", b"\n\n", b"\x1f", b"\xe9", b"\xc3\xa9", b"\xf0\x9f\x98\x80"),
    *(b"/", b",", b"]", b"[", b"{}", b" ", b'","', b'","",0]', b'["ServerTasks-7_AAAA","', b"[" * 3000, b"9" * 30),
    *(b"MachineName: SOUTH", b"HostProcessName: Octopus.Server", b"MachineName: SOUTH HostProcessName: Octopus.Server"),
    *(b"Octopus Server version: 2024.1.1", b"Resuming after ", b"The task was canceled"),
)
DETAILS = (b'","at line 7",0]', b'","a \\"detail\\"",0]', b'","\\ud83d",0]', b'","\\u12",0]', b'","","",0]', b'",0]')
TAILS = (
    *(b'","",' + number for number in (b"7]", b"42]", b"100]", b"007]", b"1000]", b"-1]", b"null]", b"1.5]", b"true]")),
    *(b'","",0] ', b'","", 0]', b'","",0', b'","",0]]', b'","",-0]', *DETAILS),
)
SHIFTS = (-7200.0, -2.0, -1.0, -0.3, -0.2, -0.1, 0.1, 0.3, 2.0, 7200.0)
STAMPS = (
    *(b"2023-09-18T12:00:01.0000000" + zone for zone in (b"+01:00", b"-00:00", b"Z", b"")),
    *(day + b"T12:00:00.0000000+00:00" for day in (b"2023-02-29", b"2023-13-01", b"0000-01-01", b"1969-12-31")),
    *(b"2023-09-18T" + time + b".0000000+00:00" for time in (b"24:00:00", b"12:60:00", b"12:00:60", b"1::00:00")),
    *(b"9999-12-31T23:59:59.9999999+00:00", b"2023-09-18 12:00:01.0000000+00:00", b"2023-09-18T12:00:01.000+00:00"),
)
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00")

Mutate = Callable[[Random, bytes], bytes]


def log(script: str, task: int = 7, suffix: str = "AAAA") -> bytes:
    """A raw log as it is stored."""
    lines = []
    for line in entries(script):
        path, level, time, *rest = line.split(None, 3)
        stamp = moment(time).strftime("%Y-%m-%dT%H:%M:%S.%f7+00:00")
        message = rest[0] if rest else SAID.get(level, "")
        lines.append(f'["ServerTasks-{task}_{suffix}{identify(path)}","{level}","{stamp}","{message}","",0]\n')
    return "".join(lines).encode()


def named(*logs: bytes) -> dict[str, bytes]:
    """Logs as files; each is called by the task that it should be of."""
    return {f"TaskLogs/servertasks-{100 + at}_aaaa.txt": data for at, data in enumerate(logs)}


def mutated(seed: int, data: bytes, times: int, mutations: Mapping[str, Mutate] | None = None) -> bytes:
    """The log after some mutations, drawn from the seed."""
    random, known = Random(seed), mutations or MUTATIONS
    for _ in range(times):
        data = known[random.choice(list(known))](random, data) if data else data
    return data


def _flip(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _overwrite(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + random.choice(DISTURBING)[:1] + data[at + 1 :]


def _overwrite_quote(random: Random, data: bytes) -> bytes:
    at = random.choice([place for place, byte in enumerate(data) if byte == ord('"')] or [0])
    return data[:at] + random.choice((b"'", b"\\", b"x", b"", b" ")) + data[at + 1 :]


def _insert(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(DISTURBING) + data[at:]


def _carry(random: Random, data: bytes) -> bytes:
    """Punctuation that is missing in one place and too much in another: the file has as much of it as before."""
    at = random.choice([place for place, byte in enumerate(data) if byte in b'",[]/\\'] or [0])
    mark, data = data[at : at + 1], data[:at] + random.choice((b"", b"x")) + data[at + 1 :]
    to = random.randrange(len(data) + 1)
    return data[:to] + mark + data[to:]


def _cut_end(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data))]


def _cut_out(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + data[at + random.choice((1, 2, 33, 100, 300)) :]


def of_lines(change: Callable[[Random, list[bytes], int], list[bytes]]) -> Mutate:
    """Change the lines, of which one is drawn."""

    def mutate(random: Random, data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join(change(random, lines, random.randrange(len(lines))))

    return mutate


def within(change: Callable[[Random, bytes], bytes]) -> Mutate:
    """Change one line."""

    def one(random: Random, lines: list[bytes], at: int) -> list[bytes]:
        return [*lines[:at], change(random, lines[at]), *lines[at + 1 :]]

    return of_lines(one)


def _cut_line(random: Random, line: bytes) -> bytes:
    return line[: random.randrange(len(line))] + random.choice((b"", b"\n"))


def _splice(random: Random, lines: list[bytes], at: int) -> list[bytes]:
    left, right = lines[at], random.choice(lines)
    return [*lines[:at], left[: random.randrange(len(left))] + right[random.randrange(len(right)) :], *lines[at + 1 :]]


def _move(random: Random, lines: list[bytes], at: int) -> list[bytes]:
    moved = lines.pop(at)
    lines.insert(random.choice((at - 1, at + 1, random.randrange(len(lines) + 1))), moved)
    return lines


def _repeat(random: Random, lines: list[bytes], at: int) -> list[bytes]:
    block = lines[at : at + random.choice((1, 1, 2, 5, len(lines)))]
    to = random.choice((at, at + len(block), random.randrange(len(lines) + 1)))
    return lines[:to] + block + lines[to:]


def _drop(random: Random, lines: list[bytes], at: int) -> list[bytes]:
    return lines[:at] + lines[at + random.choice((1, 1, 2, 5)) :]


def _change_id(random: Random, line: bytes) -> bytes:
    at = random.randrange(max(line.find(b'"', 2), 3))
    return line[:at] + random.choice((b"0", b"7", b"A", b"f", b"/", b"_", b"\\", b"ServerTasks-8")) + line[at + 1 :]


def _change_time(random: Random, line: bytes) -> bytes:
    stamp = random.choice(STAMPS) if random.random() < 0.3 else None
    shift = random.choice(SHIFTS)

    def shifted(match: re.Match[bytes]) -> bytes:
        seconds = int(match[0][17:19]) * 10_000_000 + int(match[0][20:27]) + int(shift * 10_000_000)
        minutes, ticks = divmod(seconds, 600_000_000)
        minutes = (int(match[0][11:13]) * 60 + int(match[0][14:16]) + minutes) % 1440
        time = f"{minutes // 60:02}:{minutes % 60:02}:{ticks // 10_000_000:02}.{ticks % 10_000_000:07}"
        return match[0][:11] + time.encode() + match[0][27:]

    return _STAMP.sub(lambda match: stamp or shifted(match), line, count=1)


def _change_level(random: Random, line: bytes) -> bytes:
    return re.sub(rb'","([A-Za-z]{3})","', lambda _: b'","' + random.choice(LEVELS) + b'","', line, count=1)


def _change_tail(random: Random, line: bytes) -> bytes:
    return re.sub(rb'","[^"]*",[0-9]+\]', lambda _: random.choice(TAILS), line, count=1)


def _change_text(random: Random, line: bytes) -> bytes:
    """Something at the very beginning or end of the message."""
    text = random.choice(DISTURBING)
    if random.random() < 0.5:
        return line.replace(b'+00:00","', b'+00:00","' + text, 1)
    return line.replace(b'","",0]', text + b'","",0]', 1)


def _crlf(random: Random, data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def _mark(random: Random, data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data


MUTATIONS: Mapping[str, Mutate] = {
    "flip": _flip,
    "overwrite": _overwrite,
    "overwrite quote": _overwrite_quote,
    "insert": _insert,
    "carry": _carry,
    "cut end": _cut_end,
    "cut out": _cut_out,
    "cut line": within(_cut_line),
    "splice": of_lines(_splice),
    "move": of_lines(_move),
    "repeat": of_lines(_repeat),
    "drop": of_lines(_drop),
    "id": within(_change_id),
    "time": within(_change_time),
    "level": within(_change_level),
    "tail": within(_change_tail),
    "text": within(_change_text),
    "crlf": _crlf,
    "mark": _mark,
}
