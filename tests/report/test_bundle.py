"""What `doctor` finds in an input."""

from __future__ import annotations

from datetime import timedelta

from analyzer.model import NotJudged
from analyzer.report.bundle import Gap, Kind, Node, Question, Span, Version, examine
from tests.report.cases import DAWN, audit, case, source

NOON = 12 * 3_600_000_000
LOCAL = int(DAWN.timestamp() * 1e6)


def event(name: str, time=None, wall=None, clock="utc", **more):
    return {"customer": "", "source": name, "line": 1, "time": time, "wall": wall, "clock": clock} | more


def state(task: int, **more):
    return {
        "customer": "", "source": "api.json", "line": 1, "task": f"ServerTasks-{task}", "claim": "api",
        "state": "Success", "queued": DAWN, "started": DAWN, "completed": DAWN + timedelta(hours=1),
    } | more  # fmt: skip


def bundle(sources=(), events=(), states=(), questions=(), **tables):
    return examine(audit(case(sources, events=events, states=states, **tables), questions=questions))


def test_formats_are_counted():
    found = bundle(
        [
            source("a.txt", bytes=100, rejects=1),
            source("b.txt", bytes=20),
            source("c.bin", format="unknown", lines=None, events=None, rejects=None, bytes=5),
        ]
    )
    assert found.kinds == (Kind("task-log", 2, 120, 20, 1), Kind("unknown", 1, 5, 0, 0))
    assert found.unknown == ("c.bin",)


def test_times_of_different_clocks_are_kept_apart():
    later = DAWN + timedelta(minutes=5)
    found = bundle(
        [
            source("a.txt"),
            source("s.txt", format="server-log", node="OCTO-A"),
            source("t.txt", format="task-text"),
            source("api.json", format="api-tasks"),
        ],
        [
            event("a.txt", later),
            event("a.txt", DAWN),
            event("s.txt", wall=LOCAL, clock="local"),
            event("t.txt", wall=NOON, clock="none"),
        ],
        [state(1)],
    )
    assert found.spans == (
        Span("api-tasks", None, 1, "2023-09-18 04:18:52", "2023-09-18 05:18:52", "utc"),
        Span("server-log", "OCTO-A", 1, "2023-09-18 04:18:52", "2023-09-18 04:18:52", "local"),
        Span("task-log", None, 1, "2023-09-18 04:18:52", "2023-09-18 04:23:52", "utc"),
        Span("task-text", None, 1, "12:00:00", "12:00:00", "none"),
    )


def test_a_node_is_known_from_its_log_its_folder_or_others():
    found = bundle(
        [
            source("a/s.txt", format="server-log", node="octo-a", node_basis="log"),
            source("a/s.0.txt", format="server-log", node="OCTO-A", node_basis="given"),
            source("b/t.txt", format="tentacle-log", node="OCTO-B", node_basis="folder"),
        ],
        states=[state(1, node="OCTO-C")],
    )
    assert found.nodes == (
        Node("OCTO-A", ("--node", "its own log"), 2),
        Node("OCTO-B", ("the folder's name",), 0),
        Node("OCTO-C", ("other sources",), 0),
    )


def test_versions_in_the_order_of_time():
    def start(version: str, **more):
        return event("s.txt", message=f"Octopus.Server version {version}+Branch.x", node="OCTO-A", **more)

    found = bundle(
        [source("s.txt", format="server-log", node="OCTO-A")],
        [
            start("2023.3.13026", time=DAWN + timedelta(days=9)),
            start("2023.3.12936", time=DAWN),
            start("2023.3.12936", time=DAWN + timedelta(days=1)),
            start("2022.1.1", wall=LOCAL - 86_400_000_000, clock="local"),
        ],
    )
    assert found.versions == (
        Version("OCTO-A", "2022.1.1", "2023-09-17 04:18:52", "local"),
        Version("OCTO-A", "2023.3.12936", "2023-09-18 04:18:52", "utc"),
        Version("OCTO-A", "2023.3.13026", "2023-09-27 04:18:52", "utc"),
    )


def test_tasks_that_only_a_row_tells_of_lack_their_log():
    found = bundle([source("api.json", format="api-tasks")], states=[state(10), state(9)])
    assert (
        Gap(
            "2 tasks with no task log, although a row, an event or a server log says that they ran",
            ("ServerTasks-9", "ServerTasks-10"),
        )
        in found.gaps
    )


def test_questions_are_open_as_the_detectors_say():
    open_ = [
        NotJudged("OCT301", "no status"),
        NotJudged("OCT101", "x", tasks=("ServerTasks-1", "ServerTasks-2"), lacking="a log", ask="the log"),
        NotJudged("OCT101", "y", "ServerTasks-2", lacking="a log", ask="the log"),
        NotJudged("OCT902", "a limit of the audit"),
    ]
    found = bundle([source("api.json")], states=[state(1), state(2), state(3)], questions=open_)
    by_code = {one.code: one for one in found.questions}
    assert by_code["OCT301"] == Question("OCT301", "conflicting-final-status", True, 0, 3, ("no status",))
    assert by_code["OCT101"] == Question("OCT101", "concurrent-execution", False, 1, 3, ("a log",))
    assert by_code["OCT102"] == Question("OCT102", "repeated-execution", False, 3, 3, ())
    assert not any(code.startswith("OCT9") for code in by_code)
    assert found.ask == ("the log",)


def test_problems_and_copies_are_named():
    found = bundle([source("a.txt", problem="cut off"), source("b.txt", duplicate_of="c.txt"), source("c.txt")])
    assert (found.problems, found.copies) == ((("a.txt", "cut off"),), (("b.txt", "c.txt"),))
