"""Who is measured, and what each is asked: the command lines, and how to read the tasks out of each answer."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from .corpora import Corpus
from .measure import Command

ROOT = Path(__file__).parents[2]
US = "analyzer"
RG = "rg -c"
TASK_LINE = r'^\["ServerTasks-(\d+)_([A-Z0-9]+)[^"]*","([A-Z]+)","([^"]+)","(.*)","(.*)",(\d+)\]'
PATTERNS = {
    "raw": TASK_LINE,
    "small": TASK_LINE,
    "zip": TASK_LINE,
    "server": r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{4}) +(\d+) +(\d+) +([A-Z]+)  (.*)$",
    "text": r"^\d\d:\d\d:\d\d   \w+ *\| .*",
}


def us(corpus: Corpus, work: Path, options: Sequence[str] = (), name: str = US) -> Command:
    """Our audit, the whole of it: every detector, every file listed in the document."""
    document = work / f"{name.replace(' ', '-')}.json"
    arguments = (sys.executable, "-m", "analyzer", "audit", str(corpus.path), "--json", str(document), *options)
    return Command(name, arguments, work / "analyzer.txt", codes=(0, 1), env=environment())


def environment() -> dict[str, str]:
    """The analyzer of this checkout."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}


def ripgrep(kind: str, corpus: Corpus, work: Path) -> Command:
    """Count the lines that look like a line of the format, the least that anybody who reads them must do."""
    if kind == "zip":
        archive = shlex.quote(str(corpus.path / "share.zip"))
        line = f"unzip -p {archive} | rg -c {shlex.quote(PATTERNS[kind])}"
        return Command(f"unzip -p | {RG}", ("sh", "-c", line), work / "rg.txt")
    return Command(RG, ("rg", "-j1", "-c", "--no-ignore", PATTERNS[kind], str(corpus.path)), work / "rg.txt")


def named_by_us(document: Path) -> set[str]:
    """The tasks that an audit says ran twice, or may have."""
    said = json.loads(document.read_text(encoding="utf-8"))
    accused = {finding["task"] for finding in said["findings"] if finding["code"] in ("OCT101", "OCT102")}
    undecided = {one["task"] for one in said["not_judged"] if one["code"] == "OCT102" and one["task"]}
    return accused | undecided


def missing(*programs: str) -> list[str]:
    """Which of the programs are not installed."""
    return [program for program in programs if shutil.which(program) is None]
