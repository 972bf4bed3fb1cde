"""A stand-in for Poq's web checkout script and for the host that it comes from."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask, Response, abort

from tests.running_servers import HOST, free_port, serve_in_thread

VERSION = "4.2.0"
SCRIPT = """
(() => {
  const { q } = window.PoqWebCheckout;
  window.received = window.received || [];
  const send = (name, data) => {
    const message = JSON.stringify(data === undefined ? [name] : [name, data]);
    window.received.push(message);
    if (window.recordMessage) window.recordMessage(message);
  };
  window.PoqWebCheckout = { send, options() {}, on() {}, destroy() {} };
  q.forEach(([name, args]) => window.PoqWebCheckout[name](...args));
})();
"""


def compute_integrity(content: str) -> str:
    """Return the hash that an app names for a script."""
    digest = hashlib.sha384(content.encode()).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"


@dataclass
class PoqAssets:
    """A host of Poq's script: its URL, the content of each version, and the paths asked for."""

    url: str
    content: str = SCRIPT
    status: int = 200
    paths: list[str] = field(default_factory=list)
    other_versions: set[str] = field(default_factory=set)


@contextmanager
def running_poq_assets() -> Iterator[PoqAssets]:
    """Run a host that serves the versions of the script."""
    port = free_port()
    assets = PoqAssets(f"http://{HOST}:{port}")
    app = Flask(__name__)

    @app.get("/<path:path>")
    def _serve(path: str) -> Response:
        assets.paths.append(path)
        versions = {VERSION, *assets.other_versions}
        if path not in {f"web-checkout.{version}.min.js" for version in versions}:
            abort(404)
        return Response(assets.content, assets.status, mimetype="text/javascript")

    with serve_in_thread(app, port):
        yield assets
