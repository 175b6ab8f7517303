from __future__ import annotations

import json
import os
import sys
from dataclasses import replace

import numpy as np
import pytest

import analyzer
from analyzer.report import json as report
from tests.race.clock import TICKS

from .contenders import named_by, named_by_us, others
from .corpora import Shape, corpus
from .measure import Command, Failed, best, run
from .tables import compared, markdown
from .templates import Template

SIZES = {"raw": 0.001, "small": 0.0005, "server": 0.006, "text": 0.001, "zip": 0.001}
GUILTY = 0.2

posix = pytest.mark.skipif(not hasattr(os, "wait4"), reason="CPU is taken from wait4")


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("bench")


@pytest.mark.parametrize("name", SIZES)
def test_an_audit_of_a_corpus_finds_what_was_planted_and_nothing_else(name, cache):
    share = corpus(Shape(name, SIZES[name], GUILTY), cache)
    document = cache / f"{name}.json"
    document.write_bytes(report.document(analyzer.audit(analyzer.read(share.path))))
    findings = json.loads(document.read_bytes())["findings"]
    assert share.planted
    assert named_by_us(document) == set(share.planted)
    assert {one["task"] for one in findings if one["severity"] != "note"} <= set(share.planted)


def test_the_same_shape_is_the_same_bytes_and_another_seed_is_not(tmp_path):
    shape = Shape("small", 0.0001)
    first, again = (_content(corpus(shape, tmp_path / name)) for name in "ab")
    assert first == again
    assert _content(corpus(replace(shape, seed=2), tmp_path)) != first


def test_a_filled_template_keeps_what_is_equal_and_what_is_in_order():
    guid = "0" * 31 + "f"
    template = Template(
        f'["ServerTasks-987650_QQSUFFIXQQ/{guid}","INF","2023-09-30T23:59:59.9999999+00:00","{guid} ########","",0]\n'
        "2023-12-31 23:59:59.9999   1  1  INFO  ServerTasks-987651\n"
        "23:59:59   Info     | text\n"
    )
    first, server, text = (
        template.fill(np.random.default_rng(1), [200001, 200002], "ABCDEFGHIJ", TICKS).decode().splitlines()
    )
    assert first.startswith('["ServerTasks-200001_ABCDEFGHIJ/')
    assert first.count(first.split("/")[1][:32]) == 2
    assert guid not in first
    assert "2023-10-01T00:00:00.9999999+00:00" in first
    assert server == "2024-01-01 00:00:00.9999   1  1  INFO  ServerTasks-200002"
    assert text == "00:00:00   Info     | text"


@posix
def test_the_cpu_of_children_counts(tmp_path):
    burn = "sum(range(10**7))"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}], check=True)"
    alone, parent = (
        Command(name, (sys.executable, "-c", code), tmp_path / name)
        for name, code in (("alone", burn), ("parent", child))
    )
    costs, _ = best([alone, parent], 2)
    assert costs["parent"].cpu > costs["alone"].cpu / 2 > 0.01  # the parent itself does nothing
    assert costs["parent"].tree >= costs["parent"].biggest
    assert "| parent |" in markdown(compared("", costs, "alone"))


@posix
def test_every_program_that_is_installed_names_the_planted_double_runs(cache, tmp_path):
    share = corpus(Shape("small", SIZES["small"], GUILTY), cache)
    programs, absent = others(share.path, tmp_path, 60)
    costs, left_out = best(programs, 1)
    assert not left_out
    assert {*absent, *(name.partition(",")[0] for name in costs)} >= {"mawk", "DuckDB", "Python", "lnav", "jq"}
    for program in programs:
        assert named_by(program) == set(share.planted), program.name


@posix
def test_a_program_that_fails_is_left_out_and_named(tmp_path):
    bad = Command("bad", (sys.executable, "-c", "raise SystemExit('no such format')"), tmp_path / "out", optional=True)
    assert best([bad], 2) == ({}, ["bad: exit code 1: no such format"])


@posix
def test_a_command_that_fails_or_does_not_end_is_no_measurement(tmp_path):
    with pytest.raises(Failed, match="exit code 3"):
        run(Command("", (sys.executable, "-c", "raise SystemExit(3)"), tmp_path / "out"))
    with pytest.raises(Failed, match="not done within"):
        run(Command("", (sys.executable, "-c", "import time; time.sleep(60)"), tmp_path / "out", timeout=0.5))


def _content(share):
    return {path.name: path.read_bytes() for path in share.path.rglob("*.txt")}
