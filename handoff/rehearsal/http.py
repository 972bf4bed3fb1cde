"""How a rehearsal reaches the service and the shop's pages: as this machine reaches the web."""

from __future__ import annotations

from http.cookiejar import Cookie, DefaultCookiePolicy
from urllib.parse import urlsplit
from urllib.request import Request

import requests

from handoff.settings import Settings


def open_http(settings: Settings, *urls: str) -> requests.Session:
    """Return a session with cookies of its own for some addresses; no `.netrc` logs it in.

    Proxies and REQUESTS_CA_BUNDLE count as they do elsewhere on the machine. Who vouches for the
    shop's REST does so for all that is at its host.
    """
    http = _Http()
    http.auth = _nobody
    http.cookies.set_policy(_AsBrowsers())
    if settings.magento_ca_file and {_host(url) for url in urls} == {_host(settings.magento_url)}:
        http.verify = settings.magento_ca_file
    return http


class _Http(requests.Session):
    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Ask the policy of these cookies what is sent, where a Session asks the usual one."""
        prepared = super().prepare_request(request)
        prepared.headers.pop("Cookie", None)
        prepared.prepare_cookies(self.cookies)
        return prepared


class _AsBrowsers(DefaultCookiePolicy):
    """Lets a host that has no dot, as `localhost`, name itself as a cookie's domain."""

    def set_ok_domain(self, cookie: Cookie, request: Request) -> bool:
        return _is_of(cookie.domain, request) or super().set_ok_domain(cookie, request)

    def domain_return_ok(self, domain: str, request: Request) -> bool:
        return _is_of(domain, request) or super().domain_return_ok(domain, request)

    def return_ok_domain(self, cookie: Cookie, request: Request) -> bool:
        return _is_of(cookie.domain, request) or super().return_ok_domain(cookie, request)


def _is_of(domain: str, request: Request) -> bool:
    return domain.removeprefix(".") == _host(request.get_full_url())


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _host(url: str) -> str | None:
    return urlsplit(url).hostname


def way_out(error: requests.RequestException) -> str:
    """Say what to do where no answer came."""
    if isinstance(error, requests.exceptions.SSLError):
        return "This machine does not trust the certificate: REQUESTS_CA_BUNDLE names who vouches."
    return "See that it is up, and that this machine reaches it as a phone would."
