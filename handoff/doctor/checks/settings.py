"""Checks of the settings: are they valid, and are the keys and passwords in them good?"""

from __future__ import annotations

import os
from collections.abc import Iterator

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.settings import find_unknown_names
from handoff.url_validation import is_loopback

# Keys from the documentation, and the beginnings of placeholders.
_EXAMPLE_PREFIXES = tuple(
    "demo-key a-password your- changeme change-me example secret test".split()
)
_MIN_SECRET_LENGTH = 32
_MIN_DIFFERENT_CHARACTERS = 8
_CREATE_KEY = "`python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`"


def check_settings(context: CheckContext) -> Iterator[CheckResult]:
    """Report every invalid setting, unknown names, and a pause that is on."""
    faults = context.checked_settings.faults
    unknown_names = find_unknown_names(os.environ)
    for sentence in faults:
        yield fault(sentence, "Correct this setting. The service does not start with it.")
    for name in unknown_names:
        yield warning(f"{name} is not a setting of Handoff.", "Check its spelling.")
    if context.settings.paused:
        yield warning(
            "HANDOFF_PAUSED is on: transfers and shoppers are turned away.",
            "Set it to false when the shop is open again.",
        )
    if not faults and not unknown_names:
        yield ok("All settings are valid and fit together.")


def check_api_keys(context: CheckContext) -> CheckResult:
    """Check the keys with which Poq calls the service."""
    if "api_keys" in context.checked_settings.invalid_fields:
        return unknown("HANDOFF_API_KEYS is not valid.")
    keys = [known.key.get_secret_value() for known in context.settings.api_keys]
    if any(map(_is_example, keys)):
        sites = context.settings.store_sites.all
        if all(is_loopback(site.public_parts.hostname or "") for site in sites):
            return ok("A key from an example, which is safe as long as only this machine uses it.")
        return fault(
            "A key is from an example, so anybody knows it.",
            f"Create a new key: {_CREATE_KEY}. Give it to Poq, then remove the example.",
        )
    callers = {known.caller for known in context.settings.api_keys}
    return ok(f"Number of keys: {len(keys)}. Callers: {', '.join(sorted(callers))}.")


def check_secret_key(context: CheckContext) -> CheckResult:
    """Check the secret that signs links."""
    if "secret_key" in context.checked_settings.invalid_fields:
        return unknown("HANDOFF_SECRET_KEY is not valid.")
    secret = context.settings.secret_key.get_secret_value()
    if secret in {known.key.get_secret_value() for known in context.settings.api_keys}:
        return fault(
            "It is also a key of Poq: everybody who may transfer bags can forge links.",
            f"Create a separate one: {_CREATE_KEY}.",
        )
    if _is_example(secret) or len(set(secret)) < _MIN_DIFFERENT_CHARACTERS:
        return fault(
            "It is easy to guess, and with it links can be forged.",
            f"Create a new one: {_CREATE_KEY}.",
        )
    if len(secret) < _MIN_SECRET_LENGTH:
        return warning(
            f"It has fewer than {_MIN_SECRET_LENGTH} characters.",
            f"Create a longer one: {_CREATE_KEY}. Move this one to HANDOFF_PREVIOUS_SECRET_KEYS "
            "until its links have expired.",
        )
    return ok(f"It has {_MIN_SECRET_LENGTH} characters or more.")


def check_session_store_password(context: CheckContext) -> CheckResult | None:
    """Report a password of the session store that is from an example."""
    if not _is_example(context.settings.session_store_url.password or ""):
        return None
    advice = "Give the session store a secret password, and set it in HANDOFF_SESSION_STORE."
    return fault("It is from an example.", advice)


def _is_example(key: str) -> bool:
    return key.lower().startswith(_EXAMPLE_PREFIXES)
