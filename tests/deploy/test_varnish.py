"""`docs/deploy/handoff.vcl`, above a VCL that caches and removes cookies, as Magento's does."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
import requests

from tests.browser.poq_cloud import Poq
from tests.nginx_server import CONF
from tests.running_servers import HOST, RunningService, free_port, require_program, wait_for_port

pytestmark = pytest.mark.processes

# It caches every response, and removes cookies from requests and responses.
SHOP_VCL = """
sub vcl_recv {
    unset req.http.Cookie;
    return (hash);
}
sub vcl_backend_response {
    unset beresp.http.Set-Cookie;
    set beresp.ttl = 1h;
    return (deliver);
}
sub vcl_deliver {
    set resp.http.Cache-Control = "no-store, no-cache, must-revalidate, max-age=0";
}
"""


@pytest.fixture(scope="module", params=[True, False], ids=["included", "not included"])
def included(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def varnish(
    included: bool, service: RunningService, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Run Varnish in front of the service and return its URL."""
    folder = tmp_path_factory.mktemp("varnish")
    folder.chmod(0o755)
    port = free_port()
    backend = f'backend default {{ .host = "{HOST}"; .port = "{service.url.rpartition(":")[2]}"; }}'
    included_vcl = (CONF.parent / "handoff.vcl").read_text("utf-8") if included else "vcl 4.0;"
    vcl = folder / "shop.vcl"
    vcl.write_text(included_vcl.replace("vcl 4.0;", f"vcl 4.0;\n{backend}", 1) + SHOP_VCL)
    command = [require_program("varnishd"), "-F", "-a", f"{HOST}:{port}", "-f", str(vcl)]
    command += ["-n", str(folder / "run"), "-s", "malloc,16m", "-T", "none", "-j", "none"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield f"http://{HOST}:{port}/handoff"
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_two_slashes_before_the_path_are_one(included: bool, varnish: str, poq: Poq) -> None:
    """nginx behind Varnish takes them for one."""
    path = poq.request_link().partition("/handoff")[2]
    page = requests.get(f"{varnish.removesuffix('/handoff')}//handoff{path}", timeout=10)
    assert (page.headers["Cache-Control"] == "private, no-store") is included


def test_the_path_passes_through_and_is_not_cached(included: bool, varnish: str, poq: Poq) -> None:
    path = poq.request_link().partition("/handoff")[2]
    cookies = []
    for _ in range(2):
        page = requests.get(f"{varnish}{path}", timeout=10)
        cookies.append(page.headers.get("Set-Cookie", ""))
        assert (page.headers["Cache-Control"] == "private, no-store") is included
    assert (all(cookies) and cookies[0] != cookies[1]) is included
    cookie = cookies[0].partition(";")[0]
    responses = [
        requests.post(
            f"{varnish}{path}", headers={"Cookie": cookie}, allow_redirects=False, timeout=10
        )
        for _ in range(2)
    ]
    if included:
        assert [answer.status_code for answer in responses] == [303, 303]
        assert "PHPSESSID" in responses[0].headers["Set-Cookie"]
