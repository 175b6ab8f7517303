"""Which cleared logs are decoded all the same, because something else in the input speaks of their task."""

from __future__ import annotations

import pytest

from analyzer import schema
from analyzer.reading.doubt import doubted
from analyzer.reading.harvest import Found, Harvest


def looked(*logs: tuple[str, int], **more: list[dict[str, object]]) -> Harvest:
    """Cleared logs (task, highest severity) of the sources 0.txt, 1.txt, ..., and rows of other tables."""
    rows = [{"task": task, "sources": [f"{at}.txt"], "worst": worst} for at, (task, worst) in enumerate(logs)]
    harvest = Harvest({f"{at}.txt": Found(f"{at}.txt", "task-log", 1) for at in range(len(logs))})
    harvest.cleared = [schema.from_rows(schema.LOGS, [row]) for row in rows]
    for name, found in more.items():
        harvest.tables[name] = [schema.from_rows(schema.TABLES[name], found)]
    for row in more.get("events", []):
        form = {"x": "task-text", "s": "server-log"}.get(str(row["source"])[0], "task-log")
        harvest.found[str(row["source"])] = Found(str(row["source"]), form, 1)
    return harvest


def told(claim: str, state: str | None, warnings: bool | None = None, worst: int = 9) -> set[str]:
    """What is doubted where a source says this of the first of two tasks, whose log's highest severity is `worst`."""
    row = {"task": "ServerTasks-1", "claim": claim, "state": state, "warnings": warnings}
    return doubted(looked(("ServerTasks-1", worst), ("ServerTasks-2", 9), states=[row]))


def test_nothing_is_doubted_where_nothing_else_is_said():
    assert (
        doubted(Harvest()) == doubted(looked()) == doubted(looked(("ServerTasks-1", 9), ("ServerTasks-2", 13))) == set()
    )


def test_two_logs_of_one_task():
    logs = looked(("ServerTasks-1", 9), ("ServerTasks-2", 9), ("ServerTasks-1", 9))
    assert doubted(logs) == {"0.txt", "2.txt"}


def test_tasks_that_are_asked_for():
    assert doubted(looked(("ServerTasks-1", 9), ("ServerTasks-2", 9)), ["ServerTasks-2", "ServerTasks-3"]) == {"1.txt"}


@pytest.mark.parametrize("source", ["other.txt", "x.log.txt"], ids=["decoded log", "text download"])
def test_lines_of_the_task_in_another_log_or_view(source):
    event = {"source": source, "task": "ServerTasks-2"}
    assert doubted(looked(("ServerTasks-1", 9), ("ServerTasks-2", 9), events=[event])) == {"1.txt"}


@pytest.mark.parametrize(
    ("detail", "sources"),
    [("tie=append-failure", {"0.txt"}), ("tie=append-retry;n=1", {"0.txt"}), ("tie=transaction", set()), (None, set())],
)
def test_lines_of_server_logs(detail, sources):
    event = {"source": "server.txt", "task": "ServerTasks-1", "detail": detail}
    assert doubted(looked(("ServerTasks-1", 9), events=[event])) == sources


@pytest.mark.parametrize("claim", ["database", "api", "header", "audit event"])
@pytest.mark.parametrize("state", ["Success", "SuccessWithWarning", "Failed", "Canceled", "Executing", "", None])
def test_only_a_success_agrees_with_a_cleared_log(claim, state):
    agrees = state == "Success" or (claim == "audit event" and state is None)
    assert told(claim, state) == (set() if agrees else {"0.txt"})


def test_a_tree_has_statuses_of_its_own():
    assert told("tree", "Success") == {"0.txt"}


def test_what_a_text_download_claims_itself_was_looked_at_with_it():
    row = {"source": "0.txt", "task": "ServerTasks-1", "claim": "tree", "state": "Skipped"}
    assert doubted(looked(("ServerTasks-1", 9), states=[row])) == set()
    assert doubted(looked(("ServerTasks-1", 9), states=[row | {"source": "1.txt"}])) == {"0.txt"}


@pytest.mark.parametrize(("state", "agrees"), [("Failed", True), ("Success", False), ("Canceled", False)])
def test_a_text_download_of_a_failure_agrees_with_who_says_so(state, agrees):
    rows = [
        {"source": source, "task": "ServerTasks-1", "claim": claim, "state": said}
        for source, claim, said in (("0.txt", "header", "Failed"), ("tasks.json", "api", state))
    ]
    assert doubted(looked(("ServerTasks-1", 21), states=rows)) == (set() if agrees else {"0.txt"})


@pytest.mark.parametrize(("warnings", "worst"), [(True, 13), (True, 17), (False, 9), (None, 9), (None, 17)])
def test_a_flag_that_the_log_bears_out(warnings, worst):
    assert told("api", "Success", warnings, worst) == set()


@pytest.mark.parametrize(("warnings", "worst"), [(True, 9), (False, 13), (False, 17)])
def test_a_flag_that_the_log_does_not_bear_out(warnings, worst):
    assert told("api", "Success", warnings, worst) == {"0.txt"}


def test_one_of_several_claims_is_enough():
    states = [{"task": "ServerTasks-1", "claim": "api", "state": state} for state in ("Success", "Failed", "Success")]
    assert doubted(looked(("ServerTasks-1", 9), states=states)) == {"0.txt"}
