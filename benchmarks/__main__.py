"""Measure the speed of the service, and write the results into RESULTS.md.

python -m benchmarks                                  everything, about ten minutes
python -m benchmarks --only bag-sizes                 one case, which is printed and not written
python -m benchmarks --only capacity --beside FOLDER  this code and another checkout, in turn
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

from benchmarks.cases import (
    bag_sizes,
    capacity,
    code_comparison,
    ledger_sizes,
    single_client_times,
    steady_load,
    tap_to_checkout,
    worker_memory,
)
from benchmarks.options import BenchmarkOptions, ShopUnderTest
from benchmarks.report.findings import Findings
from benchmarks.report.machine import describe_machine
from benchmarks.report.results_page import render_results
from benchmarks.report.stolen_time import ProcessorTime
from benchmarks.servers.required_programs import require_programs

CASES: dict[str, Callable[[BenchmarkOptions], Findings]] = {
    "steady-load": steady_load.measure,
    "capacity": capacity.measure,
    "single-client": single_client_times.measure,
    "bag-sizes": bag_sizes.measure,
    "tap": tap_to_checkout.measure,
    "memory": worker_memory.measure,
    "ledger-sizes": ledger_sizes.measure,
}
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Measure, print the results, and write those of a complete run."""
    arguments = _parse_arguments()
    require_programs()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that every server is stopped
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL runs as another user and has its files in there
        options = _build_options(arguments, Path(folder))
        machine = describe_machine(options.folder)
        before = ProcessorTime.read()
        findings = [_run_case(name, options) for name in arguments.only or CASES]
        stolen = before.calculate_stolen_share(ProcessorTime.read())
        machine += f"; other machines of its host took {stolen:.0%} of its time"
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    text = render_results(findings, date=today, machine=machine, options=options)
    print(text)
    if not arguments.only:
        RESULTS.write_text(text, "utf-8")


def _run_case(name: str, options: BenchmarkOptions) -> Findings:
    started = time.monotonic()
    print(f"{name} … ", end="", file=sys.stderr, flush=True)
    measure = code_comparison.measure if options.beside else CASES[name]
    findings = measure(options)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    return findings


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the speed of the service.")
    add = parser.add_argument
    add("--only", action="append", choices=CASES, help="a case; may be given several times")
    add("--beside", type=Path, metavar="FOLDER", help="with --only capacity: another checkout")
    add("--rounds", type=int, default=8, help="how often each case is measured")
    add("--seconds", type=int, default=1, help="of load in each round")
    add("--steady-seconds", type=int, default=20, help="of the steady load")
    add("--memory-requests", type=int, default=100_000, metavar="N")
    add("--sizes", type=int, nargs="+", default=[1_000, 100_000, 1_000_000], metavar="ROWS")
    add("--shop", metavar="URL", help="a Magento of your own to fill bags at: it keeps the carts")
    add("--skus", type=_split_commas, default=(), help="products that it sells, comma-separated")
    add("--sessions", metavar="URL", help="its session store, as in HANDOFF_SESSION_STORE")
    add("--customer", metavar="EMAIL:PASSWORD", help="a customer of the shop, for the case tap")
    add("--shop-process", default="", metavar="NAME", help="count its processor time, as php-fpm's")
    arguments = parser.parse_args()
    if arguments.shop and not (arguments.skus and arguments.sessions):
        parser.error("--shop needs --skus and --sessions")
    if arguments.beside and arguments.only != ["capacity"]:
        parser.error("--beside needs --only capacity")
    return arguments


def _split_commas(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _split_login(text: str) -> tuple[str, str]:
    email, _, password = text.partition(":")
    return email, password


def _build_options(arguments: argparse.Namespace, folder: Path) -> BenchmarkOptions:
    shop = None
    if arguments.shop:
        shop = ShopUnderTest(arguments.shop, arguments.skus, arguments.sessions)
    return BenchmarkOptions(
        folder=folder,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        steady_seconds=arguments.steady_seconds,
        memory_requests=arguments.memory_requests,
        ledger_sizes=tuple(arguments.sizes),
        shop=shop,
        customer=_split_login(arguments.customer) if arguments.customer else None,
        shop_process=arguments.shop_process,
        beside=arguments.beside.resolve() if arguments.beside else None,
    )


if __name__ == "__main__":
    main()
