from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from threading import RLock
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from handoff_sandbox import graphql, rest, storefront
from handoff_sandbox.catalogue import Catalogue, lab_catalogue
from handoff_sandbox.clock import Clock
from handoff_sandbox.scopes import POUNDS, Currency, Views, one_view
from handoff_sandbox.shop import open_shop


def create_shop(
    *,
    url: str,
    session_path: Path,
    currency: Currency = POUNDS,
    clock: Clock = time.time,
    views: Views | None = None,
    catalogue: Catalogue | None = None,
    cookie_domain: str | None = None,
    shared_accounts: bool = False,
    dressed: bool = False,
) -> Flask:
    """Build the stand-in shop; `url` is its own base URL, `session_path` PHP's save path.

    It has one store view, in `currency`, and the simple products of the demo, unless others are
    given. `shared_accounts` lets every customer into every website. `cookie_domain` is Magento's
    setting of that name; without it cookies are for the host of the request. A `dressed` one has
    pictures and words for its products, which the recorded shop had not.
    """
    app = Flask(__name__, static_folder="static", static_url_path="/static/sandbox")
    app.url_map.strict_slashes = False
    # PHP's cookies and Magento's JSON are written out here; Flask's own session is not used.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    views = views or one_view(url.rstrip("/"), currency)
    shop = open_shop(
        views=views,
        session_path=session_path,
        clock=clock,
        catalogue=catalogue or lab_catalogue(),
        shared_accounts=shared_accounts,
        cookie_domain=cookie_domain,
    )
    shop.dressed = dressed
    app.extensions["sandbox"] = shop
    rest.register(app)
    graphql.register(app)
    storefront.register(app)
    app.wsgi_app = OneAtATime(app.wsgi_app, shop.lock)  # type: ignore[method-assign]
    return app


class OneAtATime:
    """Lets one request at a time at the shop's state, whatever the number of threads."""

    def __init__(self, app: WSGIApplication, lock: RLock):
        self._app = app
        self._lock = lock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            return self._app(environ, start_response)
