"""The processor time of processes by the beginning of their name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.report.shop_cpu_time import measure_process_seconds

_OWN_NAME_FILE = Path("/proc/self/comm")


@pytest.fixture
def own_name() -> Iterator[str]:
    """Give this process a name that no other has: the time of others would go when they end."""
    earlier, name = _OWN_NAME_FILE.read_text(), f"cpu-{os.getpid()}-"
    _OWN_NAME_FILE.write_text(name)
    yield name
    _OWN_NAME_FILE.write_text(earlier)


def test_the_time_of_a_running_process_is_counted(own_name: str) -> None:
    before, own_before = measure_process_seconds(own_name), time.process_time()
    while time.process_time() < own_before + 0.1:
        pass
    assert measure_process_seconds(own_name) - before >= 0.05


def test_a_name_that_no_process_has_counts_nothing() -> None:
    assert measure_process_seconds("no-process-has-this-name") == 0
    assert measure_process_seconds("") == 0
