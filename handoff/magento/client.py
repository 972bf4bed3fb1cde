"""The shop's REST and GraphQL APIs and its pages, over HTTP, and the one retry policy for them.

Errors are raised as ShopTimeout, ShopDropped or ShopUnavailable; none of them holds a URL.
"""

from __future__ import annotations

import codecs
import json
import re
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import quote, urlencode, urljoin, urlsplit

import stamina
import structlog
from requests import PreparedRequest
from requests.auth import AuthBase

from handoff.deadline import Deadline
from handoff.magento.answers import Answer
from handoff.magento.graphql_missing_features import MissingGraphqlFeatures
from handoff.magento.http_transport import HttpResponse, HttpTransport, get_tls_name
from handoff.magento.no_response import NoResponse
from handoff.magento.unusable_answers import (
    log_and_build_unusable_answer_problem,
    log_unusable_answer,
)
from handoff.problems import ShopTimeout, ShopUnavailable

if TYPE_CHECKING:
    from handoff.worker_metrics import WorkerMetrics

_MAX_BYTES = 8 * 1024 * 1024  # in an answer; a cart of 200 lines has about 100 KB
_RETRY_AFTER = re.compile("[0-9]{1,6}")
_REDIRECT_HINT = (
    "HANDOFF_MAGENTO_URL is redirected. Set it to the URL at which REST itself answers. If that "
    "is an internal address, set HANDOFF_MAGENTO_HOST to the shop's public host."
)
_CERTIFICATE_HINT = (
    "The certificate has to be for the host of HANDOFF_MAGENTO_URL or, if that is an IP address, "
    "for HANDOFF_MAGENTO_HOST. HANDOFF_MAGENTO_CA_FILE names the authorities that are trusted."
)

ShopToken = str | AuthBase
"""A bearer token, or the signer of each call by OAuth 1.0a. It is a credential.

A bearer token is a customer's, an administrator's or an integration's.
"""

log = structlog.get_logger()

_T = TypeVar("_T")


class ShopDropped(ShopUnavailable):
    """The connection to the shop broke before an answer came. An immediate retry may help."""


class BearerAuth(AuthBase):
    """Sends a bearer token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header to a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class MagentoClient:
    """Calls one shop; safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        *,
        host: str | None = None,
        ca_file: str | None = None,
        metrics: WorkerMetrics | None = None,
        source_address: str | None = None,
    ) -> None:
        """`base_url` is the URL below which `rest/` and `graphql` are.

        `host` is the shop's public host (and port) if that URL is an internal one. `ca_file` (PEM)
        holds the trusted certificate authorities, by default the usual ones. `metrics` gets the
        time of each call. `source_address` is the address of this machine from which it connects.
        """
        self.missing_graphql_features = MissingGraphqlFeatures()
        self._base_url = base_url
        self._headers = {"Accept": "application/json", **({"Host": host} if host else {})}
        self._transport = HttpTransport(
            tls_name=get_tls_name(base_url, host), ca_file=ca_file, source_address=source_address
        )
        self._metrics = metrics

    def call_rest(
        self,
        method: str,
        path: str,
        *,
        store: str | None,
        deadline: Deadline,
        body: Any = None,
        token: ShopToken | None = None,
        params: dict[str, str] | None = None,
    ) -> Answer:
        """Call `rest/<store>/V1/<path>` and return an answer of 2xx, or Magento's error of 4xx.

        Any other answer raises ShopUnavailable and is logged. Without a store, Magento uses the
        store view of the object that is read.
        """
        rest_path = build_rest_path(path, store=store, params=params)
        response = self._call(
            f"{method} {path}", method, rest_path, token=token, body=body, deadline=deadline
        )
        answer = Answer(response.status, _parse_json(response), response)
        if answer.status >= HTTPStatus.BAD_REQUEST and not answer.is_magento_error:
            raise log_and_build_unusable_answer_problem(
                answer, "The shop's error is not one of Magento's."
            )
        return answer

    def call_graphql(
        self,
        query: str,
        variables: dict[str, Any],
        *,
        store: str,
        deadline: Deadline,
        token: ShopToken | None = None,
        currency: str | None = None,
    ) -> Answer:
        """Send one GraphQL document and return its answer, with `data` and `errors` in the body.

        Reading a cart moves it to the store view of the request and to that store view's currency;
        `currency` keeps another one. If GraphQL is switched off or blocked, the answer is a page,
        and the body is None.
        """
        response = self._call(
            "graphql",
            "POST",
            "graphql",
            headers={"Store": store, **({"Content-Currency": currency} if currency else {})},
            token=token,
            body={"query": query, "variables": variables},
            deadline=deadline,
        )
        is_error = response.status >= HTTPStatus.BAD_REQUEST
        body = response.body.removeprefix(codecs.BOM_UTF8).lstrip()
        if is_error and not body.startswith(b"{"):
            return Answer(response.status, None, response)
        return Answer(response.status, _parse_json(response), response)

    def request_page(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        deadline: Deadline,
        body: bytes | None = None,
    ) -> HttpResponse:
        """Request a page of the storefront by the address that this client reaches.

        `url` is the public one: its host and scheme are sent to the shop as headers. An answer of
        any status is returned, and no redirect is followed. Raises NoResponse.
        """
        public, reached = urlsplit(url), urlsplit(self._base_url)
        return self._send(
            "page",
            method,
            public._replace(scheme=reached.scheme, netloc=reached.netloc).geturl(),
            headers={**headers, "Host": public.netloc, "X-Forwarded-Proto": public.scheme},
            body=body,
            deadline=deadline,
        )

    def request_api(
        self,
        name: str,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        token: ShopToken | None = None,
        body: Any = None,
        deadline: Deadline,
    ) -> HttpResponse:
        """Request a path of REST or GraphQL, and return an answer of any status.

        `body` is sent as JSON, and `name` is for the metrics. Raises NoResponse.
        """
        return self._send(
            name,
            method,
            f"{self._base_url}/{path}",
            headers={**self._headers, **(headers or {})},
            json=body,
            auth=_build_auth(token),
            deadline=deadline,
        )

    def _call(self, name: str, method: str, path: str, **options: Any) -> HttpResponse:
        """Request a path of REST or GraphQL, and raise a Problem for an unusable answer."""
        try:
            response = self.request_api(name, method, path, **options)
        except NoResponse as error:
            raise_shop_problem(error)
        if response.location:
            log_unusable_answer(response)
            self._raise_redirected(response.location)
        _require_usable_answer(response)
        return response

    def _send(self, name: str, method: str, url: str, **options: Any) -> HttpResponse:
        """Send a request, and observe under the name of the call how long its answer took."""
        started = time.perf_counter()
        status: int | str = "fault"
        try:
            response = self._transport.send(method, url, max_bytes=_MAX_BYTES, **options)
            status = response.status
            return response
        except NoResponse as error:
            status = error.kind
            raise
        finally:
            if self._metrics:
                self._metrics.observe_shop_call(name, status, time.perf_counter() - started)

    def _raise_redirected(self, location: str) -> NoReturn:
        here, there = _get_origin(self._base_url, ""), _get_origin(self._base_url, location)
        if here != there:
            # The whole location may hold a masked id.
            log.error("shop_redirects", shop=here, to=there, hint=_REDIRECT_HINT)
        raise ShopUnavailable("The shop redirects REST calls to another address.")


