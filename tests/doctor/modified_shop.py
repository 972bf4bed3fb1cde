"""The stand-in shop with a modification: a function that changes its Flask app."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, request
from handoff_sandbox import create_shop
from handoff_sandbox.shop import SandboxShop
from werkzeug.serving import make_server

from tests.running_servers import HOST, free_port

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Modification = Callable[[Flask], None]


@contextmanager
def run_modified_shop(
    sessions: Path, *modifications: Modification
) -> Iterator[tuple[str, SandboxShop]]:
    """Run the demo's shop with modifications; yield its URL and its state."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    port = free_port()
    url = f"http://{HOST}:{port}"
    app = create_shop(url=url, session_path=sessions, with_demo_content=True)
    script = f'<script src="{url}/web-checkout.js" defer></script>'
    app.extensions["sandbox"].head_includes = script
    for modify in modifications:
        modify(app)
    server = make_server(HOST, port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield url, app.extensions["sandbox"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer_before(answer: Callable[[Request], Response | None]) -> Modification:
    """Return what answers requests before the shop does; None passes one on."""

    def modify(app: Flask) -> None:
        shop = app.wsgi_app

        def call(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            response = answer(Request(environ))
            return shop(environ, start) if response is None else response(environ, start)

        app.wsgi_app = call  # type: ignore[assignment,method-assign]

    return modify


def answer_path(path: str, body: Any, status: int = 200, **headers: str) -> Modification:
    """Return what answers every URL that ends with a path: a text as a page, others as JSON."""
    kind = "text/html" if isinstance(body, str) else "application/json"
    text = body if isinstance(body, str) else json.dumps(body)

    def answer(request: Request) -> Response | None:
        if not request.path.endswith(path):
            return None
        return Response(text, status, headers, content_type=kind)

    return answer_before(answer)


def change_json(path: str, change: Callable[[Any], None]) -> Modification:
    """Return what changes the JSON that a path answers."""

    def modify(app: Flask) -> None:
        @app.after_request
        def _change(response: Response) -> Response:
            if request.path.endswith(path) and response.status_code == 200:
                data = response.get_json()
                change(data)
                response.set_data(json.dumps(data))
            return response

    return modify


def change_header(header: str, change: Callable[[str], str]) -> Modification:
    """Return what changes a header of every answer; a missing header is empty before."""

    def modify(app: Flask) -> None:
        @app.after_request
        def _rewrite(response: Response) -> Response:
            values = response.headers.getlist(header) or [""]
            response.headers.setlist(header, [change(value) for value in values])
            return response

    return modify


def change_cookies(old: str, new: str) -> Modification:
    """Return what replaces a text in every Set-Cookie header."""

    def modify(app: Flask) -> None:
        @app.after_request
        def _rewrite(response: Response) -> Response:
            lines = response.headers.getlist("Set-Cookie")
            response.headers.setlist("Set-Cookie", [line.replace(old, new) for line in lines])
            return response

    return modify


def deny_path(path: str) -> Modification:
    """Return what denies a path to everybody, as Magento denies a right."""
    message = "The consumer isn't authorized to access %resources."
    return answer_path(path, {"message": message, "parameters": {"resources": "x"}}, 401)


def set_rules(**rules: Any) -> Modification:
    """Return what changes the shop's configuration."""

    def modify(app: Flask) -> None:
        for name, value in rules.items():
            setattr(app.extensions["sandbox"].rules, name, value)

    return modify
