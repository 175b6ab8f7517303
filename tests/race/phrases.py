"""The texts inside an action: environment blocks, script output, uploads, stack traces, and traps among them."""

# ruff: noqa: E501

from __future__ import annotations

from .pen import Pen

VERSION_TABLE = (
    "Name                           Value",
    "----                           -----",
    "PSVersion                      5.1.20348.1850",
    "BuildVersion                   10.0.20348.1850",
)
TRAPS = (
    "See https://octopus.example.com/app#/Spaces-1/tasks/ServerTasks-{other} for the {word} task",
    "Waiting for the script in task [ServerTasks-{other}](~/app#/tasks/ServerTasks-{other}) to finish as that script requires that no other Octopus scripts are executing on this target at the same time.",
    'Setting "{word}" = [1, 2, {{"{word}": "a,b]"}}]',
    "Path C:\\Octopus\\Applications\\{word}\\tools <{word}> & 'co'",
    "MachineName: {word}\nHostProcessName: powershell",
    '["ServerTasks-{other}_ABCDEFGHIJ","INF","2016-01-01T00:00:00.0000000+00:00","quoted","",0]',
    "Grüße aus {word}: 完了 ✓ — naïve\u2028zweite Zeile",
    "at {word}.Run()\r\n   at {word}.Main(String[] args)\r\n   in Z:\\work\\{word}.cs:line 71",
    "== Success: {word} ==",
    "Finished",
)


def block(machine: str, process: str) -> list[str]:
    """An Environment Information block."""
    return [
        "Environment Information:",
        "OperatingSystem: Microsoft Windows NT 10.0.20348.0",
        "OsBitVersion: x64",
        "Is64BitProcess: True",
        "CurrentUser: NT AUTHORITY\\SYSTEM",
        f"MachineName: {machine}",
        "ProcessorCount: 4",
        "CurrentDirectory: C:\\Windows\\system32",
        "TempDirectory: C:\\Windows\\TEMP\\",
        f"HostProcessName: {process}",
    ]


def say_server(pen: Pen, at: float, path: str) -> float:
    """What every action says first about the server that runs it."""
    at = pen.say(at, path, "VBS", f"Octopus Server version: {pen.place.version}+Branch.release")
    if not pen.place.blocks:
        return at
    return _say_block(pen, at, path, block(pen.place.machine, "Octopus.Server"))


def say_calamari(pen: Pen, at: float, path: str, target: str) -> float:
    """The target's own block: a MachineName that is no server node."""
    at = pen.say(at, path, "VBS", "Octopus Deploy: Calamari version 26.3.1")
    return _say_block(pen, at, path, block(target.upper(), "Calamari"))


def _say_block(pen: Pen, at: float, path: str, lines: list[str]) -> float:
    if not pen.place.separate:
        return pen.say(at, path, "VBS", "\r\n".join(lines))
    for line in lines:
        pen.say(at, path, "VBS", line)
    return at


def say_output(pen: Pen, at: float, path: str, count: int, seconds: float) -> float:
    """Script output: `count` lines over `seconds`, now and then many at one moment."""
    rng = pen.words.rng
    moments = sorted(rng.uniform(at, at + seconds) for _ in range(max(1, count // 2)))
    for number in range(count):
        moment = moments[min(number // 2, len(moments) - 1)]
        category = rng.choices(("INF", "VBS"), (3, 2))[0]
        pen.say(moment, path, category, _text(pen))
    return at + seconds


def say_table(pen: Pen, at: float, path: str) -> float:
    """The version table of a shell, the same in every action."""
    for row in VERSION_TABLE:
        pen.say(at, path, "VBS", row)
    return at + 0.5


def say_upload(pen: Pen, at: float, path: str, package: str, seconds: float) -> float:
    """Progress of an upload."""
    marks = sorted(pen.words.rng.sample(range(1, 101), pen.words.rng.randint(3, 15)))
    for mark in marks:
        pen.say(at + seconds * mark / 100, path, "UPD", f"Uploading: {package}", mark)
    return at + seconds


def say_error(pen: Pen, at: float, path: str) -> float:
    """Error output in several rows, as PowerShell gives it."""
    word = pen.words.word()
    rows = (
        f"{word} : Cannot bind the '{pen.words.word()}' [0x800700B7]",
        "At C:\\Octopus\\Work\\Script.ps1:17 char:3",
        "+   ~~~~~~~~~~",
        "",
    )
    for row in rows:
        at = pen.say(at, path, "ERR", row)
    return at


def _text(pen: Pen) -> str:
    rng = pen.words.rng
    if rng.random() > 0.06:
        return pen.words.sentence()
    return rng.choice(TRAPS).format(other=rng.randint(100, 40000), word=pen.words.word())
