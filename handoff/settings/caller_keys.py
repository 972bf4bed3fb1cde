"""The API keys of `HANDOFF_API_KEYS`, each with the name of the caller that sends it.

An entry is `name/key` or a key alone. A key cannot hold `/`, because it may be part of a path. So
the two cannot be confused, whatever else a key holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, SecretStr

DEFAULT_CALLER = "poq"
"""The caller of all keys that have no name. It also owns the handoffs from before the names."""

_CALLER = re.compile("[a-z0-9][a-z0-9_-]{0,31}")
_MIN_LENGTH = 16  # characters


@dataclass(frozen=True, slots=True)
class CallerKey:
    """A key, and the name of its caller in the log and in the ledger."""

    caller: str
    key: SecretStr

    @classmethod
    def parse(cls, text: str) -> CallerKey:
        """Return the key of an entry, or raise ValueError with a description of valid ones."""
        name, slash, key = text.rpartition("/")
        caller = name if slash else DEFAULT_CALLER
        if not _CALLER.fullmatch(caller):
            raise ValueError("has a name other than 1 to 32 lower-case letters, digits, - and _")
        if not key.isascii() or not key.isprintable() or set(key) & set(" /?#%"):
            raise ValueError("must be a key or name/key, in ASCII and without space ? # %")
        if len(key) < _MIN_LENGTH:
            raise ValueError(
                f"has fewer than {_MIN_LENGTH} characters. Create a longer key. If Poq sends this "
                "one: start the older version, which accepts it, add the longer key after a comma, "
                "let Poq send that, remove this one, and upgrade"
            )
        return cls(caller, SecretStr(key))


def require_one_caller_each(keys: tuple[CallerKey, ...]) -> tuple[CallerKey, ...]:
    """Return the keys, or raise ValueError if two callers have the same one."""
    callers: dict[str, str] = {}
    for known in keys:
        if callers.setdefault(known.key.get_secret_value(), known.caller) != known.caller:
            raise ValueError("lists the same key for two callers")
    return keys


def _parse_entry(value: object) -> object:
    return CallerKey.parse(value) if isinstance(value, str) else value


ApiKey = Annotated[CallerKey, BeforeValidator(_parse_entry)]
