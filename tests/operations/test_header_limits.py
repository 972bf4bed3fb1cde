"""Requests with headers that are too long to parse."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import KEY


@pytest.mark.parametrize("path", ["/h/x", "/static/back-to-app.js", "/nothing"])
@pytest.mark.parametrize(
    "name", ["Accept-Language", "Content-Type", "If-None-Match", "X-Forwarded-For", "X-Unknown"]
)
def test_a_header_over_8_kb_is_refused(client: FlaskClient, path: str, name: str) -> None:
    answer = client.get(path, headers={name: "a," * 5000})
    assert answer.status_code == 431
    assert "Content-Security-Policy" in answer.headers
    with client.get(path, headers={name: "a," * 4000}) as accepted:
        assert accepted.status_code in (200, 404)


def test_the_api_refuses_a_long_header_with_a_problem(client: FlaskClient) -> None:
    headers = {"Authorization": KEY, "X-Unknown": "a" * 9000}
    answer = client.post("/api/cart-transfer", json={}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed_request")
    assert answer.get_json()["detail"] == "A header is too long."


def test_the_cookie_header_may_have_32_kb(app: Flask) -> None:
    client = app.test_client(use_cookies=False)  # otherwise it replaces the header
    assert client.get("/h/x", headers={"Cookie": "a=b;" * 8000}).status_code == 404
    assert client.get("/h/x", headers={"Cookie": "a=b;" * 8200}).status_code == 431
