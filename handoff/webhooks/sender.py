"""Signs an event by Standard Webhooks and posts it to a receiver."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version

from standardwebhooks import Webhook

from handoff.deadline import Deadline
from handoff.magento.http_transport import HttpTransport
from handoff.magento.no_response import NoResponse
from handoff.webhooks.delivery_repository import QueuedEvent
from handoff.webhooks.receivers import Receiver

TIMEOUT = 10.0
"""Seconds that a receiver has for the whole answer, the connection included."""

_MAX_BYTES = 16 * 1024  # of an answer; nobody reads it
_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": f"Handoff/{version('handoff')} (webhooks)",
}


class DeliveryFailed(Exception):
    """A receiver has not accepted an event; the message is a sentence without the URL."""


class WebhookSender:
    """Posts events, signed with all secrets of the receiver; safe to share between threads."""

    def __init__(self) -> None:
        self._transport = HttpTransport()

    def send(self, receiver: Receiver, event: QueuedEvent) -> None:
        """Post an event. Raises DeliveryFailed unless the answer is a 2xx; follows no redirect."""
        try:
            response = self._transport.send(
                "POST",
                receiver.url,
                headers={**_HEADERS, **_build_signed_headers(receiver, event)},
                body=event.payload.encode(),
                deadline=Deadline.after(TIMEOUT),
                max_bytes=_MAX_BYTES,
            )
        except NoResponse as error:
            raise DeliveryFailed(error.reason) from None
        if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            raise DeliveryFailed(f"It answers {response.status}.")


def _build_signed_headers(receiver: Receiver, event: QueuedEvent) -> dict[str, str]:
    now, signers = datetime.now(UTC), map(Webhook, receiver.secrets)
    signatures = [signer.sign(event.id, now, event.payload) for signer in signers]
    return {
        "webhook-id": event.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
