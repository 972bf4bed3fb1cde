"""A rehearsal reaches shop and service as a phone does: by host name, and with TLS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nginx_server import BARE, SERVICE, SHOP, running_nginx
from tests.rehearsal.staging_shop import ADMIN
from tests.running_servers import HOST, running_service, running_shop
from tests.service_calls import create_environment

pytestmark = pytest.mark.processes

# DNS does not know the hosts of the tests: connections to them go to nginx.
_COMMAND = """
import sys, urllib3.util.connection as connections
from handoff.cli import main
connect, port = connections.create_connection, int(sys.argv.pop(1))
def connect_to_nginx(address, *rest, **options):
    is_test_host = address[0].endswith(".test")
    return connect(("127.0.0.1", port) if is_test_host else address, *rest, **options)
connections.create_connection = connect_to_nginx
main()
"""


@pytest.mark.parametrize(
    ("public_url", "cookie_domain"),
    [(f"https://{SHOP}/handoff", None), (f"https://{SERVICE}", f".{BARE}")],
)
def test_both_deployments_of_the_readme_are_rehearsed(
    tmp_path: Path, public_url: str, cookie_domain: str | None
) -> None:
    storefront, logs = f"https://{SHOP}", tmp_path / "nginx"
    logs.mkdir()
    with running_shop(
        tmp_path / "sessions", public_url=storefront, cookie_domain=cookie_domain
    ) as shop:
        settings = {
            **create_environment(shop, tmp_path, **ADMIN),
            "HANDOFF_PUBLIC_URL": public_url,
            "HANDOFF_STOREFRONT_URL": storefront,
            "HANDOFF_TRUSTED_PROXIES": "1",
            "HANDOFF_SESSION_COOKIE_DOMAIN": cookie_domain or "",
        }
        with (
            running_service(settings, tmp_path) as service,
            running_nginx(logs, shop=shop.url, service=service.url) as nginx,
        ):
            arguments = [str(nginx.https_port), "rehearse", "--json", "--staging", storefront]
            finished = subprocess.run(
                [sys.executable, "-c", _COMMAND, *arguments, "--place-order"],
                env={
                    "PATH": os.environ["PATH"],
                    "NO_PROXY": HOST,
                    "REQUESTS_CA_BUNDLE": str(nginx.authority.file),
                    **settings,
                },
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert {step["verdict"] for step in json.loads(finished.stdout)["steps"]} == {"ok"}
