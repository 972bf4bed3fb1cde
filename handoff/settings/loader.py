"""Reading the settings, and telling all that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from handoff.settings.errors import PREFIX, SettingsError
from handoff.settings.model import Settings

# Settings that are checked against each other, and values for others while that is done.
_FITTING = {
    "public_url",
    "magento_url",
    "storefront_url",
    "session_cookie_domain",
    "session_cookie_samesite",
    "session_store",
    "session_store_ca_file",
    "session_store_cert_file",
    "sentinel_username",
    "sentinel_password",
    "stores",
    "magento_admin_username",
    "magento_admin_password",
}
_HARMLESS = {
    "api_keys": ("x" * 16,),
    "secret_key": "x" * 16,
    "session_store": "redis://127.0.0.1",
}
_WORDS = {
    "tuple_type": "has to be a JSON list",
    "too_short": "holds nothing",
    "extra_forbidden": "is no field that is known",
    "model_type": "has to be a JSON object",
}


def load_settings(**values: Any) -> Settings:
    """Read the settings from the environment; keyword arguments come before it.

    Raises SettingsError with a sentence for every fault, none of which repeats a value.
    """
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(_sentences(error, values)) from None


def _sentences(error: ValidationError, values: dict[str, Any]) -> list[str]:
    """Tell every fault: of the values, and of those that are good how they fit together."""
    if error.errors()[0]["type"] == "unfit":
        return list(error.errors()[0]["ctx"]["faults"])
    told = [_sentence(fault) for fault in error.errors()]
    broken = {str(fault["loc"][0]) for fault in error.errors()}
    if broken & _FITTING:
        return told
    harmless = {name: _HARMLESS.get(name, Settings.model_fields[name].default) for name in broken}
    try:
        Settings(**{**values, **harmless})
    except ValidationError as unfit:
        told += _sentences(unfit, {})
    return told


def find_unknown_names(environment: Mapping[str, str]) -> list[str]:
    """Return the `HANDOFF_…` names that are no setting: misspelt ones, most likely."""
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    known |= {f"{name}_FILE" for name in known}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _sentence(fault: Any) -> str:
    head, *rest = (str(part) for part in fault["loc"])
    name = f"{PREFIX}{head.upper()}" + (f" ({'.'.join(rest)})" if rest else "")
    if fault["type"] == "missing":
        return f"{name} is not set." if not rest else f"{name} is missing."
    words = _WORDS.get(fault["type"]) or str(fault["msg"]).removeprefix("Value error, ")
    return f"{name}: {words}."
