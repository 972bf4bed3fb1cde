"""HTTP sessions of the rehearsal: proxies and cookies work as in a browser on this machine."""

from __future__ import annotations

from http.cookiejar import Cookie, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request

import requests

from handoff.deadline import Deadline
from handoff.magento.http_transport import DeadlineAdapter, limit_reads
from handoff.settings import Settings


def build_browser_session(settings: Settings, *urls: str) -> requests.Session:
    """Return a session with its own cookies, for requests with a timeout to some URLs.

    It uses the proxies and REQUESTS_CA_BUNDLE of the environment, but no `.netrc`. The certificate
    authorities that the settings name for the shop's REST are trusted for every URL on its host.
    """
    session = _BrowserSession()
    hosts = {urlsplit(url).hostname for url in urls}
    if settings.magento_ca_file and hosts == {urlsplit(settings.magento_url).hostname}:
        session.verify = settings.magento_ca_file
    return session


def choose_advice_key(error: requests.RequestException) -> str:
    """Return the key of the advice for a request that got no answer."""
    is_tls_error = isinstance(error, requests.exceptions.SSLError)
    return "untrusted_certificate" if is_tls_error else "no_answer"


def read_json_object(response: requests.Response) -> dict[str, Any]:
    """Return the JSON object in a response, empty if there is none."""
    try:
        body = response.json()
    except (ValueError, RecursionError):  # requests turns only some of them into its own error
        return {}
    return body if isinstance(body, dict) else {}


class _BrowserSession(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.auth = lambda request: request  # without an `auth`, requests logs in with a .netrc
        self.cookies.set_policy(_BrowserCookiePolicy())
        for scheme in ("http://", "https://"):
            self.mount(scheme, DeadlineAdapter())

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Add the cookies by this session's policy; `requests` itself uses the default policy."""
        prepared = super().prepare_request(request)
        prepared.headers.pop("Cookie", None)
        prepared.prepare_cookies(self.cookies)
        return prepared

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request whose timeout counts for the whole answer; raise RequestException."""
        try:
            with limit_reads(Deadline.after(options["timeout"])):
                return super().send(request, **options)
        except requests.RequestException:
            raise
        except ValueError:  # for a chunk of a negative size, and for a redirect to no URL
            raise requests.ConnectionError from None


class _BrowserCookiePolicy(DefaultCookiePolicy):
    """Accepts a cookie whose domain is a host name without a dot, such as `localhost`."""

    def set_ok_domain(self, cookie: Cookie, request: Request) -> bool:
        return _is_host_of(request, cookie.domain) or super().set_ok_domain(cookie, request)

    def domain_return_ok(self, domain: str, request: Request) -> bool:
        return _is_host_of(request, domain) or super().domain_return_ok(domain, request)

    def return_ok_domain(self, cookie: Cookie, request: Request) -> bool:
        return _is_host_of(request, cookie.domain) or super().return_ok_domain(cookie, request)


def _is_host_of(request: Request, domain: str) -> bool:
    return domain.removeprefix(".") == urlsplit(request.get_full_url()).hostname
