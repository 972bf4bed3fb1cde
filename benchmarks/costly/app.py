"""The stand-in shop, with fifty products, behind what a Magento's calls cost.

Started with COSTLY_URL, its own address, and COSTLY_SESSIONS, the folder for sessions.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from handoff_sandbox import create_shop
from handoff_sandbox.catalogue import Catalogue, Product

from benchmarks.costly.cost import Costs


class Costly:
    """Answers as a shop does, but no sooner than a Magento would."""

    def __init__(self, shop: WSGIApplication) -> None:
        self._shop = shop
        self._costs = Costs()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call, and take for all of it what the call costs."""
        began = time.monotonic()
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        cost = self._costs.of(environ["REQUEST_METHOD"], environ["PATH_INFO"], body)
        answer = self._shop(environ, start_response)
        time.sleep(max(0.0, began + cost - time.monotonic()))
        return answer


def _products() -> list[Product]:
    plenty = Decimal(1_000_000)
    numbered = ((n, f"ITEM-{n:02d}") for n in range(1, 51))
    return [Product(n, sku, f"Lab item {n}", Decimal(10 + n), plenty) for n, sku in numbered]


app = Costly(
    create_shop(
        url=os.environ["COSTLY_URL"],
        session_path=Path(os.environ["COSTLY_SESSIONS"]),
        catalogue=Catalogue(_products()),
    )
)
