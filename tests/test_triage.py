"""An audit says the same with and without a first look (`task_log_triage` and `task_text_triage` of `ingest`)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from analyzer import pipeline
from analyzer.report.exports import FILES
from tests.bundles import folder
from tests.detectors.bundle import HEALTHY as DEPLOYED
from tests.detectors.bundle import RETRIED, Bundle, node, task
from tests.incidents.samples import SAMPLES as INCIDENTS
from tests.incidents.samples import locked, started
from tests.mutations import FAILED, MACHINES, PLAIN, log, named
from tests.race.config import Evidence, Race
from tests.race.craft import Craft
from tests.race.make import make
from tests.race.twinning import TOGETHER
from tests.race.twins import TWINS
from tests.surroundings import TREE, add_server_logs, fill, fill_downloads
from tests.test_readme import ROOT
from tests.text_mutations import BARE, download
from tests.text_mutations import FAILED as BROKEN
from tests.text_mutations import MACHINES as WARNS
from tests.text_mutations import PLAIN as QUIET
from tests.triaging import agreed, cleared, exact

SAMPLES = sorted(path for path in (ROOT / "sample_logs").iterdir() if path.is_dir())


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """An empty folder to write a case into."""
    return Bundle(tmp_path)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_sample_logs(path):
    agreed(path)


@pytest.mark.parametrize("name", FILES)
def test_every_export(bundle, name):
    fill(bundle, 3)
    case = pipeline.read(bundle.folder)
    looked, decoded = (b"".join(FILES[name](pipeline.audit(one), None).content) for one in (case, exact(case)))
    assert looked == decoded != b""
    assert cleared(pipeline.audit(case))


@pytest.mark.parametrize("alone", [True, False], ids=["logs alone", "with statuses, views and server logs"])
@pytest.mark.parametrize("seed", range(8))
def test_mutated_logs(bundle, seed, alone):
    """`python -m tests.surroundings` makes many more."""
    fill(bundle, seed, logs=30, alone=alone)
    assert {f"ServerTasks-{number}" for number in range(997, 1001)} <= {*cleared(agreed(bundle.folder))}


@pytest.mark.parametrize("alone", [True, False], ids=["downloads alone", "with statuses, views and server logs"])
@pytest.mark.parametrize("seed", range(8))
def test_mutated_downloads(bundle, seed, alone):
    """`python -m tests.surroundings` makes many more."""
    fill_downloads(bundle, seed, logs=30, alone=alone)
    assert {f"ServerTasks-{number}" for number in (997, 998, 999)} <= {*cleared(agreed(bundle.folder))}


@pytest.mark.parametrize("seed", range(8))
def test_mutated_server_logs(bundle, seed):
    bundle.raw(DEPLOYED, task=100)
    add_server_logs(bundle, Random(seed), range(100, 106))
    audit = agreed(bundle.folder, **({"utc_offsets": {"EAST": "+10:00"}} if seed % 2 else {}))
    assert audit.case.events == exact(audit.case).events


def test_server_logs_that_are_no_copies_are_not_decoded(bundle):
    bundle.raw(DEPLOYED)
    chatter = "\n".join(f"{second} WARN GET /api/tasks/ServerTasks-{second}/details" for second in range(40))
    for name in ("EAST", "WEST"):
        bundle.server(name, f"{started('2023.3.12936')}\n{chatter}")
    audit = agreed(bundle.folder)
    assert sum(row["entries"] for row in audit.case.stretches.to_pylist() if row["cleared"]) == 84
    assert audit.case.telling.num_rows < 12


@pytest.mark.parametrize(("at", "decoded"), [("EAST", 2), ("WEST", 0)], ids=["a copy", "another log"])
def test_server_logs_that_begin_alike(bundle, at, decoded):
    """One that has other telling entries is no copy, and stays as it is; a longer one may be."""
    same = f"{started('2023.3.12936')}\n1 INFO as ever\n2 INFO Updating node to become leader: "
    bundle.server("EAST", f"{same}EAST\n3 INFO went offline")
    bundle.server("EAST", f"{same}{at}\n3 INFO went offline\n4 INFO more\n5 INFO went offline", "OctopusServer.0.txt")
    audit = agreed(bundle.folder)
    cleared_ = {row["source"] for row in audit.case.stretches.to_pylist() if row["cleared"]}
    assert len(cleared_) == 2 - decoded
    assert bool(decoded) == any(audit.case.sources["duplicate_of"].to_pylist())


def test_the_same_server_log_several_times_is_decoded_nowhere(bundle):
    paths = [bundle.server("EAST", f"{started('2023.3.12936')}\n1 INFO as ever", f"{name}.txt") for name in "bca"]
    assert len({path.read_bytes() for path in paths}) == 1
    audit = agreed(bundle.folder)
    assert all(audit.case.stretches["cleared"].to_pylist())
    first, *copies = audit.case.sources.sort_by("source").to_pylist()
    assert [first["duplicate_of"], *(one["duplicate_of"] for one in copies)] == [None, *[first["source"]] * 2]


# What else the input says about a task


def claim(state: str, warnings: bool | None = None, number: int = 7) -> dict[str, object]:
    """A row of the API about a healthy log."""
    times = {"started": "-1", "completed": "8"}
    return task(number, state, **times, **({} if warnings is None else {"warned": warnings}))


@pytest.mark.parametrize("form", ["api", "csv"])
@pytest.mark.parametrize("warnings", [True, False, None])
@pytest.mark.parametrize("script", [PLAIN, MACHINES], ids=["quiet", "warns"])
def test_states(bundle, form, warnings, script):
    states = ["Success", "SuccessWithWarning", "Failed", "Canceled", "Executing", "Queued", "TimedOut", "Odd"]
    for number, _ in enumerate(states):
        bundle.write(f"TaskLogs/servertasks-{number}_aaaa.txt", log(script, number).decode())
    getattr(bundle, form)(*(claim(state, warnings, number) for number, state in enumerate(states)))
    agree = warnings is None or warnings == (script is MACHINES)
    found = {*cleared(agreed(bundle.folder))}
    assert ("ServerTasks-0" in found) == agree
    assert not found & {f"ServerTasks-{number}" for number in range(2, 7)}


@pytest.mark.parametrize("form", ["api", "csv"])
def test_states_of_failed_tasks(bundle, form):
    states = ["Failed", "Success", "Canceled", "TimedOut", "Executing", "Queued"]
    for number, _ in enumerate(states):
        bundle.write(f"TaskLogs/servertasks-{number}_aaaa.txt", log(FAILED, number).decode())
    getattr(bundle, form)(*(claim(state, None, number) for number, state in enumerate(states)))
    assert cleared(agreed(bundle.folder)) == ["ServerTasks-0"]


FAILURES = {
    "ignored": FAILED.replace("FAT 2    The deployment failed because one or more steps failed.", "INF 2    Done"),
    "never said by the task": FAILED.replace("FAT 2 ", "ERR 2 "),
    "of no step": FAILED.replace("    1      FAT 1.7", "    1      ERR 1.7"),
    "not the task's last word": FAILED.replace("    .      FIN 2.1", "    .      INF 2.05 And on\n    .      FIN 2.1"),
    "said twice": FAILED.replace("    .      FIN 2.1", "    .      FAT 2.05 And again\n    .      FIN 2.1"),
}


@pytest.mark.parametrize("script", FAILURES.values(), ids=FAILURES)
def test_failures_that_did_not_plainly_end_the_task(tmp_path, script):
    path = folder(tmp_path, named(log(script, 100), log(FAILED, 101)))
    assert cleared(agreed(path)) == ["ServerTasks-101"]


def test_two_claims_that_contradict_each_other(bundle):
    bundle.raw(DEPLOYED)
    bundle.api(claim("Success"))
    bundle.csv(claim("Failed"))
    bundle.events(("DeploymentSucceeded", "9"), ("DeploymentFailed", "9"))
    assert cleared(agreed(bundle.folder)) == []


def test_audit_events_that_say_nothing_else(bundle):
    bundle.raw(DEPLOYED)
    bundle.api(claim("Success"))
    bundle.events(("DeploymentQueued", "-9"), ("DeploymentStarted", "0"), ("DeploymentSucceeded", "9"))
    agreed(bundle.folder)


@pytest.mark.parametrize("status", ["Success", "Failed"])
def test_other_views_of_the_log(bundle, status):
    bundle.raw(DEPLOYED)
    bundle.raw(DEPLOYED, task=8)
    bundle.raw(DEPLOYED, task=9)
    bundle.details(node(".", "Deploy", status, lines="1 Info web-01", number=8), task=8)
    bundle.text(TREE, task=9, status=status)
    assert cleared(agreed(bundle.folder)) == ["ServerTasks-7"]


def test_appends_that_failed(bundle):
    """A lock error of a node about task 7, and a retry that was about task 9."""
    bundle.raw(DEPLOYED)
    bundle.raw(DEPLOYED, task=9)
    bundle.raw(DEPLOYED, task=8)
    bundle.server("EAST", started("2023.3.12936") + locked("5", "ServerTasks-7_AAAA"))
    bundle.server("WEST", started("2023.3.12936") + RETRIED.format("The handle is invalid.").replace("-7_", "-9_"))
    assert cleared(agreed(bundle.folder)) == ["ServerTasks-8"]


def test_two_nodes_that_executed_one_task(bundle):
    """A server log ties a second node to the task: its pair is judged by all lines."""
    bundle.raw(DEPLOYED)
    tie = "{0} INFO DeployTaskController|ServerTasks-7-0d6f6f4e-5c8a-4b43-9a3f-111111111111|T12"
    for node_, time in (("EAST", "1"), ("WEST", "2")):
        bundle.server(node_, f"{started('2023.3.12936')}\n{tie.format(time)}")
    agreed(bundle.folder)


@pytest.mark.parametrize("form", ["api", "csv"])
@pytest.mark.parametrize("script", [QUIET, WARNS, BROKEN], ids=["quiet", "warns", "failed"])
def test_states_of_downloads(bundle, form, script):
    states = ["Success", "SuccessWithWarning", "Failed", "Canceled", "Executing", "Queued", "TimedOut", "Odd"]
    for number, _ in enumerate(states):
        bundle.write(f"downloads/ServerTasks-{number}.log.txt", download(script, number).decode())
    getattr(bundle, form)(*(claim(state, None, number) for number, state in enumerate(states)))
    found = {*cleared(agreed(bundle.folder))}
    agreeing = 2 if script is BROKEN else 0
    assert f"ServerTasks-{agreeing}" in found
    assert not found & {f"ServerTasks-{number}" for number in {0, *range(2, 7)} - {agreeing}}


def test_whose_machine_it_is_the_header_of_another_download_tells(bundle):
    owner = "Server node:    EAST\n"
    owned, other = (download(BARE, number).decode() for number in (7, 8))
    assert owner in other
    bundle.write("downloads/ServerTasks-7.log.txt", owned)
    bundle.write("downloads/ServerTasks-8.log.txt", other.replace(owner, ""))
    audit = agreed(bundle.folder)
    assert cleared(audit) == ["ServerTasks-7", "ServerTasks-8"]
    assert audit.case.executions["node"].to_pylist() == ["EAST", "EAST"]


def test_downloads_beside_the_server_logs_of_their_nodes(bundle):
    """A tie to the only execution, another node that executed the task, and an append that failed."""
    for number in (7, 8, 9, 10):
        bundle.write(f"downloads/ServerTasks-{number}.log.txt", download(WARNS, number).decode())
    tie = "{0} INFO DeployTaskController|ServerTasks-{1}-0d6f6f4e-5c8a-4b43-9a3f-11111111111{2}|T12"
    for node_, tasks in (("EAST", (7, 8)), ("WEST", (8,))):
        ties = [tie.format(at, number, len(node_ + str(at))) for at, number in enumerate(tasks)]
        bundle.server(node_, "\n".join([started("2023.3.12936").strip("\n"), *ties, locked("5", "ServerTasks-9_AAAA")]))
    assert {"ServerTasks-10"} <= {*cleared(agreed(bundle.folder))} <= {"ServerTasks-7", "ServerTasks-10"}


# Questions that are narrowed


@pytest.mark.parametrize(
    "question",
    [
        {"tasks": ["ServerTasks-101"]},
        {"since": datetime(2023, 9, 18, 12, 30)},
        {"until": datetime(2023, 9, 18, 12, 30)},
        {"customer": "Acme"},
        {"decode": ["ServerTasks-101"]},
    ],
    ids=str,
)
def test_questions(tmp_path, question):
    later = log(PLAIN, 102).replace(b"T12:", b"T13:")
    agreed(folder(tmp_path, named(log(PLAIN, 100), log(MACHINES, 101), later)), **question)


@pytest.mark.parametrize("question", [{"tasks": ["ServerTasks-101"]}, {"decode": ["ServerTasks-101"]}], ids=str)
def test_questions_about_downloads(bundle, question):
    for number, script in enumerate((QUIET, WARNS, QUIET), 100):
        bundle.write(f"downloads/ServerTasks-{number}.log.txt", download(script, number).decode())
    agreed(bundle.folder, **question)


# Other tests' cases


@pytest.mark.parametrize("known", INCIDENTS)
def test_incidents(bundle, known):
    INCIDENTS[known](bundle)
    bundle.raw(DEPLOYED, task=990)
    agreed(bundle.folder)


@pytest.mark.parametrize("shape", ["single", "segments", "text"])
def test_twins_of_a_double_run(tmp_path, shape):
    craft = Craft(tmp_path, shape, -150.0)
    for name in TOGETHER:
        TWINS[name](craft)
    agreed(craft.finish())


@pytest.mark.parametrize(
    "race",
    [
        Race(
            seed=3, tasks=6, step_lines=(2, 5), nodes=2, evidence=Evidence(states="api", events=True, downloads="some")
        ),
        Race(
            seed=4,
            tasks=6,
            step_lines=(2, 5),
            write_lock=False,
            lost_writes=True,
            evidence=Evidence(states="csv", details=True),
        ),
        Race(
            seed=5,
            tasks=6,
            step_lines=(2, 5),
            layout="segments",
            separate_block_lines=True,
            evidence=Evidence(damage=4),
        ),
    ],
    ids=lambda race: str(race.seed),
)
def test_races(tmp_path, race):
    make(race, tmp_path)
    agreed(tmp_path / "bundle")


# What the mutations found


def test_a_log_that_names_two_machines_is_decoded(tmp_path):
    """Nothing says that it was resumed, but two nodes wrote it: the one whose block a line names went on with it."""
    script = MACHINES.replace("as late as its neighbour", "MachineName: WEST HostProcessName: Octopus.Server")
    audit = agreed(folder(tmp_path, named(log(script, 100), log(PLAIN, 101))))
    assert cleared(audit) == ["ServerTasks-101"]
    assert {"EAST", "WEST"} <= {*audit.case.executions["node"].to_pylist()}


def test_a_block_of_lines_that_names_its_host_nowhere(tmp_path):
    """Whose process it was stands in a later line of the same activity, as often as the block stands in the log."""
    lines = [
        f"1/a VBS 1.1 {text}" for text in ("MachineName: A HostProcessName: ", "MachineName: B HostProcessName: X")
    ]
    lines += [lines[0], "1/a VBS 1.1 HostProcessName: Octopus.Server MachineName: "]
    script = PLAIN.replace("    1/a  VBS 2    C:", "\n".join(f"    {line}" for line in lines) + "\n    1/a VBS 2 C:")
    agreed(folder(tmp_path, named(log(script, 100))))


@pytest.mark.parametrize("end", [b"\\", b"[" * 100_000], ids=["backslash", "nested"])
def test_a_last_line_that_cannot_be_parsed(tmp_path, end):
    data = log(PLAIN, 100)
    audit = agreed(folder(tmp_path, named(data[: data.rindex(b"Finished")] + b'x",' + end, log(PLAIN, 101))))
    assert cleared(audit) == ["ServerTasks-101"]
    assert {row["problem"] for row in audit.case.sources.to_pylist()} == {None}
