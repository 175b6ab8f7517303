"""Copies, parts, encodings, archives and blocks of every size: the same with and without a first look."""

from __future__ import annotations

import pytest

from tests.bundles import folder, tarred, zip_bytes, zipped
from tests.mutations import HEALTHY, MACHINES, PLAIN, SEPARATE, log, named
from tests.text_mutations import MACHINES as MACHINE
from tests.text_mutations import PLAIN as QUIET
from tests.text_mutations import download
from tests.triaging import agreed, cleared

BLOCKS = {"sources.encoding.CHUNK": 300, "sources.encoding.HEAD": 300}
IN_PARTS = {
    "one block": {},
    "small blocks": BLOCKS,
    "several packs": {"reading.packs.PACK": 4000},
    "each log": {"reading.packs.PACK": 1},
    "looked for in parts": {"blocks.PART": 70, "blocks.PIECE": 70, "ingest.triage.PIECE": 72},
    "too long": {**BLOCKS, "reading.parts.WHOLE": 600},
}


def test_copies_and_parts_of_a_log(tmp_path):
    data, other = log(PLAIN, 100), log(MACHINES, 101)
    lines = data.splitlines(keepends=True)
    files = {
        "TaskLogs/servertasks-100_aaaa.txt": data,
        "copy/servertasks-100_aaaa.txt": data,
        "TaskLogs/servertasks-101_aaaa.txt": other,
        "earlier/servertasks-101_aaaa.txt": other[: len(other) // 2],
        "TaskLogs/servertasks-102_aaaa.txt": log(PLAIN, 102),
        "TaskLogs/servertasks-102_bbbb.txt": log(PLAIN, 102, "BBBB"),
        "TaskLogs/servertasks-103_aaaa.txt": log(PLAIN, 103),
        "TaskLogs/servertasks-104_aaaa.txt": log(PLAIN, 104) + log(SEPARATE, 103),
        "TaskLogs/servertasks-105_aaaa/one.tl.txt": log(PLAIN, 105),
        "TaskLogs/servertasks-106_aaaa/one.tl.txt": b"".join(lines[:6]).replace(b"s-100_", b"s-106_"),
        "TaskLogs/servertasks-106_aaaa/two.tl.txt": b"".join(lines[6:]).replace(b"s-100_", b"s-106_"),
    }
    assert cleared(agreed(folder(tmp_path, files))) == ["ServerTasks-105"]


@pytest.mark.parametrize("parts", ["one block", "too long"])
def test_logs_that_are_read_again_out_of_archives(tmp_path, monkeypatch, parts):
    """Two machines, or an activity that does not end, so decoded after all; the archives are opened twice."""
    for name, size in IN_PARTS[parts].items():
        monkeypatch.setattr(f"analyzer.{name}", size)
    again = MACHINES.replace("as late as its neighbour", "MachineName: WEST HostProcessName: Octopus.Server")
    files = named(log(PLAIN, 100), log(again, 101), log(PLAIN.replace("1/a  FIN", "1/a  INF"), 102))
    inner = zip_bytes(files)
    zipped(tmp_path / "a.zip", {"inner.zip": inner})
    tarred(
        tmp_path / "b.tar.gz",
        {name.replace("-10", "-20"): data.replace(b"-10", b"-20") for name, data in files.items()},
    )
    assert cleared(agreed(tmp_path)) == ["ServerTasks-100", "ServerTasks-200"]


ENCODED = {
    "windows": lambda data: data.replace(b"\n", b"\r\n"),
    "mark": lambda data: b"\xef\xbb\xbf" + data,
    "wide": lambda data: b"\xff\xfe" + data.decode().encode("utf-16-le"),
    "cp1252": lambda data: data.replace(b"web-01", b"caf\xe9"),
    "utf-8": lambda data: data.replace(b"web-01", "caf\u00e9 \u263a \U0001f600".encode()),
    "escaped": lambda data: data.replace(b"web-01", rb"caf\u00e9 \u263a \ud83d\ude00"),
    "blank": lambda data: data.replace(b"\n", b"\n\n", 2),
    "blank end": lambda data: data + b"\r\n\n",
    "open": lambda data: data[:-1],
    "windows open": lambda data: data.replace(b"\n", b"\r\n")[:-2],
    "return": lambda data: data[:-1] + b"\r",
    "detail": lambda data: data.replace(b',"",0]', rb',"at \"x\"\r\n",0]'),
    "percentage": lambda data: data.replace(b',"",0]', b',"",7]', 1).replace(b',"",0]', b',"",42]', 1),
    "hundred": lambda data: data.replace(b',"",0]', b',"",100]'),
    "zoned": lambda data: data.replace(b"+00:00", b"+01:00"),
    "null": lambda data: data.replace(b',"",0]', b',"",null]'),
}


@pytest.mark.parametrize("parts", IN_PARTS)
def test_every_encoding_in_blocks_of_every_size(tmp_path, monkeypatch, parts):
    for name, size in IN_PARTS[parts].items():
        monkeypatch.setattr(f"analyzer.{name}", size)
    logs = [change(log(HEALTHY[at % 3], 100 + at)) for at, change in enumerate(ENCODED.values())]
    audit = agreed(folder(tmp_path, named(*logs)))
    plain = {"windows", "mark", "utf-8", "escaped", "open", "windows open", "return", "detail", "percentage", "hundred"}
    expected = [f"ServerTasks-{100 + at}" for at, name in enumerate(ENCODED) if name in plain]
    assert cleared(audit) == expected


def test_a_long_log_whose_first_block_looks_like_a_whole_one(tmp_path, monkeypatch):
    """A re-run was appended: the file is longer than what is looked at as a whole, and cut between the two runs."""
    run = log(PLAIN, 100)
    for name, size in {
        "sources.encoding.HEAD": len(run),
        "sources.encoding.CHUNK": 1,
        "reading.parts.WHOLE": len(run),
    }.items():
        monkeypatch.setattr(f"analyzer.{name}", size)
    audit = agreed(folder(tmp_path, named(run + run.replace(b"T12:", b"T13:"), log(PLAIN, 101))))
    assert cleared(audit) == ["ServerTasks-101"]


@pytest.mark.parametrize("longest", [900, 1 << 20], ids=["too long", "long"])
def test_a_long_text_download(tmp_path, monkeypatch, longest):
    for name, size in {**BLOCKS, "reading.parts.ENTIRE": longest}.items():
        monkeypatch.setattr(f"analyzer.{name}", size)
    data = [download(script, number) for number, script in enumerate((QUIET, MACHINE), 100)]
    assert all(len(one) > 900 for one in data)
    files = {f"ServerTasks-{number}.log.txt": one for number, one in enumerate(data, 100)}
    assert len(cleared(agreed(folder(tmp_path, files)))) == (0 if longest == 900 else 2)
