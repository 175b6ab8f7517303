"""What one pass over the bytes of a block finds does not depend on the pieces it is done in."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest

from analyzer.blocks import block
from analyzer.ingest.task_log_sweep import sweep
from tests.mutations import MACHINES, log


@pytest.mark.parametrize("size", [2, 64, 202, 1000, 1 << 20])
def test_pieces(size):
    data = log(MACHINES).replace(b"Finished", b"Fini\tshed", 1)
    one = block("TaskLogs/7.txt", data)
    with mock.patch("analyzer.ingest.task_log_sweep.PIECE", size):
        found = sweep(one, one.starts + data.index(b'"', 2))
    assert found.slashes.tolist() == [at for at, byte in enumerate(data) if byte == ord("\\")]
    assert (found.quotes, found.controls) == (data.count(b'"'), data.count(b"\n") + 1)
    assert {data.index(b"MachineName:") + 12, data.index(b"HostProcessName:") + 16} <= {*found.names.tolist()}
    assert found.last.tobytes() == b"".join(line[-8:] for line in data.splitlines())
    assert found.behind.shape == (7, len(one))
    assert found.behind[-1, 0] == np.frombuffer(data, "<u8", 1, data.index(b"+00:00") + 9)
