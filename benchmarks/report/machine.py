"""A line about the machine that the benchmark ran on."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import statistics
import subprocess
import time
from pathlib import Path

from benchmarks.servers.required_programs import find_program


def describe_machine(folder: Path) -> str:
    """Return a line about the machine and about the disk that holds a folder."""
    return ", ".join(
        [
            f"{os.cpu_count()} cores",
            *_read_processor_name(),
            f"Python {platform.python_version()}",
            f"SQLite {sqlite3.sqlite_version}",
            f"PostgreSQL {_read_version('postgres')}",
            f"Redis {_read_version('redis-server')}",
            f"a durable write of 4 KB takes {_measure_durable_write(folder):.2f} ms",
        ]
    )


def _read_processor_name() -> list[str]:
    """Return the processor's name, if the system has it."""
    information = Path("/proc/cpuinfo")
    text = information.read_text("utf-8") if information.exists() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return [found[1]] if found else []


def _read_version(name: str) -> str:
    result = subprocess.run(
        [find_program(name), "--version"], check=True, capture_output=True, text=True
    )
    found = re.search(r"\d+(\.\d+)+", result.stdout)
    return found[0] if found else result.stdout.strip()


def _measure_durable_write(folder: Path) -> float:
    """Return the median milliseconds of a durable write of 4 KB."""
    times = []
    file = folder / "write"
    with file.open("wb", buffering=0) as stream:
        for _ in range(200):
            stream.write(b"x" * 4096)
            started = time.perf_counter()
            os.fsync(stream.fileno())
            times.append((time.perf_counter() - started) * 1000)
    file.unlink()
    return statistics.median(times)
