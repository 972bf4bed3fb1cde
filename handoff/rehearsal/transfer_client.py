"""Sends transfers to the running service, as Poq does."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests

from handoff.instruction import Instruction
from handoff.rehearsal.cancellation import CancelToken
from handoff.rehearsal.results import Observation, RehearsalNotPossible, StepFailure, get_advice
from handoff.rehearsal.web_session import choose_advice, open_web_session
from handoff.settings import Settings

_TIMEOUT = 70  # seconds; more than a transfer may take


@dataclass(frozen=True, slots=True)
class TransferRefusal:
    """The service's refusal of a transfer. Its details name skus and settings, no credential."""

    status: int
    code: str
    details: str

    @property
    def summary(self) -> str:
        """The refusal in one line."""
        return f"{self.status} {self.code}: {self.details}"


class TransferClient:
    """The caller of `POST /api/cart-transfer`, with the first API key of the settings."""

    def __init__(self, settings: Settings, cancel: CancelToken) -> None:
        self.settings = settings
        self._cancel = cancel
        self._session = open_web_session(settings, settings.public_url)

    def require_service(self) -> None:
        """Raise RehearsalNotPossible unless the service runs and is healthy."""
        url = self.settings.public_url
        try:
            answer = self._session.get(f"{url}/healthz", timeout=_TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise RehearsalNotPossible(
                f"The service does not answer at {url} ({type(error).__name__}). "
                f"{get_advice('service_not_reached')} {get_advice(choose_advice(error))}"
            ) from None
        if not answer.ok or _read_json_object(answer) != {"status": "ok"}:
            raise RehearsalNotPossible(
                f"What answers at {url}/healthz with {answer.status_code} is not Handoff, or not "
                f"healthy. {get_advice('not_the_service')}"
            )

    def transfer(self, body: dict[str, Any]) -> Instruction:
        """Send a transfer and return the instruction; raise StepFailure if it is refused."""
        answer = self._send(body)
        if isinstance(answer, TransferRefusal):
            raise StepFailure("an instruction", answer.summary, f"transfer.{answer.code}")
        return answer

    def require_refusal(self, body: dict[str, Any], *, code: str, reason: str) -> Observation:
        """Send a transfer, and raise StepFailure unless it is refused with an error code.

        `reason` names what is wrong with the transfer.
        """
        answer = self._send(body)
        if isinstance(answer, Instruction):
            actual = "200 and an instruction"
        elif answer.code == code:
            return f"{answer.status} {answer.code}"
        else:
            actual = answer.summary
        raise StepFailure(f"{code}, for {reason}", actual, "security_breach")

    def _send(self, body: dict[str, Any]) -> Instruction | TransferRefusal:
        self._cancel.raise_if_requested()
        try:
            answer = self._session.post(
                f"{self.settings.public_url}/api/cart-transfer",
                json=body,
                headers={"Authorization": self.settings.api_keys[0].get_secret_value()},
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            actual = f"none ({type(error).__name__})"
            raise StepFailure("an answer to the transfer", actual, "restart_service") from None
        fields = _read_json_object(answer)
        if answer.status_code != HTTPStatus.OK or "url" not in fields:
            return _read_refusal(answer.status_code, fields)
        return Instruction.model_validate(fields)


def _read_json_object(answer: requests.Response) -> dict[str, Any]:
    """Return the JSON object of an answer, empty if there is none."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _read_refusal(status: int, fields: dict[str, Any]) -> TransferRefusal:
    faults = [fault for fault in fields.get("errors") or () if isinstance(fault, dict)]
    details = " ".join(
        f"{fault.get('sku') or fault.get('pointer', '')}: {fault.get('detail', '')}"
        for fault in faults
    )
    details = details or str(fields.get("detail") or "not a problem in JSON")
    return TransferRefusal(status, str(fields.get("code") or "no code"), details)
