"""The stand-in shop with something wrong: an ailment is what a test does to its app."""

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
from handoff_sandbox.shop import Shop
from werkzeug.serving import make_server

from tests.running import HOST, free_port

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Ailment = Callable[[Flask], None]


@contextmanager
def ailing_shop(sessions: Path, *ailments: Ailment) -> Iterator[tuple[str, Shop]]:
    """Run the demo's shop with ailments; gives its address and what it knows."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    port = free_port()
    url = f"http://{HOST}:{port}"
    app = create_shop(url=url, session_path=sessions, dressed=True)
    for ailment in ailments:
        ailment(app)
    server = make_server(HOST, port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield url, app.extensions["sandbox"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def instead(answer: Callable[[Request], Response | None]) -> Ailment:
    """Let requests be answered before they reach the shop; None lets them through."""

    def afflict(app: Flask) -> None:
        shop = app.wsgi_app

        def stand_before(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            response = answer(Request(environ))
            return shop(environ, start) if response is None else response(environ, start)

        app.wsgi_app = stand_before  # type: ignore[assignment,method-assign]

    return afflict


def answers(path: str, body: Any, status: int = 200, **headers: str) -> Ailment:
    """Let every address that ends with a path answer this: text as a page, else JSON."""
    kind = "text/html" if isinstance(body, str) else "application/json"
    text = body if isinstance(body, str) else json.dumps(body)

    def answer(request: Request) -> Response | None:
        if not request.path.endswith(path):
            return None
        return Response(text, status, headers, content_type=kind)

    return instead(answer)


def changes(path: str, change: Callable[[Any], None]) -> Ailment:
    """Let the JSON that an address answers be changed."""

    def afflict(app: Flask) -> None:
        @app.after_request
        def _change(response: Response) -> Response:
            if request.path.endswith(path) and response.status_code == 200:
                data = response.get_json()
                change(data)
                response.set_data(json.dumps(data))
            return response

    return afflict


def rewrites(header: str, change: Callable[[str], str]) -> Ailment:
    """Let a header of every answer be changed; a header that is not there starts empty."""

    def afflict(app: Flask) -> None:
        @app.after_request
        def _rewrite(response: Response) -> Response:
            held = response.headers.getlist(header) or [""]
            response.headers.setlist(header, [change(value) for value in held])
            return response

    return afflict


def cookie_says(old: str, new: str) -> Ailment:
    """Let the shop's cookies be set in other words."""

    def afflict(app: Flask) -> None:
        @app.after_request
        def _rewrite(response: Response) -> Response:
            lines = response.headers.getlist("Set-Cookie")
            response.headers.setlist("Set-Cookie", [line.replace(old, new) for line in lines])
            return response

    return afflict


def denies(path: str) -> Ailment:
    """Let an address be denied to everybody, as Magento denies a right."""
    words = "The consumer isn't authorized to access %resources."
    return answers(path, {"message": words, "parameters": {"resources": "x"}}, 401)


def ruled(**rules: Any) -> Ailment:
    """Let the shop's configuration be another."""

    def afflict(app: Flask) -> None:
        for name, value in rules.items():
            setattr(app.extensions["sandbox"].rules, name, value)

    return afflict
