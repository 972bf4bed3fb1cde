"""`handoff demo`: the service, a stand-in shop and a phone on this machine, and requests to try."""

from __future__ import annotations

import logging
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
from flask import Flask
from werkzeug.serving import make_server

from handoff.cli.environment import env_file_option

KEY = "demo-key"
_HOST = "127.0.0.1"
_START_TIMEOUT = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo's servers listen, and the folder that holds all they write.

    Two services share one ledger: each answers with one style of instruction.
    """

    folder: Path
    port: int
    shop_port: int
    phone_port: int
    form_port: int
    link_ttl: int
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port that has to be free."""
        return (self.port, self.shop_port, self.phone_port, self.form_port)

    @property
    def shop(self) -> str:
        """The stand-in shop's address."""
        return _address(self.shop_port)

    @property
    def services(self) -> tuple[Service, Service]:
        """The service whose links are addresses, and the one whose links are posted."""
        return (
            Service("url", self.port, self.folder / "demo.env", self.kept / "service.log"),
            Service("form", self.form_port, self.kept / "form.env", self.kept / "form.log"),
        )

    @property
    def kept(self) -> Path:
        """What is cleared at the start of the next demo."""
        return self.folder / "demo"

    @property
    def sessions(self) -> Path:
        """Where the stand-in shop keeps its sessions, as PHP would."""
        return self.kept / "sessions"

    def settings(self, service: Service) -> dict[str, str]:
        """Return what stands in a service's file of settings."""
        return {
            "HANDOFF_PUBLIC_URL": service.url,
            "HANDOFF_MAGENTO_URL": self.shop,
            "HANDOFF_API_KEYS": KEY,
            "HANDOFF_SECRET_KEY": self.secret,
            "HANDOFF_SESSION_STORE": self.sessions.resolve().as_uri(),
            "HANDOFF_DATABASE_URL": f"sqlite:///{self.kept.resolve() / 'handoff.db'}",
            "HANDOFF_MAGENTO_ADMIN_USERNAME": "admin",
            "HANDOFF_MAGENTO_ADMIN_PASSWORD": "Admin123!",
            "HANDOFF_INSTRUCTION": service.style,
            "HANDOFF_LINK_TTL": str(self.link_ttl),
            "HANDOFF_SHOP_NAME": "Osier",
            "HANDOFF_SHOP_ACCENT": "#2f5d4c",
        }


@dataclass(frozen=True, slots=True)
class Service:
    """One of the services: the style it answers in, its port, its settings and its log."""

    style: str
    port: int
    env_file: Path
    log: Path

    @property
    def url(self) -> str:
        """Its address."""
        return _address(self.port)


def _address(port: int) -> str:
    return f"http://{_HOST}:{port}"


