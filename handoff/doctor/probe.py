"""One HTTP call at a time, looked at whole: status, headers, cookies, body, and how long it took.

The service's own client hides what a doctor has to see: redirects, pages in place of JSON, and
why nobody answers. Nothing is followed, kept or retried here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import HTTPError as TransportError

from handoff.deadline import Deadline
from handoff.magento.deadline_adapter import DeadlineAdapter, limit_reads

_LONGEST_CALL = 10.0  # seconds
_CONNECT_TIMEOUT = 3.0  # seconds
_LARGEST_BODY = 4 * 1024 * 1024  # bytes


class Silence(Exception):
    """Nobody answered; `words` say why, and hold no address or secret."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class OutOfTime(Exception):
    """The time for the whole examination is spent."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of any status. `seconds` is the time until its last byte."""

    status: int
    headers: Mapping[str, str]
    set_cookies: tuple[str, ...]
    body: bytes
    seconds: float

    @classmethod
    def none(cls, silence: Silence) -> Reply:
        """Return what stands for an answer that never came: status 0, and why as its body."""
        return cls(0, {}, (), silence.words.encode(), 0.0)

    @property
    def text(self) -> str:
        """The body as text, with whatever is no UTF-8 replaced."""
        return self.body.decode("utf-8", errors="replace")

    @property
    def data(self) -> Any:
        """The body as JSON, None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def location(self) -> str:
        """Where a redirect leads, empty where the answer is none."""
        return self.headers.get("Location", "") if 300 <= self.status < 400 else ""

    @property
    def message(self) -> str:
        """Magento's own words, where the body has some; they never hold a credential."""
        data = self.data
        return str(data.get("message", ""))[:200] if isinstance(data, dict) else ""


class Probe:
    """Sends calls until the time of the whole examination is spent."""

    def __init__(
        self, until: Deadline, *, tls_name: str | None = None, ca_file: str | None = None
    ) -> None:
        self._until = until
        self._ca_file = ca_file
        self._adapter = DeadlineAdapter(tls_name=tls_name, max_retries=0)
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no .netrc: as the service itself calls

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        params: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one call and return the answer; raises Silence, or OutOfTime before it."""
        if self._until.passed:
            raise OutOfTime
        deadline = Deadline.after(min(_LONGEST_CALL, self._until.remaining))
        started = time.perf_counter()
        try:
            request = self._session.prepare_request(
                requests.Request(method, url, headers=headers, json=body, params=params)
            )
            with (
                limit_reads(deadline),
                self._adapter.send(
                    request,
                    stream=True,
                    verify=self._ca_file or True,
                    timeout=(min(_CONNECT_TIMEOUT, deadline.remaining), deadline.remaining),
                ) as response,
            ):
                content = _read(response)
        except (requests.RequestException, TransportError, OSError) as error:
            raise Silence(_why(error, deadline)) from None
        return Reply(
            status=response.status_code,
            headers=response.headers,
            set_cookies=tuple(response.raw.headers.getlist("Set-Cookie")),
            body=content,
            seconds=time.perf_counter() - started,
        )


def _read(response: requests.Response) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(64 * 1024):
        content += chunk
        if len(content) > _LARGEST_BODY:
            break
    return bytes(content)


def _why(error: Exception, deadline: Deadline) -> str:
    """Say in words why nobody answered. What the libraries say holds the address."""
    if isinstance(error, requests.Timeout | TimeoutError) or deadline.passed:
        return "It does not answer in time."
    if isinstance(error, requests.exceptions.SSLError):
        return f"Its certificate is not accepted: {_tls_reason(error)}."
    names = {type(cause).__name__ for cause in _causes(error)}
    if "NameResolutionError" in names:
        return "Its host name is not known."
    if "ConnectionRefusedError" in names:
        return "Nobody listens at its address."
    if isinstance(error, requests.exceptions.InvalidURL):
        return "Its address is none."
    return "The connection breaks."


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and what it came from; urllib3 hides the socket's own in `reason`."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


def _tls_reason(error: Exception) -> str:
    for cause in _causes(error):
        words = getattr(cause, "verify_message", None)
        if words:
            return str(words)
    return "the connection cannot be made secure"
