"""Rotation of the secret key: links stay valid while their key is a previous one."""

from __future__ import annotations

from pathlib import Path

import pytest

from handoff.web_view_link import LinkTokens
from tests.conftest import BOTH, KEY, create_ledger
from tests.races.conftest import build_environment
from tests.races.ledger_access import SECRET, get_handoff_id
from tests.races.retrying_load import assert_nothing_was_lost, run_load
from tests.races.simultaneous_requests import (
    build_bag,
    build_entry_request,
    build_transfer_request,
    send,
)
from tests.running_servers import RunningService, RunningShop, running_service

pytestmark = pytest.mark.processes

NEW = "another secret that is just as long as it has to be"
OLDER = "a secret from before the last one"
NEWEST = "the secret that comes after the other one"
NEW_KEY = "another-key-of-the-tests"
_ROTATED = ("HANDOFF_API_KEYS", "HANDOFF_SECRET_KEY", "HANDOFF_PREVIOUS_SECRET_KEYS")
FORGOTTEN = "a secret that is in no setting any more"


def test_links_signed_with_a_previous_key_work_and_those_of_a_removed_key_do_not(
    service: RunningService, shop: RunningShop, ledger: str, folder: Path, tmp_path: Path
) -> None:
    looked_at, opened_by_the_old = (transfer(service, shop) for _ in range(2))
    older, forgotten = (sign_again(transfer(service, shop), key) for key in (OLDER, FORGOTTEN))
    rotated = build_environment(
        shop.url,
        ledger,
        folder,
        HANDOFF_SECRET_KEY=NEW,
        HANDOFF_PREVIOUS_SECRET_KEYS=f"{SECRET},{OLDER}",
    )
    with running_service(rotated, tmp_path, workers=1) as renewed:
        assert send(renewed.url, build_entry_request("GET", looked_at)).status == 200
        assert send(renewed.url, build_entry_request("POST", looked_at)).status == 303
        assert send(renewed.url, build_entry_request("POST", older)).status == 303
        assert send(renewed.url, build_entry_request("POST", forgotten)).status == 404
        # Processes that still have the old key do not know the new one, and use no link of it.
        new = transfer(renewed, shop)
        assert send(service.url, build_entry_request("POST", new)).status == 404
        assert send(renewed.url, build_entry_request("POST", new)).status == 303
        assert send(service.url, build_entry_request("POST", opened_by_the_old)).status == 303


class RotatedKeys:
    """Keys in files, which a running service reads again."""

    def __init__(self, folder: Path) -> None:
        self._files = {name: folder / name.lower() for name in _ROTATED}
        self.write(KEY, SECRET, "")

    def build_environment(self) -> dict[str, str]:
        """Return the settings that name the files."""
        return {f"{name}_FILE": str(file) for name, file in self._files.items()}

    def write(self, *values: str) -> None:
        """Write the keys of callers, the secret key and the previous ones."""
        for file, value in zip(self._files.values(), values, strict=True):
            file.write_text(value)

    def take(self, service: RunningService, *values: str) -> None:
        """Write keys, reload the service, and wait until its workers are replaced."""
        self.write(*values)
        service.reload()


@pytest.fixture(params=BOTH)
def own_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return create_ledger(request, tmp_path)


def test_keys_are_rotated_while_links_are_issued_and_used(
    shop: RunningShop, own_ledger: str, tmp_path: Path
) -> None:
    keys = RotatedKeys(tmp_path)
    values = build_environment(shop.url, own_ledger, tmp_path, **keys.build_environment())
    for name in _ROTATED:
        values.pop(name, None)
    with running_service(values, tmp_path, workers=3) as service:
        kept, late = (transfer(service, shop) for _ in range(2))
        with run_load(service.url) as load:
            load.wait_for_links()
            keys.take(service, f"{KEY},{NEW_KEY}", NEW, SECRET)
            load.wait_for_links()
            keys.take(service, f"{NEW_KEY},{KEY}", NEWEST, f"{NEW},{SECRET}")
            assert send(service.url, build_entry_request("POST", kept)).status == 303
            load.wait_for_links()
        assert_nothing_was_lost(load, own_ledger)
        keys.take(service, NEW_KEY, NEWEST, NEW)
        assert send(service.url, build_transfer_request(build_bag("old-key", 1))).status == 401
        assert (
            send(service.url, build_transfer_request(build_bag("new-key", 1), key=NEW_KEY)).status
            == 200
        )
        assert send(service.url, build_entry_request("POST", late)).status == 404


def sign_again(link: str, key: str) -> str:
    """Return a link to the same handoff, signed with another key."""
    return f"/h/{LinkTokens(key).create_token(get_handoff_id(link))}"


def transfer(service: RunningService, shop: RunningShop) -> str:
    body = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    answer = send(service.url, build_transfer_request(body))
    assert answer.status == 200
    return str(answer.json["url"])
