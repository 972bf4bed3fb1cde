"""The lines that `handoff init` writes for a shop's own nginx."""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from handoff.installation.deployment_files import Deployment
from tests.running_servers import (
    HOST,
    RunningShop,
    free_port,
    require_program,
    running_service,
    wait_for_port,
)
from tests.service_calls import create_environment, post_transfer

pytestmark = pytest.mark.processes

# A shop's nginx with a location of Magento's nginx.conf.sample, and the usual log.
CONFIGURATION = """\
user {user};
pid {folder}/pid;
events {{}}
http {{
    access_log {folder}/access.log;
    error_log {folder}/error.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        include {include};
        location ~* (\\.git|\\.php$) {{ deny all; }}
        location / {{ proxy_pass {shop}; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class ShopNginx:
    """A shop's nginx with the lines for Handoff."""

    url: str
    folder: Path


@pytest.fixture
def shop_nginx(shop: RunningShop, tmp_path: Path) -> Iterator[ShopNginx]:
    port, folder = free_port(), tmp_path
    url = f"http://{HOST}:{port}/handoff"
    environment = create_environment(
        shop, folder, HANDOFF_PUBLIC_URL=url, HANDOFF_TRUSTED_PROXIES="1"
    )
    with running_service(environment, folder) as service:
        bind = urlsplit(service.url).netloc
        user = getpass.getuser()
        deployment = Deployment(folder / "handoff.env", folder, user, user, bind, folder)
        include = deployment.plan_nginx_include(url)
        include.path.write_text(include.text)
        conf = folder / "shop.conf"
        values = {"user": user, "folder": folder, "port": port, "shop": shop.url}
        conf.write_text(CONFIGURATION.format(include=include.path, **values))
        command = [require_program("nginx"), "-c", str(conf), "-e", str(folder / "start.log")]
        process = subprocess.Popen([*command, "-g", "daemon off;"])
        try:
            wait_for_port(port)
            yield ShopNginx(url, folder)
        finally:
            process.terminate()
            process.wait(timeout=20)


def test_the_lines_pass_transfers_and_links_on_and_keep_links_out_of_the_log(
    shop_nginx: ShopNginx,
) -> None:
    bag = {"items": [{"sku": "ITEM-01", "quantity": 1}], "currency": "GBP", "reference": "r"}
    link = post_transfer(shop_nginx.url, bag).json()["url"]
    with requests.Session() as web_view:
        assert web_view.get(link, timeout=20).status_code == 200
        assert web_view.post(link, timeout=20).url.endswith("/checkout/")
    for page in ("readyz", "metrics"):
        assert requests.get(f"{shop_nginx.url}/{page}", timeout=20).status_code == 404
    token = link.rpartition("/")[2]
    logs = (path.read_text() for path in shop_nginx.folder.glob("*.log"))
    assert [log for log in logs if token in log] == []
