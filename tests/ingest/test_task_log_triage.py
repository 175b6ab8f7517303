"""What a first look clears, what it doubts and why, and which lines of a cleared log it keeps."""

from __future__ import annotations

import pytest

from analyzer.blocks import Block, block, packed
from analyzer.ingest.task_log_triage import triage
from analyzer.ingest.triage import Triage
from tests.mutations import HEALTHY, MACHINES, PLAIN, SEPARATE, log

SMALL = r"""
    .    INF 0    Deploy Shop
    1    PLN 0.1  Step 1: Stop
    1/a  INF 1    web-01
    1/a  FIN 3
    1    FIN 3.2
    .    FIN 7.5
"""


def looked(*logs: bytes) -> Triage:
    """A first look at sources that share a block."""
    return triage(packed([block(f"TaskLogs/{number}.txt", data) for number, data in enumerate(logs)]))


def clears(data: bytes) -> bool:
    """Whether a log is cleared beside a healthy one, which is cleared in any case."""
    seen = looked(data, log(PLAIN, 8))
    assert 1 in seen.cleared
    return 0 in seen.cleared


def with_line(line: str, at: int = 4) -> bytes:
    """SMALL with one more line, as in a script."""
    lines = SMALL.strip("\n").splitlines()
    return log("\n".join([*lines[:at], f"    {line}", *lines[at:]]))


# What is cleared


@pytest.mark.parametrize("script", HEALTHY)
def test_a_plain_complete_and_successful_log_is_cleared(script):
    assert clears(log(script))


def test_its_row_of_logs():
    (row,) = looked(log(MACHINES, 733, "K2JD81MNQA")).logs.to_pylist()
    assert (row["task"], row["log"], row["sources"]) == ("ServerTasks-733", "K2JD81MNQA", ["TaskLogs/0.txt"])
    assert (row["lines"], row["first_line"], row["last_line"]) == (17, 1, 17)
    assert (row["first"].isoformat(), row["first_tick"]) == ("2023-09-18T12:00:00+00:00", 7)
    assert (row["last"].isoformat(), row["last_tick"]) == ("2023-09-18T12:00:03+00:00", 7)
    assert (row["roots"], row["plans"], row["finishes"], row["worst"], row["back_steps"]) == (1, 1, 1, 13, 0)
    assert row["cleared"]


@pytest.mark.parametrize(
    "line",
    [
        "1/a VBS 2 a warning is no doubt",
        "1/a WRN 2 neither is a warning",
        "1/a ERR 2 or an error of an attempt that was followed by a better one",
        "1/a UPD 2 or progress",
        "1/b INF 0.9 a line 0.1 s before that of another activity",
        r"1/a INF 2 \u0027\u003c\u003e\u0026 \u00e9 \\ \" \/ \b\f\n\r\t",
        "1/a INF 2 café",
        "2 ABN 2",
    ],
)
def test_these_lines_are_no_reason_for_doubt(line):
    more = "\n    1/b FIN 3" if line.startswith("1/b") else ""
    assert clears(with_line(line + more, 3))


@pytest.mark.parametrize("size", range(15, 30))
@pytest.mark.parametrize("activity", [".", "1"])
def test_texts_that_end_where_the_ids_of_deeper_activities_do(activity, size):
    assert clears(with_line(f"{activity} INF 3.1 {'x' * size}"))


@pytest.mark.parametrize("tail", [',"",0] ', ',"",7]', ',"",42]', ',"",100]', r',"a \"detail\"",0]', ',"at line 7",0]'])
def test_details_and_percentages(tail):
    assert clears(log(SMALL).replace(b',"",0]', tail.encode()))


def test_line_ends_do_not_matter():
    for small, plain in ((log(SMALL), log(PLAIN, 8)), (log(SMALL)[:-1], log(PLAIN, 8)[:-1])):
        windows = [data.replace(b"\n", b"\r\n") for data in (small, plain)]
        assert looked(small, plain).cleared == looked(*windows).cleared == {0, 1}


