"""The log has one line for each request, and no credential."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from handoff.operations.json_logs import redact_credentials, redact_event
from tests.conftest import KEY
from tests.logs import CapturedLog
from tests.running_servers import RunningShop, running_service
from tests.service_calls import build_web_view_cookie, create_environment, post_transfer


def read_request_lines(log: Path) -> list[dict[str, Any]]:
    """Return the lines about requests; every line of the log has to be JSON."""
    events = [json.loads(line) for line in log.read_text().splitlines()]
    return [event for event in events if event["event"] == "request"]


@pytest.mark.processes
def test_a_request_is_logged_by_rule_and_handoff_id(shop: RunningShop, tmp_path: Path) -> None:
    with running_service(create_environment(shop, tmp_path), tmp_path) as service:
        answer = post_transfer(service.url, {"quote_id": shop.create_guest_quote(("ITEM-01", 1))})
        requests.get(answer.json()["url"], timeout=10)
        requests.get(f"{service.url}/somewhere/else", timeout=10)
    transfer, page, unknown = (
        line for line in read_request_lines(service.log) if line["rule"] != "/healthz"
    )
    assert (transfer["method"], transfer["rule"]) == ("POST", "/api/cart-transfer")
    assert (page["method"], page["rule"], page["status"]) == ("GET", "/h/<token>", 200)
    assert transfer["handoff"] == page["handoff"]
    assert isinstance(page["ms"], float)
    assert (unknown["rule"], unknown["status"]) == ("(none)", 404)
    assert "handoff" not in unknown


def test_files_are_logged_only_if_they_cannot_be_served(
    client: FlaskClient, captured_log: CapturedLog
) -> None:
    captured_log.read_lines()
    for path in ("/static/page.css", "/theme.css", "/web-checkout.js"):
        with client.get(path) as answer:
            assert answer.status_code == 200
    assert client.get("/static/nothing.css").status_code == 404
    [line] = captured_log.read_lines("request")
    assert (line["rule"], line["status"]) == ("/static/<path:filename>", 404)


@pytest.mark.processes
def test_no_credential_is_written_to_the_log_the_ledger_or_a_page(
    shop: RunningShop, tmp_path: Path
) -> None:
    """Make requests of all kinds, failing ones too, then search everything that was written."""
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-01", 1))
    guest = shop.create_guest_quote(("ITEM-02", 1))
    secrets = {"customer token": token, "masked id": guest, "key": KEY}
    environment = create_environment(
        shop,
        tmp_path,
        HANDOFF_KEY_IN_PATH="true",
        HANDOFF_MAGENTO_ADMIN_USERNAME="admin",
        HANDOFF_MAGENTO_ADMIN_PASSWORD="Admin123!",
    )
    answers = []
    with running_service(environment, tmp_path) as service:
        for body in (
            {"quote_id": number, "token": token},
            {"quote_id": guest},
            {"quote_id": guest, "currency": "EUR"},
            {"quote_id": guest, "items": [{"sku": "X", "quantity": 1}]},
            {"quote_id": number, "token": token + "x"},
        ):
            answers.append(post_transfer(service.url, body))
        path = f"{service.url}/api/cart-transfer/{KEY}"
        answers.append(requests.post(path, data="{", timeout=10))
        answers.append(requests.get(path, timeout=10))
        for number_of_link, answer in enumerate(answers[:2]):
            link = answer.json()["url"]
            secrets[f"link {number_of_link}"] = link.rsplit("/", 1)[1]
            with requests.Session() as phone:
                pages = [phone.get(link, timeout=10)]
                entered = phone.post(link, allow_redirects=False, timeout=10)
                secrets[f"session {number_of_link}"] = phone.cookies["PHPSESSID"]
                cookie = next(name for name in phone.cookies.keys() if "handoff" in name)
                secrets[f"web view {number_of_link}"] = phone.cookies[cookie]
            held = build_web_view_cookie(link)
            pages.append(requests.post(link, cookies=held, timeout=10))
            pages.append(requests.get(f"{link}x", timeout=10))
            assert entered.status_code == 303
            for page in pages:
                for name in ("customer token", "masked id", "key", f"session {number_of_link}"):
                    assert secrets[name] not in page.text, name
        # gunicorn must not quote a request that it cannot parse either.
        requests.get(f"{link}\x7f", headers={"X-Long": "x" * 40_000}, timeout=10)
    written = service.log.read_bytes() + b"".join(
        file.read_bytes() for file in tmp_path.glob("handoff.db*")
    )
    for index, file in enumerate(shop.sessions.glob("sess_*")):
        secrets[f"session file {index}"] = file.name.removeprefix("sess_")
    assert len(read_request_lines(service.log)) > 12
    for name, secret in secrets.items():
        assert secret.encode() not in written, name
    for answer in answers:
        for name in ("customer token", "masked id", "key"):
            assert secrets[name] not in answer.text, name


def send_invalid_request(url: str, text: str) -> None:
    """Send an invalid request, and wait for the answer."""
    target = urlsplit(url)
    with socket.create_connection((target.hostname, target.port), timeout=10) as line:
        line.sendall(f"{text}\r\n\r\n".encode())
        assert line.recv(100)


@pytest.mark.processes
def test_no_credential_of_direct_entry_is_written_to_the_log_the_ledger_or_a_page(
    shop: RunningShop, tmp_path: Path
) -> None:
    """Send credentials as a form, as JSON, in the URL, and in requests that cannot be parsed."""
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-01", 1))
    guest = shop.create_guest_quote(("ITEM-02", 1))
    forms = [
        {"quote_id": guest},
        {"quote_id": str(number), "token_id": token},
        {"quote_id": guest, "token": token},
        {"quote_id": f"{guest}x"},
    ]
    environment = create_environment(shop, tmp_path, HANDOFF_DIRECT_ENTRY="true")
    with running_service(environment, tmp_path) as service:
        url = f"{service.url}/enter"
        answers = []
        for form in forms:
            answers += [
                requests.post(url, data=form, allow_redirects=False, timeout=10),
                requests.post(url, json=form, timeout=10),
                requests.post(url, params=form, timeout=10),
                requests.get(url, params=form, timeout=10),
                requests.post(url, data=form, headers={"X-Long": "x" * 40_000}, timeout=10),
            ]
            requests.get(f"{url}?{'x' * 4000}", params=form, timeout=10)
            send_invalid_request(service.url, f"POST /enter?{urlencode(form)} HTTP/9")
            send_invalid_request(service.url, f"POST /enter?{urlencode(form)} X HTTP/1.1")
            send_invalid_request(service.url, f"POST /enter HTTP/1.1\r\n{urlencode(form)}")
    lines = [line for line in read_request_lines(service.log) if line["rule"] != "/healthz"]
    assert {line["rule"] for line in lines} == {"/enter", "(none)"}
    assert [line["status"] for line in lines].count(303) == 2
    written = service.log.read_bytes() + b"".join(
        file.read_bytes() for file in tmp_path.glob("handoff.db*")
    )
    for secret in (token, guest):
        assert secret.encode() not in written
        for answer in answers:
            assert secret not in answer.text


TOKEN = "EAogZOrT92Cx5QQ1ehLHtQ.bQK3e5S0JdRV62myffxWDZcXvSp7cyDt_BHY8hFTECE"
JWT = "eyJraWQiOiIxIiwiYWxnIjoiSFMyNTYifQ.eyJ1aWQiOjEsInV0eXBpZCI6M30.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Invalid HTTP request line: 'GET /h/{TOKEN} HTTP/9'", TOKEN),
        (f"GET https://www.shop.example/handoff/h/{TOKEN}?x=1", TOKEN),
        ("POST /api/cart-transfer/the-key HTTP/1.1", "the-key"),
        (f"body: token={TOKEN}&a=b", TOKEN),
        ('{"token_id": "abcdef", "quote_id": 4}', "abcdef"),
        ("POST /enter?quote_id=9ishubHdlcKG&x=1 HTTP/1.1", "9ishubHdlcKG"),
        ("body: a=b&quote_id=9ishubHdlcKG", "9ishubHdlcKG"),
        ("Max retries exceeded with url: /rest/V1/guest-carts/9ishubHdlcKG/items", "9ishubHdlcKG"),
        ("Authorization: Bearer abcdef", "abcdef"),
        ("'Authorization': 'the-key'", "the-key"),
        (f"refused {JWT} today", JWT),
        ("key sess_cvhsb67b0l0afkp8hinffk2o0o is full", "cvhsb67b0l0afkp8hinffk2o0o"),
        ("Invalid request from ip=1.2.3.4: Invalid HTTP Header: 'Cookie A=abcdef'", "abcdef"),
        ("Invalid chunk size: b'abcdef'", "abcdef"),
        ("Invalid request from ip=1.2.3.4: Unable to comply with expectation: 'abcdef'", "abcdef"),
        ("Invalid request from ip=1.2.3.4: Obsolete line folding is unacceptable: 'abc'", "abc"),
        ("redis://user:password@127.0.0.1:6379/2 is away", "password"),
    ],
)
def test_credentials_in_log_texts_of_libraries_are_masked(text: str, secret: str) -> None:
    masked = redact_credentials(text)
    assert secret not in masked
    assert "***" in masked


def test_texts_in_lists_and_mappings_of_an_event_are_redacted() -> None:
    event = {"faults": ["a", f"token={TOKEN}"], "headers": {"Authorization": "Bearer abcdef"}}
    redacted = json.dumps(redact_event(None, "info", event))
    assert TOKEN not in redacted
    assert "abcdef" not in redacted
    assert json.loads(redacted)["faults"][0] == "a"


def test_a_text_without_a_secret_stays_as_it_is() -> None:
    words = "Booting worker with pid: 21942; rule /h/<token>, /api/cart-transfer/<key>"
    assert redact_credentials(words) == words


@pytest.mark.processes
def test_the_service_works_while_the_disk_of_the_log_is_full(
    shop: RunningShop, tmp_path: Path
) -> None:
    (tmp_path / "service.log").symlink_to("/dev/full")
    with running_service(create_environment(shop, tmp_path), tmp_path) as service:
        for _ in range(20):
            answer = post_transfer(
                service.url, {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
            )
            assert answer.status_code == 200
            link = answer.json()["url"]
            with requests.Session() as phone:
                assert phone.get(link, timeout=10).status_code == 200
                assert phone.post(link, allow_redirects=False, timeout=10).status_code == 303
