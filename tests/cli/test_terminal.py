"""What a terminal, a pipe, a legacy console and an impatient user get, from whole processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.process import ROOT, command, environment, run

BUNDLE = ROOT / "sample_logs" / "double-run"
POSIX = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals, signals and devices of POSIX")


def on_a_terminal(*words: object, columns: int, **more: str) -> str:
    """What a person sees in a window of that width: stdout and stderr together."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    child = subprocess.Popen(command(*words), stdin=slave, stdout=slave, stderr=slave, env=environment(**more))
    os.close(slave)
    seen = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        seen += part
    os.close(master)
    assert child.wait() == 1
    return seen.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", ["60", "80"])
def test_no_line_is_wider_than_the_terminal_but_for_a_place_to_copy(columns):
    lines = run("audit", BUNDLE, COLUMNS=columns).stdout.decode().splitlines()
    wide = [line for line in lines if len(line) > int(columns)]
    assert all(" " not in line.strip() for line in wide), wide  # one word that must not be broken: source:line, a link
    assert max(len(line) for line in lines if line not in wide) > int(columns) - 10


def test_off_a_terminal_nothing_is_coloured_and_nothing_is_said():
    done = run("audit", BUNDLE)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.startswith(b"3 of 7 tasks ran on two nodes at the same time")
    assert b"\x1b" not in done.stdout


@POSIX
def test_a_narrow_terminal_gets_colours_in_its_width():
    text = on_a_terminal("audit", BUNDLE, columns=60)
    assert "\x1b[1;31mERRORS: " in text
    assert max(map(len, text.split("\n\n")[0].splitlines())) <= 60 + len("bundle/shared/TaskLogs/") * 2


@POSIX
@pytest.mark.parametrize("more", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_color_and_dumb_terminals_are_respected(more):
    text = on_a_terminal("audit", BUNDLE, columns=80, **more)
    assert "\x1b" not in text
    assert text == run("audit", BUNDLE, COLUMNS="80").stdout.decode()


@POSIX
def test_an_empty_no_color_is_none():
    assert "\x1b[1;31m" in on_a_terminal("audit", BUNDLE, columns=80, NO_COLOR="")


@POSIX
def test_head_takes_what_it_wants():
    script = f"{shutil.which('sh')} -c".split()
    words = " ".join(command("audit", BUNDLE))
    piped = f'{{ {words}; echo "exit $?" >&2; }} | head -n 2'
    done = subprocess.run([*script, piped], capture_output=True, env=environment(), cwd=ROOT, check=True)
    assert done.stdout.startswith(b"3 of 7 tasks ran on two nodes")
    assert done.stdout.count(b"\n") == 2
    assert done.stderr == b"exit 1\n"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_is_gone_changes_no_exit_code(stream):
    reading, writing = os.pipe()
    os.close(reading)
    other = {"stdout": "stderr", "stderr": "stdout"}[stream]
    with os.fdopen(writing, "w") as gone:
        streams = {stream: gone, other: subprocess.PIPE}
        done = subprocess.run(command("audit", BUNDLE, "-v"), **streams, env=environment(), cwd=ROOT, check=False)
    assert done.returncode == 1
    assert b"Traceback" not in getattr(done, other)
    assert b"rror" not in (done.stderr or b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_a_sentence():
    with open("/dev/full", "wb") as full:  # noqa: PTH123 (a device)
        done = subprocess.run(command("formats"), stdout=full, stderr=subprocess.PIPE, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (2, b"analyzer: cannot write to stdout: No space left on device\n")


@pytest.mark.parametrize("encoding", ["cp437", "cp1252"])
def test_a_legacy_console_gets_what_it_can_show(tmp_path, encoding):
    folder = tmp_path / "Kundé Größe Ω"
    shutil.copytree(BUNDLE / "bundle" / "shared", folder / "Ω ü")
    done = run("audit", folder, PYTHONUTF8="0", PYTHONIOENCODING=encoding, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, b"")
    text = done.stdout.decode(encoding)
    assert {"cp437": "Ω ü/", "cp1252": "\\u03a9 ü/"}[encoding] in text.replace("\n", " ")


@POSIX
def test_interrupting_says_so_in_one_line():
    script = (
        "import sys, time; from analyzer import cli, startup; sys.argv = ['analyzer', 'audit', '.']\n"
        "def wait(): print('now', flush=True); time.sleep(60)\n"
        "startup.without_pandas = wait; cli.main()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT
    )
    assert child.stdout.readline() == b"now\n"
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=30) == (b"", b"analyzer: interrupted\n")
    assert child.returncode == 130


@pytest.mark.parametrize("words", [("empty",), ("unknown",), ("empty", "unknown")])
def test_what_holds_nothing_never_passes_for_clean(tmp_path, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "unknown").mkdir()
    (tmp_path / "unknown" / "a.txt").write_text("prose", encoding="utf-8")
    done = run("audit", *words, cwd=tmp_path)
    said = "".join(f"analyzer: {word}: nothing of a known format was found in it\n" for word in words)
    assert (done.returncode, done.stderr.decode()) == (3, said)
