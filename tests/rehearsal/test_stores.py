"""Every store view is rehearsed in its own currency, at its own address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.rehearsal.staging import ADMIN, Staging
from tests.running import free_port, running_service, running_shop_of_stores
from tests.stores import CODES, settings_of_stores
from tests.talking import environment_for


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    folder = tmp_path_factory.mktemp("stores")
    port = free_port()
    with running_shop_of_stores(folder / "sessions") as shop:
        held = settings_of_stores(shop, folder, service_port=port)
        changes = {
            "HANDOFF_STORES": json.dumps(held["stores"]),
            "HANDOFF_STOREFRONT_URL": held["storefront_url"],
            "HANDOFF_PUBLIC_URL": held["public_url"],
        }
        environment = environment_for(shop, folder, **ADMIN, **changes)
        with running_service(environment, folder, workers=1, port=port) as service:
            yield Staging(shop, service, environment)


def test_all_store_views_are_rehearsed(stage: Staging) -> None:
    ended = stage.rehearse("--json", "--sku", "ITEM-01", "--sku", "ITEM-02")
    assert ended.code == 0, ended.out + ended.err
    steps = ended.document["steps"]
    assert list(dict.fromkeys(step["store"] for step in steps)) == list(CODES)
    bags = [step for step in steps if step["step"].startswith("exactly the bag")]
    told = {one["store"]: one["seen"] for one in bags if one["part"] == "guest with a bag"}
    assert [told[code].rpartition("for ")[2] for code in CODES] == [
        "34 GBP",
        "40.8 EUR",
        "49 EUR",
        "39.2 GBP",
    ]
    assert stage.lines_left() == []


def test_one_store_view_may_be_chosen(stage: Staging) -> None:
    ended = stage.rehearse("--json", "--store", "eu_gb")
    assert ended.code == 0, ended.out
    assert {step["store"] for step in ended.document["steps"]} == {"eu_gb"}


def test_the_shop_goes_by_the_name_of_any_of_its_storefronts(stage: Staging) -> None:
    port = urlsplit(stage.shop.url).port
    ended = stage.rehearse("--json", "--store", "eu_de", "--staging", f"http://localhost:{port}")
    assert ended.code == 0, ended.out + ended.err
