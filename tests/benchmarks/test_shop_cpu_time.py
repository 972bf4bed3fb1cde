"""The processor time of processes by the beginning of their name."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.report.shop_cpu_time import measure_process_seconds


def test_the_time_of_a_running_process_is_counted() -> None:
    own_name = Path("/proc/self/comm").read_text().strip()
    before, own_before = measure_process_seconds(own_name), time.process_time()
    while time.process_time() < own_before + 0.1:
        pass
    assert measure_process_seconds(own_name) - before >= 0.05


def test_a_name_that_no_process_has_counts_nothing() -> None:
    assert measure_process_seconds("no-process-has-this-name") == 0
    assert measure_process_seconds("") == 0
