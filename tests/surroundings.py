"""A bundle of mutated logs and what else a customer may send about their tasks, all drawn from a seed.

    python -m tests.surroundings --count 1000

makes as many bundles of raw logs and of text downloads, audits each with and without the first look at them, and prints
the seeds that disagree.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from random import Random

from tests.detectors.bundle import Bundle, node, task
from tests.incidents.samples import locked, started
from tests.mutations import HEALTHY, log, mutated
from tests.server_logs import copied, server_log
from tests.text_mutations import HEALTHY as DOWNLOADS
from tests.text_mutations import TEXT_MUTATIONS, download
from tests.triaging import agreed

NODES = ("EAST", "WEST")
STATES = ("Success", "Success", "Success", "SuccessWithWarning", "Failed", "Canceled", "Executing")
TREE = """
                    | == Success: Deploy Shop release 1.0 to Test ==
12:00:01   Info     |   The deployment completed successfully.
"""
SERVED = (
    "{0} INFO DeployTaskController|ServerTasks-{1}-0d6f6f4e-5c8a-4b43-9a3f-111111111111|T12",
    "{0} WARN Append log entry to ServerTasks-{1}_AAAA attempt #1 faulted, retrying in 00:00:01: Invalid handle.",
    "{0} INFO GET /api/tasks/ServerTasks-{1}/details",
)


def fill(bundle: Bundle, seed: int, logs: int = 20, *, alone: bool = False) -> None:
    """Write logs with one to six mutations, and unless they are `alone` statuses, views and server logs beside them."""
    random = Random(seed)
    for number in range(100, 100 + logs):
        data = log(random.choice(HEALTHY), number)
        data = mutated(random.randrange(10**9), data, random.choice((1, 1, 1, 2, 3, 6)))
        path = bundle.write(f"TaskLogs/servertasks-{number}_aaaa.txt", "")
        path.write_bytes(data)
    for number, script in enumerate(HEALTHY, 997):
        bundle.write(f"TaskLogs/servertasks-{number}_aaaa.txt", log(script, number).decode())
    if not alone:
        numbers = range(100, 100 + logs)
        _statuses(bundle, random, numbers)
        _views(bundle, random, numbers)
        if random.random() < 0.6:
            _server_logs(bundle, random, numbers)
        if random.random() < 0.6:
            add_server_logs(bundle, random, numbers)


def fill_downloads(bundle: Bundle, seed: int, logs: int = 20, *, alone: bool = False) -> None:
    """The same with text downloads; unless they are `alone` some tasks have a raw log or a second download, too."""
    random = Random(seed)
    for number in range(100, 100 + logs):
        data = download(random.choice(DOWNLOADS), number)
        data = mutated(random.randrange(10**9), data, random.choice((1, 1, 1, 2, 3)), TEXT_MUTATIONS)
        bundle.write(f"downloads/ServerTasks-{number}.log.txt", "").write_bytes(data)
    for number, script in enumerate(DOWNLOADS, 995):
        bundle.write(f"downloads/ServerTasks-{number}.log.txt", download(script, number).decode())
    if not alone:
        numbers = range(100, 100 + logs)
        _statuses(bundle, random, numbers)
        _views(bundle, random, numbers)
        _server_logs(bundle, random, numbers)
        again, raw = random.sample(numbers, 2)
        bundle.write(f"more/ServerTasks-{again}.log.txt", download(random.choice(DOWNLOADS), again).decode())
        bundle.write(f"TaskLogs/servertasks-{raw}_aaaa.txt", log(random.choice(HEALTHY), raw).decode())


def _statuses(bundle: Bundle, random: Random, numbers: Sequence[int]) -> None:
    write = random.choice((bundle.api, bundle.csv))
    write(*(_status(random, number) for number in numbers if random.random() < 0.5))


def _status(random: Random, number: int) -> dict[str, object]:
    row = task(number, random.choice(STATES), started=random.choice("013"), completed=random.choice(("2", "8", "4000")))
    if random.random() < 0.6:
        row["HasWarningsOrErrors"] = random.random() < 0.5
    if random.random() < 0.6:
        row["ServerNodeId"] = f"OctopusServerNodes-{random.choice(NODES)}"
    return row


def _views(bundle: Bundle, random: Random, numbers: Sequence[int]) -> None:
    for number in random.sample(numbers, 3):
        kind = random.choice(("events", "details", "text", "none"))
        if kind == "events":
            ending = random.choice(("DeploymentSucceeded", "DeploymentFailed", "Modified"))
            bundle.events(("DeploymentStarted", "0"), (ending, "9"), task=number)
        if kind == "details":
            status = random.choice(("Success", "Failed"))
            bundle.details(node(".", "Deploy", status, lines="1 Info web-01", number=number), task=number)
        if kind == "text":
            bundle.text(TREE, task=number)


def _server_logs(bundle: Bundle, random: Random, numbers: Sequence[int]) -> None:
    for name in NODES:
        lines = [started("2023.3.12936")]
        for number in random.sample(numbers, 6):
            time = str(random.randrange(1, 9))
            lines += [random.choice(SERVED).format(time, number)]
            lines += [locked(time, f"ServerTasks-{number}_AAAA").strip("\n")] if random.random() < 0.3 else []
        bundle.server(name, "\n".join(lines))


def add_server_logs(bundle: Bundle, random: Random, numbers: range) -> None:
    """Server logs of any layout with mutations, some of them more than once."""
    for name in NODES:
        for part in range(random.randrange(1, 4)):
            data = server_log(random, numbers)
            path = bundle.write(f"{name}/Logs/OctopusServer.{part}.txt", "")
            path.write_bytes(data)
            if random.random() < 0.3:
                bundle.write(f"again/{name}.{part}/Logs/OctopusServer.txt", "").write_bytes(copied(random, data))


def main() -> int:
    """Audit many bundles; 1 where one of them depends on the first look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    asked = parser.parse_args()
    wrong = []
    for seed, kind in product(range(asked.first, asked.first + asked.count), (fill, fill_downloads)):
        with tempfile.TemporaryDirectory() as folder:
            kind(Bundle(Path(folder)), seed)
            try:
                agreed(Path(folder))
            except Exception as error:  # noqa: BLE001 (the seeds behind it are still of interest)
                wrong.append(seed)
                print(f"{kind.__name__} {seed}: {type(error).__name__}: {str(error)[:200]}")
    print(f"{2 * asked.count} bundles, {len(wrong)} of which depend on the first look")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
