"""The client address of a request behind trusted proxies."""

from __future__ import annotations

import pytest

from tests.conftest import MakeApp
from tests.logs import CapturedLog

PROXY = "127.0.0.1"  # the peer of the connection


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PROXY),
        (0, "203.0.113.9", PROXY),
        (1, None, ""),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 192.0.2.1", "198.51.100.7"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, '"203.0.113.9, 198.51.100.7', "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7:443", "198.51.100.7"),
        (1, "203.0.113.9, [2001:db8::7]:443", "2001:db8::7"),
        (1, "[2001:db8::7]", "2001:db8::7"),
        (1, '"[2001:db8::7]:443"', "2001:db8::7"),
        (1, "fe80::7%eth0", "fe80::7"),
        (1, "  198.51.100.7  ", "198.51.100.7"),
        (1, "\t198.51.100.7 :443 ", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7, ", ""),
        (2, "203.0.113.9, , 192.0.2.1", ""),
        (2, "203.0.113.9,,198.51.100.7:80 ,192.0.2.1", "198.51.100.7"),
        (1, "203.0.113.9, " * 500 + "198.51.100.7", "198.51.100.7"),
        (1, "198.51.100.7, nonsense", ""),
        (1, "unknown", ""),
        (1, "198.51.100.7.1", ""),
        (1, "[", ""),
        (1, ":443", ""),
        (1, "", ""),
        (1, " , ", ""),
    ],
)
def test_the_client_address_is_the_one_that_the_first_trusted_proxy_saw(
    proxies: int, forwarded: str | None, address: str, make_app: MakeApp, captured_log: CapturedLog
) -> None:
    app = make_app(trusted_proxies=proxies)
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    app.test_client().post("/api/cart-transfer", headers=headers)
    [refused] = captured_log.read_lines("key_rejected")
    assert refused["client"] == address


def test_clients_with_an_unreadable_address_do_not_use_up_each_others_attempts(
    make_app: MakeApp, captured_log: CapturedLog
) -> None:
    client = make_app(trusted_proxies=1, refusals_per_minute=2).test_client()
    for _ in range(4):
        assert client.get("/h/x", headers={"X-Forwarded-For": "unknown"}).status_code == 404
    assert len(captured_log.read_lines("client_address_unreadable")) == 1
    readable = {"X-Forwarded-For": "[2001:db8::7]:443"}
    statuses = [client.get("/h/x", headers=readable).status_code for _ in range(3)]
    assert statuses == [404, 404, 429]
    other = {"X-Forwarded-For": "[2001:db8:1::7]:444"}
    assert client.get("/h/x", headers=other).status_code == 404


def test_probes_of_the_platform_come_without_a_proxy(
    make_app: MakeApp, captured_log: CapturedLog
) -> None:
    client = make_app(trusted_proxies=1, metrics=True).test_client()
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200
    assert captured_log.read_lines("client_address_unreadable") == []


def test_scheme_host_and_path_never_come_from_headers(make_app: MakeApp) -> None:
    app = make_app(trusted_proxies=2)
    headers = {
        "X-Forwarded-Host": "elsewhere.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/elsewhere",
        "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
        "Forwarded": "host=elsewhere.example;proto=https",
    }
    page = app.test_client().get("/h/unknown", headers=headers)
    assert page.status_code == 404
    assert "elsewhere" not in f"{page.text}{page.headers}"
    assert "Strict-Transport-Security" not in page.headers


def test_the_address_of_a_shopper_is_not_logged(
    make_app: MakeApp, captured_log: CapturedLog
) -> None:
    app = make_app(trusted_proxies=1)
    app.test_client().get("/h/unknown", headers={"X-Forwarded-For": "198.51.100.7"})
    lines = captured_log.read_lines()
    assert lines
    assert "198.51.100.7" not in str(lines)
