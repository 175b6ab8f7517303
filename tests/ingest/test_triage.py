"""Where machines and host processes are named, wherever a word begins."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.blocks import words_of
from analyzer.ingest.triage import HOST, MACHINE, naming


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("behind", [b"", b" ", b" EAST"])
def test_naming(before, behind):
    data = b"." * before + MACHINE + b" EAST Name: " + HOST[1:] + HOST + behind
    hosts, machines = naming(np.frombuffer(data, np.uint8), words_of(data))
    assert hosts.tolist() == [data.index(HOST)]
    assert machines.tolist() == [before]


@pytest.mark.parametrize("data", [b"Name:        ", b"achineName: ", b"MachineName", b"HostProcessNam"])
def test_what_is_no_such_word(data):
    hosts, machines = naming(np.frombuffer(data, np.uint8), words_of(data))
    assert [*hosts, *machines] == []
