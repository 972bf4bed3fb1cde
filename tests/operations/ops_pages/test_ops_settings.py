"""The settings of the ops pages: which addresses are refused at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from handoff.settings import SettingsError, load_settings
from tests.conftest import STORE, create_settings
from tests.operations.ops_pages.conftest import PASSWORD

SECOND_STORE = {
    **STORE,
    "code": "german",
    "currency": "EUR",
    "store_id": 2,
    "url": "https://shop.example.de",
    "public_url": "https://shop.example.de/handoff",
}


def load(tmp_path: Path, **changes: Any) -> Any:
    values = create_settings("https://www.shop.example", tmp_path, tmp_path)
    own = {"public_url": "https://www.shop.example/handoff", "ops_password": PASSWORD}
    return load_settings(**{**values, **own, **changes})


@pytest.mark.parametrize(
    "ops_url",
    [
        "https://www.shop.example",
        "https://WWW.shop.example:443/",
        "https://www.shop.example:8443",
        "https://shop.example.de",
        "https://internal.shop.example",
    ],
)
def test_a_host_that_serves_other_pages_is_refused(tmp_path: Path, ops_url: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(
            tmp_path,
            ops_url=ops_url,
            magento_url="https://internal.shop.example",
            storefront_url="https://www.shop.example",
            stores=(STORE, SECOND_STORE),
        )
    assert "HANDOFF_OPS_URL needs a host of its own" in str(raised.value.faults)


@pytest.mark.parametrize(
    "ops_url", ["https://ops.shop.example", "https://10.0.0.7:8443", "http://127.0.0.1:8010"]
)
def test_a_host_of_its_own_is_accepted(tmp_path: Path, ops_url: str) -> None:
    assert load(tmp_path, ops_url=f"{ops_url}/").ops_url == ops_url


def test_the_password_is_never_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, ops_password="elevenchars")
    assert "HANDOFF_OPS_PASSWORD" in str(raised.value.faults)
    assert "elevenchars" not in str(raised.value.faults)
    assert PASSWORD not in repr(load(tmp_path))
