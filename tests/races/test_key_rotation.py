"""The secret key is changed: old links live on for as long as the old key is a previous one."""

from __future__ import annotations

from pathlib import Path

from handoff.entry.links import Links
from tests.races.at_once import entry_request, one, transfer_request
from tests.races.conftest import environment
from tests.races.ledgers import SECRET, id_of
from tests.running import RunningService, RunningShop, running_service

NEW = "another secret that is just as long as it has to be"
OLDER = "a secret from before the last one"
FORGOTTEN = "a secret that is in no setting any more"


def test_links_of_previous_keys_stay_good_and_those_of_a_forgotten_one_do_not(
    service: RunningService, shop: RunningShop, ledger: str, folder: Path, tmp_path: Path
) -> None:
    looked_at, opened_by_the_old = (transferred(service, shop) for _ in range(2))
    older, forgotten = (resigned(transferred(service, shop), key) for key in (OLDER, FORGOTTEN))
    rotated = environment(
        shop.url,
        ledger,
        folder,
        HANDOFF_SECRET_KEY=NEW,
        HANDOFF_PREVIOUS_SECRET_KEYS=f"{SECRET},{OLDER}",
    )
    with running_service(rotated, tmp_path, workers=1) as renewed:
        assert one(renewed.url, entry_request("GET", looked_at)).status == 200
        assert one(renewed.url, entry_request("POST", looked_at)).status == 303
        assert one(renewed.url, entry_request("POST", older)).status == 303
        assert one(renewed.url, entry_request("POST", forgotten)).status == 404
        # Processes that still have the old key do not know the new one, and spend nothing.
        new = transferred(renewed, shop)
        assert one(service.url, entry_request("POST", new)).status == 404
        assert one(renewed.url, entry_request("POST", new)).status == 303
        assert one(service.url, entry_request("POST", opened_by_the_old)).status == 303


def resigned(link: str, key: str) -> str:
    """Return a link to the same handoff, signed with another key."""
    return f"/h/{Links(key).token(id_of(link))}"


def transferred(service: RunningService, shop: RunningShop) -> str:
    body = {"quote_id": shop.guest_quote(("ITEM-01", 1))}
    answer = one(service.url, transfer_request(body))
    assert answer.status == 200
    return str(answer.json["url"])