# What is doubted


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (". INF 3.5 Deploy Shop", "the root announces itself again"),
        (". ERR 3.5 it failed", "a failure of the root"),
        (". INF 3.5 The task was canceled by bob", "a canceled task"),
        ("1/a FAT 3.1 it failed", "a failure"),
        (". FIN 3.5", "two finish lines"),
        ("1/a INF 3.1\n    1/a FIN 2.8", "time goes back by 0.3 s in one activity"),
        ("1/a INF 3.1 more", "an activity goes on behind its finish"),
        ("1/b INF 3.1 web-02", "an activity without an end"),
        ("2 PLN 3.1 Step 1: Stop", "two steps of one name"),
        ("1/a INF -1 early", "a line from before the first"),
        ("1/c FIN 8", "a line from behind the last"),
        ("1/a HLT 3 marked", "a category that is not known"),
        ("1 INF 3 Resuming after completion", "a resume"),
        ("3/c/d FIN 3", "an activity whose parent is not known"),
        (r"1 INF 3 R\u0065suming after completion", "a letter that no writer escapes"),
        (r"1 INF 3 \q", "an escape that JSON does not know"),
        (r"1 INF 3 \ud83d", "half a character"),
        ("1 INF 3 tab\there", "a control character"),
        ('1 INF 3 "quoted"', "quotes inside a text"),
        ("1 INF 3 end\\", "a text whose closing quote is escaped"),
        (r'1 INF 3 Resuming "after" \u0027', "quotes inside a text that is looked into"),
    ],
)
def test_a_line_that_raises_doubt(line, why):
    more = {"1/c": "\n    1/c INF 3.1 web-03", "1/a FAT": "\n    1/a FIN 3.15", "1/a INF -1": "\n    1/a FIN 3"}
    before = next((text for begin, text in more.items() if line.startswith(begin)), "")
    assert not clears(with_line(line + before)), why


def test_a_finish_line_that_says_canceled():
    assert not clears(log(SMALL.replace("FIN 7.5", "FIN 7.5 The task was canceled by bob")))


def test_work_under_a_step_that_the_plan_does_not_have():
    assert not clears(with_line("2 INF 3.3 Step 2\n    2/a INF 3.4 web-01\n    2/a FIN 3.5\n    2 FIN 3.6", 5))
    assert clears(with_line("2 PLN 3.3 Step 2\n    2/a INF 3.4 web-01\n    2/a FIN 3.5\n    2 FIN 3.6", 5))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"+00:00", b"+01:00"),
        (b"+00:00", b"Z"),
        (b"2023-09-18T12:00:03.2", b"2023-02-29T12:00:03.2"),
        (b"2023-09-18T12:00:03.2", b"2023-09-18T24:00:03.2"),
        (b"2023-09-18T12:00:03.2", b"2023-09-18T12:00:0:.2"),
        (b',"",0]', b',"",null]'),
        (b',"",0]', b',"",007]'),
        (b',"",0]', b',"",1000]'),
        (b',"",0]', b',"","",0]'),
        (b',"",0]', b"," + b"[" * 100_000),
        (b"ServerTasks-", b"ScheduledTasks_X"),
        (b"ServerTasks-7_AAAA", b"ServerTasks-7"),
        (b"\n", b"\n\n"),
    ],
)
def test_lines_that_are_not_the_usual_ones(old, new):
    assert not clears(log(SMALL).replace(old, new, 1))


def test_a_line_of_another_log():
    lines = log(SMALL).splitlines(keepends=True)
    for number, suffix in ((8, "AAAA"), (7, "AAAB"), (77, "AAAA")):
        other = log(SMALL, number, suffix).splitlines(keepends=True)
        assert not clears(b"".join([*lines[:4], other[3], *lines[4:]]))


@pytest.mark.parametrize("line", range(6))
def test_a_log_that_lacks_a_line_is_cleared_only_without_its_first_words(line):
    lines = log(SMALL).splitlines(keepends=True)
    innocent = {1, 2}  # the activities `1` and `1/a` only lost their names
    assert clears(b"".join(lines[:line] + lines[line + 1 :])) == (line in innocent)