@click.command()
@env_file_option
@click.option("--port", default=8000, show_default=True, help="Where the service listens.")
@click.option("--shop-port", default=8001, show_default=True, help="Where the shop listens.")
@click.option("--phone-port", default=8002, show_default=True, help="Where the phone is.")
@click.option(
    "--form-port",
    default=8003,
    show_default=True,
    help="Where the service listens that answers with forms.",
)
@click.option(
    "--link-ttl",
    default=120,
    show_default=True,
    type=click.IntRange(10, 3600),
    help="Seconds that a link lives: few, so that one can be seen to expire.",
)
@click.option(
    "--folder",
    default=Path("instance"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo keeps its ledger, sessions and settings.",
)
def demo(
    port: int, shop_port: int, phone_port: int, form_port: int, link_ttl: int, folder: Path
) -> None:
    """Run the service with a stand-in shop and a phone to try it with.

    Starts afresh each time: carts, orders and links of an earlier demo are gone. Ends with Ctrl-C.
    """
    running = Demo(folder, port, shop_port, phone_port, form_port, link_ttl)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    for wanted in running.ports:
        _require_free(wanted)
    _lay_out(running)
    with ExitStack() as stack:
        stack.enter_context(_shop_running(running))
        processes = [stack.enter_context(_process_of(service)) for service in running.services]
        for service, process in zip(running.services, processes, strict=True):
            _wait_until_healthy(service, process)
        stack.enter_context(_phone_running(running))
        click.echo(_welcome(running))
        while not stop.wait(0.5):
            if any(process.poll() is not None for process in processes):
                raise click.ClickException("A service has ended by itself.")
    click.echo("\nThe demo has ended.")


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            raise click.ClickException(
                f"Port {port} is taken. Choose others: make demo PORT=8010 SHOP_PORT=8011 "
                "PHONE_PORT=8012 FORM_PORT=8013"
            ) from None


def _lay_out(running: Demo) -> None:
    """Clear what an earlier demo left, and write the settings."""
    shutil.rmtree(running.kept, ignore_errors=True)
    running.sessions.mkdir(parents=True, mode=0o700)
    for service in running.services:
        lines = (f"{name}={value}\n" for name, value in running.settings(service).items())
        service.env_file.write_text("".join(lines), "utf-8")
        service.env_file.chmod(0o600)


@contextmanager
def _shop_running(running: Demo) -> Iterator[None]:
    # The stand-ins need the packages of the extra `demo`, which a service does without.
    from handoff_sandbox import create_shop

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    shop = create_shop(url=running.shop, session_path=running.sessions, dressed=True)
    with _in_a_thread(shop, running.shop_port):
        yield


@contextmanager
def _phone_running(running: Demo) -> Iterator[None]:
    from handoff_sandbox.phone import create_phone

    by_url, by_form = running.services
    phone = create_phone(
        by_url.url,
        running.shop,
        KEY,
        form_service_url=by_form.url,
        link_ttl=running.link_ttl,
        logs=(by_url.log, by_form.log),
        sessions=running.sessions,
    )
    with _in_a_thread(phone, running.phone_port):
        yield


@contextmanager
def _in_a_thread(app: Flask, port: int) -> Iterator[None]:
    server = make_server(_HOST, port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()


@contextmanager
def _process_of(service: Service) -> Iterator[subprocess.Popen[bytes]]:
    serve = [sys.executable, "-m", "handoff.cli", "serve", "--env-file"]
    command = [*serve, str(service.env_file), "--bind", f"{_HOST}:{service.port}"]
    with service.log.open("wb") as stream:
        # A session of its own: Ctrl-C reaches this process, which ends the service in order.
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=40)


def _wait_until_healthy(service: Service, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(f"{service.url}/healthz", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise click.ClickException(f"The service did not start; {service.log} says why.")


def _welcome(running: Demo) -> str:
    """Say where everything is, and give a request for each shape of transfer."""
    by_url, by_form = running.services
    return _WELCOME.format(
        phone=_address(running.phone_port),
        service=by_url.url,
        form_service=by_form.url,
        shop=running.shop,
        key=KEY,
        ttl=running.link_ttl,
        env_file=by_url.env_file,
        log=by_url.log,
    )


_WELCOME = """
Handoff is running. Open this:

  phone     {phone}   fill a bag, tap Checkout, and see what happens

And behind it:

  service   {service}   key: {key}; {form_service} answers with forms
  shop      {shop}   a stand-in for a Magento 2 shop
  settings  {env_file}   every handoff command takes --env-file {env_file}
  log       {log}

Three transfers, as Poq sends them. Paste one into another terminal, and within {ttl} seconds open
the url of the answer in a browser: it lands in the shop's checkout, with exactly that bag.

1. A bag:

  curl -s {service}/api/cart-transfer -H 'Authorization: {key}' \\
    -H 'Content-Type: application/json' -d '{{"currency": "GBP", "reference": "'$(date +%s)'",
      "items": [{{"sku": "ITEM-01", "quantity": 2}}, {{"sku": "ITEM-07", "quantity": 1}}]}}'

2. A guest's quote, made in the shop first:

  CART=$(curl -s -X POST {shop}/rest/V1/guest-carts | tr -d '"')
  curl -s {shop}/rest/V1/guest-carts/$CART/items -o /dev/null \\
    -H 'Content-Type: application/json' -d '{{"cartItem": {{"sku": "ITEM-03", "qty": 1}}}}'
  curl -s {service}/api/cart-transfer -H 'Authorization: {key}' \\
    -H 'Content-Type: application/json' -d '{{"quote_id": "'$CART'"}}'

3. A signed-in customer's quote:

  TOKEN=$(curl -s {shop}/rest/V1/integration/customer/token -H 'Content-Type: application/json' \\
    -d '{{"username": "shopper@example.com", "password": "Shopper123!"}}' | tr -d '"')
  QUOTE=$(curl -s -X POST {shop}/rest/V1/carts/mine -H "Authorization: Bearer $TOKEN")
  curl -s {shop}/rest/V1/carts/mine/items -H "Authorization: Bearer $TOKEN" -o /dev/null \\
    -H 'Content-Type: application/json' -d '{{"cartItem": {{"sku": "ITEM-05", "qty": 1}}}}'
  curl -s {service}/api/cart-transfer -H 'Authorization: {key}' \\
    -H 'Content-Type: application/json' -d '{{"quote_id": "'$QUOTE'", "token_id": "'$TOKEN'"}}'

Ctrl-C ends the demo.
"""
