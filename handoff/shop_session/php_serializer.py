"""The bytes of a PHP session in the formats of `session.serialize_handler`.

`php`, the default of PHP, is a sequence of `name|serialize(value)`. `php_serialize` is one
serialized array. PHP cannot read a session in another format than its own: it starts an empty one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

SessionSerializer = Literal["php", "php_serialize"]
SessionValues = Mapping[str, "str | Mapping[str, str]"]
"""An entry of a session: an array of texts, or of arrays of texts."""


def serialize_session(entries: Mapping[str, SessionValues], serializer: SessionSerializer) -> bytes:
    """Return the bytes that PHP reads as a session with these entries.

    Raises ValueError for a name with `|`, which ends a name in the format `php`.
    """
    if any(not name or "|" in name for name in entries):
        raise ValueError("a session entry needs a name without '|'")
    if serializer == "php_serialize":
        return _serialize_array(entries)
    parts = (name.encode() + b"|" + _serialize_array(values) for name, values in entries.items())
    return b"".join(parts)


def _serialize_array(values: Mapping[str, str | SessionValues]) -> bytes:
    items = (
        _serialize_text(key)
        + (_serialize_text(value) if isinstance(value, str) else _serialize_array(value))
        for key, value in values.items()
    )
    return b"a:%d:{%s}" % (len(values), b"".join(items))


def _serialize_text(value: str) -> bytes:
    encoded = value.encode()
    return b's:%d:"%s";' % (len(encoded), encoded)
