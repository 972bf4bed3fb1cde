"""Every store view is rehearsed in its own currency, at its own URL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.rehearsal.staging_shop import ADMIN, StagingShop
from tests.running_servers import free_port, running_service, running_shop_of_stores
from tests.service_calls import create_environment
from tests.several_stores import CODES, create_settings_of_stores

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StagingShop]:
    folder = tmp_path_factory.mktemp("stores")
    port = free_port()
    with running_shop_of_stores(folder / "sessions") as shop:
        values = create_settings_of_stores(shop, folder, service_port=port)
        changes = {
            "HANDOFF_STORES": json.dumps(values["stores"]),
            "HANDOFF_STOREFRONT_URL": values["storefront_url"],
            "HANDOFF_PUBLIC_URL": values["public_url"],
        }
        environment = create_environment(shop, folder, **ADMIN, **changes)
        with running_service(environment, folder, workers=1, port=port) as service:
            yield StagingShop(shop, service.url, environment)


def test_all_store_views_are_rehearsed(staging: StagingShop) -> None:
    finished = staging.rehearse("--json", "--sku", "ITEM-01", "--sku", "ITEM-02")
    assert finished.code == 0, finished.out + finished.err
    steps = finished.report["steps"]
    assert list(dict.fromkeys(step["store"] for step in steps)) == list(CODES)
    bags = [step for step in steps if step["step"].startswith("exactly the bag")]
    seen = {step["store"]: step["seen"] for step in bags if step["part"] == "guest with a bag"}
    assert [seen[code].rpartition("for ")[2] for code in CODES] == [
        "34 GBP",
        "40.8 EUR",
        "49 EUR",
        "39.2 GBP",
    ]
    assert staging.list_remaining_skus() == []


def test_one_store_view_can_be_chosen(staging: StagingShop) -> None:
    finished = staging.rehearse("--json", "--store", "eu_gb")
    assert finished.code == 0, finished.out
    assert {step["store"] for step in finished.report["steps"]} == {"eu_gb"}


def test_the_staging_url_can_be_that_of_any_storefront(staging: StagingShop) -> None:
    port = urlsplit(staging.shop.url).port
    finished = staging.rehearse(
        "--json", "--store", "eu_de", "--staging", f"http://localhost:{port}"
    )
    assert finished.code == 0, finished.out + finished.err
