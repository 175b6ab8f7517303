"""Makes `sample_logs/`, a folder for each scenario and the README: `python -m tests.race.samples [NAME ...]`.

A race is not repeatable to the byte, for it is real. So each scenario says what it must show, and is run with one seed
after another until it does.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from .config import Race
from .make import make
from .scenarios import SCENARIOS, Scenario, double, doubles
from .truth import Fact, dump

HOME = Path(__file__).parents[2] / "sample_logs"
TRIES = 40


def make_sample(scenario: Scenario) -> Fact:
    """Run a scenario until it shows what it must, and put it into `sample_logs`."""
    for attempt in range(TRIES):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / scenario.name
            out.mkdir()
            race = Race(**{**scenario.race.__dict__, "seed": scenario.race.seed + attempt})
            truth = make(race, out)
            if not scenario.shows(truth):
                continue
            if scenario.keep:
                truth = _keep(out, truth)
            shutil.rmtree(HOME / scenario.name, ignore_errors=True)
            shutil.copytree(out, HOME / scenario.name)
            return truth
    raise RuntimeError(f"{scenario.name}: no race out of {TRIES} showed what it must")


def _keep(out: Path, truth: Fact) -> Fact:
    """Keep one download of a double run and one of a task that ran once, and the truth about these two."""
    tasks = truth["tasks"]
    guilty = max((name for name in tasks if double(tasks[name])), key=lambda name: len(tasks[name]["executions"]))
    innocent = next(name for name in tasks if tasks[name]["innocent"] == "plain")
    for path in (out / "bundle" / "downloads").iterdir():
        if path.name not in (f"{guilty}.log.txt", f"{innocent}.log.txt"):
            path.unlink()
    kept = truth | {"tasks": {name: tasks[name] for name in (guilty, innocent)}}
    (out / "truth.json").write_text(dump(kept), encoding="utf-8", newline="")
    return kept


def write_readme() -> None:
    """The README, from the scenarios and from the truth that lies beside each."""
    sections = [_section(scenario) for scenario in SCENARIOS if (HOME / scenario.name).is_dir()]
    (HOME / "README.md").write_text(HEAD + "\n".join(sections), encoding="utf-8", newline="")


HEAD = """# Sample logs

Made by `python -m tests.race.samples`; nothing here is a customer's. Each folder holds `bundle/`, what a customer would
send, and `truth.json`, what really happened, which the analyzer never reads. Every scenario is a cluster of its own,
with its own node names, task numbers and dates, so that `analyzer audit sample_logs` can read them as one case.

Node processes really raced for these tasks over one queue, and really locked these files. Made again, the
scenarios show the same things with other times.
"""


def _section(scenario: Scenario) -> str:
    truth = json.loads((HOME / scenario.name / "truth.json").read_text(encoding="utf-8"))
    nodes = ", ".join(f"{node['name']} ({node['offset_seconds']:+g} s)" for node in truth["nodes"])
    rows = "\n".join(_row(name, task) for name, task in truth["tasks"].items())
    return f"""
## {scenario.name}

{scenario.about}

**What the audit should say.** {scenario.verdict}

Nodes and how far their clocks are off: {nodes}. `analyzer audit sample_logs/{scenario.name}/bundle`

| task | kind | what happened | executions |
|---|---|---|---|
{rows}
"""


def _row(name: str, task: Fact) -> str:
    if task["overlaps"]:
        what = "**ran twice at the same time**" + ("" if double(task, 3) else ", but one left hardly a line")
    else:
        what = "**ran twice**, one after the other" if task["ran_twice"] else task["innocent"]
    runs = "; ".join(f"{run['node']} {run['outcome']}, {run['trace']['lines']} lines" for run in task["executions"])
    return f"| {name} | {task['kind']} | {what} | {runs} |"


def main() -> int:
    """Make the scenarios named, or all."""
    HOME.mkdir(exist_ok=True)
    wanted = sys.argv[1:] or [scenario.name for scenario in SCENARIOS]
    for scenario in SCENARIOS:
        if scenario.name in wanted:
            truth = make_sample(scenario)
            seed, tasks = truth["race"]["seed"], len(truth["tasks"])
            print(f"{scenario.name}: seed {seed}, {doubles(truth)} double runs of {tasks} tasks")
    write_readme()
    return 0


if __name__ == "__main__":
    sys.exit(main())
