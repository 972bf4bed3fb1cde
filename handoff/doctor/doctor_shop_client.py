"""Calls to the shop: REST, GraphQL, and pages as a browser opens them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from handoff.deadline import Deadline
from handoff.magento.checkout_probe import BROWSER_HEADERS, CheckoutProbe
from handoff.magento.client import ShopToken, build_rest_path
from handoff.magento.http_transport import HttpResponse, HttpTransport, read_json
from handoff.magento.no_response import NoResponse
from handoff.settings import Settings
from handoff.settings.store_view_models import StoreView
from handoff.shop_client_factory import build_magento_client
from handoff.undo_stack import UndoStack

_MAX_CALL_SECONDS = 10.0
_CLEANUP_SECONDS = 6.0
_MAX_BODY = 4 * 1024 * 1024  # bytes


class TimeLimitReached(Exception):
    """The whole run had reached its time limit before this call."""


def is_picture(response: HttpResponse) -> bool:
    """Return whether a shopper's browser would show the answer as a picture."""
    return response.status == 200 and response.headers.get("Content-Type", "").startswith("image/")


def read_message(response: HttpResponse) -> str:
    """Return the message of Magento in a response with its parameters, or an empty text."""
    data = read_json(response)
    if not isinstance(data, dict):
        return ""
    message, parameters = str(data.get("message", "")), data.get("parameters")
    for name, value in parameters.items() if isinstance(parameters, dict) else ():
        message = message.replace(f"%{name}", str(value))
    return message[:200]


class DoctorShopClient:
    """Calls one shop. All methods raise NoResponse, or TimeLimitReached at the end of the run.

    `undo_stack` undoes what the calls create in the shop. `client` is the one that the service has,
    and `checkout_probe` opens pages with a session.
    """

    def __init__(self, settings: Settings, deadline: Deadline, undo_stack: UndoStack) -> None:
        self.settings = settings
        self.undo_stack = undo_stack
        self.deadline = deadline
        self.client = build_magento_client(settings)
        self._web = HttpTransport(ca_file=settings.magento_ca_file)
        self.checkout_probe = CheckoutProbe(self.client, fetch_page=self._fetch_page)

    def call_rest(
        self,
        method: str,
        path: str,
        *,
        store: StoreView | None,
        token: ShopToken | None = None,
        body: Any = None,
        params: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Call `rest/<store>/V1/<path>`, or `rest/V1/<path>` without a store view."""
        rest_path = build_rest_path(path, store=store.code if store else None, params=params)
        return self.client.request_api(
            path, method, rest_path, token=token, body=body, deadline=self._build_call_deadline()
        )

    def call_graphql(
        self, query: str, *, store: StoreView, variables: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send one GraphQL document."""
        return self.client.request_api(
            "graphql",
            "POST",
            "graphql",
            headers={"Store": store.code},
            body={"query": query, "variables": variables or {}},
            deadline=self._build_call_deadline(),
        )

    def head(self, url: str) -> HttpResponse:
        """Request a URL with HEAD, or with GET if the server does not support HEAD."""
        response = self._send("HEAD", url, BROWSER_HEADERS)
        return self.get(url) if response.status == 405 else response

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Open a URL as a browser without a session does, but follow no redirect."""
        sent = {**BROWSER_HEADERS, **(headers or {})}
        return self._fetch_page("GET", url, headers=sent, deadline=self.deadline)

    def build_cleanup_client(self) -> DoctorShopClient:
        """Return a client of the same shop whose deadline is that of one cleanup step."""
        return DoctorShopClient(self.settings, Deadline.after(_CLEANUP_SECONDS), self.undo_stack)

    def _fetch_page(
        self, method: str, url: str, *, headers: Mapping[str, str], deadline: Deadline
    ) -> HttpResponse:
        """Open a page by its public URL, or by the internal one if that gets no response."""
        try:
            return self._send(method, url, headers)
        except NoResponse:
            public, internal = urlsplit(url), urlsplit(self.settings.magento_url)
            sites = self.settings.store_sites.all
            is_storefront = any(site.storefront_parts.netloc == public.netloc for site in sites)
            if public.netloc == internal.netloc or not is_storefront:
                raise
        return self.client.request_page(
            method, url, headers=headers, deadline=self._build_call_deadline()
        )

    def _send(self, method: str, url: str, headers: Mapping[str, str]) -> HttpResponse:
        deadline = self._build_call_deadline()
        return self._web.send(method, url, headers=headers, deadline=deadline, max_bytes=_MAX_BODY)

    def _build_call_deadline(self) -> Deadline:
        """Return the deadline of one call. Raises TimeLimitReached at the end of the run."""
        if self.deadline.has_passed:
            raise TimeLimitReached
        return Deadline.after(min(_MAX_CALL_SECONDS, self.deadline.remaining))
