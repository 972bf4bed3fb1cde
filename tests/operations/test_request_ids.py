"""Each answer and each log line of its request have the same request id."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from tests.conftest import KEY, MakeApp, Poq, use_link
from tests.logs import CapturedLog

NEW_ID = re.compile(r"[0-9a-f]{32}")


def send_id(make_app: MakeApp, proxies: int, request_id: str) -> TestResponse:
    client = make_app(trusted_proxies=proxies).test_client()
    return client.get("/h/unknown", headers={"X-Request-ID": request_id})


@pytest.mark.parametrize("request_id", ["a", "A-z_0.9", "0" * 64, "2f1e4c9a-7d34-4c1b-8f0e-1"])
def test_the_id_of_a_trusted_proxy_is_in_the_answer_and_in_the_log(
    request_id: str, make_app: MakeApp, captured_log: CapturedLog
) -> None:
    answer = send_id(make_app, 1, request_id)
    assert answer.headers.getlist("X-Request-ID") == [request_id]
    [line] = captured_log.read_lines("request")
    assert line["request_id"] == request_id


@pytest.mark.parametrize(
    ("proxies", "request_id"),
    [
        (0, "from-anybody"),
        (1, ""),
        (1, "0" * 65),
        (1, "two words"),
        (1, "first, second"),
        (1, '"quoted"'),
        (1, "<script>"),
        (1, "caf\u00e9"),
        (1, "\u0661\u0662"),
        (1, "a/b"),
    ],
)
def test_any_other_id_is_replaced(
    proxies: int, request_id: str, make_app: MakeApp, captured_log: CapturedLog
) -> None:
    answer = send_id(make_app, proxies, request_id.encode().decode("latin-1"))
    [new] = answer.headers.getlist("X-Request-ID")
    assert NEW_ID.fullmatch(new)
    [line] = captured_log.read_lines("request")
    assert line["request_id"] == new


def test_every_kind_of_answer_has_an_id_of_its_own(
    make_app: MakeApp, captured_log: CapturedLog
) -> None:
    app = make_app(metrics=True)
    client, phone = app.test_client(), app.test_client()
    link = Poq(client).request_link()
    answers = [
        phone.get(link),
        use_link(phone, link),
        client.post("/api/cart-transfer", headers={"Authorization": "wrong"}),
        client.get("/api/handoffs/unknown", headers={"Authorization": KEY}),
        client.get("/api/unknown"),
        client.delete("/h/x"),
        client.get("/somewhere"),
        client.get("/healthz"),
        client.get("/readyz"),
        client.get("/metrics"),
        client.get("/openapi.json"),
        client.get("/h/x", headers={"X-Long": "x" * 9000}),
    ]
    ids = {answer.headers["X-Request-ID"] for answer in answers}
    assert len(ids) == len(answers)
    assert ids <= {line["request_id"] for line in captured_log.read_lines("request")}
    files = [client.get(path) for path in ("/web-checkout.js", "/theme.css")]  # not logged
    assert len({file.headers["X-Request-ID"] for file in files} - ids) == len(files)


def test_all_lines_of_a_request_have_its_id(make_app: MakeApp, captured_log: CapturedLog) -> None:
    client = make_app().test_client()
    refused = client.post("/api/cart-transfer", headers={"Authorization": "wrong"})
    lines = captured_log.read_lines()
    assert {line["event"] for line in lines} == {"key_rejected", "request"}
    assert {line["request_id"] for line in lines} == {refused.headers["X-Request-ID"]}
