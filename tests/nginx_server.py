"""nginx with the configuration of `docs/deploy/nginx.conf`, and requests to it by host name."""

from __future__ import annotations

import getpass
import http.client
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.certificates import Authority, Certificate
from tests.running_servers import HOST, free_port, require_program, wait_for_port

CONF = Path(__file__).parents[1] / "docs" / "deploy" / "nginx.conf"
OPS_CONF = CONF.with_name("nginx-ops.conf")
SHOP, SERVICE, BARE = "www.shop.test", "handoff.shop.test", "shop.test"
_TEMPORARY_FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True, slots=True)
class NginxResponse:
    """A response, with its headers in the order in which they came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def get_all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for header, value in self.headers if header.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class NginxServer:
    """A running nginx. `folder` holds its logs."""

    folder: Path
    http_port: int
    https_port: int
    authority: Authority
    certificate: Certificate

    def send_request(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> NginxResponse:
        """Send a request to one of the three hosts, trusting the tests' authority."""
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        connection = http.client.HTTPConnection(host, timeout=20)
        connection.sock = self.connect(scheme, host)
        try:
            connection.request(method, f"/{path}", body, headers or {})
            answer = connection.getresponse()
            return NginxResponse(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def chromium_resolver_rules(self) -> str:
        """Return the option with which Chromium finds the hosts at the test's ports."""
        names = (SHOP, SERVICE, BARE)
        ports = ((80, self.http_port), (443, self.https_port))
        rules = (f"MAP {name}:{usual} {HOST}:{port}" for name in names for usual, port in ports)
        return ",".join(rules)

    def read_logs(self, *expected: str) -> str:
        """Return the content of all logs, which nginx writes after its answers.

        Waits until each expected text is in them, for a minute at most.
        """
        until = time.monotonic() + 60
        while True:
            logs = "".join(log.read_text() for log in self.folder.glob("*.log"))
            if all(text in logs for text in expected) or time.monotonic() > until:
                return logs
            time.sleep(0.02)

    def connect(self, scheme: str, host: str) -> socket.socket:
        """Open a connection to one of the hosts, as a client that trusts the tests' authority."""
        port = self.https_port if scheme == "https" else self.http_port
        connection = socket.create_connection((HOST, port), timeout=20)
        if scheme == "http":
            return connection
        context = ssl.create_default_context(cafile=self.authority.file)
        return context.wrap_socket(connection, server_hostname=host)


@contextmanager
def running_nginx(
    folder: Path, *, shop: str, service: str, ops: str | None = None
) -> Iterator[NginxServer]:
    """Run nginx in front of a shop, the service and its ops pages, all as `http://host:port`."""
    authority = Authority(folder)
    certificate = authority.issue(BARE, f"*.{BARE}")
    nginx = NginxServer(folder, free_port(), free_port(), authority, certificate)
    conf = folder / "nginx.conf"
    conf.write_text(_render_configuration(nginx, shop, service, ops))
    command = [require_program("nginx"), "-c", str(conf), "-e", str(folder / "start.log")]
    process = subprocess.Popen([*command, "-g", f"daemon off; pid {folder}/pid;"])
    try:
        wait_for_port(nginx.https_port)
        yield nginx
    finally:
        process.terminate()
        process.wait(timeout=20)


def _render_configuration(nginx: NginxServer, shop: str, service: str, ops: str | None) -> str:
    """Return the configuration with the ports, files and upstreams of this run."""
    folder = nginx.folder
    temporary = "".join(f"\n    {name}_temp_path {folder}/{name};" for name in _TEMPORARY_FOLDERS)
    text = CONF.read_text("utf-8")
    if ops is not None:
        text = text.rstrip().removesuffix("}") + _render_ops_server(nginx, ops) + "}\n"
    replaced = {
        "user www-data;": f"user {getpass.getuser()};",
        "/var/log/nginx": str(folder),
        "http {": f"http {{{temporary}",
        "/etc/ssl/shop.pem;": f"{nginx.certificate.file};",
        "/etc/ssl/shop.key;": f"{nginx.certificate.key};",
        "server 127.0.0.1:8080;": f"server {shop.removeprefix('http://')};",
        "server 127.0.0.1:8000;": f"server {service.removeprefix('http://')};",
        "listen 80": f"listen {HOST}:{nginx.http_port}",
        "listen 443": f"listen {HOST}:{nginx.https_port}",
    }
    return _replace_all(text, replaced)


def _render_ops_server(nginx: NginxServer, ops: str) -> str:
    text = OPS_CONF.read_text("utf-8")
    replaced = {
        "/etc/ssl/ops.pem;": f"{nginx.certificate.file};",
        "/etc/ssl/ops.key;": f"{nginx.certificate.key};",
        "proxy_pass http://127.0.0.1:8010;": f"proxy_pass {ops};",
        "allow 10.0.0.0/8;": f"allow {HOST};",
    }
    return _replace_all(text, replaced)


def _replace_all(text: str, replaced: dict[str, str]) -> str:
    """Return a documented text with the values of this run in the place of the documented ones."""
    for documented, own in replaced.items():
        assert documented in text, documented
        text = text.replace(documented, own)
    return text
