"""Calls to the shop over HTTP: one deadline, no cookies kept, nothing of an address ever said.

The exceptions of urllib3 carry the address, and with it masked ids. So none of them leaves
this file: what comes out is ShopTimeout, ShopDropped or ShopUnavailable, with safe words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError as TransportError
from urllib3.exceptions import NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as TransportTimeout

from handoff.deadline import Deadline
from handoff.magento.circuit import Circuit
from handoff.magento.connection_errors import raise_for_certificate, raise_for_redirect
from handoff.magento.deadline_adapter import deadline_pool, reads_until
from handoff.problems import ShopAway, ShopDropped, ShopTimeout, ShopUnavailable

_LARGEST_ANSWER = 8 * 1024 * 1024  # bytes; a cart of 200 lines has about 100 KB
# What stands before a shop says so when the shop is down; above 511 they are Cloudflare's.
_AWAY = frozenset({502, 503, 504, *range(520, 528), 530})
_POOL_SIZE = 32
_CONNECT_TIMEOUT = 3.0  # seconds
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": "Handoff",
}
_FEW_DIGITS = re.compile("[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and JSON as Python values with numbers as Decimal where they have a fraction."""

    status: int
    body: Any

    @property
    def message(self) -> str:
        """Magento's own words, for telling its refusals apart; never shown to anyone."""
        if isinstance(self.body, dict):
            return str(self.body.get("message", ""))
        return ""

    @property
    def parameters(self) -> dict[str, Any]:
        """The named parameters of Magento's words, empty where they are not named."""
        parameters = self.body.get("parameters") if isinstance(self.body, dict) else None
        return parameters if isinstance(parameters, dict) else {}


@dataclass(frozen=True, slots=True)
class Page:
    """What the storefront answered: `location` is where a redirect leads, empty for no redirect."""

    status: int
    location: str
    body: bytes


