"""The settings themselves, and the keys among them."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, fault, ok, unknown, warning
from handoff.doctor.reading import setting

# Keys that stand in documentation, and whatever begins like a stand-in for a real one.
_EXAMPLES = (
    "demo-key",
    "a-password",
    "your-",
    "changeme",
    "change-me",
    "example",
    "secret",
    "test",
)
_LONG_KEY = 16
_LONG_SECRET = 32
_FEW_CHARACTERS = 8


def settings_fit(case: Case) -> Iterator[Finding]:
    """Tell every fault of the settings, and names that are no setting."""
    for sentence in case.reading.faults:
        yield fault(
            "Settings", sentence, "Mend it in the settings: until then no service starts by them."
        )
    for name in case.reading.unknown:
        yield warning("Settings", f"{name} is no setting.", "Look whether it is misspelt.")
    if case.settings.paused:
        yield warning(
            "Settings",
            "HANDOFF_PAUSED is on: transfers and shoppers are turned away.",
            "Set it to false when the shop is open again.",
        )
    if not case.reading.faults and not case.reading.unknown:
        yield ok("Settings", "All of them are understood, and they fit together.")


def keys_are_good(case: Case) -> Iterator[Finding]:
    """Judge Poq's keys, the secret that signs links, and the session store's password."""
    yield _poq_keys(case)
    yield _secret(case)
    if _is_example(case.settings.session_store_url.password or ""):
        yield fault(
            "Password of the session store",
            "It is the one of the example.",
            "Give the session store a password that nobody knows, and write it into "
            "HANDOFF_SESSION_STORE.",
        )


def _poq_keys(case: Case) -> Finding:
    name = "Poq's keys"
    if "api_keys" in case.reading.broken:
        return unknown(name, "HANDOFF_API_KEYS cannot be read.")
    keys = [key.get_secret_value() for key in case.settings.api_keys]
    if any(_is_example(key) for key in keys):
        if all(_is_this_machine(place.public_parts.hostname or "") for place in case.places):
            return ok(name, "An example's key, which is good enough on this machine alone.")
        return fault(
            name,
            "One of them is an example's: anybody knows it.",
            f"Make another: {_MAKE_KEY}. Tell it to Poq, then take the example out of "
            "HANDOFF_API_KEYS.",
        )
    if any(len(key) < _LONG_KEY for key in keys):
        return warning(
            name,
            f"One of them has fewer than {_LONG_KEY} characters.",
            f"Make a longer one: {_MAKE_KEY}.",
        )
    return ok(name, f"{len(keys)} of {_LONG_KEY} characters or more.")


def _secret(case: Case) -> Finding:
    name = "Secret that signs links"
    if "secret_key" in case.reading.broken:
        return unknown(name, "HANDOFF_SECRET_KEY cannot be read.")
    secret = case.settings.secret_key.get_secret_value()
    if secret in {key.get_secret_value() for key in case.settings.api_keys}:
        return fault(
            name,
            "It is also one of Poq's keys: who may transfer could make links.",
            f"Make one of its own: {_MAKE_KEY}.",
        )
    if _is_example(secret) or len(set(secret)) < _FEW_CHARACTERS:
        return fault(
            name, "It can be guessed, and with it any link.", f"Make another: {_MAKE_KEY}."
        )
    if len(secret) < _LONG_SECRET:
        return warning(
            name,
            f"It has fewer than {_LONG_SECRET} characters.",
            f"Make a longer one: {_MAKE_KEY}, and move this one to "
            f"{setting('previous_secret_keys')} for the links that are out.",
        )
    return ok(name, f"{_LONG_SECRET} characters or more.")


_MAKE_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


def _is_example(key: str) -> bool:
    return key.lower().startswith(_EXAMPLES)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
