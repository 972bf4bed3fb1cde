"""Servers that tests start on free ports of this machine, and stop again."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import requests
from flask import Flask
from handoff_sandbox import create_several_views, create_shop
from handoff_sandbox.catalogue import Catalogue, create_demo_catalogue
from handoff_sandbox.magento_version import MagentoVersion
from handoff_sandbox.server_in_thread import HOST, serve_in_thread
from handoff_sandbox.shop import SandboxShop, create_sandbox_shop

from handoff.cli.serve import build_gunicorn_command
from tests.child_processes import freeze, list_children
from tests.waiting import wait_until

__all__ = ["HOST", "serve_in_thread"]

MAGENTO_VERSIONS = [
    pytest.param(each, marks=pytest.mark.another_magento if each != MagentoVersion.V2_4_7 else ())
    for each in MagentoVersion
]
"""Parameters of fixtures whose tests run with each version; the quick tests run with one."""

_START_TIMEOUT = 120.0  # seconds; a busy machine has taken more than 30
_FIRST_PORT, _LAST_PORT = 10_000, 30_000  # below the ports that Linux gives to clients


def free_port() -> int:
    """Return a port that nobody listens on; no other call returns it while this process runs.

    Several test processes look for ports at once. Each locks a file for every port it takes.
    """
    folder = Path(tempfile.gettempdir()) / f"handoff-test-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    while True:
        port = random.randrange(_FIRST_PORT, _LAST_PORT)
        lock = os.open(folder / str(port), os.O_CREAT | os.O_RDWR)  # open while the process runs
        with socket.socket() as probe:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
                probe.bind((HOST, port))
            except OSError:
                os.close(lock)
            else:
                return port


def require_program(name: str, *folders: Path) -> str:
    """Return the path of a program, from one of the folders or from the PATH.

    If it is missing, the test is skipped, and in CI it fails.
    """
    path = shutil.which(name, path=os.pathsep.join([*map(str, folders), *os.get_exec_path()]))
    if path is not None:
        return path
    message = f"{name} is not installed"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@dataclass(frozen=True, slots=True)
class RunningShop:
    """A stand-in shop that answers over HTTP.

    `state` is its whole state, with which a test arranges what no caller can.
    """

    url: str
    sessions: Path
    state: SandboxShop

    def call_rest(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Any = None,
        store: str | None = None,
    ) -> Any:
        """Call the shop's REST, in a store view if one is named, and return the answer's JSON."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        base = f"{self.url}/rest/{store}/V1" if store else f"{self.url}/rest/V1"
        answer = requests.request(method, f"{base}/{path}", json=body, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def create_guest_quote(self, *lines: tuple[str, int], store: str | None = None) -> str:
        """Create a guest's quote and return its masked id."""
        masked_id = str(self.call_rest("POST", "guest-carts", store=store))
        for sku, quantity in lines:
            item = {"cartItem": {"sku": sku, "qty": quantity}}
            self.call_rest("POST", f"guest-carts/{masked_id}/items", body=item, store=store)
        return masked_id

    def place_order(self, cart: str, *, token: str | None = None) -> None:
        """Buy the quote at a path of the shop's REST, with an offline payment."""
        address = {
            "firstname": "Gina",
            "lastname": "Guest",
            "street": ["1 High Street"],
            "city": "London",
            "postcode": "SW1A 1AA",
            "country_id": "GB",
            "region": "London",
            "telephone": "02070000000",
        }
        method = {"shipping_carrier_code": "flatrate", "shipping_method_code": "flatrate"}
        addresses = {"shipping_address": address, "billing_address": address}
        shipping = {"addressInformation": {**addresses, **method}}
        self.call_rest("POST", f"{cart}/shipping-information", token=token, body=shipping)
        payment = {
            "email": "guest@example.com",
            "paymentMethod": {"method": "checkmo"},
            "billing_address": address,
        }
        self.call_rest("POST", f"{cart}/payment-information", token=token, body=payment)

    def log_in_customer(
        self, email: str = "shopper@example.com", *, store: str | None = None
    ) -> str:
        """Log a customer in and return the token."""
        login = {"username": email, "password": "Shopper123!"}
        return str(self.call_rest("POST", "integration/customer/token", body=login, store=store))

    def fill_customer_quote(
        self, token: str, *lines: tuple[str, int], store: str | None = None
    ) -> int:
        """Add lines to the customer's quote and return its number."""
        number = int(self.call_rest("POST", "carts/mine", token=token, store=store))
        for sku, quantity in lines:
            item = {"cartItem": {"sku": sku, "qty": quantity}}
            self.call_rest("POST", "carts/mine/items", token=token, body=item, store=store)
        return number


@contextmanager
def running_shop(
    sessions: Path,
    catalogue: Catalogue | None = None,
    *,
    public_url: str | None = None,
    cookie_domain: str | None = None,
    magento: str = MagentoVersion.V2_4_7,
) -> Iterator[RunningShop]:
    """Run a stand-in shop that keeps its sessions in a folder.

    `public_url` is the URL for shoppers, if a proxy is in front of the shop.
    """
    port = free_port()
    url = f"http://{HOST}:{port}"
    app = create_shop(
        url=public_url or url,
        session_path=sessions,
        cookie_domain=cookie_domain,
        catalogue=catalogue,
        magento=magento,
    )
    with serve_in_thread(app, port):
        yield RunningShop(url, sessions, app.extensions["sandbox"])


@dataclass(frozen=True, slots=True)
class ShopServer:
    """A server whose shop can be replaced: building its routes takes longer than most tests."""

    url: str
    app: Flask

    def open_new_shop(self, sessions: Path) -> RunningShop:
        """Replace the shop by a new one that keeps its sessions in a folder."""
        former: SandboxShop = self.app.extensions["sandbox"]
        shop = create_sandbox_shop(
            views=former.views,
            session_path=sessions,
            clock=former.clock,
            catalogue=create_demo_catalogue(),
            shared_accounts=False,
            cookie_domain=None,
        )
        shop.lock = former.lock  # that of the server
        self.app.extensions["sandbox"] = shop
        return RunningShop(self.url, sessions, shop)


@contextmanager
def running_shop_server() -> Iterator[ShopServer]:
    """Run a server for one shop after the other."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    with TemporaryDirectory() as sessions:
        app = create_shop(url=url, session_path=Path(sessions))
    with serve_in_thread(app, port):
        yield ShopServer(url, app)


@contextmanager
def running_shop_of_stores(
    sessions: Path, *, hosts: tuple[str, str] = (HOST, "localhost"), **options: Any
) -> Iterator[RunningShop]:
    """Run a stand-in shop of two websites with two store views each, on hosts of their own.

    Its URL has the address of this machine. The options are those of `create_shop`.
    """
    port = free_port()
    urls = [f"http://{host}:{port}" for host in hosts]
    views = create_several_views(*urls)
    app = create_shop(url=urls[0], session_path=sessions, views=views, **options)
    with serve_in_thread(app, port):
        yield RunningShop(f"http://{HOST}:{port}", sessions, app.extensions["sandbox"])


@dataclass(slots=True)
class RedisServer:
    """A Redis that a test can stop and start again."""

    port: int
    folder: Path
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL, with a database number as Magento has one."""
        return f"redis://{HOST}:{self.port}/2"

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        command = [
            require_program("redis-server"),
            *self.options,
            *(() if "--tls-port" in self.options else ("--port", str(self.port))),
            *("--bind", HOST),
            *("--save", ""),
            *("--dir", str(self.folder)),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for_port(self.port)

    def stop(self) -> None:
        """Stop it. Its data is lost."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=60)
            self.process = None

    def frozen(self) -> AbstractContextManager[None]:
        """Freeze it for a block: it accepts connections and answers nothing."""
        assert self.process is not None
        return freeze(self.process.pid)


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """Run a Redis that writes nothing to disk."""
    server = RedisServer(free_port(), folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass(frozen=True, slots=True)
class RunningService:
    """The service under gunicorn, as it ships."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def worker_pids(self) -> list[int]:
        """Return the process ids of the workers."""
        return list_children(self.process)

    def reload(self) -> None:
        """Let the service read its settings again, and wait until all workers are replaced."""
        former = set(self.worker_pids())
        self.process.send_signal(signal.SIGHUP)

        def are_replaced() -> bool:
            workers = set(self.worker_pids())
            return len(workers) >= len(former) and not workers & former

        wait_until(are_replaced)


@contextmanager
def running_service(
    environment: dict[str, str],
    folder: Path,
    *,
    workers: int = 2,
    port: int | None = None,
    options: Sequence[str] = (),
) -> Iterator[RunningService]:
    """Run the service with settings. HANDOFF_PUBLIC_URL is the URL that it listens on.

    It runs the program that `handoff serve` becomes after its checks, because the checks start
    Python once more. Only `handoff serve` makes a folder for the metrics, and takes its `options`.
    """
    port = port or free_port()
    url = f"http://{HOST}:{port}"
    log = folder / "service.log"
    command = [*build_gunicorn_command(f"{HOST}:{port}"), "handoff.app_factory:create_app()"]
    if "HANDOFF_METRICS" in environment or options:
        command = [sys.executable, "-m", "handoff.cli", "serve", "--bind", f"{HOST}:{port}"]
    command += ["--workers", str(workers), *options]
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command,
            env={**inherited, "HANDOFF_PUBLIC_URL": url, **environment},
            stdout=subprocess.DEVNULL,  # the report at the start, which is no part of the log
            stderr=stream,
        )
    try:
        service = RunningService(url, process, log)
        _wait_until_healthy(url, process, log)
        _wait_for_workers(service, workers)
        yield service
    finally:
        process.terminate()
        process.wait(timeout=40)


def wait_for_port(port: int, *, seconds: float = 60) -> None:
    """Wait until a port accepts connections, or raise OSError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _wait_for_workers(service: RunningService, count: int) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while len(service.worker_pids()) < count:
        assert time.monotonic() < deadline, service.log.read_text()
        time.sleep(0.02)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/healthz", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    raise AssertionError(f"the service did not start:\n{log.read_text()}")
