"""The time that the service takes of its own, beside what Flask takes for nothing at all.

    python benchmarks/own_time.py

Everything runs side by side in one run, a part of each case in every round, so that whatever else
the machine does falls on all of them. Writes RESULTS.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import requests
from load import HOST, Reply, Run, drive, request
from servers import KEY, Ports, all_running

CLIENTS = (1, 16)
WARM_UP = 200  # requests of each case, which are not counted

JSON_VIEW = "bare Flask view, JSON"
PAGE_VIEW = "bare Flask view, template"
CALL = "`requests` call to the stub, no server"
ASKING_VIEW = "bare Flask view that makes that call"
TRANSFER = "transfer of a guest's quote"
PAGE = "entry page, GET"
SPENDING = "spending, POST: a durable write, a quick one, a session file"
CASES = (JSON_VIEW, PAGE_VIEW, CALL, ASKING_VIEW, TRANSFER, PAGE, SPENDING)


@dataclass(slots=True)
class Figures:
    """What one case took, over all rounds."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, run: Run) -> None:
        """Count a round in."""
        self.times += [reply.seconds for reply in run.replies]
        self.seconds += run.seconds

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.times) / self.seconds

    @property
    def median(self) -> float:
        """Milliseconds."""
        return statistics.median(self.times) * 1000

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return sorted(self.times)[int(len(self.times) * 0.99)] * 1000

    @property
    def longest(self) -> float:
        """Milliseconds."""
        return max(self.times) * 1000


Table = dict[str, Figures]


def main() -> None:
    """Measure, print, and write the results down."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as name, all_running(Path(name)) as ports:
        write = _durable_write(Path(name))
        masked_ids = (f"{number:032d}" for number in count(1))
        _measure(ports, masked_ids, number=WARM_UP, rounds=1, clients=max(CLIENTS))
        tables = {
            clients: _measure(
                ports,
                masked_ids,
                number=arguments.requests,
                rounds=arguments.rounds,
                clients=clients,
            )
            for clients in CLIENTS
        }
    report = _report(tables, arguments, write)
    print(report)
    arguments.output.write_text(report, "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the service's own time.")
    parser.add_argument("--requests", type=int, default=2000, help="of each case")
    parser.add_argument("--rounds", type=int, default=8, help="that they are spread over")
    parser.add_argument("--date", default=f"{datetime.now(UTC):%Y-%m-%d}")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    return parser.parse_args()


def _measure(
    ports: Ports, masked_ids: Iterator[str], *, number: int, rounds: int, clients: int
) -> Table:
    table = {case: Figures() for case in CASES}
    for _ in range(rounds):
        ids = [next(masked_ids) for _ in range(number // rounds)]
        _round(table, ports, ids, clients)
    return {case: figures for case, figures in table.items() if figures.times}


def _round(table: Table, ports: Ports, ids: Sequence[str], clients: int) -> None:
    def run(case: str, port: int, asked: Sequence[bytes], status: int) -> Run:
        done = drive(port, asked, clients=clients)
        seen = {reply.status for reply in done.replies}
        assert seen == {status}, f"{case}: {seen}"
        table[case].add(done)
        return done

    json_header = ("Content-Type", "application/json")
    key_header = ("Authorization", KEY)
    run(JSON_VIEW, ports.bare, [request("POST", "/json", json_header)] * len(ids), 200)
    run(PAGE_VIEW, ports.bare, [request("GET", "/page")] * len(ids), 200)
    if clients == 1:
        table[CALL].add(_calls(ports, ids))
    run(ASKING_VIEW, ports.bare, [request("POST", f"/asking/{each}") for each in ids], 200)
    bodies = [json.dumps({"quote_id": each}).encode() for each in ids]
    asked = [
        request("POST", "/api/cart-transfer", json_header, key_header, body=body) for body in bodies
    ]
    answers = run(TRANSFER, ports.service, asked, 200).replies
    links = [str(json.loads(reply.body)["url"]).partition("/h/")[2] for reply in answers]
    run(PAGE, ports.service, [request("GET", f"/h/{link}") for link in links], 200)
    run(SPENDING, ports.service, [request("POST", f"/h/{link}") for link in links], 303)


def _calls(ports: Ports, ids: Sequence[str]) -> Run:
    """Make the shop's call of a transfer, and nothing else, from this process."""
    replies = []
    with requests.Session() as session:
        session.trust_env = False
        began = time.perf_counter()
        for each in ids:
            url = f"http://{HOST}:{ports.shop}/rest/default/V1/guest-carts/{each}"
            start = time.perf_counter()
            answer = session.get(url, timeout=(3, 8))
            answer.json()
            replies.append(Reply(time.perf_counter() - start, answer.status_code, b""))
        return Run(replies, time.perf_counter() - began)


def _durable_write(folder: Path) -> float:
    """Return the median milliseconds that this disk takes to write 4 KB durably."""
    times = []
    with (folder / "write").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def _report(tables: dict[int, Table], arguments: argparse.Namespace, write: float) -> str:
    about = (
        f"{arguments.date}. {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, a durable write of 4 KB {write:.2f} ms. "
        f"gunicorn as shipped: 2 workers of 16 threads. {arguments.requests} requests of each "
        f"case in {arguments.rounds} rounds. Load, stub shop and servers share the cores. "
        "Made by `python benchmarks/own_time.py`."
    )
    parts = ["# Own time", "", about]
    for clients, table in tables.items():
        parts += ["", f"## {clients} client{'s' if clients > 1 else ''}", "", *_lines(table)]
        parts += ["", *_own(table)]
    return "\n".join(parts) + "\n"


def _lines(table: Table) -> Iterator[str]:
    yield "| case | requests/s | of the bare view | median ms | p99 ms | max ms |"
    yield "|---|---|---|---|---|---|"
    for case, figures in table.items():
        ratio = figures.rate / table[_bare_view_of(case)].rate
        yield (
            f"| {case} | {figures.rate:,.0f} | {ratio:.2f} | {figures.median:.2f} "
            f"| {figures.p99:.2f} | {figures.longest:.1f} |"
        )


def _bare_view_of(case: str) -> str:
    return PAGE_VIEW if case in (PAGE_VIEW, PAGE) else JSON_VIEW


def _own(table: Table) -> Iterator[str]:
    """Say what a transfer takes without the call to the shop."""
    total = table[TRANSFER].median
    in_a_view = table[ASKING_VIEW].median - table[JSON_VIEW].median
    if CALL in table:
        own = total - table[CALL].median
        yield f"A transfer's own time, without the call: {own:.2f} ms (median)."
    own = total - in_a_view
    yield (
        f"Without what the call takes in a bare view ({in_a_view:.2f} ms): {own:.2f} ms, of which "
        f"the bare JSON view takes {table[JSON_VIEW].median:.2f} ms."
    )


if __name__ == "__main__":
    main()
