"""Settings of a service for the stand-in shop with several store views."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import create_settings
from tests.running_servers import HOST, RunningShop

CODES = ("default", "base_eur", "eu_de", "eu_gb")
TWO_TOWELS = (("ITEM-01", 2),)  # £22, €26.40, €32 and £25.60


def create_settings_of_stores(
    shop: RunningShop,
    folder: Path,
    *,
    hosts: tuple[str, str] = (HOST, "localhost"),
    service_port: int = 8000,
) -> dict[str, Any]:
    """Return settings of a service that is reached on the hosts of both websites."""
    shop_port = urlsplit(shop.url).port
    first, second = (f"http://{host}:{shop_port}" for host in hosts)
    own = {"url": second, "public_url": f"http://{hosts[1]}:{service_port}"}
    base = {"website_id": 1, "website_code": "base"}
    eu = {"website_id": 2, "website_code": "eu", **own}
    stores = (
        {"currency": "GBP", "code": "default", "store_id": 1, **base},
        {"currency": "EUR", "code": "base_eur", "store_id": 2, **base},
        {"currency": "EUR", "code": "eu_de", "store_id": 3, "language": "de", **eu},
        {"currency": "GBP", "code": "eu_gb", "store_id": 4, **eu},
    )
    return {
        **create_settings(shop.url, shop.sessions, folder),
        "public_url": f"http://{hosts[0]}:{service_port}",
        "storefront_url": first,
        "stores": stores,
    }
