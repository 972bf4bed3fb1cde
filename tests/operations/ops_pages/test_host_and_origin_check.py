"""For whom the ops pages answer, and the headers of their answers."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.operations.ops_pages.conftest import MakeOpsApp, sign_in

OPS_URL = "https://ops.shop.example"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8010", "localhost:9", "[::1]:8010"])
def test_without_an_address_the_pages_answer_on_this_machine(ops: FlaskClient, host: str) -> None:
    assert ops.get("/ops/login", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8010",
        "evil.example@127.0.0.1",
        "127.0.0.1/x",
        "127.0.0.1:x",
        "10.0.0.1",
        "192.168.0.1",
        "",
    ],
)
def test_another_host_gets_no_page(ops: FlaskClient, host: str) -> None:
    for path in ("/ops/", "/ops/login", "/ops/static/ops.css"):
        answer = ops.get(path, headers={"Host": host}, environ_base={"SERVER_NAME": "elsewhere"})
        assert answer.status_code == 421
        assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("ops.shop.example", 200),
        ("OPS.shop.example", 200),
        ("ops.shop.example:443", 200),
        ("ops.shop.example:8443", 421),
        ("ops.shop.example.", 421),
        ("www.shop.example", 421),
        ("xops.shop.example", 421),
        ("127.0.0.1:8010", 421),
    ],
)
def test_with_an_address_only_its_host_gets_pages(
    make_ops_app: MakeOpsApp, host: str, status: int
) -> None:
    client = make_ops_app(ops_url=OPS_URL).test_client()
    headers = {"Host": host, "X-Forwarded-Host": "ops.shop.example"}
    answer = client.get("/ops/login", headers=headers, base_url="https://x")
    assert answer.status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
        {"Origin": "https://127.0.0.1"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
@pytest.mark.parametrize("path", ["/ops/login", "/ops/logout", f"/ops/compare/{'A' * 22}"])
def test_a_form_of_another_website_changes_nothing(
    desk: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    answer = desk.post(path, headers={"Host": "127.0.0.1", **headers})
    assert answer.status_code == 403
    assert desk.get("/ops/").status_code == 200


def test_the_own_form_is_accepted(ops: FlaskClient, make_ops_app: MakeOpsApp) -> None:
    headers = {"Host": "127.0.0.1:8010", "Origin": "http://127.0.0.1:8010"}
    assert sign_in(ops, headers={**headers, "Sec-Fetch-Site": "same-origin"}).status_code == 303
    secure = make_ops_app(ops_url=OPS_URL).test_client()
    answer = sign_in(secure, headers={"Origin": OPS_URL}, base_url=OPS_URL)
    assert answer.status_code == 303


@pytest.mark.parametrize("path", ["/ops/", "/ops/?q=x", "/ops/login", "/nowhere", "/ops/logout"])
def test_every_answer_has_the_policy_and_is_not_stored(desk: FlaskClient, path: str) -> None:
    headers = desk.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "Strict-Transport-Security" not in headers
    assert len(headers["X-Request-ID"]) == 32


def test_over_https_browsers_are_told_to_stay_there(make_ops_app: MakeOpsApp) -> None:
    client = make_ops_app(ops_url=OPS_URL).test_client()
    headers = client.get("/ops/login", base_url=OPS_URL).headers
    assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_no_page_has_a_script_an_inline_style_or_a_foreign_address(desk: FlaskClient) -> None:
    for path in ("/ops/", "/ops/?q=x", "/nowhere"):
        page = desk.get(path).text
        for forbidden in ("<script", " style=", "<style", "http://", "https://", "onclick"):
            assert forbidden not in page


def test_without_a_password_there_is_no_page(make_ops_app: MakeOpsApp) -> None:
    client = make_ops_app(ops_password=None).test_client()
    for path in ("/", "/ops/", "/ops/login", "/ops/?q=x"):
        assert client.get(path).status_code == 404
    assert sign_in(client).status_code == 404


def test_the_service_itself_has_no_ops_page(client: FlaskClient) -> None:
    for path in ("/ops", "/ops/", "/ops/login", "/handoff/ops/", "//ops/"):
        for host in ("127.0.0.1:8010", "ops.shop.example"):
            assert client.get(path, headers={"Host": host}).status_code == 404
