"""A shop whose REST has an internal address: the Host header, the TLS name, certificates."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from handoff.deadline import Deadline
from handoff.magento.client import MagentoClient
from handoff.operations.json_logs import configure_logging
from handoff.problems import ShopUnavailable
from tests.certificates import Authority
from tests.logs import CapturedLog
from tests.magento.faulty_shop import faulty_shop
from tests.magento.shop_behaviours import answers, build_response
from tests.running_servers import HOST

PUBLIC = "www.shop.test"


class Inner(BaseHTTPRequestHandler):
    """Says by which Host it was asked, and keeps the name that TLS asked for."""

    def do_GET(self) -> None:
        body = f'"{self.headers["Host"]}"'.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def run_inner_shop(authority: Authority, *names: str) -> Iterator[tuple[int, list[str | None]]]:
    """Run a shop with a certificate for these names; gives its port and the names asked for."""
    asked: list[str | None] = []
    certificate = authority.issue(*names)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.file, certificate.key)
    context.sni_callback = lambda _line, name, _context: asked.append(name)
    server = HTTPServer((HOST, 0), Inner)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def read_cart(client: MagentoClient) -> object:
    answer = client.call_rest(
        "GET", "guest-carts/the-masked-id", store="default", deadline=Deadline.after(8)
    )
    return answer.body


@pytest.mark.processes
def test_an_ip_address_shows_the_public_hosts_certificate(authority: Authority) -> None:
    """As a load balancer does, whose address is a number and whose certificate is the shop's."""
    with run_inner_shop(authority, PUBLIC) as (port, asked):
        client = MagentoClient(
            f"https://{HOST}:{port}", host=f"{PUBLIC}:8443", ca_file=str(authority.file)
        )
        assert read_cart(client) == f"{PUBLIC}:8443"
        assert asked == [PUBLIC]


@pytest.mark.processes
def test_a_host_name_shows_its_own_certificate(authority: Authority) -> None:
    with run_inner_shop(authority, "localhost") as (port, asked):
        client = MagentoClient(
            f"https://localhost:{port}", host=PUBLIC, ca_file=str(authority.file)
        )
        assert read_cart(client) == PUBLIC
        assert asked == ["localhost"]


@pytest.mark.processes
@pytest.mark.parametrize("known", [True, False])
def test_a_bad_certificate_is_refused_and_logged_with_a_hint(
    known: bool, authority: Authority, captured_log: CapturedLog
) -> None:
    """One for another name, and one that nobody vouches for."""
    configure_logging()
    with run_inner_shop(authority, "other.test" if known else "localhost") as (port, _):
        client = MagentoClient(
            f"https://localhost:{port}", ca_file=str(authority.file) if known else None
        )
        with pytest.raises(ShopUnavailable) as raised:
            read_cart(client)
    [told] = captured_log.read_lines()
    assert told["event"] == "shop_certificate_refused"
    assert ("localhost" in told["why"]) is known
    assert "HANDOFF_MAGENTO_CA_FILE" in told["hint"]
    assert "the-masked-id" not in f"{told}{raised.value.detail}"


def test_the_public_host_is_sent_over_http_too() -> None:
    with faulty_shop(answers(200, "x")) as shop:
        read_cart(MagentoClient(shop.url, host=PUBLIC))
        assert [call.headers["host"] for call in shop.calls] == [PUBLIC]


def test_a_redirect_to_https_is_not_followed_but_logged_with_a_hint(
    captured_log: CapturedLog,
) -> None:
    configure_logging()
    location = ("Location", f"https://{PUBLIC}/rest/default/V1/guest-carts/the-masked-id")
    with faulty_shop(lambda call: call.send(build_response(301, b"", location))) as shop:
        with pytest.raises(ShopUnavailable) as raised:
            read_cart(MagentoClient(shop.url))
        assert len(shop.calls) == 1
    [told] = captured_log.read_lines("shop_redirects")
    assert (told["event"], told["shop"], told["to"]) == (
        "shop_redirects",
        shop.url,
        f"https://{PUBLIC}",
    )
    assert "HANDOFF_MAGENTO_URL" in told["hint"]
    assert "the-masked-id" not in f"{told}{raised.value.detail}"


@pytest.mark.processes
def test_a_certificate_authority_of_others_is_not_trusted(
    tmp_path: Path, authority: Authority
) -> None:
    strangers = tmp_path / "strangers"
    strangers.mkdir()
    with run_inner_shop(authority, "localhost") as (port, _):
        client = MagentoClient(f"https://localhost:{port}", ca_file=str(Authority(strangers).file))
        with pytest.raises(ShopUnavailable):
            read_cart(client)
