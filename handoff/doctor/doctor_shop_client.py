"""Calls to the shop: REST, GraphQL, and pages as a browser opens them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from requests.auth import AuthBase

from handoff.deadline import Deadline
from handoff.magento.checkout_probe import BROWSER_HEADERS, CheckoutProbe
from handoff.magento.client import MagentoClient, ShopToken, build_auth
from handoff.magento.http_failures import NoResponse
from handoff.magento.http_transport import HttpResponse, HttpTransport, get_tls_name, read_json
from handoff.settings import Settings
from handoff.settings.store_view_models import StoreView
from handoff.test_data_cleanup import Cleanup

_MAX_CALL_SECONDS = 10.0
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

    `cleanup` undoes what the calls create in the shop. `checkout_probe` opens pages with a session.
    """

    def __init__(self, settings: Settings, deadline: Deadline, cleanup: Cleanup) -> None:
        self.settings = settings
        self.cleanup = cleanup
        self.deadline = deadline
        url, host, ca_file = settings.magento_url, settings.magento_host, settings.magento_ca_file
        self._api = HttpTransport(tls_name=get_tls_name(url, host), ca_file=ca_file)
        self._web = HttpTransport(ca_file=ca_file)
        client = MagentoClient(url, host=host, ca_file=ca_file)
        self.checkout_probe = CheckoutProbe(client, fetch_page=self._fetch_page)

    def rest(
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
        scope = f"/{store.code}" if store else ""
        query = f"?{urlencode(params, quote_via=quote)}" if params else ""
        return self._call_api(method, f"rest{scope}/V1/{path}{query}", {}, body, token)

    def graphql(
        self, query: str, *, store: StoreView, variables: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send one GraphQL document."""
        body = {"query": query, "variables": variables or {}}
        return self._call_api("POST", "graphql", {"Store": store.code}, body)

    def head(self, url: str) -> HttpResponse:
        """Request a URL with HEAD, or with GET if the server does not support HEAD."""
        response = self._send(self._web, "HEAD", url, BROWSER_HEADERS)
        return self.get(url) if response.status == 405 else response

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Open a URL as a browser without a session does, but follow no redirect."""
        sent = {**BROWSER_HEADERS, **(headers or {})}
        return self._fetch_page("GET", url, headers=sent, deadline=self.deadline)

    def with_deadline(self, seconds: float) -> DoctorShopClient:
        """Return a client of the same shop with a new deadline, for the cleanup."""
        return DoctorShopClient(self.settings, Deadline.after(seconds), self.cleanup)

    def _fetch_page(
        self, method: str, url: str, *, headers: Mapping[str, str], deadline: Deadline
    ) -> HttpResponse:
        """Open a page by its public URL, or by the internal one if that gets no response."""
        try:
            return self._send(self._web, method, url, headers)
        except NoResponse:
            public, internal = urlsplit(url), urlsplit(self.settings.magento_url)
            sites = self.settings.store_sites.listed
            is_storefront = any(site.storefront_parts.netloc == public.netloc for site in sites)
            if public.netloc == internal.netloc or not is_storefront:
                raise
        internal_url = public._replace(scheme=internal.scheme, netloc=internal.netloc).geturl()
        forwarded = {"Host": public.netloc, "X-Forwarded-Proto": public.scheme}
        return self._send(self._api, method, internal_url, {**headers, **forwarded})

    def _call_api(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: Any,
        token: ShopToken | None = None,
    ) -> HttpResponse:
        headers = {"Accept": "application/json", **headers}
        if self.settings.magento_host:
            headers["Host"] = self.settings.magento_host
        url, content = f"{self.settings.magento_url}/{path}", None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        return self._send(self._api, method, url, headers, content, build_auth(token))

    def _send(
        self,
        transport: HttpTransport,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        auth: AuthBase | None = None,
    ) -> HttpResponse:
        if self.deadline.has_passed:
            raise TimeLimitReached
        deadline = Deadline.after(min(_MAX_CALL_SECONDS, self.deadline.remaining))
        return transport.send(
            method,
            url,
            headers=headers,
            body=body,
            auth=auth,
            deadline=deadline,
            max_bytes=_MAX_BODY,
        )
