"""Hooks into pytest: which tests start processes, their order, memory, logs and rules of CI."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import types
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

import pytest

from tests.running_servers import RunningService, require_program

_LOG_LINES = 60  # of a service, shown with a failed test
_STARTERS = (subprocess.Popen, subprocess.run, require_program)
# The modules whose tests take the longest. They share no server, so they can be run anywhere.
_LONGEST = ("test_fifty_kills", "test_postgres_restarts")


def pytest_configure() -> None:
    # A run in the background of a shell inherits an ignored SIGINT, and so would all the programs
    # that tests start and interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    for item in items:
        if isinstance(item, pytest.Function) and _starts_processes(item):
            item.add_marker("processes")
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


def _starts_processes(item: pytest.Function) -> bool:
    """Return whether a test, or a fixture that it uses, can start another program."""
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    if "postgresql" in parameters:
        return True
    fixtures = item._fixtureinfo.name2fixturedefs
    functions = [item.function, *(found[-1].func for found in fixtures.values())]
    return any(_reaches_starter(function) for function in functions)


@cache
def _reaches_starter(function: Callable[..., Any]) -> bool:
    """Return whether a function of the tests refers to a starter of programs, or to one that does.

    It goes by the names that the code mentions, so it finds a starter even if a test passes by it.
    """
    seen: set[int] = set()
    waiting: list[Any] = [function]
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        if found in _STARTERS:
            return True
        waiting += _mentioned_in(found)
    return False


def _mentioned_in(found: object) -> Iterator[object]:
    """Yield what a function or class of the tests mentions by a global name."""
    if not getattr(found, "__module__", "").startswith("tests"):
        return
    if isinstance(found, type):
        for value in vars(found).values():
            yield getattr(value, "fget", None) or getattr(value, "__func__", value)
        return
    function = getattr(found, "__wrapped__", found)
    if not isinstance(function, types.FunctionType):
        return
    for code in _code_objects(function.__code__):
        names = code.co_names
        for first, name in enumerate(names):
            value = function.__globals__.get(name)
            if isinstance(value, types.ModuleType) and first + 1 < len(names):
                yield getattr(value, names[first + 1], None)
            yield value


def _code_objects(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a function's code and the code of the functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code_objects(constant)
