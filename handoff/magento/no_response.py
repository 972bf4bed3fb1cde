"""Why an HTTP request got no answer, found in the errors of `requests`.

Their texts hold the URL, and with it masked ids. Only the reason why a certificate was rejected
is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import requests

from handoff.deadline import Deadline

NoResponseKind = Literal[
    "timeout", "unknown_host", "refused", "certificate", "tls", "invalid_url", "dropped"
]

REASONS: dict[NoResponseKind, str] = {
    "timeout": "It does not answer in time.",
    "unknown_host": "Its host name is not known.",
    "refused": "Nothing listens at its address.",
    "certificate": "Its certificate is not accepted",
    "tls": "A secure connection to it cannot be made.",
    "invalid_url": "Its URL is not valid.",
    "dropped": "The connection breaks.",
}
"""A sentence for each kind; for `certificate`, the reason follows."""


class NoResponse(Exception):
    """The request got no complete answer. `reason` is a sentence that holds no URL and no secret.

    `dropped` is a connection that broke, or an answer that is not HTTP.
    """

    def __init__(self, kind: NoResponseKind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def build_no_response_error(error: Exception, deadline: Deadline) -> NoResponse:
    """Return the failure for an error of `requests`, urllib3 or a socket."""
    causes = list(_collect_causes(error))
    kind = _classify_failure(error, {type(cause).__name__ for cause in causes}, deadline)
    if kind != "certificate":
        return NoResponse(kind, REASONS[kind])
    messages = (getattr(cause, "verify_message", "") for cause in causes)
    message = next(filter(None, messages), "it is for another host")
    return NoResponse(kind, f"{REASONS[kind]}: {message.rstrip('.')}.")


def _classify_failure(error: Exception, causes: set[str], deadline: Deadline) -> NoResponseKind:
    if "NameResolutionError" in causes:
        return "unknown_host"
    if "ConnectionRefusedError" in causes:
        return "refused"
    # `requests` reports a read that ended at the deadline as a broken connection.
    if isinstance(error, requests.Timeout | TimeoutError) or deadline.has_passed:
        return "timeout"
    if causes & {"SSLCertVerificationError", "CertificateError"}:
        return "certificate"
    if isinstance(error, requests.exceptions.SSLError):
        return "tls"
    return "invalid_url" if isinstance(error, requests.exceptions.InvalidURL) else "dropped"


def _collect_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and its causes; urllib3 keeps the socket's error in `reason` or `args`."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None)]
            waiting += cause.args
            yield cause
