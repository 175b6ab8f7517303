"""An audit says the same with and without the first look at task logs (`analyzer.ingest.task_log_triage`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bundles import folder
from tests.mutations import HEALTHY, MACHINES, PLAIN, log, mutated
from tests.test_readme import ROOT
from tests.triaging import agreed, cleared

SAMPLES = sorted(path for path in (ROOT / "sample_logs").iterdir() if path.is_dir())


def named(*logs: bytes) -> dict[str, bytes]:
    """Logs as files; each is called by the task that it should be of."""
    return {f"TaskLogs/servertasks-{100 + at}_aaaa.txt": data for at, data in enumerate(logs)}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_sample_logs(path):
    agreed(path)


@pytest.mark.parametrize("seed", range(12))
def test_mutated_logs(tmp_path: Path, seed: int) -> None:
    """Forty logs with one to three mutations each, and two that are untouched."""
    logs = [mutated(100 * seed + at, log(HEALTHY[at % 3], 100 + at), 1 + at % 3) for at in range(40)]
    untouched = [log(script, 140 + at) for at, script in enumerate(HEALTHY)]
    audit = agreed(folder(tmp_path, named(*logs, *untouched)))
    assert {f"ServerTasks-{140 + at}" for at in range(3)} <= {*cleared(audit)}


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
