"""nginx as `docs/deploy/nginx.conf` has it, on ports of its own, and requests by host name."""

from __future__ import annotations

import getpass
import http.client
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.certificates import Authority, Certificate
from tests.running import HOST, free_port, require_program, wait_for_port

CONF = Path(__file__).parents[1] / "docs" / "deploy" / "nginx.conf"
SHOP, SERVICE, BARE = "www.shop.test", "handoff.shop.test", "shop.test"
_WRITTEN_TO = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, headers as they came, one after the other, and body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for each, value in self.headers if each.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class Front:
    """A running nginx. `folder` holds its logs."""

    folder: Path
    http_port: int
    https_port: int
    authority: Authority
    certificate: Certificate

    def ask(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """Ask for an address of the three hosts, as a client that knows the tests' authority."""
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        connection = http.client.HTTPConnection(host, timeout=20)
        connection.sock = self.line(scheme, host)
        try:
            connection.request(method, f"/{path}", body, headers or {})
            answer = connection.getresponse()
            return Reply(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def resolver_rules(self) -> str:
        """Return how Chromium finds the hosts, by the ports that addresses do not name."""
        names = (SHOP, SERVICE, BARE)
        ports = ((80, self.http_port), (443, self.https_port))
        rules = (f"MAP {name}:{usual} {HOST}:{port}" for name in names for usual, port in ports)
        return ",".join(rules)

    def logged(self) -> str:
        """Return all that it has written to its logs."""
        return "".join(log.read_text() for log in self.folder.glob("*.log"))

    def line(self, scheme: str, host: str) -> socket.socket:
        """Open a connection to one of the hosts, as a client that knows the tests' authority."""
        port = self.https_port if scheme == "https" else self.http_port
        line = socket.create_connection((HOST, port), timeout=20)
        if scheme == "http":
            return line
        context = ssl.create_default_context(cafile=self.authority.file)
        return context.wrap_socket(line, server_hostname=host)


@contextmanager
def running_front(folder: Path, *, shop: str, service: str) -> Iterator[Front]:
    """Run nginx before a shop and the service, which are given as `http://host:port`."""
    authority = Authority(folder)
    certificate = authority.issue(BARE, f"*.{BARE}")
    front = Front(folder, free_port(), free_port(), authority, certificate)
    conf = folder / "nginx.conf"
    conf.write_text(_rendered(front, shop, service))
    command = [require_program("nginx"), "-c", str(conf), "-e", str(folder / "start.log")]
    process = subprocess.Popen([*command, "-g", f"daemon off; pid {folder}/pid;"])
    try:
        wait_for_port(front.https_port)
        yield front
    finally:
        process.terminate()
        process.wait(timeout=20)


def _rendered(front: Front, shop: str, service: str) -> str:
    """Return the conf with the ports, files and upstreams of this run in it, and nothing else."""
    folder = front.folder
    temporary = "".join(f"\n    {name}_temp_path {folder}/{name};" for name in _WRITTEN_TO)
    text = CONF.read_text("utf-8")
    for theirs, ours in (
        ("user www-data;", f"user {getpass.getuser()};"),
        ("/var/log/nginx", str(folder)),
        ("http {", f"http {{{temporary}"),
        ("/etc/ssl/shop.pem;", f"{front.certificate.file};"),
        ("/etc/ssl/shop.key;", f"{front.certificate.key};"),
        ("server 127.0.0.1:8080;", f"server {shop.removeprefix('http://')};"),
        ("server 127.0.0.1:8000;", f"server {service.removeprefix('http://')};"),
        ("listen 80", f"listen {HOST}:{front.http_port}"),
        ("listen 443", f"listen {HOST}:{front.https_port}"),
    ):
        assert theirs in text, theirs
        text = text.replace(theirs, ours)
    return text
