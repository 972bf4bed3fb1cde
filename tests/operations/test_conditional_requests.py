"""Conditional requests: a date in a condition that no calendar has is ignored."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from handoff.operations.ops_pages.ops_app import create_ops_app

IMPOSSIBLE_DATES = [
    "Wed, 01 Jan 99999999999 00:00:00 GMT",
    "Wed, 99999999999999999999 Jan 2020 00:00:00 GMT",
    "Wed, 01 Jan 2020 99999999999:00:00 GMT",
    "Wed, 01 Jan 2020 00:00:00 +99999999999999999999",
]


def require_whole_file(client: FlaskClient, path: str, date: str) -> None:
    for headers in ({"If-Modified-Since": date}, {"If-Range": date, "Range": "bytes=0-0"}):
        with client.get(path, headers=headers) as answer:
            assert answer.status_code == 200
            assert len(answer.data) > 1


@pytest.mark.parametrize("date", IMPOSSIBLE_DATES)
@pytest.mark.parametrize("path", ["/static/page.css", "/web-checkout.js"])
def test_the_service_ignores_an_impossible_date(client: FlaskClient, path: str, date: str) -> None:
    require_whole_file(client, path, date)


@pytest.mark.parametrize("date", IMPOSSIBLE_DATES)
def test_the_ops_pages_ignore_an_impossible_date(app: Flask, date: str) -> None:
    ops = create_ops_app(app.extensions["handoff.objects"])
    require_whole_file(ops.test_client(), "/ops/static/ops.css", date)


def test_a_possible_date_is_compared(client: FlaskClient) -> None:
    future = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    with client.get("/static/page.css", headers=future) as answer:
        assert answer.status_code == 304
