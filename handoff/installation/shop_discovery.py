"""Asks a shop for its store views, currencies and session cookie, without any login."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from pydantic import TypeAdapter, ValidationError

from handoff.deadline import Deadline
from handoff.magento.checkout_probe import OTHER_COOKIES
from handoff.magento.http_transport import (
    HttpResponse,
    HttpTransport,
    SetCookie,
    parse_set_cookies,
    read_json,
)
from handoff.magento.no_response import NoResponse
from handoff.url_validation import BaseUrl

_TIMEOUT = 20.0  # seconds for a call; the first page of a shop after a deployment is slow
_MAX_BYTES = 1024 * 1024
_MAX_REDIRECTS = 4
_REST_PATH = "/rest/V1/directory/currency"  # open to everybody in every Magento
_SESSION_COOKIE = "PHPSESSID"
_WORD = re.compile("[A-Za-z0-9_-]*")
_FIELDS = (
    "id store_code website_id website_code default_display_currency_code locale "
    "base_link_url secure_base_link_url"
)
_STORES_QUERY = f"{{ storeConfig {{ {_FIELDS} secure_base_url }} availableStores {{ {_FIELDS} }} }}"
_HINTS: dict[str, str] = {
    "certificate": " Name its authority with --ca-file.",
    "tls": " If the shop has no https, write http:// in its address.",
}

_BASE_URL: TypeAdapter[str] = TypeAdapter(BaseUrl)


class ShopNotFound(Exception):
    """There is no Magento shop at the address, or it does not answer. The message says why."""


@dataclass(frozen=True, slots=True)
class FoundStoreView:
    """A store view as the shop describes it; `url` is its storefront."""

    code: str
    store_id: int
    website_id: int
    website_code: str
    currency: str
    language: str
    url: str


@dataclass(frozen=True, slots=True)
class FoundShop:
    """A shop: the address of its REST, its storefront, and its store views, the default first."""

    api_url: str
    storefront_url: str
    store_views: tuple[FoundStoreView, ...]


class ShopDiscovery:
    """Reads what a shop tells everybody. All methods raise ShopNotFound."""

    def __init__(self, *, ca_file: str | None = None) -> None:
        """`ca_file` (PEM) holds the trusted certificate authorities, by default the usual ones."""
        self._transport = HttpTransport(ca_file=ca_file)

    def find_shop(self, address: str, store_view_codes: Sequence[str] = ()) -> FoundShop:
        """Return the shop at an address, with the store views of its website.

        Store views of other websites are found by their codes.
        """
        api_url = self._determine_api_url(normalize_address(address))
        try:
            return self._read_shop(api_url, store_view_codes)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ShopNotFound(
                f"{api_url}/graphql describes the shop's store views in another way than Magento."
            ) from None

    def _read_shop(self, api_url: str, store_view_codes: Sequence[str]) -> FoundShop:
        data = self._read_stores(api_url)
        default = data["storeConfig"]
        found = [default, *(data.get("availableStores") or [])]
        known = {item["store_code"] for item in found}
        for code in store_view_codes:
            if code not in known:
                other = self._read_stores(api_url, code)["storeConfig"]
                found += [other] if other["store_code"] == code else []
        views = {item["store_code"]: _build_store_view(item) for item in found}
        # The base URL, unlike the links, never has the code of a store view in its path.
        storefront = default.get("secure_base_url") or api_url
        return FoundShop(api_url, normalize_address(storefront), tuple(views.values()))

    def find_shop_with_all_store_views(
        self, addresses: Sequence[str], store_view_codes: Sequence[str]
    ) -> FoundShop:
        """Return the shop at the first address, with the store views of all addresses."""
        first, *others = [self.find_shop(address, store_view_codes) for address in addresses]
        views = {view.code: view for view in first.store_views}
        for shop in others:
            views = {**{view.code: view for view in shop.store_views}, **views}
        ordered = sorted(views.values(), key=lambda view: view not in first.store_views)
        return FoundShop(first.api_url, first.storefront_url, tuple(ordered))

    def read_session_cookies(self, shop: FoundShop) -> dict[str, SetCookie | None]:
        """Return the session cookie of each storefront that has a host of its own, by its URL."""
        main = urlsplit(shop.storefront_url).netloc
        urls = [view.url for view in shop.store_views if urlsplit(view.url).netloc != main]
        storefronts = dict.fromkeys([shop.storefront_url, *urls])
        return {url: self.read_session_cookie(url) for url in storefronts}

    def read_session_cookie(self, storefront_url: str) -> SetCookie | None:
        """Return the session cookie that the checkout page of a storefront sets, or None."""
        response = self._send("GET", f"{storefront_url}/checkout/", {"Accept": "text/html,*/*"})
        cookies = {cookie.name: cookie for cookie in parse_set_cookies(response)}
        others = [name for name in cookies if name not in OTHER_COOKIES]
        if _SESSION_COOKIE in cookies:
            return cookies[_SESSION_COOKIE]
        return cookies[others[0]] if len(others) == 1 else None

    def _determine_api_url(self, url: str) -> str:
        """Follow redirects of REST, such as to https or to `www.`, and return the last address."""
        for _ in range(_MAX_REDIRECTS):
            response = self._send("GET", f"{url}{_REST_PATH}", {"Accept": "application/json"})
            target = urljoin(f"{url}{_REST_PATH}", response.location)
            if response.location and target.endswith(_REST_PATH):
                url = normalize_address(target.removesuffix(_REST_PATH))
                continue
            data = read_json(response)
            if response.status == 200 and isinstance(data, dict) and "base_currency_code" in data:
                return url
            raise ShopNotFound(_describe_wrong_answer(url, response))
        raise ShopNotFound(f"{url} redirects too often.")

    def _read_stores(self, api_url: str, store_code: str | None = None) -> dict[str, Any]:
        headers = {"Accept": "application/json", **({"Store": store_code} if store_code else {})}
        response = self._send("POST", f"{api_url}/graphql", headers, json={"query": _STORES_QUERY})
        answer = read_json(response)
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict) or not _is_store_config(data.get("storeConfig")):
            raise ShopNotFound(
                f"{api_url}/graphql does not list the shop's store views (status "
                f"{response.status}). Handoff needs GraphQL, which every Magento 2.4 has. "
                "Does a firewall or a proxy block it?"
            )
        return data

    def _send(
        self, method: str, url: str, headers: dict[str, str], *, json: Any = None
    ) -> HttpResponse:
        try:
            return self._transport.send(
                method,
                url,
                headers=headers,
                json=json,
                deadline=Deadline.after(_TIMEOUT),
                max_bytes=_MAX_BYTES,
            )
        except NoResponse as error:
            hint = _HINTS.get(error.kind, "")
            raise ShopNotFound(f"{url} does not answer. {error.reason}{hint}") from None


def normalize_address(text: str, *, subject: str = "The address of the shop") -> str:
    """Return an address as a base URL, https if it names no scheme.

    Raises ShopNotFound with a sentence about the `subject`.
    """
    text = text.strip()
    try:
        return _BASE_URL.validate_python(text if "://" in text else f"https://{text}")
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ShopNotFound(f"{subject} {reason}.") from None


def _build_store_view(item: dict[str, Any]) -> FoundStoreView:
    """Return a store view. Raises ShopNotFound, KeyError, TypeError and ValueError."""
    url = item.get("secure_base_link_url") or item.get("base_link_url")
    return FoundStoreView(
        code=_require_word(item["store_code"]),
        store_id=int(item["id"]),
        website_id=int(item["website_id"]),
        website_code=_require_word(item["website_code"]),
        currency=_require_word(item["default_display_currency_code"]),
        language=_require_word(str(item.get("locale") or "").partition("_")[0]),
        url=normalize_address(url) if url else "",
    )


def _require_word(text: str) -> str:
    """Return a code or a language, or raise ValueError. It is shown on the terminal."""
    if not _WORD.fullmatch(text):
        raise ValueError
    return text


def _is_store_config(value: object) -> bool:
    needed = ("store_code", "id", "website_id", "website_code", "default_display_currency_code")
    return isinstance(value, dict) and all(value.get(name) is not None for name in needed)


def _describe_wrong_answer(url: str, response: HttpResponse) -> str:
    if response.location:
        return f"{url}{_REST_PATH} redirects elsewhere, so no Magento answers at {url}."
    hint = {
        401: "A login stands in front of it: give an address inside it, or let Handoff's host in.",
        403: "Something refuses this machine: a firewall, or a list of addresses.",
        503: "The shop may be in maintenance.",
    }.get(response.status, "Give the address at which shoppers see the shop.")
    return f"{url} is no Magento 2 shop: its REST answers with status {response.status}. {hint}"
