"""What a shop says about itself, if it is no usual Magento."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from handoff.installation.shop_discovery import ShopDiscovery, ShopNotFound
from tests.doctor.modified_shop import change_json, run_modified_shop


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "one"},
        {"website_id": [1]},
        {"store_code": "default\x1b[31m"},
        {"default_display_currency_code": "GBP\nHANDOFF_PAUSED=1"},
        {"secure_base_url": "javascript:alert(1)"},
        {"secure_base_url": "http://shop.test/\nHANDOFF_PAUSED=1"},
        {"secure_base_link_url": "http://[::1/"},
        {"secure_base_link_url": 5},
    ],
    ids=str,
)
def test_a_store_view_that_magento_cannot_have_is_refused(
    fields: dict[str, Any], tmp_path: Path
) -> None:
    def change(answer: Any) -> None:
        answer["data"]["storeConfig"].update(fields)

    with run_modified_shop(tmp_path, change_json("/graphql", change)) as (url, _):
        with pytest.raises(ShopNotFound) as refusal:
            ShopDiscovery().find_shop(url)
    assert str(refusal.value).isprintable()
