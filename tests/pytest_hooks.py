"""Hooks into pytest: which tests may start programs, their order, memory, logs, rules of CI."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import pytest

from tests.running_servers import RunningService

_LOG_LINES = 60  # of a service, shown with a failed test
# The modules whose tests take the longest. They share no server, so they can be run anywhere.
_LONGEST = ("test_fifty_kills", "test_postgres_restarts")


def pytest_configure() -> None:
    # A run in the background of a shell inherits an ignored SIGINT, and so would all the programs
    # that tests start and interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    yield  # pytest selects by markers, and groups the tests that share a fixture
    if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
        items[:] = _order_for_workers(items, int(workers))


def pytest_collection_finish() -> None:
    """Keep the collected tests out of garbage collections, as they live until the end."""
    gc.collect()
    gc.freeze()
    # Python's own thresholds cost processor time: the tests make many objects that live long.
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    with _allow_programs_if_marked(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    with _allow_programs_if_marked(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failed test the end of the log of each service that it used as a fixture."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for name, value in item.funcargs.items():
            if isinstance(value, RunningService):
                lines = value.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
                report.sections.append((f"log of {name}", "\n".join(lines)))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@contextmanager
def _allow_programs_if_marked(item: pytest.Item) -> Iterator[None]:
    """Fail a test that starts a program in the block, unless it has the marker `processes`."""

    def refuse(*_arguments: object, **_options: object) -> None:
        pytest.fail("This test starts a program. Mark it with `processes`.")

    with pytest.MonkeyPatch.context() as patch:
        if not item.get_closest_marker("processes"):
            patch.setattr(subprocess.Popen, "__init__", refuse)
        yield


def _order_for_workers(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Order tests so that all workers of pytest-xdist begin with those that wait for processes.

    `--dist worksteal` gives each worker an equal share of consecutive tests. Those that need only
    the processor come last, and a worker without tests takes over the last ones of another.
    """
    slow = [item for item in items if item.get_closest_marker("processes")]
    quick = iter([item for item in items if not item.get_closest_marker("processes")])
    longest = [item for item in slow if item.path.stem in _LONGEST]
    others = [item for item in slow if item.path.stem not in _LONGEST]
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        ordered += longest[worker::workers]
        ordered += _take_share(others, worker, workers)
        end = len(_take_share(items, 0, workers)) * (worker + 1)
        ordered += islice(quick, max(0, end - len(ordered)))
    return [*ordered, *quick]


def _take_share(items: Sequence[pytest.Item], number: int, shares: int) -> Sequence[pytest.Item]:
    """Return one of some equal shares of consecutive tests."""
    return items[len(items) * number // shares : len(items) * (number + 1) // shares]
