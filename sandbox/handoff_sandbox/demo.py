"""The demo: two services, the stand-in shop and the phone, and the requests that it prints."""

from __future__ import annotations

import base64
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import requests

from handoff_sandbox.accounts import ADMIN_NAME, ADMIN_PASSWORD, CUSTOMER_PASSWORD
from handoff_sandbox.factory import create_shop
from handoff_sandbox.graphical_browser import try_to_open_in_browser
from handoff_sandbox.phone import create_phone
from handoff_sandbox.server_in_thread import HOST, serve_in_thread

API_KEY = "demo-key-that-is-no-secret"
OPS_PASSWORD = "demo-support-desk"

_START_TIMEOUT = 30.0  # seconds
_STOP_TIMEOUT = 40.0  # seconds; a service lets the requests that it has begun come to an end
_WELCOME = Path(__file__).parent / "data" / "welcome.txt"


@dataclass(frozen=True, slots=True)
class DemoService:
    """One of the two services: its instruction style, port, settings file and log file.

    `ops_port` is the port of its pages for the support desk, None if it has none.
    """

    style: str
    port: int
    env_file: Path
    log: Path
    ops_port: int | None = None

    @property
    def url(self) -> str:
        """The service's URL."""
        return _build_url(self.port)


@dataclass(frozen=True, slots=True)
class Demo:
    """The ports of the demo, and the folder that holds every file it writes.

    Two services share one ledger. Each answers with one style of instruction.
    """

    folder: Path
    port: int
    shop_port: int
    phone_port: int
    form_port: int
    ops_port: int
    link_ttl: int
    magento: str
    opens_phone: bool = False
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    webhook_secret: str = field(
        default_factory=lambda: f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    )

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port that the demo listens on."""
        return (self.port, self.shop_port, self.phone_port, self.form_port, self.ops_port)

    @property
    def shop_url(self) -> str:
        """The stand-in shop's URL."""
        return _build_url(self.shop_port)

    @property
    def services(self) -> tuple[DemoService, DemoService]:
        """The service that answers with URLs, and the one that answers with forms."""
        log = self.files / "service.log"
        return (
            DemoService("url", self.port, self.folder / "demo.env", log, self.ops_port),
            DemoService("form", self.form_port, self.files / "form.env", self.files / "form.log"),
        )

    @property
    def files(self) -> Path:
        """The folder that the next demo empties when it starts."""
        return self.folder / "demo"

    @property
    def sessions(self) -> Path:
        """The folder of the stand-in shop's session files."""
        return self.files / "sessions"

    def build_settings(self, service: DemoService) -> dict[str, str]:
        """Return the settings of a service."""
        ops = {"HANDOFF_OPS_PASSWORD": OPS_PASSWORD} if service.ops_port else {}
        return {
            **ops,
            "HANDOFF_PUBLIC_URL": service.url,
            "HANDOFF_MAGENTO_URL": self.shop_url,
            "HANDOFF_API_KEYS": API_KEY,
            "HANDOFF_SECRET_KEY": self.secret,
            "HANDOFF_SESSION_STORE": self.sessions.resolve().as_uri(),
            "HANDOFF_DATABASE_URL": f"sqlite:///{self.files.resolve() / 'handoff.db'}",
            "HANDOFF_MAGENTO_ADMIN_USERNAME": ADMIN_NAME,
            "HANDOFF_MAGENTO_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "HANDOFF_INSTRUCTION": service.style,
            "HANDOFF_LINK_TTL": str(self.link_ttl),
            "HANDOFF_WEBHOOK_URL": f"{_build_url(self.phone_port)}/webhook",
            "HANDOFF_WEBHOOK_SECRET": self.webhook_secret,
            "HANDOFF_POQ_ASSETS_URL": f"{_build_url(self.phone_port)}/poq",
            "HANDOFF_SHOP_NAME": "Osier",
            "HANDOFF_SHOP_ACCENT": "#2f5d4c",
        }


