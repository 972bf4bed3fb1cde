"""The stand-in shop as a Flask application."""

from __future__ import annotations

import time
from collections.abc import Iterable
from copy import copy, deepcopy
from functools import cache
from pathlib import Path
from threading import RLock
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from handoff_sandbox import graphql, rest, storefront
from handoff_sandbox.catalogue import Catalogue, create_demo_catalogue
from handoff_sandbox.formats import Clock
from handoff_sandbox.magento_version import MagentoVersion
from handoff_sandbox.maintenance import MaintenanceMode
from handoff_sandbox.shop import SandboxShop, create_sandbox_shop
from handoff_sandbox.store_views import POUNDS, Currency, ShopViews, create_single_view


def create_shop(
    *,
    url: str,
    session_path: Path,
    currency: Currency = POUNDS,
    clock: Clock = time.time,
    views: ShopViews | None = None,
    catalogue: Catalogue | None = None,
    cookie_domain: str | None = None,
    shared_accounts: bool = False,
    with_demo_content: bool = False,
    magento: str = MagentoVersion.V2_4_7,
) -> Flask:
    """Build the stand-in shop; `url` is its own base URL, `session_path` PHP's save path.

    It has one store view, in `currency`, and the simple products of the demo, unless others are
    given. `shared_accounts` lets every customer into every website. `cookie_domain` is Magento's
    setting; without it cookies are for the host of the request. `with_demo_content` adds pictures
    and words to the products. `magento` is the version: 2.4.6, 2.4.7 or 2.4.8.
    """
    app = copy(_build_routes())
    # A caller may add functions to these.
    app.after_request_funcs = deepcopy(app.after_request_funcs)
    shop = create_sandbox_shop(
        views=views or create_single_view(url.rstrip("/"), currency),
        session_path=session_path,
        clock=clock,
        catalogue=catalogue or create_demo_catalogue(),
        shared_accounts=shared_accounts,
        cookie_domain=cookie_domain,
    )
    shop.with_demo_content = with_demo_content
    shop.version = MagentoVersion(magento)
    app.extensions = {"sandbox": shop}
    _add_middleware(app, shop, session_path)
    return app


@cache
def _build_routes() -> Flask:
    """Build the application without a shop, once for all shops of this process.

    Compiling its routes takes about 60 ms.
    """
    app = Flask(__name__, static_folder="static", static_url_path="/static/sandbox")
    app.url_map.strict_slashes = False
    # Magento does not sort the fields of its JSON.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    rest.register_routes(app)
    graphql.register_routes(app)
    storefront.register_routes(app)
    return app


def _add_middleware(app: Flask, shop: SandboxShop, session_path: Path) -> None:
    one_at_a_time = OneRequestAtATime(app.wsgi_app, shop.lock)
    app.wsgi_app = MaintenanceMode(one_at_a_time, session_path)  # type: ignore[method-assign]


class OneRequestAtATime:
    """Middleware that lets only one request at a time use the shop's state."""

    def __init__(self, app: WSGIApplication, lock: RLock):
        self._app = app
        self._lock = lock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            return self._app(environ, start_response)