def build_rest_path(path: str, *, store: str | None, params: Mapping[str, str] | None) -> str:
    """Return `rest/<store>/V1/<path>` with a query, or `rest/V1/<path>` without a store."""
    scope = f"/{store}" if store else ""
    # Not urlencode's +, which Magento reads as a plus when it checks a signature.
    query = f"?{urlencode(params, quote_via=quote)}" if params else ""
    return f"rest{scope}/V1/{path}{query}"


def _build_auth(token: ShopToken | None) -> AuthBase | None:
    return BearerAuth(token) if isinstance(token, str) else token


def retry_dropped_connections(call: Callable[[], _T], deadline: Deadline) -> _T:
    """Return the result of a call, and repeat it up to twice while its connection breaks.

    The pauses grow from 50 ms to 500 ms at most. Raises ShopDropped after the last try, and
    ShopTimeout if the deadline has passed before the first.
    """
    if deadline.has_passed:
        raise ShopTimeout
    retrying_caller = stamina.RetryingCaller(
        attempts=3, timeout=deadline.remaining, wait_initial=0.05, wait_max=0.5, wait_jitter=0.05
    )
    return retrying_caller(ShopDropped, call)


def raise_shop_problem(error: NoResponse) -> NoReturn:
    """Raise ShopTimeout, ShopUnavailable or ShopDropped for a request without an answer."""
    if error.kind == "timeout":
        raise ShopTimeout from None
    if error.kind == "certificate":
        log.error("shop_certificate_refused", why=error.reason, hint=_CERTIFICATE_HINT)
        raise ShopUnavailable("The shop's certificate is not accepted.") from None
    raise ShopDropped from None


def _require_usable_answer(response: HttpResponse) -> None:
    """Raise ShopUnavailable unless the answer is complete and its status is 2xx or 4xx."""
    status = response.status
    if 200 <= status < 300 or (400 <= status < 500 and status != HTTPStatus.TOO_MANY_REQUESTS):
        if not response.is_truncated:
            return
    log_unusable_answer(response)
    if response.is_truncated:
        raise ShopUnavailable("The shop's answer is far too large.")
    if status >= HTTPStatus.BAD_GATEWAY or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise ShopUnavailable(retry_after=_parse_retry_after(response))
    raise ShopUnavailable


def _parse_json(response: HttpResponse) -> Any:
    try:
        return json.loads(response.body.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):  # a number may be beyond Decimal's range
        log_unusable_answer(response)
        raise ShopUnavailable("The shop's answer is not JSON.") from None


def _parse_retry_after(response: HttpResponse) -> int:
    """Return the seconds from the Retry-After header, between 1 and 60, or 10 without one."""
    value = response.headers.get("Retry-After", "")
    return min(max(int(value), 1), 60) if _RETRY_AFTER.fullmatch(value) else 10


def _get_origin(base: str, location: str) -> str:
    try:
        parts = urlsplit(urljoin(base, location))
    except ValueError:
        return "(not a URL)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