def test_quotes_that_only_add_up():
    """A line that lacks one and a line, perhaps of another log, that has one too many."""
    whole, other = log(SMALL), log(PLAIN, 8)
    for lacking in (whole.replace(b'\n["S', b"\n[xS", 1), whole.replace(b'"INF","2', b'"INF",x2', 1)):
        assert not clears(lacking.replace(b"web-01", b'web"01'))
        assert looked(lacking, other.replace(b"web-01", b'web"01')).cleared == set()
    torn = whole.replace(b'"Step 1: Stop"', b"Step 1: Stop")
    assert looked(torn, other.replace(b"web-01", b'"web-01"', 1)).cleared == set()
    assert looked(torn, other).cleared == {1}


def test_lines_that_are_not_stored_as_utf_8():
    healthy = block("TaskLogs/0.txt", log(SMALL))
    coding = healthy.lines * 0
    coding[2] = 1
    wide = Block(**{**vars(healthy), "coding": coding})
    assert triage(packed([wide, block("TaskLogs/1.txt", log(SMALL, 8))])).cleared == {1}


@pytest.mark.parametrize("data", [b"", b"\n", b"x", b'["ServerTasks-7_AAAA"', b"\\", log(SMALL)[:-9] + b"\\"])
def test_what_is_no_log_is_not_cleared(data):
    assert looked(data or b"\n").cleared == set()
    assert looked(log(PLAIN, 8), data or b"\n").cleared == {0}


# What a cleared log still has to say


def telling(script: str) -> list[str]:
    seen = looked(log(script))
    assert seen.cleared == {0}
    return [] if seen.telling is None else [line.split('","')[3] for line in seen.telling.texts().to_pylist()]


def test_versions_and_machines_are_told_once():
    machine = r"Environment Information:\r\n  MachineName: EAST\r\n  HostProcessName: Octopus.Server"
    assert telling(MACHINES) == ["Octopus Server version: 2023.3.12936+Branch.release-2023.3", machine]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("MachineName: EAST HostProcessName: Octopus.Server", 1),
        ("MachineName: EAST HostProcessName:Octopus.Server", 1),
        ("MachineName: EAST HostProcessName:    OCTOPUS.server 2023", 1),
        ("HostProcessName: Octopus.ServerLike MachineName: EAST", 1),
        ("MachineName: EAST HostProcessName: Calamari HostProcessName: octopus.server", 1),
        ("MachineName: EAST HostProcessName: Octopus.Tentacle", 0),
        ("MachineName: EAST HostProcessName: Octopus_Server", 0),
        ("MachineName: EAST MachineName: WEST HostProcessName:  x", 0),
        ("MachineName: EAST HostProcessName: ", 2),
        ("MachineName: EAST HostProcessName:", 2),
        ("MachineName: EAST HostProcessName: *Octopus.Server", 2),
        ("MachineName: EAST HostProcessname: Octopus.Server", 2),
        ("HostProcessName: Octopus.Server", 2),
    ],
)
def test_what_a_text_that_stands_in_two_lines_names(text, told):
    """A server and its machine are told once, a machine or a host alone each time, and of others nothing."""
    line = f"    1/a INF 2 {text}\n"
    assert len(telling(SMALL.replace("    1/a  FIN", line + line + "    1/a  FIN"))) == told


def test_a_block_of_several_lines_is_told_whole():
    assert telling(SEPARATE) == ["MachineName: WEST", "HostProcessName: Octopus.Server"]


def test_a_log_without_them_tells_nothing():
    assert telling(PLAIN) == []


def test_the_machine_of_a_script_is_not_told():
    script = MACHINES.replace("HostProcessName: Octopus.Server", "HostProcessName: Calamari")
    seen, servers = looked(log(script)), looked(log(MACHINES))
    assert seen.cleared == servers.cleared == {0}
    assert servers.telling is not None
    assert seen.telling is not None
    assert len(servers.telling) == len(seen.telling) + 1
