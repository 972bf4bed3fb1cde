"""A checkout that redirects to another host of the shop, with and without the setting for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.browser.conftest import Serve
from tests.browser.ledger_queries import read_link_use
from tests.browser.web_view import WebView
from tests.running_servers import HOST

pytestmark = pytest.mark.processes


class SecondHost(BaseHTTPRequestHandler):
    """Answers `/` with a page, and everything else with a redirect to `localhost`."""

    def do_GET(self) -> None:
        if self.path == "/":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><h1>The other checkout</h1>")
        else:
            self.send_response(302)
            self.send_header("Location", f"http://{get_other_host(self.server.server_port)}/")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    server: HTTPServer


def get_other_host(port: int) -> str:
    """Return the host that checkout goes on to: to a browser another site than 127.0.0.1."""
    return f"localhost:{port}"


@pytest.fixture
def shop_of_two_hosts() -> Iterator[HTTPServer]:
    server = HTTPServer((HOST, 0), SecondHost)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("named", [True, False], ids=["named", "not named"])
def test_checkout_may_redirect_only_to_hosts_in_the_settings(
    named: bool,
    shop_of_two_hosts: HTTPServer,
    serve: Serve,
    web_view: WebView,
    tmp_path: Path,
) -> None:
    port = shop_of_two_hosts.server_port
    poq = serve(
        storefront_url=f"http://{HOST}:{port}",
        checkout_hosts=(get_other_host(port),) if named else (),
    )
    link = poq.request_link()
    if named:
        web_view.open(link)
        web_view.sees("The other checkout")
        assert web_view.page.url == f"http://{get_other_host(port)}/"
        return
    with web_view.page.expect_console_message(lambda message: "form-action" in message.text):
        web_view.open(link)
    web_view.page.wait_for_timeout(300)
    assert get_other_host(port) not in web_view.page.url
    assert "The other checkout" not in web_view.page.content()
    assert read_link_use(tmp_path, link)[0]
