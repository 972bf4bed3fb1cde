"""Measure how fast the service is, and write it down.

python -m benchmarks                  all of it, which takes about ten minutes
python -m benchmarks --only bags      one part, which is printed and not written down
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.parts import bags, load, memory, own_time, sizes
from benchmarks.plan import Plan, Shop
from benchmarks.report.findings import Findings
from benchmarks.report.machine import describe
from benchmarks.report.page import page
from benchmarks.report.processor import ProcessorTime
from benchmarks.servers.programs import require_programs

PARTS: dict[str, Callable[[Plan], Findings]] = {
    "load": load.measure,
    "own-time": own_time.measure,
    "bags": bags.measure,
    "memory": memory.measure,
    "sizes": sizes.measure,
}
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Measure, print, and write the results of a whole run down."""
    arguments = _arguments()
    require_programs()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # no server stays behind
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL, under another user, has its files in there
        plan = _plan(arguments, Path(folder))
        machine = describe(plan.folder)
        began = ProcessorTime.now()
        findings = [_measured(name, plan) for name in arguments.only or PARTS]
        stolen = began.stolen_until(ProcessorTime.now())
        machine += f"; other machines of its host took {stolen:.0%} of its time"
    text = page(findings, date=f"{datetime.now(UTC):%Y-%m-%d}", machine=machine, plan=plan)
    print(text)
    if not arguments.only:
        RESULTS.write_text(text, "utf-8")


def _measured(name: str, plan: Plan) -> Findings:
    began = time.monotonic()
    print(f"{name} … ", end="", file=sys.stderr, flush=True)
    findings = PARTS[name](plan)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    return findings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how fast the service is.")
    add = parser.add_argument
    add("--only", action="append", choices=PARTS, help="a part; may be given several times")
    add("--rounds", type=int, default=8, help="turns that each case has")
    add("--seconds", type=int, default=1, help="of load in each turn")
    add("--memory-requests", type=int, default=100_000, metavar="N")
    add("--sizes", type=int, nargs="+", default=[1_000, 100_000, 1_000_000], metavar="ROWS")
    add("--shop", metavar="URL", help="a Magento of your own to fill bags at: it will keep them")
    add("--skus", type=_commas, default=(), help="products that it sells, with commas between")
    add("--sessions", metavar="URL", help="its session store, as HANDOFF_SESSION_STORE has it")
    arguments = parser.parse_args()
    if arguments.shop and not (arguments.skus and arguments.sessions):
        parser.error("--shop needs --skus and --sessions")
    return arguments


def _commas(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _plan(arguments: argparse.Namespace, folder: Path) -> Plan:
    shop = Shop(arguments.shop, arguments.skus, arguments.sessions) if arguments.shop else None
    return Plan(
        folder=folder,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        memory_requests=arguments.memory_requests,
        sizes=tuple(arguments.sizes),
        shop=shop,
    )


if __name__ == "__main__":
    main()
