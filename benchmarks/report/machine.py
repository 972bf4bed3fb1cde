"""The machine that was measured on."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import statistics
import subprocess
import time
from pathlib import Path

from benchmarks.servers.programs import program


def describe(folder: Path) -> str:
    """Return a line about the machine, and about the disk that a folder is on."""
    return ", ".join(
        [
            f"{os.cpu_count()} cores",
            *_processor(),
            f"Python {platform.python_version()}",
            f"SQLite {sqlite3.sqlite_version}",
            f"PostgreSQL {_version('postgres')}",
            f"Redis {_version('redis-server')}",
            f"a durable write of 4 KB takes {_durable_write(folder):.2f} ms",
        ]
    )


def _processor() -> list[str]:
    """Return the processor's name, where the system tells it."""
    information = Path("/proc/cpuinfo")
    text = information.read_text("utf-8") if information.exists() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return [found[1]] if found else []


def _version(name: str) -> str:
    said = subprocess.run([program(name), "--version"], check=True, capture_output=True, text=True)
    found = re.search(r"\d+(\.\d+)+", said.stdout)
    return found[0] if found else said.stdout.strip()


def _durable_write(folder: Path) -> float:
    """Return the median milliseconds."""
    times = []
    file = folder / "write"
    with file.open("wb", buffering=0) as stream:
        for _ in range(200):
            stream.write(b"x" * 4096)
            began = time.perf_counter()
            os.fsync(stream.fileno())
            times.append((time.perf_counter() - began) * 1000)
    file.unlink()
    return statistics.median(times)
