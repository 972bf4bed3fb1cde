"""The sandbox shop with fifty products, slowed down to the speed of a real Magento.

The environment has SLOW_MAGENTO_URL, its own URL, and SLOW_MAGENTO_SESSIONS, a folder for sessions.
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

from benchmarks.slow_magento_app.call_durations import CallDurations


class SlowShop:
    """WSGI middleware that answers no sooner than a real Magento would."""

    def __init__(self, shop: WSGIApplication) -> None:
        self._shop = shop
        self._durations = CallDurations()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call after the time that it takes at a Magento."""
        started = time.monotonic()
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        duration = self._durations.get_duration(
            environ["REQUEST_METHOD"], environ["PATH_INFO"], body
        )
        response = self._shop(environ, start_response)
        time.sleep(max(0.0, started + duration - time.monotonic()))
        return response


def _build_products() -> list[Product]:
    plenty = Decimal(1_000_000)
    numbered = ((n, f"ITEM-{n:02d}") for n in range(1, 51))
    return [Product(n, sku, f"Lab item {n}", Decimal(10 + n), plenty) for n, sku in numbered]


app = SlowShop(
    create_shop(
        url=os.environ["SLOW_MAGENTO_URL"],
        session_path=Path(os.environ["SLOW_MAGENTO_SESSIONS"]),
        catalogue=Catalogue(_build_products()),
    )
)