def run_demo(demo: Demo) -> None:
    """Run the demo until SIGINT or SIGTERM; raise ClickException if a port or a service fails."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    for port in demo.ports:
        _require_free_port(port)
    click.echo("Starting the shop, two services and the phone …")
    _write_files(demo)
    with ExitStack() as stack:
        stack.enter_context(_run_shop(demo))
        processes = [stack.enter_context(_run_service(service)) for service in demo.services]
        for service, process in zip(demo.services, processes, strict=True):
            _wait_until_healthy(service, process)
        stack.enter_context(_run_phone(demo))
        processes.append(stack.enter_context(_run_deliverer(demo)))
        click.echo(_render_welcome(demo))
        if demo.opens_phone:
            try_to_open_in_browser(_build_url(demo.phone_port))
        while not stop.wait(0.5):
            if any(process.poll() is not None for process in processes):
                raise click.ClickException("A service of the demo has stopped by itself.")
    click.echo("\nThe demo has ended.")


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise click.ClickException(
                f"Port {port} is taken. Choose others: make demo PORT=8010 SHOP_PORT=8011 "
                "PHONE_PORT=8012 FORM_PORT=8013 OPS_PORT=8014"
            ) from None


def _write_files(demo: Demo) -> None:
    """Delete the files of an earlier demo and write the settings."""
    shutil.rmtree(demo.files, ignore_errors=True)
    demo.sessions.mkdir(parents=True, mode=0o700)
    for service in demo.services:
        lines = (f"{name}={value}\n" for name, value in demo.build_settings(service).items())
        service.env_file.write_text("".join(lines), "utf-8")
        service.env_file.chmod(0o600)


@contextmanager
def _run_shop(demo: Demo) -> Iterator[None]:
    shop = create_shop(
        url=demo.shop_url,
        session_path=demo.sessions,
        with_demo_content=True,
        magento=demo.magento,
    )
    by_url, _ = demo.services
    script = f'<script src="{by_url.url}/web-checkout.js" defer></script>'
    shop.extensions["sandbox"].head_includes = script
    with serve_in_thread(shop, demo.shop_port):
        yield


@contextmanager
def _run_phone(demo: Demo) -> Iterator[None]:
    by_url, by_form = demo.services
    phone = create_phone(
        by_url.url,
        demo.shop_url,
        API_KEY,
        form_service_url=by_form.url,
        link_ttl=demo.link_ttl,
        logs=(by_url.log, by_form.log),
        sessions=demo.sessions,
        webhook_secret=demo.webhook_secret,
    )
    with serve_in_thread(phone, demo.phone_port):
        yield


@contextmanager
def _run_service(service: DemoService) -> Iterator[subprocess.Popen[bytes]]:
    options = ["--env-file", str(service.env_file), "--bind", f"{HOST}:{service.port}"]
    if service.ops_port:
        options += ["--ops-bind", f"{HOST}:{service.ops_port}"]
    with _run_command("serve", *options, log=service.log) as process:
        yield process


@contextmanager
def _run_deliverer(demo: Demo) -> Iterator[subprocess.Popen[bytes]]:
    """Run what posts the webhooks of both services, which share one ledger."""
    by_url, _ = demo.services
    options = ["--env-file", str(by_url.env_file)]
    with _run_command("deliver", *options, log=demo.files / "deliver.log") as process:
        yield process


@contextmanager
def _run_command(*arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "handoff.cli", *arguments]
    with log.open("wb") as stream:
        # In a session of its own, so that Ctrl-C reaches this process only. This one then ends
        # the service, which lets its last requests finish.
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=_STOP_TIMEOUT)


def _wait_until_healthy(service: DemoService, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{service.url}/healthz", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise click.ClickException(f"The service did not start. {service.log} says why.")


def _render_welcome(demo: Demo) -> str:
    """Return the demo's addresses, and one request to paste for each kind of transfer."""
    by_url, by_form = demo.services
    return _WELCOME.read_text("utf-8").format(
        phone=_build_url(demo.phone_port),
        service=by_url.url,
        form_service=by_form.url,
        shop=demo.shop_url,
        key=API_KEY,
        ttl=demo.link_ttl,
        env_file=by_url.env_file,
        log=by_url.log,
        customer_password=CUSTOMER_PASSWORD,
        ops=f"{_build_url(demo.ops_port)}/ops/",
        ops_password=OPS_PASSWORD,
    )


def _build_url(port: int) -> str:
    return f"http://{HOST}:{port}"
