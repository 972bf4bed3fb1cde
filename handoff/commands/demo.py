"""`handoff demo`: the service and a stand-in shop on this machine, and requests to try."""

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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import requests
from werkzeug.serving import make_server

from handoff.commands.environment import env_file_option

KEY = "demo-key"
_HOST = "127.0.0.1"
_START_TIMEOUT = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo's two servers listen, and the folder that holds all they write."""

    folder: Path
    port: int
    shop_port: int

    @property
    def service(self) -> str:
        """The service's address."""
        return f"http://{_HOST}:{self.port}"

    @property
    def shop(self) -> str:
        """The stand-in shop's address."""
        return f"http://{_HOST}:{self.shop_port}"

    @property
    def env_file(self) -> Path:
        """The settings of the running demo, for every other command."""
        return self.folder / "demo.env"

    @property
    def sessions(self) -> Path:
        """Where the stand-in shop keeps its sessions, as PHP would."""
        return self.folder / "demo" / "sessions"

    def settings(self) -> dict[str, str]:
        """Return what stands in the file of settings."""
        return {
            "HANDOFF_PUBLIC_URL": self.service,
            "HANDOFF_MAGENTO_URL": self.shop,
            "HANDOFF_API_KEYS": KEY,
            "HANDOFF_SECRET_KEY": secrets.token_urlsafe(32),
            "HANDOFF_SESSION_STORE": self.sessions.resolve().as_uri(),
            "HANDOFF_DATABASE_URL": f"sqlite:///{self.folder.resolve() / 'demo' / 'handoff.db'}",
            "HANDOFF_MAGENTO_ADMIN_USERNAME": "admin",
            "HANDOFF_MAGENTO_ADMIN_PASSWORD": "Admin123!",
        }


@click.command()
@env_file_option
@click.option("--port", default=8000, show_default=True, help="Where the service listens.")
@click.option("--shop-port", default=8001, show_default=True, help="Where the shop listens.")
@click.option(
    "--folder",
    default=Path("instance"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo keeps its ledger, sessions and settings.",
)
def demo(port: int, shop_port: int, folder: Path) -> None:
    """Run the service with a stand-in shop, and print requests to try.

    Starts afresh each time: carts, orders and links of an earlier demo are gone. Ends with Ctrl-C.
    """
    running = Demo(folder, port, shop_port)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    for wanted in (port, shop_port):
        _require_free(wanted)
    _lay_out(running)
    with _shop_running(running), _service_running(running) as service:
        click.echo(_welcome(running))
        while not stop.wait(0.5):
            if service.poll() is not None:
                raise click.ClickException("The service has ended by itself.")
    click.echo("\nThe demo has ended.")


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            raise click.ClickException(
                f"Port {port} is taken. Choose others: make demo PORT=8010 SHOP_PORT=8011"
            ) from None


def _lay_out(running: Demo) -> None:
    """Clear what an earlier demo left, and write the settings."""
    shutil.rmtree(running.folder / "demo", ignore_errors=True)
    running.sessions.mkdir(parents=True, mode=0o700)
    lines = (f"{name}={value}\n" for name, value in running.settings().items())
    running.env_file.write_text("".join(lines), "utf-8")
    running.env_file.chmod(0o600)


@contextmanager
def _shop_running(running: Demo) -> Iterator[None]:
    # The stand-in needs the packages of the extra `demo`, which a service does without.
    from handoff.sandbox import create_shop

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    shop = create_shop(url=running.shop, session_path=running.sessions)
    server = make_server(_HOST, running.shop_port, shop, threaded=True)
    threading.Thread(target=server.serve_forever, name="shop", daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()


@contextmanager
def _service_running(running: Demo) -> Iterator[subprocess.Popen[bytes]]:
    log = running.folder / "demo" / "service.log"
    serve = [sys.executable, "-m", "handoff.commands", "serve", "--env-file"]
    command = [*serve, str(running.env_file), "--bind", f"{_HOST}:{running.port}"]
    with log.open("wb") as stream:
        # A session of its own: Ctrl-C reaches this process, which ends the service in order.
        service = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        _wait_until_healthy(running, service, log)
        yield service
    finally:
        service.terminate()
        service.wait(timeout=40)


def _wait_until_healthy(running: Demo, service: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < until and service.poll() is None:
        try:
            if requests.get(f"{running.service}/healthz", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise click.ClickException(f"The service did not start; {log} says why.")


def _welcome(running: Demo) -> str:
    """Say where everything is, and give a request for each shape of transfer."""
    return _WELCOME.format(
        service=running.service,
        shop=running.shop,
        key=KEY,
        env_file=running.env_file,
        log=running.folder / "demo" / "service.log",
    )


_WELCOME = """
Handoff is running.

  service   {service}   key: {key}
  shop      {shop}   a stand-in for a Magento 2 shop
  settings  {env_file}   every handoff command takes --env-file {env_file}
  log       {log}

Three transfers, as Poq sends them. Paste one into another terminal, then open the url of the
answer in a browser: it lands in the shop's checkout, with exactly that bag.

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
