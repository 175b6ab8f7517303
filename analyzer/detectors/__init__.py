"""One file per code; each looks at a case and says what it found, and what it could not judge."""

from __future__ import annotations

from analyzer.detectors import (
    oct101_concurrent_execution,
    oct102_repeated_execution,
    oct103_log_contention,
    oct104_node_handover,
)
from analyzer.model import Detector

CATALOGUE: tuple[Detector, ...] = (
    oct101_concurrent_execution,
    oct102_repeated_execution,
    oct103_log_contention,
    oct104_node_handover,
)
