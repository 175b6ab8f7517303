"""Who is measured, and what each is asked: the command lines, and how to read the tasks out of each answer."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from .measure import Command

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"
US = "analyzer audit"
INGEST = "analyzer ingest"
RG = "rg -c"
TASK_LINE = r'^\["ServerTasks-(\d+)_([A-Z0-9]+)[^"]*","([A-Z]+)","([^"]+)","(.*)","(.*)",(\d+)\]'
PATTERNS = {
    "raw": TASK_LINE,
    "small": TASK_LINE,
    "zip": TASK_LINE,
    "server": r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{4}) +(\d+) +(\d+) +([A-Z]+)  (.*)$",
    "text": r"^\d\d:\d\d:\d\d   \w+ *\| .*",
}


def audit(path: Path, work: Path, options: Sequence[str] = (), name: str = US) -> Command:
    """Our audit, the whole of it: every detector, every file listed in the document."""
    document = document_of(name, work)
    arguments = (sys.executable, "-m", "analyzer", "audit", str(path), "--json", str(document), *options)
    return Command(name, arguments, document.with_suffix(".txt"), codes=(0, 1), env=environment())


def document_of(name: str, work: Path) -> Path:
    """Where an audit writes its JSON document."""
    return work / f"{re.sub('[^a-z0-9]+', '-', name)}.json"


def ingest(path: Path, work: Path, options: Sequence[str] = (), name: str = INGEST) -> Command:
    """Every line decoded and written to Parquet with source, line and offset."""
    arguments = (sys.executable, "-m", "analyzer", "ingest", str(path), "--out", str(work / "tables"), *options)
    return Command(name, arguments, work / "ingest.txt", env=environment())


def environment() -> dict[str, str]:
    """The analyzer of this checkout, compiled once, as pip does it on installing."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": ""}


def ripgrep(kind: str, path: Path, work: Path) -> Command:
    """Count the lines that look like a line of the format, the least that anybody who reads them must do."""
    if kind == "zip":
        line = f"unzip -p {shlex.quote(str(path / 'share.zip'))} | rg -c {shlex.quote(PATTERNS[kind])}"
        return Command(f"unzip -p | {RG}", ("sh", "-c", line), work / "rg.txt")
    return Command(RG, ("rg", "-j1", "-c", "--no-ignore", PATTERNS[kind], str(path)), work / "rg.txt")


def others(path: Path, work: Path, timeout: float) -> tuple[list[Command], list[str]]:
    """Programs that say which tasks have overlapping executions, and which of them cannot be run here."""
    find = ("find", str(path), "-name", "*.txt", "-exec")
    jq = f"{shlex.join((*find, 'cat', '{}', '+'))} | jq -rn -f {shlex.quote(str(PROGRAMS / 'overlaps.jq'))}"
    lnav = ("lnav", "-n", "-q", "-I", str(PROGRAMS / "lnav"), "-f", str(PROGRAMS / "overlaps.lnav"), "-r", str(path))
    python = (sys.executable, str(PROGRAMS / "overlaps.py"))
    wanted = {
        "mawk": (*find, "mawk", "-f", str(PROGRAMS / "overlaps.awk"), "{}", "+"),
        "mawk, root lines only": (*find, "mawk", "-f", str(PROGRAMS / "roots.awk"), "{}", "+"),
        "DuckDB": (sys.executable, str(PROGRAMS / "overlaps_duckdb.py"), str(path)),
        "Python, orjson": (*python, "orjson", str(path)),
        "Python, json": (*python, "json", str(path)),
        "lnav": lnav,
        "jq": ("sh", "-c", jq),
    }
    absent = set(missing("mawk", "lnav", "jq"))
    modules = {"DuckDB": "duckdb", "Python, orjson": "orjson"}
    absent |= {name for name, module in modules.items() if importlib.util.find_spec(module) is None}
    commands = [
        Command(
            name,
            arguments,
            work / f"{name.replace(' ', '-')}.txt",
            timeout=timeout,
            env={"HOME": str(work)},
            optional=True,
        )
        for name, arguments in wanted.items()
        if name.partition(",")[0] not in absent and name not in absent
    ]
    return commands, sorted(absent)


def named_by_us(document: Path) -> set[str]:
    """The tasks that an audit says ran twice, or may have."""
    said = json.loads(document.read_text(encoding="utf-8"))
    accused = {finding["task"] for finding in said["findings"] if finding["code"] in ("OCT101", "OCT102")}
    undecided = {one["task"] for one in said["not_judged"] if one["code"] == "OCT102" and one["task"]}
    return accused | undecided


def named_by(command: Command) -> set[str]:
    """The tasks that another program names."""
    return set(re.findall(r"ServerTasks-\d+", command.output.read_text(encoding="utf-8")))


def missing(*programs: str) -> list[str]:
    """Which of the programs are not installed."""
    return [program for program in programs if shutil.which(program) is None]
