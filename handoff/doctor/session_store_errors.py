"""The texts of the doctor about an error of a session store, of whatever kind."""

from __future__ import annotations

from collections.abc import Mapping

from handoff.doctor.check_result import CheckResult, fault
from handoff.shop_session.store import SessionStoreError

SERVER_ERROR_TEXTS = {
    "TimeoutError": (
        "It does not answer in time.",
        "Check its host and port, and whether a firewall is in between.",
    ),
    "ConnectionError": (
        "It cannot be reached.",
        "Check whether it runs, its host and port, and whether it requires TLS.",
    ),
    "InvalidResponse": (
        "Another kind of server answers there.",
        "Check host and port in HANDOFF_SESSION_STORE.",
    ),
    "CertificateError": (
        "Its certificate is not trusted, or is for another host.",
        "Set HANDOFF_SESSION_STORE_CA_FILE to its authority, and name its host as it does.",
    ),
}
"""The finding and the advice, by the names of errors that every server may cause."""


def explain_store_error(
    location: str, error: SessionStoreError, texts: Mapping[str, tuple[str, str]]
) -> CheckResult:
    """Return the fault for an error of a session store; `texts` has both texts by its name."""
    seen, advice = texts.get(
        str(error), (f"It refuses the session ({error}).", "See the log of the session store.")
    )
    return fault(f"{location}: {seen}", advice)
