"""Poq's cloud: asks the running service for a way into checkout."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests

from handoff.rehearsal.checkout import NO_SESSION
from handoff.rehearsal.http import open_http, way_out
from handoff.rehearsal.instruction import Instruction
from handoff.rehearsal.outcome import BREACH, CannotRehearse, Unexpected
from handoff.rehearsal.stop import Stop
from handoff.settings import Settings

_TIMEOUT = 70  # seconds; more than a transfer may be given
_OTHER_SETTINGS = "Start the service at HANDOFF_PUBLIC_URL anew, with these settings."
_TODO = {
    "key_rejected": f"The service has other HANDOFF_API_KEYS. {_OTHER_SETTINGS}",
    "quote_not_found": f"The service asks another shop. {_OTHER_SETTINGS}",
    "customer_token_rejected": "The shop's REST takes the token here and not from the service: "
    "does the service ask the same shop?",
    "store_not_served": "HANDOFF_STORES of the service does not list the quote's store view.",
    "guest_checkout_off": "The shop does not let guests check out: allow it, if they are to buy.",
    "minimum_not_reached": "Name dearer products with --sku, or lower the minimum order amount.",
    "checkout_refused": f"{NO_SESSION} Where all that is right, the shop has a reason of its own: "
    "--sku names other products.",
    "checkout_off": "Switch the shop's one-page checkout on.",
    "paused": "HANDOFF_PAUSED is on: switch it off for the rehearsal.",
    "shop_unavailable": "The service cannot reach the shop, or not as a Magento: see its log.",
    "shop_timeout": "The shop is too slow for HANDOFF_MAGENTO_TIMEOUT.",
    "ledger_unavailable": "The service cannot write its ledger: see its log.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A transfer that the service has refused: the status, the code, and its words."""

    status: int
    code: str
    words: str

    @property
    def told(self) -> str:
        """The refusal in a line."""
        return f"{self.status} {self.code}: {self.words}"


class Cloud:
    """The caller of `POST /api/cart-transfer`, with a key of the settings."""

    def __init__(self, settings: Settings, stop: Stop) -> None:
        self.settings = settings
        self._stop = stop
        self._http = open_http(settings, settings.public_url)

    def find_service(self) -> str:
        """Make sure that the service runs; raises CannotRehearse in words."""
        where = self.settings.public_url
        try:
            answer = self._http.get(f"{where}/healthz", timeout=_TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise CannotRehearse(
                f"The service does not answer at {where} ({type(error).__name__}). A rehearsal "
                "goes through the running service: start it with `handoff serve` and the same "
                f"--env-file, or mend HANDOFF_PUBLIC_URL. {way_out(error)}"
            ) from None
        if not _is_healthy(answer):
            raise CannotRehearse(
                f"What answers at {where}/healthz with {answer.status_code} is not Handoff, or not "
                "in health. See the proxy before it, the path of HANDOFF_PUBLIC_URL, and the "
                "service's log."
            )
        return f"it answers at {where}"

    def transfer(self, body: dict[str, Any]) -> Instruction | Refusal:
        """Post a transfer with the first of the keys."""
        key = self.settings.api_keys[0].get_secret_value()
        self._stop.check()
        try:
            answer = self._http.post(
                f"{self.settings.public_url}/api/cart-transfer",
                json=body,
                headers={"Authorization": key},
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
            given = answer.json()
        except requests.RequestException as error:
            came = f"none in JSON ({type(error).__name__})"
            raise Unexpected("an answer to the transfer", came, _OTHER_SETTINGS) from None
        given = given if isinstance(given, dict) else {}
        if answer.status_code != HTTPStatus.OK or "url" not in given:
            return _refusal(answer.status_code, given)
        return Instruction(
            url=str(given["url"]),
            method=str(given.get("method") or "GET"),
            body=str(given.get("body") or ""),
            cookies=tuple(given.get("cookies") or ()),
            headers={one["name"]: one["value"] for one in given.get("headers") or ()},
        )

    def instruction(self, body: dict[str, Any]) -> Instruction:
        """Post a transfer that has to work."""
        answer = self.transfer(body)
        if isinstance(answer, Refusal):
            todo = _TODO.get(answer.code, "See the table of errors in the README.")
            raise Unexpected("an instruction", answer.told, todo)
        return answer

    def refused(self, body: dict[str, Any], *, code: str, why: str) -> str:
        """Post a transfer that has to be refused with a code; `why` names what is wrong with it."""
        answer = self.transfer(body)
        if isinstance(answer, Refusal) and answer.code == code:
            return f"{answer.status} {answer.code}"
        came = answer.told if isinstance(answer, Refusal) else "200 and an instruction"
        raise Unexpected(f"{code}, for {why}", came, BREACH)


def _is_healthy(answer: requests.Response) -> bool:
    try:
        return answer.ok and answer.json() == {"status": "ok"}
    except requests.JSONDecodeError:
        return False


def _refusal(status: int, given: dict[str, Any]) -> Refusal:
    """Read a problem; its words name skus and settings, and hold no credential."""
    faults = [one for one in given.get("errors") or () if isinstance(one, dict)]
    words = " ".join(_fault(one) for one in faults) or str(given.get("detail") or "not a problem")
    return Refusal(status, str(given.get("code") or "no code"), words)


def _fault(fault: dict[str, Any]) -> str:
    return f"{fault.get('sku') or fault.get('pointer', '')}: {fault.get('detail', '')}"
