"""Sends transfers to the running service, as Poq does."""

from __future__ import annotations

from typing import Any

import requests

from handoff.rehearsal.browser_session import (
    build_browser_session,
    choose_advice_key,
    read_json_object,
)
from handoff.rehearsal.cancel_token import CancelToken
from handoff.rehearsal.results import Observation, RehearsalNotPossible, StepFailure, get_advice
from handoff.settings import Settings
from handoff.web_view_link import Instruction

_TIMEOUT = 70  # seconds; more than a transfer may take


class TransferClient:
    """The caller of `POST /api/cart-transfer`, with the first API key of the settings."""

    def __init__(self, settings: Settings, cancel: CancelToken) -> None:
        self.settings = settings
        self._cancel = cancel
        self._session = build_browser_session(settings, settings.public_url)

    def require_healthy_service(self) -> None:
        """Raise RehearsalNotPossible unless the service runs and is healthy."""
        url = self.settings.public_url
        try:
            answer = self._session.get(f"{url}/healthz", timeout=_TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise RehearsalNotPossible(
                f"The service does not answer at {url} ({type(error).__name__}). "
                f"{get_advice('service_not_reached')} {get_advice(choose_advice_key(error))}"
            ) from None
        if not answer.ok or read_json_object(answer).get("status") != "ok":
            raise RehearsalNotPossible(
                f"{url}/healthz answers {answer.status_code}: this is not Handoff, or it is not "
                f"healthy. {get_advice('not_the_service')}"
            )

    def send_transfer(self, body: dict[str, Any]) -> Instruction:
        """Send a transfer and return the instruction; raise StepFailure if it is refused."""
        status, fields = self._send(body)
        if "url" not in fields:
            advice = f"transfer.{fields.get('code')}"
            raise StepFailure("an instruction", _describe_answer(status, fields), advice)
        return Instruction.model_validate(fields)

    def require_token_rejection(self, body: dict[str, Any]) -> Observation:
        """Send a transfer with an invalid token; raise StepFailure unless it is refused for it."""
        status, fields = self._send(body)
        if fields.get("code") != "customer_token_rejected":
            expected = "customer_token_rejected, for an invalid token"
            raise StepFailure(expected, _describe_answer(status, fields), "security_breach")
        return f"{status} customer_token_rejected"

    def _send(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return the status and the JSON of the service's answer."""
        self._cancel.raise_if_requested()
        try:
            answer = self._session.post(
                f"{self.settings.public_url}/api/cart-transfer",
                json=body,
                headers={"Authorization": self.settings.api_keys[0].key.get_secret_value()},
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            actual = f"none ({type(error).__name__})"
            raise StepFailure("an answer to the transfer", actual, "restart_service") from None
        return answer.status_code, read_json_object(answer)


def _describe_answer(status: int, fields: dict[str, Any]) -> str:
    """Return status, code and details of a refusal. They name skus but hold no credential."""
    if "url" in fields:
        return f"{status} and an instruction"
    faults = [fault for fault in fields.get("errors") or () if isinstance(fault, dict)]
    details = " ".join(
        f"{fault.get('sku') or fault.get('pointer', '')}: {fault.get('detail', '')}"
        for fault in faults
    )
    details = details or str(fields.get("detail") or "not a problem in JSON")
    return f"{status} {fields.get('code') or 'no code'}: {details}"
