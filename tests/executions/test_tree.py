"""Text downloads and /details: executions in a tree without append order."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer import pipeline
from analyzer.names import CANCELED

HEAD = "Task ID:        ServerTasks-9001\nTask status:    Success\n\n"
ROOT = "                    | == Success: Deploy Ledger 4 to Live ==\n"


def root(*messages: str, back: bool = True) -> str:
    """The root's lines; in append order two clocks show in a time that goes back."""
    seconds = [5, *range(len(messages) - 1)] if back else range(len(messages))
    lines = zip(seconds, messages, strict=True)
    return ROOT + "".join(f"10:00:{i:02}   Info     |   {message}\n" for i, message in lines)


def step(name: str) -> str:
    blank = "                    | \n"
    block = f"                    |   == Success: {name} ==\n"
    return blank + block + f"10:00:30   Info     |     {name} says something\n"


TWICE = step("Step 1: One") + step("Step 1: One") + step("Step 2: Two") + step("Step 2: Two")
OPEN, CLOSE = "Guided failure is not enabled for this task", "The deployment completed successfully."


def verdict(text: str, folder: Path) -> tuple[set[str], set[str]]:
    """Codes of findings, and codes of questions about the task that stayed open."""
    (folder / "ServerTasks-9001.log.txt").write_text(text, encoding="utf-8")
    audit = pipeline.audit(pipeline.read(folder))
    return {one.code for one in audit.findings} & {"OCT101", "OCT102"}, {
        one.code for one in audit.not_judged if one.task
    }


@pytest.mark.parametrize(
    ("messages", "codes", "questions"),
    [
        ((OPEN, OPEN, CLOSE, CLOSE), {"OCT101"}, set()),
        (("Deploy Ledger", OPEN, OPEN, CLOSE, CLOSE), {"OCT101"}, set()),  # one announcement is lost
        ((OPEN, CLOSE, OPEN, CLOSE), set(), {"OCT102"}),  # a re-run, or a second run behind the first
        ((OPEN, "again", "again", CLOSE, OPEN, "again", "again", CLOSE), set(), {"OCT102"}),  # messages that repeat
        ((OPEN, CLOSE), set(), {"OCT102"}),  # nothing shows the order
    ],
)
def test_the_roots_own_lines_show_the_order(
    messages: tuple[str, ...], codes: set[str], questions: set[str], tmp_path: Path
) -> None:
    assert verdict(HEAD + root(*messages) + TWICE, tmp_path) == (codes, questions)


@pytest.mark.parametrize(
    ("messages", "codes", "questions"),
    [
        ((OPEN, OPEN, "failed", CANCELED, CLOSE), {"OCT101"}, set()),
        ((OPEN, "failed", CANCELED, OPEN, CLOSE), set(), {"OCT102", "OCT301"}),  # canceled, and run again
    ],
)
def test_an_execution_that_failed_and_was_canceled_closes_once(
    messages: tuple[str, ...], codes: set[str], questions: set[str], tmp_path: Path
) -> None:
    lines = root(*messages).splitlines(keepends=True)
    fatal = [line.replace("Info ", "Fatal") if line.strip().endswith(("failed", CANCELED)) else line for line in lines]
    assert verdict(HEAD + "".join(fatal) + TWICE, tmp_path) == (codes, questions)


def test_a_step_that_stands_there_twice_may_have_been_tried_again(tmp_path: Path) -> None:
    again = step("Step 1: One") + step("Step 2: Two") + step("Step 2: Two")
    assert verdict(HEAD + root(OPEN, CLOSE, back=False) + again, tmp_path) == (set(), set())


def block(depth: int, name: str, *messages: str, state: str = "Success") -> str:
    """A block of the tree with its messages."""
    margin = "                    | " + "  " * depth
    said = "".join(f"10:00:3{i}   Info     | {'  ' * (depth + 1)}{message}\n" for i, message in enumerate(messages))
    return f"{margin}\n{margin}== {state}: {name} ==\n{said}"


PAUSED = block(1, "Step 1: Approve", "Waiting for approval", "Resuming after completion")
WHOLE = block(1, "Step 1: One", "begins") + block(2, "web01", "works")
ADDED = block(1, "Clean up", "begins") + block(2, "web02", "works")


@pytest.mark.parametrize(
    ("blocks", "undecided"),
    [
        pytest.param(WHOLE + ADDED, False, id="a step that was added"),
        pytest.param(WHOLE + block(1, "web01", "works"), True, id="a step that lost its beginning"),
        pytest.param(
            WHOLE + ADDED.replace("== Success: web02", "== Running: web02"), True, id="a target that never ended"
        ),
        pytest.param(WHOLE + block(2, "web01", "works"), False, id="a target tried again"),
        pytest.param(PAUSED + WHOLE, False, id="a pause"),
        pytest.param(PAUSED + WHOLE + block(2, "web02", "works"), False, id="a pause and two targets"),
        pytest.param(PAUSED + WHOLE + block(2, "web01", "works"), True, id="a pause and one target twice"),
    ],
)
def test_steps_that_one_whole_execution_does_not_leave_are_never_passed_over(
    blocks: str, undecided: bool, tmp_path: Path
) -> None:
    text = HEAD + root(OPEN, CLOSE, back=False) + blocks
    assert verdict(text, tmp_path) == (set(), {"OCT102"} if undecided else set())


def test_a_root_that_is_still_running_has_running_steps(tmp_path: Path) -> None:
    running = (ROOT + "10:00:05   Info     |   " + OPEN + "\n").replace("Success", "Running")
    blocks = WHOLE.replace("Success", "Running") + block(1, "Step 2: Two", state="Pending")
    assert verdict(HEAD.replace("Success", "Executing") + running + blocks, tmp_path) == (set(), set())


@pytest.mark.parametrize(
    ("version", "codes"), [("2019.4.1", {"OCT101"}), ("2023.3.12936", {"OCT101"}), ("2025.3.1", set()), (None, set())]
)
def test_times_that_never_go_back_may_have_been_sorted(version: str | None, codes: set[str], tmp_path: Path) -> None:
    head = HEAD.replace("\n\n", f"\nServer version: {version}\n\n") if version else HEAD
    found, questions = verdict(head + root(OPEN, OPEN, CLOSE, CLOSE, back=False) + TWICE, tmp_path)
    assert (found, bool(questions)) == (codes, not codes)


def test_the_outcome_of_a_download_is_the_status_of_its_root(tmp_path: Path) -> None:
    (tmp_path / "ServerTasks-9001.log.txt").write_text(HEAD + root(OPEN, CLOSE) + step("Step 1: One"), encoding="utf-8")
    assert pipeline.read(tmp_path).executions["outcome"].to_pylist() == ["Success"]


def test_messages_that_stand_below_no_activity(tmp_path: Path) -> None:
    """A pasted piece of a log that was resumed: whose lines these are cannot be told, and nothing breaks."""
    lines = ["12:00:00   Info     |   Resuming after completion", "12:00:01   Info     |   done"]
    Path(tmp_path, "ServerTasks-7.txt").write_text("\n".join(lines), encoding="utf-8")
    case = pipeline.read(tmp_path)
    assert [row["task"] for row in case.executions.to_pylist()] == ["ServerTasks-7"]