class MagentoClient:
    """Speaks REST and GraphQL with one shop; safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        *,
        host: str | None = None,
        ca_file: str | None = None,
        circuit: Circuit | None = None,
    ) -> None:
        """Take the address below which `rest/` and `graphql` are found. Connects to nothing.

        `host` is the shop's public host (and port), where the address is an inner one. `ca_file`
        holds the certificates (PEM) of who vouches for the shop's own; else the usual ones count.
        `circuit` says when the shop is left alone; without one this client has its own.
        """
        self._base_url = base_url
        self._circuit = circuit or Circuit()
        self._path = urlsplit(base_url).path
        self._headers = _HEADERS | ({"Host": host} if host else {})
        # Nothing but connections: no cookies, of which every REST answer sets one that would
        # travel to the next shopper's calls, and nothing out of the machine's surroundings.
        self._connections = deadline_pool(
            base_url, size=_POOL_SIZE, tls_name=tls_name(base_url, host), ca_file=ca_file
        )

    def rest(
        self,
        method: str,
        path: str,
        *,
        store: str | None,
        deadline: Deadline,
        body: Any = None,
        token: str | None = None,
        params: dict[str, str] | None = None,
    ) -> Answer:
        """Call `rest/<store>/V1/<path>`; answers of 2xx and 4xx are returned, others raise.

        Without a store, what is read says itself which store view it belongs to.
        """
        target = "/".join((self._path, "rest", *([store] if store else []), "V1", path))
        if params:
            target = f"{target}?{urlencode(params)}"
        status, content = self._call(
            method, target, headers=_bearer(token), body=body, deadline=deadline
        )
        return Answer(status, _json(content))

    def graphql(
        self,
        query: str,
        variables: dict[str, Any],
        *,
        store: str,
        deadline: Deadline,
        token: str | None = None,
        currency: str | None = None,
    ) -> Answer:
        """Send one GraphQL document; what the shop says about it is in the answer's body.

        Magento takes a cart that it is asked about to the store view of the request, and to that
        one's currency, or to `currency` where the cart is to keep another.
        Where GraphQL is switched off or shut away there is a page in its place: the body is None.
        """
        status, content = self._call(
            "POST",
            f"{self._path}/graphql",
            headers={"Store": store, **_bearer(token), **_in_currency(currency)},
            body={"query": query, "variables": variables},
            deadline=deadline,
        )
        is_page = status >= HTTPStatus.BAD_REQUEST and not content.lstrip().startswith(b"{")
        return Answer(status, None if is_page else _json(content))

    def page(self, method: str, url: str, *, cookies: dict[str, str], deadline: Deadline) -> Page:
        """Ask for a page as a shopper would, at the address that this client reaches.

        `url` is the page's own, as shoppers know it: its host and scheme are told to the shop, not
        connected to. Every status is an answer, and no redirect is followed. Pages have no part in
        the circuit: they are slow for reasons of their own.
        """
        if deadline.passed:
            raise ShopTimeout
        known_as = urlsplit(url)
        headers = {
            "Host": known_as.netloc,
            # Magento fails on pages of the checkout without the latter.
            "Accept": "text/html,*/*",
            # A session of what calls itself a monitor lives in Magento for a minute, not for ten.
            "User-Agent": "Handoff (monitor)",
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        }
        if known_as.scheme == "https":
            # Coming from a page on https, the session keeps its id: there is no second one.
            headers["Referer"] = f"https://{known_as.netloc}/"
            headers["X-Forwarded-Proto"] = "https"
        target = known_as._replace(scheme="", netloc="").geturl()
        with self._answer(
            method, target, headers=headers, body=None, deadline=deadline
        ) as response:
            location = response.get_redirect_location() or ""
            return Page(response.status, location, _read(response, deadline))

    def _call(
        self,
        method: str,
        target: str,
        *,
        headers: dict[str, str],
        body: Any,
        deadline: Deadline,
    ) -> tuple[int, bytes]:
        if deadline.passed:
            raise ShopTimeout
        with (
            self._circuit.call(),
            self._answer(method, target, headers=headers, body=body, deadline=deadline) as response,
        ):
            location = response.get_redirect_location()
            if location:
                raise_for_redirect(self._base_url, location)
            return _readable(response), _read(response, deadline)

    @contextmanager
    def _answer(
        self,
        method: str,
        target: str,
        *,
        headers: dict[str, str],
        body: Any,
        deadline: Deadline,
    ) -> Iterator[BaseHTTPResponse]:
        """Send a request and give its answer to the block, whose reads end with the deadline."""
        wanted = {**self._headers, **headers}
        content = None
        if body is not None:
            wanted["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        left = deadline.remaining
        try:
            with reads_until(deadline):
                response = self._connections.urlopen(
                    method,
                    target,
                    body=content,
                    headers=wanted,
                    retries=False,
                    redirect=False,
                    assert_same_host=False,
                    preload_content=False,
                    timeout=Timeout(connect=min(_CONNECT_TIMEOUT, left), read=left),
                )
                try:
                    yield response
                finally:
                    response.close()  # where it has not been read to its end
                    response.release_conn()
        except NewConnectionError:
            raise ShopDropped from None
        except (TransportTimeout, TimeoutError):
            raise ShopTimeout from None
        except (TransportError, OSError) as error:
            if isinstance(error, SSLError):
                raise_for_certificate(error)
            # A read that met the deadline shows as a broken connection.
            raise (ShopTimeout if deadline.passed else ShopDropped) from None


def _in_currency(currency: str | None) -> dict[str, str]:
    return {"Content-Currency": currency} if currency else {}


def _bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def tls_name(base_url: str, host: str | None) -> str | None:
    """Return the name that the shop's certificate has to bear, where the address has none.

    A certificate is for the name by which a server is called. An address of digits is no name:
    there it is the shop's own host.
    """
    try:
        ip_address(urlsplit(base_url).hostname or "")
    except ValueError:
        return None
    return urlsplit(f"//{host}").hostname if host else None


def _readable(response: BaseHTTPResponse) -> int:
    """Return the status, of 2xx or 4xx; raise for any other before its body is read."""
    status = response.status
    if status in _AWAY:
        raise ShopAway(retry_after=_retry_after(response))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise ShopUnavailable(retry_after=_retry_after(response))
    if not (200 <= status < 300 or 400 <= status < 500):
        raise ShopUnavailable
    return status


def _read(response: BaseHTTPResponse, deadline: Deadline) -> bytes:
    content = bytearray()
    # Unsaid, urllib3 would unpack whole bodies and leave chunked ones as they are.
    for chunk in response.stream(64 * 1024, decode_content=True):
        content += chunk
        if len(content) > _LARGEST_ANSWER:
            raise ShopUnavailable("The shop's answer is far too large.")
        if deadline.passed:
            raise TimeoutError
    return bytes(content)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8"), parse_float=Decimal)
    except (ValueError, RecursionError):
        raise ShopUnavailable("The shop's answer is not JSON.") from None


def _retry_after(response: BaseHTTPResponse) -> int:
    """Return the seconds that the shop asks for, between 1 and 60, else 10."""
    value = response.headers.get("Retry-After", "")
    return min(max(int(value), 1), 60) if _FEW_DIGITS.fullmatch(value) else 10
