"""One file per code; each looks at a case and says what it found, and what it could not judge."""

from __future__ import annotations

from analyzer.case import Detector
from analyzer.detectors import (
    oct101_concurrent_execution,
    oct102_repeated_execution,
    oct103_log_contention,
    oct104_node_handover,
    oct201_time_went_back,
    oct202_line_after_finish,
    oct203_unfinished_activity,
    oct204_lost_lines,
    oct301_conflicting_final_status,
    oct302_success_over_failure,
    oct303_failure_without_cause,
    oct304_never_finished,
    oct305_warnings_flag_mismatch,
    oct901_unreadable_lines,
    oct902_ambiguous_clock,
    oct903_duplicate_source,
)

CATALOGUE: tuple[Detector, ...] = (
    oct101_concurrent_execution,
    oct102_repeated_execution,
    oct103_log_contention,
    oct104_node_handover,
    oct201_time_went_back,
    oct202_line_after_finish,
    oct203_unfinished_activity,
    oct204_lost_lines,
    oct301_conflicting_final_status,
    oct302_success_over_failure,
    oct303_failure_without_cause,
    oct304_never_finished,
    oct305_warnings_flag_mismatch,
    oct901_unreadable_lines,
    oct902_ambiguous_clock,
    oct903_duplicate_source,
)
