"""`docs/deploy/nginx-ops.conf`, unchanged, in front of the ops pages of a running service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from handoff.operations.ops_pages.sign_in_views import TRIES_PER_ADDRESS
from tests.nginx_server import SHOP, NginxResponse, NginxServer, running_nginx
from tests.running_servers import HOST, RunningShop, free_port, running_service
from tests.service_calls import create_environment

pytestmark = pytest.mark.processes

OPS = "https://ops.shop.test"
PASSWORD = "a password of the support desk"
LINK = f"https://{SHOP}/handoff/h/{'A' * 22}.{'B' * 43}"


@pytest.fixture
def ops_nginx(shop: RunningShop, tmp_path: Path) -> Iterator[NginxServer]:
    port = free_port()
    values = create_environment(
        shop,
        tmp_path,
        HANDOFF_OPS_PASSWORD=PASSWORD,
        HANDOFF_OPS_URL=OPS,
        HANDOFF_TRUSTED_PROXIES="1",
    )
    options = ("--ops-bind", f"{HOST}:{port}")
    with running_service(values, tmp_path, options=options) as service:
        ops = f"http://{HOST}:{port}"
        folder = tmp_path / "nginx"
        folder.mkdir()
        with running_nginx(folder, shop=shop.url, service=service.url, ops=ops) as nginx:
            yield nginx


def post(nginx: NginxServer, path: str, cookie: str = "", **fields: str) -> NginxResponse:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": OPS, "Cookie": cookie}
    body = urlencode(fields).encode()
    return nginx.send_request(f"{OPS}{path}", method="POST", headers=headers, body=body)


def test_the_pages_answer_at_their_host_and_not_at_the_shop(ops_nginx: NginxServer) -> None:
    [location] = ops_nginx.send_request("http://ops.shop.test/x").get_all("Location")
    assert location == f"{OPS}/ops/"
    signed_in = post(ops_nginx, "/ops/login", password=PASSWORD)
    assert (signed_in.status, signed_in.get_all("Location")) == (303, ["/ops/"])
    [cookie] = signed_in.get_all("Set-Cookie")
    assert cookie.startswith("__Host-handoff_ops=")
    headers = {"Cookie": cookie.partition(";")[0]}
    page = ops_nginx.send_request(f"{OPS}/ops/", headers=headers)
    assert page.status == 200
    assert b"Links given out" in page.body
    for path in ("/ops/", "/handoff/ops/", "/handoff/ops/login"):
        answer = ops_nginx.send_request(f"https://{SHOP}{path}", headers=headers)
        assert answer.status == 404


def test_a_pasted_link_is_in_no_log(ops_nginx: NginxServer) -> None:
    query = urlencode({"q": LINK})
    assert ops_nginx.send_request(f"{OPS}/ops/?{query}").status == 303
    logged = "GET ops.shop.test /ops/"
    logs = ops_nginx.read_logs(logged)
    assert logged in logs
    assert "B" * 43 not in logs


def test_a_client_cannot_pretend_to_be_many(ops_nginx: NginxServer) -> None:
    statuses = []
    for number in range(TRIES_PER_ADDRESS.count + 1):
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-For": f"203.0.113.{number}",
        }
        answer = ops_nginx.send_request(
            f"{OPS}/ops/login", method="POST", headers=headers, body=b"password=wrong"
        )
        statuses.append(answer.status)
    assert statuses == [403] * TRIES_PER_ADDRESS.count + [429]
