"""The receiver of the service's webhook, in Poq's cloud."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from standardwebhooks import Webhook

from handoff_sandbox.phone.call_log import LoggedCall, format_json

_TEXTS = {
    "handoff.opened": "The webhook says that the link was opened.",
    "handoff.ordered": "The webhook says that the order was placed.",
    "handoff.order_differs": "The webhook says that the order is not the bag.",
    "handoff.expired": "The webhook says that the link expired before anybody used it.",
}


@dataclass(frozen=True, slots=True)
class WebhookReceiver:
    """Verifies events and keeps them by their id, since an event can come twice."""

    secret: str = field(repr=False)
    _calls: dict[str, tuple[str, LoggedCall]] = field(default_factory=dict)

    def receive(self, body: str, headers: dict[str, str]) -> None:
        """Keep an event, or raise WebhookVerificationError if its signature is wrong.

        The names of the headers are in lower case.
        """
        event = Webhook(self.secret).verify(body, headers)
        call = LoggedCall(
            source="service",
            target="cloud",
            call=f"POST /webhook · {event['type']}",
            text=_TEXTS[event["type"]],
            status=204,
            sent=format_json(json.loads(body)["data"]),
        )
        self._calls.setdefault(headers["webhook-id"], (event["data"]["handoff"], call))

    def list_calls(self, handoff: str) -> list[LoggedCall]:
        """Return the events of a handoff as the page shows them, in the order of their arrival."""
        return [call for owner, call in list(self._calls.values()) if owner == handoff]
