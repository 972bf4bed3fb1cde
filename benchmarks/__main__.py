"""Measure how fast the service is, and write it down.

python -m benchmarks                  all of it, which takes about ten minutes
python -m benchmarks --only bags      one part, which is printed and not written down
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.parts import load
from benchmarks.plan import Plan
from benchmarks.report.findings import Findings
from benchmarks.report.machine import describe
from benchmarks.report.page import page
from benchmarks.servers.programs import require_programs

PARTS: dict[str, Callable[[Plan], Findings]] = {
    "load": load.measure,
}
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Measure, print, and write the results of a whole run down."""
    arguments = _arguments()
    require_programs()
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL, under another user, has its files in there
        plan = _plan(arguments, Path(folder))
        machine = describe(plan.folder)
        findings = [PARTS[name](plan) for name in arguments.only or PARTS]
    text = page(findings, date=f"{datetime.now(UTC):%Y-%m-%d}", machine=machine, plan=plan)
    print(text)
    if not arguments.only:
        RESULTS.write_text(text, "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how fast the service is.")
    add = parser.add_argument
    add("--only", action="append", choices=PARTS, help="a part; may be given several times")
    add("--rounds", type=int, default=5, help="turns that each case has")
    add("--seconds", type=int, default=2, help="of load in each turn")
    return parser.parse_args()


def _plan(arguments: argparse.Namespace, folder: Path) -> Plan:
    return Plan(
        folder=folder,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        memory_requests=0,
        sizes=(),
        shop=None,
    )


if __name__ == "__main__":
    main()
