"""The shop as the doctor calls it: REST, GraphQL, and pages as a web view opens them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from handoff.deadline import Deadline
from handoff.doctor.cookies import cookies_of, named
from handoff.doctor.probe import Probe, Reply, Silence
from handoff.magento.http_transport import get_tls_name
from handoff.settings import Settings
from handoff.settings.store_sites import SessionCookieSettings, StoreSite
from handoff.settings.store_views import StoreView

# As a browser has it: Magento answers 500 to a page of checkout without `*/*`.
_BROWSER = {
    # A session of what calls itself a monitor lives in Magento for a minute, not for ten.
    "User-Agent": "Mozilla/5.0 (compatible; Handoff doctor; monitor)",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
}
_MOST_HOPS = 8


@dataclass(frozen=True, slots=True)
class Hop:
    """An address that was opened on the way, and the answer to it."""

    url: str
    reply: Reply

    @property
    def origin(self) -> str:
        """Scheme, host and port, as browsers write an origin."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def path(self) -> str:
        """The path alone."""
        return urlsplit(self.url).path


class Shop:
    """Calls one shop; every method raises Silence or OutOfTime as the probe does."""

    def __init__(self, settings: Settings, until: Deadline) -> None:
        self._settings = settings
        self._api = Probe(
            until,
            tls_name=get_tls_name(settings.magento_url, settings.magento_host),
            ca_file=settings.magento_ca_file,
        )
        self._web = Probe(until, ca_file=settings.magento_ca_file)

    def rest(
        self,
        method: str,
        path: str,
        *,
        store: StoreView | None,
        token: str | None = None,
        body: Any = None,
        params: dict[str, str] | None = None,
    ) -> Reply:
        """Call `rest/<store>/V1/<path>`, or `rest/V1/<path>` without a store view."""
        headers = {**self._api_headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        scope = f"/{store.code}" if store else ""
        url = f"{self._settings.magento_url}/rest{scope}/V1/{path}"
        return self._api.send(method, url, headers=headers, body=body, params=params)

    def graphql(self, query: str, *, store: StoreView, variables: Any = None) -> Reply:
        """Send one GraphQL document."""
        return self._api.send(
            "POST",
            f"{self._settings.magento_url}/graphql",
            headers={**self._api_headers, "Store": store.code},
            body={"query": query, "variables": variables or {}},
        )

    def head(self, url: str) -> Reply:
        """Look whether something is at an address, without its body where that can be had."""
        reply = self._web.send("HEAD", url, headers=_BROWSER)
        return self._web.send("GET", url, headers=_BROWSER) if reply.status == 405 else reply

    def get(self, url: str) -> Reply:
        """Open an address as a browser without cookies does, and follow nothing."""
        return self._open(url, _BROWSER)

    def walk(self, place: StoreSite, session_id: str, url: str | None = None) -> list[Hop]:
        """Go to checkout, or elsewhere, as a web view that we have let in; redirects are followed.

        The session cookie goes where a browser would send it, and with it the store view's. Returns
        every address on the way; one that keeps silent is the last.
        """
        hops: list[Hop] = []
        url, cookie = url or place.landing_url, place.session_cookie
        while url and len(hops) < _MOST_HOPS:
            headers = dict(_BROWSER)
            if url.startswith("https:"):
                # Coming from a page on https, the session keeps its id: there is no second one.
                headers["Referer"] = f"{place.storefront_url}/"
            if _is_sent_to(url, cookie):
                headers["Cookie"] = f"{cookie.name}={session_id}; store={place.store_code}"
            try:
                reply = self._open(url, headers)
            except Silence as silence:
                reply = Reply.none(silence)
            hops.append(Hop(url, reply))
            renewed = named(cookies_of(reply), cookie.name)
            session_id = renewed.value if renewed else session_id
            url = urljoin(url, reply.location) if reply.location else ""
        return hops

    def with_time(self, seconds: float) -> Shop:
        """Return the same shop with some time of its own, for tidying up."""
        return Shop(self._settings, Deadline.after(seconds))

    def _open(self, url: str, headers: Mapping[str, str]) -> Reply:
        """Open a page where shoppers do, or by the inner address where that is not reached."""
        try:
            return self._web.send("GET", url, headers=headers)
        except Silence:
            known_as, reached = urlsplit(url), urlsplit(self._settings.magento_url)
            if known_as.netloc == reached.netloc or not self._is_the_shops(known_as.netloc):
                raise
        inner = known_as._replace(scheme=reached.scheme, netloc=reached.netloc).geturl()
        named = {**headers, "Host": known_as.netloc, "X-Forwarded-Proto": known_as.scheme}
        return self._api.send("GET", inner, headers=named)

    def _is_the_shops(self, host: str) -> bool:
        places = map(self._settings.build_store_site, self._settings.stores)
        return any(place.storefront_parts.netloc == host for place in places)

    @property
    def _api_headers(self) -> dict[str, str]:
        host = self._settings.magento_host
        return {"Accept": "application/json", **({"Host": host} if host else {})}


def _is_sent_to(url: str, cookie: SessionCookieSettings) -> bool:
    parts = urlsplit(url)
    host, domain = parts.hostname or "", cookie.domain.removeprefix(".")
    inside = host == domain or host.endswith(f".{domain}")
    below = parts.path == cookie.path or parts.path.startswith(f"{cookie.path.rstrip('/')}/")
    return inside and below and (parts.scheme == "https" or not cookie.secure)
